"""Communication plan: touchpoints by stage, with reach, message angle, guard-rails, measure and calendar."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from segcli import columns, formatting
from segcli.config.plan import PlanSettings
from segcli.customers import consent
from segcli.customers.consent import CustomerMask
from segcli.message import join_messages, message, tabulate_messages
from segcli.model import Persona, Segmentation, Trait
from segcli.persona.touchpoints import (
    LIFECYCLE_STAGES,
    SegmentStage,
    Touchpoint,
    TouchpointMatrix,
    assign_stages,
    stage_label,
)

MIN_REACH_SHARE = 0.1  # of a segment; a touchpoint with less reach is a gap
PUSH_CHANNELS = ("email", "phone", "sms", "post")  # channels that contact people unprompted
DISCOUNT_BUYER_SHARE = 0.2  # share of discounted lines from which a segment is a discount buyer

PLAN_COLUMNS = (
    *(
        "stage",
        "touchpoint",
        columns.SEGMENT_NAME,
        columns.CUSTOMERS,
        "by",
        "reach",
        "reach_share",
        "message",
        "angle",
        "offer",
        "kpi",
    ),
    *("every_days", "first"),
)


@dataclass(frozen=True)
class TouchpointPlan:
    """Plan of a segmentation: `table` has one row per segment and touchpoint, and `gaps` are missing touchpoints."""

    segmentation: Segmentation
    table: pd.DataFrame
    calendar: pd.DataFrame
    gaps: tuple[str, ...]


def build_plan(
    segmentation: Segmentation,
    personas_by_segment: Mapping[str, Persona],
    touchpoint_matrix: TouchpointMatrix,
    settings: PlanSettings,
    consent_words: Sequence[str],
) -> TouchpointPlan:
    """Apply the touchpoint matrix to the segments.

    Args:
        segmentation: the segmentation.
        personas_by_segment: personas by segment; segments without one are not planned.
        touchpoint_matrix: touchpoints by stage.
        settings: length of the calendar, and maximum number of contacts per week.
        consent_words: values of the consent column that mean yes.

    Returns:
        table with stage, touchpoint, segment, customers, by, reach (customers), reach_share, message, angle, offer,
        kpi, every_days, first (day, text); calendar with one row per date. Reach
        and reach_share are missing if they are unknown.
    """
    stage_by_segment = {
        segment_name: stage_name
        for segment_name, stage_name in assign_stages(segmentation, touchpoint_matrix).items()
        if segment_name in personas_by_segment
    }
    plan_rows = [
        _build_row(segmentation, personas_by_segment[segment_name], touchpoint, consent_words)
        for stage_name in LIFECYCLE_STAGES
        for segment_name, segment_stage in stage_by_segment.items()
        if segment_stage.name == stage_name
        for touchpoint in touchpoint_matrix.select_touchpoints(stage_name)
    ]
    plan_table = tabulate_messages(plan_rows, PLAN_COLUMNS).astype({"reach": "Int64", "reach_share": "float64"})
    gaps = (
        *_find_gaps(plan_table, personas_by_segment, stage_by_segment, touchpoint_matrix),
        *consent.describe_unknown_reach(dict.fromkeys(plan_table.loc[plan_table["reach"].isna(), "by"])),
        *_find_excess_contacts(plan_table, settings),
    )
    return TouchpointPlan(segmentation, plan_table, build_calendar(plan_table, settings.weeks), gaps)


def _build_row(
    segmentation: Segmentation, persona: Persona, touchpoint: Touchpoint, consent_words: Sequence[str]
) -> list[object]:
    in_segment = (segmentation.labels == persona.segment).to_numpy()
    is_reachable = consent.is_reachable(segmentation.customers, touchpoint.by, consent_words)
    reach_count = None if is_reachable is None else int((in_segment & is_reachable).sum())
    first_day = _find_start_day(segmentation) + timedelta(days=touchpoint.first_day)
    reach_share = None if reach_count is None else reach_count / max(persona.customers, 1)
    message_fields = [
        stage_label(touchpoint.stage),
        touchpoint.touchpoint,
        persona.segment,
        persona.customers,
        touchpoint.by,
        reach_count,
        reach_share,
        touchpoint.message,
    ]
    offer = _guard_offer(touchpoint.offer, segmentation, in_segment)
    return [
        *message_fields,
        message_angle(persona.more),
        offer,
        touchpoint.kpi,
        touchpoint.every_days,
        first_day.isoformat(),
    ]


def _find_start_day(segmentation: Segmentation) -> date:
    """Return the day that plans start from; if it is unknown, the first day that a calendar supports."""
    return segmentation.customers.as_of or date(2000, 1, 1)


def message_angle(distinctive_traits: Sequence[Trait]) -> str:
    """Return the angle of a message: the two traits that most distinguish a segment."""
    return join_messages(" and ", [_name_trait(trait) for trait in distinctive_traits[:2]])


def _name_trait(trait: Trait) -> str:
    label = formatting.column_label(trait.name)
    if trait.level is None:
        return message("high {label}", label=label)
    return message("{label} {level}", label=label, level=trait.level)


def _guard_offer(offer: str, segmentation: Segmentation, in_segment: CustomerMask) -> str:
    """Return the offer, with a warning based on the segment's use of discounts."""
    table = segmentation.customers.table
    if columns.DISCOUNT_SHARE not in table:
        return offer
    discount_share = float(table.loc[in_segment, columns.DISCOUNT_SHARE].mean())
    if discount_share < DISCOUNT_BUYER_SHARE:
        return message(
            "{offer} {share:.0%} of their lines were discounted: no discount.", offer=offer, share=discount_share
        )
    return message(
        "{offer} {share:.0%} of their lines were discounted: they wait for discounts, offer at most the usual one.",
        offer=offer,
        share=discount_share,
    )


def _find_gaps(
    plan_table: pd.DataFrame,
    personas_by_segment: Mapping[str, Persona],
    stage_by_segment: Mapping[str, SegmentStage],
    touchpoint_matrix: TouchpointMatrix,
) -> Iterator[str]:
    for segment_name in personas_by_segment:
        if segment_name not in stage_by_segment:
            yield message("{segment_name}: stage unknown; set it in plan.stages", segment_name=segment_name)
    for stage_name in LIFECYCLE_STAGES:
        segment_names = [
            segment_name for segment_name, segment_stage in stage_by_segment.items() if segment_stage.name == stage_name
        ]
        if segment_names and not touchpoint_matrix.select_touchpoints(stage_name):
            yield message(
                "{stage}: no touchpoint for {names}", stage=stage_label(stage_name), names=", ".join(segment_names)
            )
        if not segment_names and touchpoint_matrix.select_touchpoints(stage_name):
            yield message("{stage}: no segment is in this stage", stage=stage_label(stage_name))
    for plan_row in plan_table[plan_table["reach_share"] < MIN_REACH_SHARE].to_dict("records"):
        yield message(
            "{segment_name}: {touchpoint} reaches {reach} of {customers} (consent or address)",
            segment_name=plan_row[columns.SEGMENT_NAME],
            touchpoint=plan_row["touchpoint"],
            reach=plan_row["reach"],
            customers=plan_row[columns.CUSTOMERS],
        )


def _find_excess_contacts(plan_table: pd.DataFrame, settings: PlanSettings) -> Iterator[str]:
    """Yield warnings on segments with too many contacts per week."""
    push_rows = plan_table[plan_table["by"].isin(PUSH_CHANNELS) & (plan_table["every_days"] > 0)]
    weekly_contacts = (7 / push_rows["every_days"]).groupby(push_rows[columns.SEGMENT_NAME], sort=False).sum()
    for segment_name, contacts in weekly_contacts.items():
        if contacts > settings.most_per_week:
            yield message(
                "{segment_name}: {contacts:.1f} contacts per week; at most {maximum} (plan.most_per_week)",
                segment_name=segment_name,
                contacts=contacts,
                maximum=settings.most_per_week,
            )


def build_calendar(plan_table: pd.DataFrame, weeks: int) -> pd.DataFrame:
    """Build a calendar with one row per touchpoint and date, with the headers that Google Calendar and Outlook import.

    support.google.com/calendar/answer/37118: Subject and Start Date (MM/DD/YYYY) are required.
    """
    events = []
    for plan_row in plan_table.to_dict("records"):
        first_day = date.fromisoformat(plan_row["first"])
        interval_days, calendar_span = int(plan_row["every_days"]), timedelta(weeks=weeks)
        day_offsets = range(0, calendar_span.days, interval_days) if interval_days else [0]
        subject = f"{plan_row['touchpoint']}: {plan_row[columns.SEGMENT_NAME]} ({plan_row['stage']})"
        reach_text = "unknown" if pd.isna(plan_row["reach"]) else f"{plan_row['reach']:,}"
        description = (
            f"{plan_row['message']} Reach {reach_text}. Offer: {plan_row['offer']} Measured by: {plan_row['kpi']}"
        )
        events += [[first_day + timedelta(days=day_offset), subject, description] for day_offset in day_offsets]
    events.sort(key=lambda event: (event[0], event[1]))
    calendar_rows = [
        [subject, f"{event_day:%m/%d/%Y}", f"{event_day:%m/%d/%Y}", "True", description]
        for event_day, subject, description in events
    ]
    return pd.DataFrame(calendar_rows, columns=["Subject", "Start Date", "End Date", "All Day Event", "Description"])
