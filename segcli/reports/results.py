"""Builders of the results of commands; modules that only one of them needs are imported inside it."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from segcli import columns
from segcli.errors import UsageProblem
from segcli.message import message
from segcli.model import Customers, ExampleCustomer, Persona, Preference, Segmentation
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Result, Text
from segcli.reports.envelope import build_envelope, describe_segmentation, to_records

if TYPE_CHECKING:
    from segcli.evaluation.scorecard import Scorecard
    from segcli.persona.explanations import Explanation, SegmentRule
    from segcli.persona.markers import MarkerVariables
    from segcli.segment.rule_set import RuleSet


def build_customers_result(customers: Customers) -> Result:
    """Build the result of `segcli ingest`: the customer table."""

    def build_parts() -> dict[str, Any]:
        return {"customers": to_records(customers.table), "warnings": list(customers.warnings)}

    blocks = (tables.build_measure_table(customers.table),)
    return Result(customers.table, lambda: build_envelope("ingest", customers, build_parts()), blocks)


def build_segmentation_result(
    command_name: str,
    segmentation: Segmentation,
    explanation: "Explanation | None" = None,
    markers: "MarkerVariables | None" = None,
) -> Result:
    """Build the result of `rfm`, `cluster` and `assign`: the customer table with scores and segments.

    Clusters also get rules (`explanation`) and marker variables (`markers`).
    """
    candidate_table = tables.build_candidate_table(segmentation)
    blocks: tuple[Block, ...] = (
        tables.build_segment_table(segmentation),
        *([candidate_table] if candidate_table else []),
        *tables.build_note_blocks(segmentation.notes),
        *(tables.build_marker_blocks(markers, segmentation.segments) if markers else ()),
        *(tables.build_rule_blocks(explanation) if explanation else ()),
    )
    table = segmentation.table

    def build_parts() -> dict[str, Any]:
        return {
            **describe_segmentation(segmentation),
            **_describe_explanation(explanation),
            **_describe_markers(markers),
            "customers": to_records(table),
        }

    return Result(table, lambda: build_envelope(command_name, segmentation.customers, build_parts()), blocks)


def _describe_explanation(explanation: "Explanation | None") -> dict[str, Any]:
    if explanation is None:
        return {}
    return {
        "explanation": {
            "fidelity": explanation.fidelity,
            "otherwise": explanation.default_segment,
            "rules": [_describe_rule(rule) for rule in explanation.segment_rules],
        }
    }


def _describe_markers(markers: "MarkerVariables | None") -> dict[str, Any]:
    if markers is None:
        return {}
    profile = [
        {columns.SEGMENT_NAME: segment, **vars(entry), "marker": markers.is_marker(entry)}
        for segment, traits in markers.traits_by_segment.items()
        for entry in traits
    ]
    return {"profile": profile, "tests": [vars(entry) for entry in markers.differences]}


def _describe_rule(rule: "SegmentRule") -> dict[str, Any]:
    return {
        "segment": rule.segment,
        "rules": list(rule.rule_texts),
        "coverage": rule.coverage,
        "precision": rule.precision,
    }


def build_segmentations_result(command_name: str, segmentations: Sequence[Segmentation], sizes: pd.DataFrame) -> Result:
    """Build the result of several segmentations: one customer table with all labels, one segment table each.

    If your definitions have descriptions, owners or expected sizes, `sizes` (of `measure_sizes`) precedes the tables.
    """
    has_texts, has_limits = sizes[["description", "owner"]] != "", sizes[["lowest", "highest"]].notna()
    is_described = has_texts.to_numpy().any() or has_limits.to_numpy().any()
    blocks: list[Block] = [Heading(message("Definitions")), tables.build_size_table(sizes)] if is_described else []
    for segmentation in segmentations:
        blocks += [
            Heading(segmentation.column),
            tables.build_segment_table(segmentation),
            *tables.build_note_blocks(segmentation.notes),
            *tables.build_finding_blocks(segmentation),
        ]
    table = segmentations[-1].table

    def build_parts() -> dict[str, Any]:
        return {
            "segmentations": [describe_segmentation(segmentation) for segmentation in segmentations],
            **({"definitions": to_records(sizes)} if len(sizes) else {}),
            "customers": to_records(table),
        }

    return Result(
        table, lambda: build_envelope(command_name, segmentations[-1].customers, build_parts()), tuple(blocks)
    )


def build_changes_result(changes: pd.DataFrame, customers: Customers, min_customers: int) -> Result:
    """Build the result of `segcli rules --diff`: entries and exits of each segment by data and by definition.

    If a number of a segment is too small to show, all its numbers are missing, because each follows from the others.
    """
    counts = changes.columns[2:]
    is_hidden = ((changes[counts] > 0) & (changes[counts] < min_customers)).any(axis=1)
    visible = changes.assign(**{name: changes[name].astype("Int64").mask(is_hidden) for name in counts})

    def build_parts() -> dict[str, Any]:
        return {"changes": to_records(visible)}

    blocks: list[Block] = [tables.build_table(visible)]
    if is_hidden.any():
        note = message("segments with a number below {limit} are not shown", limit=min_customers)
        blocks += tables.build_note_blocks([note])
    return Result(visible, lambda: build_envelope("rules", customers, build_parts()), tuple(blocks))


def build_overlap_result(rule_sets: "Sequence[RuleSet]", segmentations: Sequence[Segmentation]) -> Result:
    """Build the overlap of segments: by their rules within a rule-based segmentation, and across segmentations."""
    from segcli.segment.rules import cross_overlap, match_segments, segment_overlap

    overlap_tables = [
        segment_overlap(match_segments(segmentation.customers, first)).assign(column=first.column, with_=first.column)
        for first, segmentation in zip(rule_sets, segmentations, strict=True)
        if first.rules
    ]
    overlap_tables += [
        cross_overlap(first, second).assign(column=first.column, with_=second.column)
        for first, second in combinations(segmentations, 2)
    ]
    if not overlap_tables:
        raise UsageProblem("--overlap needs two bases, or your own rules")
    overlap_rows = pd.concat(overlap_tables, ignore_index=True).rename(columns={"with_": "with"})

    def build_parts() -> dict[str, Any]:
        return {"overlap": to_records(overlap_rows)}

    return Result(
        overlap_rows,
        lambda: build_envelope("rules", segmentations[0].customers, build_parts()),
        tuple(tables.build_overlap_blocks(overlap_rows)),
    )


def build_scorecards_result(scorecards: "Mapping[str, Scorecard]", customers: Customers) -> Result:
    """Build the result of `segcli rules --scorecard`: a scorecard of the segments of each segmentation."""
    blocks: list[Block] = []
    for column, (card_rows, notes) in scorecards.items():
        blocks += [Heading(column), tables.build_scorecard_table(card_rows), *tables.build_note_blocks(notes)]
    scorecard_rows = pd.concat(
        [column_rows.assign(column=column) for column, (column_rows, _) in scorecards.items()], ignore_index=True
    )

    def build_parts() -> dict[str, Any]:
        return {"scorecard": to_records(scorecard_rows)}

    return Result(scorecard_rows, lambda: build_envelope("rules", customers, build_parts()), tuple(blocks))


def build_personas_result(personas_by_column: Mapping[str, Sequence[Persona]], customers: Customers) -> Result:
    """Build the result of `segcli persona`: one card per segment, for each segmentation column."""
    from segcli.reports.persona_cards import build_persona_card

    blocks: list[Block] = []
    for column, column_personas in personas_by_column.items():
        blocks += [Heading(column)] * (len(personas_by_column) > 1) + [
            build_persona_card(persona) for persona in column_personas
        ]
    if not any(personas_by_column.values()):
        blocks = [Text([message("Every segment is too small to show; privacy.minimum_cell sets the minimum size.")])]
    persona_rows = pd.DataFrame(
        [
            _build_persona_row(column, segment_persona)
            for column, column_personas in personas_by_column.items()
            for segment_persona in column_personas
        ]
    )
    persona_facts = [
        {"column": column, **describe_persona(segment_persona)}
        for column, column_personas in personas_by_column.items()
        for segment_persona in column_personas
    ]
    return Result(
        persona_rows,
        lambda: build_envelope("persona", customers, {"personas": persona_facts}),
        tuple(blocks),
        document=True,
    )


def describe_persona(persona: Persona) -> dict[str, Any]:
    """Return a persona as JSON values."""
    typical = {
        column: dict(zip(("lower_quartile", "median", "upper_quartile"), quartiles, strict=True))
        for column, quartiles in persona.typical.items()
    }
    return {
        **vars(persona),
        "more": [vars(trait) for trait in persona.more],
        "less": [vars(trait) for trait in persona.less],
        "typical": typical,
        "portrait": {family: [vars(trait) for trait in traits] for family, traits in persona.portrait.items()},
        "scores": [vars(score) for score in persona.scores],
        **{name: _describe_optional(getattr(persona, name)) for name in ("channel", "moment", "example")},
        "changed": list(persona.changed),
        "contradictions": list(persona.contradictions),
    }


def _describe_optional(fact: Preference | ExampleCustomer | None) -> dict[str, Any] | None:
    return None if fact is None else dict(vars(fact))


def _build_persona_row(column: str, persona: Persona) -> dict[str, Any]:
    """Return the parts of a persona that fit into one table row."""
    return {
        "column": column,
        columns.SEGMENT_NAME: persona.segment,
        columns.CUSTOMERS: persona.customers,
        columns.SHARE: persona.share,
        columns.REVENUE: persona.revenue,
        columns.REVENUE_SHARE: persona.revenue_share,
        "mark": persona.mark,
        "headline": persona.headline,
        "more": "; ".join(
            trait.name if trait.level is None else f"{trait.name}={trait.level}" for trait in persona.more
        ),
        "less": "; ".join(
            trait.name if trait.level is None else f"{trait.name}={trait.level}" for trait in persona.less
        ),
        "action": persona.action,
        "avoid": persona.avoid,
        "stage": persona.stage,
        "consent": persona.consent,
        "confidence": persona.confidence,
    }
