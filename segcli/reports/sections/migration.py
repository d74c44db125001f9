"""Section with transitions between segments since an earlier run."""

from collections.abc import Iterator, Sequence

import pandas as pd

from segcli import columns, formatting
from segcli.evaluation.compare import ENTERED_LABEL, FROM_SEGMENT, LEFT_LABEL, TO_SEGMENT
from segcli.message import count_message, message
from segcli.reports.blocks import Block, Chart, Column, Details, Heading, Table, Text
from segcli.reports.optional_analyses import SegmentTransitions
from segcli.reports.report import Findings

TITLE = message("Migration")
NO_PREVIOUS_NOTE = message("There is no previous result (report.previous), and no order export of earlier days.")
MAX_MOVES = 10  # most moves in the table beside the chart


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the share that stayed, the flows and their table, for each segmentation of the earlier result."""
    transitions, skip_reason = findings.analyses.transitions, findings.analyses.skip_reasons.get("migration")
    if skip_reason or not transitions:
        yield Text([skip_reason or NO_PREVIOUS_NOTE])
    for transition in transitions:
        title = transition.column
        if transition.since:
            title = message("{name}, since {day}", name=transition.column, day=transition.since)
        segments = findings.list_segments(transition.column)
        yield Heading(title, level=3)
        yield from _build_transition_blocks(transition, segments)


def _build_transition_blocks(transition: SegmentTransitions, segments: Sequence[str]) -> Iterator[Block]:
    visible_flows = transition.flows[transition.flows[FROM_SEGMENT] != ""]
    withheld_customers = int(transition.flows.loc[transition.flows[FROM_SEGMENT] == "", columns.CUSTOMERS].sum())
    returning_flows = visible_flows[
        (visible_flows[FROM_SEGMENT] != ENTERED_LABEL) & (visible_flows[TO_SEGMENT] != LEFT_LABEL)
    ]
    stayed_customers = int(
        returning_flows.loc[returning_flows[FROM_SEGMENT] == returning_flows[TO_SEGMENT], columns.CUSTOMERS].sum()
    )
    returning_customers = int(returning_flows[columns.CUSTOMERS].sum())
    major_text = formatting.format_decimal(transition.major_psi)
    lines = [
        (
            message(
                "Segment shares changed by a PSI of {psi} ({major} or more is a major change).",
                psi=formatting.format_decimal(transition.psi),
                major=major_text,
            )
        )
    ]
    if returning_customers:
        lines.insert(
            0,
            message(
                "{share} of {count} customers stayed in their segment.",
                share=formatting.format_share(stayed_customers / returning_customers),
                count=formatting.format_count(returning_customers),
            ),
        )
    if withheld_customers:
        lines.append(
            count_message(
                "Moves of {count} customer are withheld: too few made the same move.",
                "Moves of {count} customers are withheld: too few made the same move.",
                withheld_customers,
            )
        )
    yield Text(lines)
    if len(visible_flows):
        yield _build_flow_chart(transition, segments)
        moves = visible_flows[visible_flows[FROM_SEGMENT] != visible_flows[TO_SEGMENT]]
        rank_column = columns.REVENUE if columns.REVENUE in moves else columns.CUSTOMERS
        ranked = moves.sort_values([rank_column, FROM_SEGMENT, TO_SEGMENT], ascending=[False, True, True])
        if len(ranked):
            yield _build_move_table(ranked.head(MAX_MOVES))
        if len(visible_flows) > min(len(ranked), MAX_MOVES):
            flows = visible_flows.sort_values(
                [columns.CUSTOMERS, FROM_SEGMENT, TO_SEGMENT], ascending=[False, True, True]
            )
            yield Details(message("All moves"), [_build_move_table(flows)])


def _build_move_table(flows: pd.DataFrame) -> Table:
    """Return a table with one row per pair of segments: customers, and what they have spent so far."""
    titles = [
        Column(message("From"), align_right=False),
        Column(message("To"), align_right=False),
        Column(message("Customers")),
    ]
    has_revenue = columns.REVENUE in flows
    rows = [
        [
            row[FROM_SEGMENT],
            row[TO_SEGMENT],
            formatting.format_count(row[columns.CUSTOMERS]),
            *([formatting.format_money(row[columns.REVENUE])] if has_revenue else []),
        ]
        for row in flows.to_dict("records")
    ]
    return Table([*titles, *[Column(message("Revenue so far"))] * has_revenue], rows)


def _build_flow_chart(transition: SegmentTransitions, segments: Sequence[str]) -> Chart:
    visible_flows = transition.flows[transition.flows[FROM_SEGMENT] != ""]
    flows = [
        {FROM_SEGMENT: row[FROM_SEGMENT], TO_SEGMENT: row[TO_SEGMENT], columns.CUSTOMERS: int(row[columns.CUSTOMERS])}
        for row in visible_flows.to_dict("records")
    ]
    data = {
        "before": list(transition.segments_before),
        "after": list(transition.segments_after),
        "before_positions": _list_positions(transition.segments_before, segments),
        "after_positions": _list_positions(transition.segments_after, segments),
        "flows": flows,
        "before_title": message("before"),
        "after_title": message("now"),
    }
    moving_flows = [flow for flow in flows if flow[FROM_SEGMENT] != flow[TO_SEGMENT]]
    alt_text = message("No customer changed segment.")
    if moving_flows:
        largest_flow = max(
            moving_flows, key=lambda flow: (flow[columns.CUSTOMERS], flow[FROM_SEGMENT], flow[TO_SEGMENT])
        )
        alt_text = count_message(
            "Largest move: from {start} to {end}, {count} customer.",
            "Largest move: from {start} to {end}, {count} customers.",
            largest_flow[columns.CUSTOMERS],
            start=largest_flow[FROM_SEGMENT],
            end=largest_flow[TO_SEGMENT],
        )
    title = message("Customers who moved between segments of {name}", name=transition.column)
    return Chart("migration", title, alt_text, data, ())


def _list_positions(names: Sequence[str], segments: Sequence[str]) -> list[int | None]:
    """Return the display positions of segments, which decide on their colours; None if unknown."""
    return [segments.index(name) if name in segments else None for name in names]
