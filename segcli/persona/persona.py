"""Personas: every sentence is generated from numbers of the table; nothing is invented."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import pandas as pd

from segcli import columns
from segcli.config.persona import PersonaSettings
from segcli.counting import pluralize
from segcli.customers import reach
from segcli.model import Persona, Preference, Segmentation, SurveyScore, Trait
from segcli.persona import matrix
from segcli.persona.confidence import rate_confidence
from segcli.persona.example import find_medoid
from segcli.persona.matrix import TouchpointMatrix
from segcli.persona.moments import find_channels, find_purchase_times
from segcli.persona.playbook import Playbook
from segcli.persona.portrait import build_portrait
from segcli.persona.scores import collect_scores
from segcli.persona.stages import SegmentStage, assign_stages
from segcli.persona.traits import MIN_KNOWN_CUSTOMERS, list_trait_columns, salient_traits

TYPICAL_MEASURES = (
    columns.RECENCY_DAYS,
    columns.ORDERS,
    columns.REVENUE,
    columns.AVERAGE_ORDER_VALUE,
    columns.TENURE_DAYS,
)
LARGE_NUMBER = 10  # from here on decimals say nothing
SMALL_SEGMENT = 30  # customers below which a segment's averages move with single people


@dataclass(frozen=True)
class PersonaContext:
    """What personas are told with: touchpoints by stage, words of consent, built-in bases behind columns.

    `min_cell_size` is the fewest customers of a segment that a fact is told of; `allows_example` says whether one
    customer may stand for a segment.
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
    """One persona per segment, in the order of the profile."""
    context = persona_context or PersonaContext(matrix.load_touchpoints(None, {}))
    traits_by_segment = salient_traits(segmentation, settings.minimum_difference, context.min_cell_size)
    segment_facts = _SegmentFacts(
        assign_stages(segmentation, context.touchpoint_matrix.stage_by_segment),
        find_channels(segmentation),
        find_purchase_times(segmentation),
        collect_scores(segmentation),
        reach.has_consent(segmentation.customers, context.consent_words),
    )
    built_personas = []
    for profile_row in cast("list[dict[str, float | str]]", segmentation.profile.to_dict("records")):
        segment_traits = traits_by_segment[str(profile_row[columns.SEGMENT_NAME])]
        persona = _build_persona(segmentation, profile_row, segment_traits, settings, playbook)
        detailed_persona = _add_facts(persona, segmentation, segment_facts, context)
        built_personas.append(
            replace(detailed_persona, portrait=build_portrait(segment_traits, context.bases_by_column, settings.traits))
        )
    return built_personas


@dataclass(frozen=True)
class _SegmentFacts:
    """What is known of all segments of a segmentation at once, by segment."""

    stage_by_segment: Mapping[str, SegmentStage]
    channel_by_segment: Mapping[str, Preference]
    time_by_segment: Mapping[str, Preference]
    scores_by_segment: Mapping[str, tuple[SurveyScore, ...]]
    has_consent: reach.CustomerMask | None


def _add_facts(
    persona: Persona, segmentation: Segmentation, segment_facts: _SegmentFacts, context: PersonaContext
) -> Persona:
    """The persona with how its customers fare, how they are reached and what comes next."""
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
        stage=segment_stage.name if segment_stage else "",
        next_touchpoint=f"{next_touchpoints[0].touchpoint}: {next_touchpoints[0].message}" if next_touchpoints else "",
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
    playbook: Playbook,
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
        action=playbook.choose_action(segment, segment_traits),
        avoid=playbook.avoid_by_segment.get(segment.casefold(), ""),
        warnings=(f"only {pluralize(customer_count, 'customer')}: averages are rough",)
        if customer_count < SMALL_SEGMENT
        else (),
    )


def _read_number(profile_row: Mapping[str, float | str], column_name: str) -> float | None:
    return float(profile_row[column_name]) if column_name in profile_row else None


def _typical_quartiles(member_rows: pd.DataFrame, segmentation: Segmentation) -> dict[str, tuple[float, float, float]]:
    """Lower quartile, median and upper quartile of what a customer is known by."""
    measure_names = [measure_name for measure_name in TYPICAL_MEASURES if measure_name in member_rows]
    if not measure_names:
        numeric_names = [
            column_name
            for column_name in list_trait_columns(segmentation)
            if pd.api.types.is_numeric_dtype(member_rows[column_name])
        ]
        customer_table = segmentation.customers.table  # quartiles of yes and no say nothing
        measure_names = [
            column_name for column_name in numeric_names if not customer_table[column_name].dropna().isin((0, 1)).all()
        ][: len(TYPICAL_MEASURES)]
    quartiles = member_rows[measure_names].astype("float64").quantile([0.25, 0.5, 0.75])
    return {
        measure_name: tuple(quartiles[measure_name].tolist())
        for measure_name in measure_names
        if quartiles[measure_name].notna().all()
    }


def _write_headline(quartiles: Mapping[str, tuple[float, float, float]], segment_traits: Sequence[Trait]) -> str:
    """The median customer in one sentence, or the leading traits where there are no orders."""
    phrases = []
    if columns.ORDERS in quartiles:
        order_count = quartiles[columns.ORDERS][1]
        phrases.append("one order" if order_count == 1 else f"{_format_amount(order_count, 1)} orders")
    if columns.AVERAGE_ORDER_VALUE in quartiles:
        phrases.append(f"{_format_amount(quartiles[columns.AVERAGE_ORDER_VALUE][1], 2)} a time")
    if columns.RECENCY_DAYS in quartiles:
        recency_days = quartiles[columns.RECENCY_DAYS][1]
        phrases.append(f"last bought {recency_days:,.0f} {'day' if recency_days == 1 else 'days'} ago")
    if phrases:
        return f"Typically {', '.join(phrases)}."
    leading_texts = [
        f"{'more' if trait.difference > 0 else 'less'} {trait.level or trait.name}" for trait in segment_traits[:2]
    ]
    if not leading_texts:
        return "Close to the base in everything known."
    text = " and ".join(leading_texts)
    return f"{text[0].upper()}{text[1:]} than the base."


def _format_amount(value: float, decimals: int) -> str:
    """A number without decimals where it is whole or large."""
    return f"{value:,.0f}" if value == round(value) or value >= LARGE_NUMBER else f"{value:,.{decimals}f}"
