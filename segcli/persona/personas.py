"""Personas: every sentence is generated from numbers of the table, and nothing is invented."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns, formatting
from segcli.config.persona import PersonaSettings
from segcli.customers import consent
from segcli.evaluation.name_claims import ClaimCheck, find_contradictions
from segcli.io.secret_key import is_pseudonym
from segcli.message import count_message, join_messages, message
from segcli.model import ExampleCustomer, Persona, Preference, Segmentation, SurveyScore, Trait
from segcli.persona import touchpoints
from segcli.persona.playbook import Playbook
from segcli.persona.purchase_times import find_channels, find_purchase_times
from segcli.persona.touchpoints import SegmentStage, TouchpointMatrix, assign_stages, stage_label
from segcli.persona.traits import MIN_KNOWN_CUSTOMERS, build_portrait, list_trait_columns, salient_traits
from segcli.segment.customer_rates import compute_segment_rates
from segcli.segment.experience_metrics import ALL_CUSTOMERS, score_by_segment

# Confidence in a persona
MANY_CUSTOMERS, FEW_CUSTOMERS = 100, 30  # customers
STABLE_JACCARD, DOUBTFUL_JACCARD = 0.75, 0.6  # Jaccard coefficients, after Hennig (2007)
JACCARD_COLUMN = "jaccard"


def rate_confidence(segmentation: Segmentation, segment: str) -> str:
    """Return the confidence (high, medium or low), from the number of customers and the stability of clusters."""
    profile_row = segmentation.profile[segmentation.profile[columns.SEGMENT_NAME] == segment].iloc[0]
    customer_count, jaccard = int(profile_row[columns.CUSTOMERS]), float(profile_row.get(JACCARD_COLUMN, 1.0))
    if customer_count >= MANY_CUSTOMERS and jaccard >= STABLE_JACCARD:
        level = message("high")
    elif customer_count < FEW_CUSTOMERS or jaccard < DOUBTFUL_JACCARD:
        level = message("low")
    else:
        level = message("medium")
    confidence = count_message("{level}: {count} customer", "{level}: {count} customers", customer_count, level=level)
    if JACCARD_COLUMN not in profile_row:
        return confidence
    return message("{confidence}, stability {jaccard:.2f} of 1", confidence=confidence, jaccard=jaccard)


# Example customer of a segment, under a pseudonym or without a name
def find_medoid(
    segmentation: Segmentation, in_segment: npt.NDArray[np.bool_], measure_names: Sequence[str]
) -> ExampleCustomer | None:
    """Return the medoid: the customer with the smallest sum of distances to all others of the segment.

    Kaufman and Rousseeuw, Finding groups in data (1990), ch. 2; city-block distances between ranks, so that no measure
    outweighs another. Ties go to the first by id.

    Returns:
        None without measures.
    """
    table = segmentation.customers.table
    present_measures = [
        measure_name
        for measure_name in measure_names
        if measure_name in table and pd.api.types.is_numeric_dtype(table[measure_name])
    ]
    if not present_measures or not in_segment.any():
        return None
    members = table.loc[in_segment]
    ranks = members[present_measures].astype("Float64").rank(pct=True).fillna(0.5).to_numpy(dtype=np.float64)
    distance_sums = np.sum([_sum_distances(rank_column) for rank_column in ranks.T], axis=0)
    medoid = members.iloc[int(distance_sums.round(9).argmin())]
    known_measures = {
        measure_name: float(medoid[measure_name]) for measure_name in present_measures if pd.notna(medoid[measure_name])
    }
    customer_id = str(medoid[columns.CUSTOMER_ID])
    return ExampleCustomer(customer_id if is_pseudonym(customer_id) else None, known_measures)


def _sum_distances(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return for each value the sum of its distances to all others, computed from cumulative sums in sorted order.

    >>> _sum_distances(np.array([3.0, 1.0, 2.0])).tolist()
    [3.0, 3.0, 2.0]
    """
    order = np.argsort(values, kind="stable")
    sorted_values, count = values[order], len(values)
    cumulative_sums = np.concatenate([[0.0], np.cumsum(sorted_values)])
    positions = np.arange(count)
    distances_below = positions * sorted_values - cumulative_sums[:-1]
    distances_above = (cumulative_sums[-1] - cumulative_sums[1:]) - (count - 1 - positions) * sorted_values
    distance_sums = np.empty(count)
    distance_sums[order] = distances_below + distances_above
    return distance_sums


# Scores of segments: survey scores if there are answers, repeat purchase and retention
def collect_scores(segmentation: Segmentation) -> dict[str, tuple[SurveyScore, ...]]:
    """Return the available scores by segment: NPS, CSAT, CES and others from 30 answers on, and rates in percent."""
    experience_rows = score_by_segment(segmentation.customers, segmentation.segments, segmentation.labels)
    rate_rows = compute_segment_rates(segmentation)
    scores_by_segment: dict[str, list[SurveyScore]] = {segment_name: [] for segment_name in segmentation.segments}
    _append_scores(
        scores_by_segment, experience_rows[experience_rows["score"].notna()], ("score", "low", "high", "answers"), 1
    )
    _append_scores(
        scores_by_segment,
        rate_rows[rate_rows["rate"].notna()],
        ("rate", "low_rate", "high_rate", columns.CUSTOMERS),
        100,
    )
    return {segment_name: tuple(segment_scores) for segment_name, segment_scores in scores_by_segment.items()}


def _append_scores(
    scores_by_segment: dict[str, list[SurveyScore]],
    score_rows: pd.DataFrame,
    score_columns: tuple[str, str, str, str],
    factor: float,
) -> None:
    score_column, low_column, high_column, count_column = score_columns
    for score_row in score_rows[score_rows[columns.SEGMENT_NAME] != ALL_CUSTOMERS].to_dict("records"):
        score_value, low_value, high_value = (
            float(score_row[column_name]) * factor for column_name in (score_column, low_column, high_column)
        )
        scores_by_segment[str(score_row[columns.SEGMENT_NAME])].append(
            SurveyScore(score_row["measure"], score_value, low_value, high_value, int(score_row[count_column]))
        )


LIFECYCLE_COLUMN = "lifecycle"
TYPICAL_MEASURES = (
    columns.RECENCY_DAYS,
    columns.ORDERS,
    columns.REVENUE,
    columns.AVERAGE_ORDER_VALUE,
    columns.TENURE_DAYS,
)
LARGE_NUMBER = 10  # from here on, decimals are omitted
SMALL_SEGMENT = 30  # customers below which single people affect a segment's averages


@dataclass(frozen=True)
class PersonaContext:
    """Context of personas: touchpoints by stage, consent words, and built-in bases by column.

    `min_cell_size` is the minimum number of customers for a reported fact. `allows_example` is true if personas may
    show an example customer.
    """

    touchpoint_matrix: TouchpointMatrix
    consent_words: Sequence[str] = ()
    bases_by_column: Mapping[str, str] = field(default_factory=dict)
    min_cell_size: int = MIN_KNOWN_CUSTOMERS
    allows_example: bool = True


def build_personas(
    segmentation: Segmentation,
    settings: PersonaSettings,
    playbook: Playbook,
    persona_context: PersonaContext | None = None,
) -> list[Persona]:
    """Build one persona per segment, in the order of the profile."""
    context = persona_context or PersonaContext(touchpoints.load_touchpoints(None, {}))
    traits_by_segment = salient_traits(segmentation, settings.minimum_difference, context.min_cell_size)
    segment_facts = _SegmentFacts(
        assign_stages(segmentation, context.touchpoint_matrix),
        find_channels(segmentation),
        find_purchase_times(segmentation),
        collect_scores(segmentation),
        consent.has_consent(segmentation.customers, context.consent_words),
    )
    contradictions = find_contradictions(segmentation)
    built_personas = []
    for profile_row in cast("list[dict[str, float | str]]", segmentation.profile.to_dict("records")):
        segment_name = str(profile_row[columns.SEGMENT_NAME])
        segment_traits = traits_by_segment[segment_name]
        claim_checks = contradictions.get(segment_name, [])
        persona = _build_persona(segmentation, profile_row, segment_traits, settings)
        persona = _add_advice(
            persona, _find_declining_stage(segmentation, segment_name), playbook, segment_traits, claim_checks
        )
        if not context.allows_example:  # the numbers may reveal a few customers
            persona = replace(persona, contradictions=())
        detailed_persona = _add_facts(persona, segmentation, segment_facts, context)
        built_personas.append(
            replace(detailed_persona, portrait=build_portrait(segment_traits, context.bases_by_column, settings.traits))
        )
    return built_personas


@dataclass(frozen=True)
class _SegmentFacts:
    """Facts about all segments of a segmentation, by segment."""

    stage_by_segment: Mapping[str, SegmentStage]
    channel_by_segment: Mapping[str, Preference]
    time_by_segment: Mapping[str, Preference]
    scores_by_segment: Mapping[str, tuple[SurveyScore, ...]]
    has_consent: consent.CustomerMask | None


def _add_facts(
    persona: Persona, segmentation: Segmentation, segment_facts: _SegmentFacts, context: PersonaContext
) -> Persona:
    """Return the persona with scores, channels, times and next touchpoints."""
    in_segment = (segmentation.labels == persona.segment).to_numpy()
    segment_stage = segment_facts.stage_by_segment.get(persona.segment)
    next_touchpoints = context.touchpoint_matrix.select_touchpoints(segment_stage.name)[:1] if segment_stage else []
    mean_clv = (
        segmentation.customers.table.loc[in_segment, columns.CLV].mean()
        if columns.CLV in segmentation.customers.table
        else None
    )
    return replace(
        persona,
        scores=segment_facts.scores_by_segment.get(persona.segment, ()),
        consent=None if segment_facts.has_consent is None else float(segment_facts.has_consent[in_segment].mean()),
        channel=segment_facts.channel_by_segment.get(persona.segment),
        moment=segment_facts.time_by_segment.get(persona.segment),
        stage=stage_label(segment_stage.name) if segment_stage else "",
        next_touchpoint=join_messages(": ", [next_touchpoints[0].touchpoint, next_touchpoints[0].message])
        if next_touchpoints
        else "",
        value=None if mean_clv is None else float(mean_clv),
        confidence=rate_confidence(segmentation, persona.segment),
        data_to=segmentation.customers.as_of,
        example=find_medoid(segmentation, in_segment, tuple(persona.typical)) if context.allows_example else None,
    )


def _build_persona(
    segmentation: Segmentation,
    profile_row: Mapping[str, float | str],
    segment_traits: Sequence[Trait],
    settings: PersonaSettings,
) -> Persona:
    segment = str(profile_row[columns.SEGMENT_NAME])
    member_rows = segmentation.customers.table[segmentation.labels == segment]
    quartiles = _typical_quartiles(member_rows, segmentation)
    customer_count = int(profile_row[columns.CUSTOMERS])
    return Persona(
        segment=segment,
        headline=_write_headline(quartiles, segment_traits),
        customers=customer_count,
        share=float(profile_row[columns.SHARE]),
        revenue=_read_number(profile_row, columns.REVENUE),
        revenue_share=_read_number(profile_row, columns.REVENUE_SHARE),
        more=tuple(trait for trait in segment_traits if trait.difference > 0)[: settings.traits],
        less=tuple(trait for trait in segment_traits if trait.difference < 0)[: settings.traits],
        typical=quartiles,
        action="",
        warnings=(
            count_message(
                "only {count} customer: averages are imprecise",
                "only {count} customers: averages are imprecise",
                customer_count,
            ),
        )
        if customer_count < SMALL_SEGMENT
        else (),
    )


LOST_PROBABILITY = 0.2  # mean probability to be active below which customers are lost
DECLINING_STAGES = ("lost", "lapsed")


def _find_declining_stage(segmentation: Segmentation, segment: str) -> str:
    """Return lost or lapsed if that is the stage of most customers, by P(alive) or lifecycle; else blank."""
    members = segmentation.customers.table[segmentation.labels == segment]
    if columns.P_ALIVE in members and members[columns.P_ALIVE].mean() < LOST_PROBABILITY:
        return DECLINING_STAGES[0]
    if LIFECYCLE_COLUMN in members and segmentation.column != LIFECYCLE_COLUMN:
        for stage_name in DECLINING_STAGES:
            if (members[LIFECYCLE_COLUMN] == stage_name).mean() > 1 / 2:
                return stage_name
    return ""


def _add_advice(
    persona: Persona,
    stage_name: str,
    playbook: Playbook,
    segment_traits: Sequence[Trait],
    claim_checks: Sequence[ClaimCheck],
) -> Persona:
    """Return the persona with its action; what contradicts the name takes precedence, then the stage, then the name."""
    claims = [" ".join(check.claim) for check in claim_checks]
    is_overridden = bool(claims or stage_name)
    return replace(
        persona,
        mark=claim_checks[0].mark if claim_checks else "",
        contradictions=tuple(check.reason for check in claim_checks),
        action=playbook.choose_action(persona.segment, segment_traits, claims, stage_name),
        avoid="" if is_overridden else playbook.avoid_by_segment.get(persona.segment.casefold(), ""),
    )


def _read_number(profile_row: Mapping[str, float | str], column_name: str) -> float | None:
    return float(profile_row[column_name]) if column_name in profile_row else None


def _typical_quartiles(member_rows: pd.DataFrame, segmentation: Segmentation) -> dict[str, tuple[float, float, float]]:
    """Return lower quartile, median and upper quartile of each measure that describes a customer."""
    measure_names = [measure_name for measure_name in TYPICAL_MEASURES if measure_name in member_rows]
    if not _has_purchase_measures(measure_names):
        numeric_names = [
            column_name
            for column_name in list_trait_columns(segmentation)
            if pd.api.types.is_numeric_dtype(member_rows[column_name]) and column_name not in measure_names
        ]
        customer_table = segmentation.customers.table  # quartiles of yes-or-no columns are meaningless
        measure_names += [
            column_name for column_name in numeric_names if not customer_table[column_name].dropna().isin((0, 1)).all()
        ][: len(TYPICAL_MEASURES)]
    quartiles = member_rows[measure_names].astype("float64").quantile([0.25, 0.5, 0.75])
    return {
        measure_name: tuple(quartiles[measure_name].tolist())
        for measure_name in measure_names
        if quartiles[measure_name].notna().all()
    }


def _write_headline(quartiles: Mapping[str, tuple[float, float, float]], segment_traits: Sequence[Trait]) -> str:
    """Describe the median customer in one sentence, or list the leading traits if there are no orders."""
    phrases: list[str] = []
    if columns.ORDERS in quartiles:
        phrases.append(_describe_order_count(quartiles[columns.ORDERS][1]))
    if columns.AVERAGE_ORDER_VALUE in quartiles:
        amount = _format_amount(quartiles[columns.AVERAGE_ORDER_VALUE][1], 2)
        phrases.append(message("{amount} per order", amount=amount))
    if columns.RECENCY_DAYS in quartiles:
        recency_days = quartiles[columns.RECENCY_DAYS][1]
        phrases.append(
            count_message("last bought {count} day ago", "last bought {count} days ago", round(recency_days))
        )
    if _has_purchase_measures(quartiles):
        return message("Typically {facts}.", facts=join_messages(", ", phrases))
    trait_by_column: dict[str, Trait] = {}
    for trait in segment_traits:
        trait_by_column.setdefault(trait.name, trait)  # the levels of one column are not independent
    leading_texts = [_compare_with_base(trait) for trait in list(trait_by_column.values())[:2]]
    if not leading_texts:
        return message("Close to the base in every known trait.")
    return message("Compared with the base: {traits}.", traits=join_messages(" and ", leading_texts))


def _has_purchase_measures(measure_names: Collection[str]) -> bool:
    """Return whether these measures describe a buyer: more than the day of the last order."""
    return not {columns.ORDERS, columns.AVERAGE_ORDER_VALUE}.isdisjoint(measure_names)


def _describe_order_count(order_count: float) -> str:
    if order_count == 1:
        return message("one order")
    return count_message("{count} order", "{count} orders", _format_amount(order_count, 1))


def _compare_with_base(trait: Trait) -> str:
    label = formatting.column_label(trait.name)
    if trait.level is None:
        is_higher = trait.difference > 0
        return message("higher {label}", label=label) if is_higher else message("lower {label}", label=label)
    label = message("{label} = {level}", label=label, level=trait.level)
    is_more_frequent = trait.difference > 0
    return (
        message("more often {label}", label=label) if is_more_frequent else message("less often {label}", label=label)
    )


def _format_amount(value: float, decimals: int) -> formatting.FormattedNumber:
    """Format a number, without decimals if it is whole or large."""
    return formatting.format_decimal(value, 0 if value == round(value) or value >= LARGE_NUMBER else decimals)
