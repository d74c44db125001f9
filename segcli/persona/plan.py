"""What is said to whom, where, and when: touchpoints by stage, with reach, angle, guard-rails, measure and calendar."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from segcli import columns as c
from segcli.config.plan import PlanSettings
from segcli.customers import reach
from segcli.customers.reach import Mask
from segcli.model import Persona, Segmentation, Trait
from segcli.persona.matrix import STAGES, Matrix, Touchpoint
from segcli.persona.stages import Stage, stages

LEAST_SHARE = 0.1  # of a segment that a touchpoint must reach for it to be no gap
PUSHED = ("email", "phone", "sms", "post")  # ways that reach people without their doing
DISCOUNTED = 0.2  # share of discounted lines from which a segment buys at discounts

COLUMNS = (
    *("stage", "touchpoint", c.NAME, c.CUSTOMERS, "by", "reach", "reach_share", "message", "angle", "offer", "kpi"),
    *("every_days", "first"),
)


@dataclass(frozen=True)
class Plan:
    """The plan of a segmentation: `table` has one row per segment and touchpoint; `gaps` are what is missing."""

    segmentation: Segmentation
    table: pd.DataFrame
    calendar: pd.DataFrame
    gaps: tuple[str, ...]


def plan(
    made: Segmentation,
    personas: Mapping[str, Persona],
    matrix: Matrix,
    settings: PlanSettings,
    words: Sequence[str],
) -> Plan:
    """Lay the matrix over the segments.

    Args:
        made: the segmentation.
        personas: by segment; segments without one are not planned for.
        matrix: touchpoints by stage.
        settings: length of the calendar and most contacts a week.
        words: of consent.

    Returns:
        table with stage, touchpoint, segment, customers, by, reach (customers), reach_share, message, angle, offer,
        kpi, every_days, first (day, text); calendar with one row per date.
    """
    staged = {name: stage for name, stage in stages(made, matrix.stages).items() if name in personas}
    rows = [
        _row(made, personas[name], one, words)
        for stage in STAGES
        for name, found in staged.items()
        if found.name == stage
        for one in matrix.of(stage)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    gaps = (*_gaps(table, personas, staged, matrix), *_overdone(table, settings))
    return Plan(made, table, calendar(table, settings.weeks), gaps)


def _row(made: Segmentation, persona: Persona, one: Touchpoint, words: Sequence[str]) -> list[object]:
    inside = (made.labels == persona.segment).to_numpy()
    reached = int((inside & reach.reachable(made.customers, one.by, words)).sum())
    first = _day(made) + timedelta(days=one.first_day)
    share = reached / max(persona.customers, 1)
    said = [one.stage, one.touchpoint, persona.segment, persona.customers, one.by, reached, share, one.message]
    offer = _guarded(one.offer, made, inside)
    return [*said, angle(persona.more), offer, one.kpi, one.every_days, first.isoformat()]


def _day(made: Segmentation) -> date:
    """The day plans count from; without one, the first day that a calendar can have."""
    return made.customers.as_of or date(2000, 1, 1)


def angle(more: Sequence[Trait]) -> str:
    """What a message can build on: the two traits that most set a segment apart."""
    return " and ".join(_named(one) for one in more[:2])


def _named(one: Trait) -> str:
    name = one.name.removeprefix(c.TOP).replace("_", " ")
    return f"high {name}" if one.level is None else f"{name} {one.level}"


def _guarded(offer: str, made: Segmentation, inside: Mask) -> str:
    """The offer, with what the segment itself says about discounts."""
    table = made.customers.table
    if c.DISCOUNT_SHARE not in table:
        return offer
    usual = float(table.loc[inside, c.DISCOUNT_SHARE].mean())
    rule = "no discount" if usual < DISCOUNTED else "a discount is what they wait for: at most the usual one"
    return f"{offer} {usual:.0%} of their lines were discounted: {rule}."


def _gaps(
    table: pd.DataFrame, personas: Mapping[str, Persona], staged: Mapping[str, Stage], matrix: Matrix
) -> Iterator[str]:
    for name in personas:
        if name not in staged:
            yield f"{name}: its stage is not known; say it under plan.stages"
    for stage in STAGES:
        names = [name for name, found in staged.items() if found.name == stage]
        if names and not matrix.of(stage):
            yield f"{stage}: nothing is planned for {', '.join(names)}"
        if not names and matrix.of(stage):
            yield f"{stage}: no segment is in this stage"
    for row in table[table["reach_share"] < LEAST_SHARE].to_dict("records"):
        reached = f"reaches {row['reach']:,} of {row[c.CUSTOMERS]:,}"
        yield f"{row[c.NAME]}: {row['touchpoint']} {reached} (consent or address)"


def _overdone(table: pd.DataFrame, settings: PlanSettings) -> Iterator[str]:
    """Segments that would be written to or called too often."""
    pushed = table[table["by"].isin(PUSHED) & (table["every_days"] > 0)]
    weekly = (7 / pushed["every_days"]).groupby(pushed[c.NAME], sort=False).sum()
    for name, contacts in weekly.items():
        if contacts > settings.most_per_week:
            yield f"{name}: {contacts:.1f} contacts a week; at most {settings.most_per_week} (plan.most_per_week)"


def calendar(table: pd.DataFrame, weeks: int) -> pd.DataFrame:
    """One row per touchpoint and date, under the headers that Google Calendar and Outlook import.

    support.google.com/calendar/answer/37118: Subject and Start Date (MM/DD/YYYY) are needed.
    """
    rows = []
    for row in table.to_dict("records"):
        first = date.fromisoformat(row["first"])
        step, until = int(row["every_days"]), timedelta(weeks=weeks)
        days = range(0, until.days, step) if step else [0]
        subject = f"{row['touchpoint']}: {row[c.NAME]} ({row['stage']})"
        said = f"{row['message']} Reach {row['reach']:,}. Offer: {row['offer']} Measured by: {row['kpi']}"
        rows += [[first + timedelta(days=after), subject, said] for after in days]
    rows.sort(key=lambda one: (one[0], one[1]))
    shown = [[subject, f"{day:%m/%d/%Y}", f"{day:%m/%d/%Y}", "True", said] for day, subject, said in rows]
    return pd.DataFrame(shown, columns=["Subject", "Start Date", "End Date", "All Day Event", "Description"])
