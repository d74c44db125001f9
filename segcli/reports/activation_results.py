"""Results of the activation commands: target selection, touchpoint plan and exports."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from segcli import columns, formatting
from segcli.exporters.audience import ExportResult
from segcli.formatting import pluralize
from segcli.message import message
from segcli.persona.attractiveness import criterion_label
from segcli.persona.plan import TouchpointPlan
from segcli.persona.targets import DEFAULT_WEIGHTS, TargetSelection
from segcli.reports import tables
from segcli.reports.blocks import Block, Column, Heading, RatedText, Result, Table
from segcli.reports.envelope import build_envelope, to_records


# Exports
def build_export_result(export: ExportResult) -> Result:
    """Build the result of `segcli export`.

    The rows are those of the export file. The blocks count exported and excluded customers per segment.
    """

    def build_export_envelope() -> dict[str, Any]:
        return {
            "schema": "segcli.export/1",
            "destination": export.destination,
            "audience": export.audience_name,
            "counts": to_records(export.status_counts),
            "left_out": dict(export.destination_file.exclusion_counts),
            "people": to_records(export.destination_file.table),
            "notes": list(export.notes),
        }

    return Result(
        export.destination_file.table,
        build_export_envelope,
        (tables.build_table(export.status_counts), *tables.build_note_blocks(export.notes)),
    )


def describe_export(export: ExportResult) -> Iterator[str]:
    """Yield log lines: customers by export status, reasons of exclusion, and notes."""
    yield from describe_outcomes(export).split("; ")
    yield from export.notes


def describe_outcomes(export: ExportResult) -> str:
    """Return the number of customers by export status, and the reasons why some were not reachable."""
    totals = export.status_counts[export.status_counts[columns.SEGMENT_NAME] == "all"].iloc[0]
    outcome_counts = " + ".join(f"{totals[name]:,} {name}" for name in export.status_counts.columns[2:])
    outcome_text = f"{export.destination}: {pluralize(totals[columns.CUSTOMERS], 'customer')} = {outcome_counts}"
    exclusions = export.destination_file.exclusion_counts
    if not exclusions:
        return outcome_text
    return f"{outcome_text}; not reachable: {', '.join(f'{count:,} {reason}' for reason, count in exclusions.items())}"


MATRIX_LEVELS = (message("high"), message("medium"), message("low"))  # rows of the 3 x 3 matrix, top row first
DEFAULT_WEIGHTS_LABEL = message("weights")
TOUCHPOINT_COLUMNS = ("stage", "touchpoint", columns.SEGMENT_NAME, "by", "reach", "reach_share", "first", "every_days")


def build_targets_result(targets: TargetSelection) -> Result:
    """Build the result of `segcli target`: one row per segment with its reason."""

    def build_parts() -> dict[str, Any]:
        return {
            "segmentation": targets.segmentation.column,
            "targets": to_records(targets.table),
            "parts": to_records(targets.contributions),
            "chosen": list(targets.chosen_segments),
            "holds": targets.weight_tolerance,
            "weight_sets": to_records(targets.weight_set_scores),
            "notes": list(targets.notes),
        }

    return Result(
        targets.table,
        lambda: build_envelope("target", targets.segmentation.customers, build_parts()),
        tuple(build_target_blocks(targets)),
    )


def build_target_blocks(targets: TargetSelection) -> Iterator[Block]:
    """Yield the ranking of segments, the matrix, the score components and the ranks under other weights."""
    yield _build_ranking_table(targets)
    yield from tables.build_note_blocks(targets.notes)
    if "cell" in targets.table:
        yield Heading(message("Attractiveness (rows) and own strength (columns)"), level=4)
        yield _build_matrix_table(targets.table)
    if len(targets.contributions):
        yield Heading(message("Score components"), level=4)
        yield _build_criteria_table(targets.contributions)
    if len(set(targets.weight_set_scores["set"])) > 1:
        yield Heading(message("Ranks with other weights"), level=4)
        yield _build_ranks_table(targets.weight_set_scores)


def _build_ranking_table(targets: TargetSelection) -> Table:
    titles = [
        Column(message("Segment"), align_right=False),
        Column("", is_bar=True),
        Column(message("Score")),
        Column(message("Strength")),
    ]
    titles += [
        Column(message("Contacts")),
        Column(message("Cost")),
        Column(message("Expected margin")),
        Column(message("ROI")),
        Column(message("Holdout")),
        Column(message("Detectable effect")),
        Column(message("Reason"), align_right=False),
    ]
    rows = []
    for row in to_records(targets.table):
        score, strength = row.get("attractiveness", 0.0), row.get("strength")
        strength_text = "" if strength is None else formatting.format_count(strength)
        name = f"{row[columns.SEGMENT_NAME]} <-" if row["chosen"] == "yes" else str(row[columns.SEGMENT_NAME])
        contacts = _format_contacts(row["contacts"], row["way"])
        roi = "" if pd.isna(row["roi"]) else _rate_return(row["roi"])
        money_texts = [_format_optional_money(row["cost"]), _format_optional_money(row["expected_margin"])]
        rows.append(
            [
                name,
                score / 100,
                formatting.format_count(score),
                strength_text,
                contacts,
                *money_texts,
                roi,
                "" if row["planned_holdout"] is None else formatting.format_count(row["planned_holdout"]),
                "" if pd.isna(row["detectable_effect"]) else formatting.format_share(row["detectable_effect"]),
                row["reason"],
            ]
        )
    return Table(titles, rows)


def _format_contacts(contact_count: int | None, channel: str) -> str:
    if contact_count is None:
        return message("{channel}: not known", channel=channel)
    return message("{contacts} {channel}", contacts=contact_count, channel=channel)


def _rate_return(roi: float) -> str:
    """Format a return on contact cost; below zero, contacts cost more than they earn."""
    return RatedText(formatting.format_ratio(roi), "good" if roi > 0 else "bad" if roi < 0 else "doubtful")


def _format_optional_money(value: float) -> str:
    return "" if pd.isna(value) else formatting.format_money(value)


def _build_matrix_table(target_table: pd.DataFrame) -> Table:
    """Build the 3 x 3 matrix of attractiveness (rows) and strength (columns); cells list segment names."""
    thirds = [
        pd.cut(target_table[axis], [-1, 100 / 3, 200 / 3, 101], right=False, labels=False) for axis in _MATRIX_AXES
    ]
    titles = [Column("", align_right=False), *(Column(name, align_right=False) for name in reversed(MATRIX_LEVELS))]
    rows = []
    for position, name in enumerate(MATRIX_LEVELS):
        cell_masks = [(thirds[0] == 2 - position) & (thirds[1] == column_index) for column_index in range(3)]
        rows.append([name, *(", ".join(target_table.loc[mask, columns.SEGMENT_NAME]) for mask in cell_masks)])
    return Table(titles, rows)


_MATRIX_AXES = ("attractiveness", "strength")


def _build_criteria_table(criteria: pd.DataFrame) -> Table:
    """Build a table of segments (rows) by criteria (columns); cells show the value and its score points."""
    weights = criteria.drop_duplicates("criterion").set_index("criterion")["weight"]
    titles = [Column(message("Segment"), align_right=False)]
    titles += [
        Column(message("{label} ({weight:.0f})", label=criterion_label(str(name)), weight=weight))
        for name, weight in weights.items()
    ]
    rows = [
        [
            str(segment),
            *(
                message("{value} +{points:.0f}", value=_format_criterion(row["value"]), points=row["adds"])
                for row in segment_rows.to_dict("records")
            ),
        ]
        for segment, segment_rows in criteria.groupby(columns.SEGMENT_NAME, sort=False)
    ]
    return Table(titles, rows)


def _format_criterion(value: float) -> str:
    return message("not known") if pd.isna(value) else formatting.format_number(value)


def _build_ranks_table(rankings: pd.DataFrame) -> Table:
    ranks = rankings.pivot_table("rank", columns.SEGMENT_NAME, "set", sort=False)
    titles = [
        Column(message("Segment"), align_right=False),
        *(Column(DEFAULT_WEIGHTS_LABEL if name == DEFAULT_WEIGHTS else str(name)) for name in ranks.columns),
    ]
    return Table(
        titles, [[str(name), *(formatting.format_count(rank) for rank in row)] for name, row in ranks.iterrows()]
    )


def build_plan_result(plan: TouchpointPlan) -> Result:
    """Build the result of `segcli plan`: one row per segment and touchpoint."""

    def build_parts() -> dict[str, Any]:
        return {
            "segmentation": plan.segmentation.column,
            "plan": to_records(plan.table),
            "calendar": to_records(plan.calendar),
            "gaps": list(plan.gaps),
        }

    return Result(
        plan.table,
        lambda: build_envelope("plan", plan.segmentation.customers, build_parts()),
        tuple(build_plan_blocks(plan)),
    )


def build_plan_blocks(plan: TouchpointPlan) -> Iterator[Block]:
    """Yield touchpoints by stage with reach and dates, then messages, angles and gaps."""
    yield tables.build_table(plan.table[list(TOUCHPOINT_COLUMNS)])
    messages = plan.table.drop_duplicates(["stage", "touchpoint"])[["stage", "touchpoint", "message", "offer", "kpi"]]
    yield Heading(message("Messages"), level=4)
    yield tables.build_table(messages)
    angles = plan.table.drop_duplicates(columns.SEGMENT_NAME)[[columns.SEGMENT_NAME, "angle"]]
    yield Heading(message("Angles"), level=4)
    yield tables.build_table(angles)
    yield from build_gap_blocks(plan.gaps)


def build_gap_blocks(gap_notes: Sequence[str]) -> Iterator[Block]:
    """Yield the gaps of a plan, if there are any."""
    if gap_notes:
        yield Heading(message("Gaps"), level=4)
        yield from tables.build_note_blocks(gap_notes)
