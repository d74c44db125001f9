"""Section with transitions between segments since an earlier run."""

from collections.abc import Iterator

from segcli import columns, formatting
from segcli.evaluation.compare import ENTERED_LABEL, FROM_SEGMENT, LEFT_LABEL, TO_SEGMENT
from segcli.formatting import pluralize
from segcli.reports.blocks import Block, Chart, Column, Heading, Table, Text
from segcli.reports.optional_analyses import SegmentTransitions
from segcli.reports.report import Findings

TITLE = "Migration"
NO_PREVIOUS_NOTE = "No previous result is configured (report.previous)."


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the share that stayed, the flows and their table, for each segmentation of the earlier result."""
    transitions, skip_reason = findings.analyses.transitions, findings.analyses.skip_reasons.get("migration")
    if skip_reason or not transitions:
        yield Text([skip_reason or NO_PREVIOUS_NOTE])
    for transition in transitions:
        yield Heading(transition.name, level=3)
        yield from _build_transition_blocks(transition)


def _build_transition_blocks(transition: SegmentTransitions) -> Iterator[Block]:
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
            "Segment shares changed by a PSI of "
            f"{formatting.format_decimal(transition.psi)} ({major_text} or more is a major change)."
        )
    ]
    if returning_customers:
        lines.insert(
            0,
            f"{formatting.format_share(stayed_customers / returning_customers)} of "
            f"{formatting.format_count(returning_customers)} customers stayed in their segment.",
        )
    if withheld_customers:
        lines.append(f"Moves of {pluralize(withheld_customers, 'customer')} are withheld: too few made the same move.")
    yield Text(lines)
    if len(visible_flows):
        yield _build_flow_chart(transition)


def _build_flow_chart(transition: SegmentTransitions) -> Chart:
    visible_flows = transition.flows[transition.flows[FROM_SEGMENT] != ""]
    flows = [
        {FROM_SEGMENT: row[FROM_SEGMENT], TO_SEGMENT: row[TO_SEGMENT], columns.CUSTOMERS: int(row[columns.CUSTOMERS])}
        for row in visible_flows.to_dict("records")
    ]
    data = {
        "before": list(transition.segments_before),
        "after": list(transition.segments_after),
        "flows": flows,
        "before_title": "before",
        "after_title": "now",
    }
    moving_flows = [flow for flow in flows if flow[FROM_SEGMENT] != flow[TO_SEGMENT]]
    alt_text = "No customer changed segment."
    if moving_flows:
        largest_flow = max(
            moving_flows, key=lambda flow: (flow[columns.CUSTOMERS], flow[FROM_SEGMENT], flow[TO_SEGMENT])
        )
        alt_text = (
            f"Largest move: from {largest_flow[FROM_SEGMENT]} to {largest_flow[TO_SEGMENT]}, "
            f"{pluralize(largest_flow[columns.CUSTOMERS], 'customer')}."
        )
    rows = [
        [flow[FROM_SEGMENT], flow[TO_SEGMENT], formatting.format_count(flow[columns.CUSTOMERS])]
        for flow in sorted(flows, key=lambda flow: (-flow[columns.CUSTOMERS], flow[FROM_SEGMENT], flow[TO_SEGMENT]))
    ]
    titles = [Column("From", align_right=False), Column("To", align_right=False), Column("Customers")]
    return Chart(
        "migration", f"Customers who moved between segments of {transition.name}", alt_text, data, [Table(titles, rows)]
    )
