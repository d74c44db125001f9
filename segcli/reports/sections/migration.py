"""Section with transitions between segments since an earlier run."""

from collections.abc import Iterator

from segcli import columns, formatting
from segcli.evaluation.compare import ENTERED_LABEL, FROM_SEGMENT, LEFT_LABEL, TO_SEGMENT
from segcli.message import count_message, message
from segcli.reports.blocks import Block, Chart, Column, Heading, Table, Text
from segcli.reports.optional_analyses import SegmentTransitions
from segcli.reports.report import Findings

TITLE = message("Migration")
NO_PREVIOUS_NOTE = message("No previous result is configured (report.previous).")


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
    rows = [
        [flow[FROM_SEGMENT], flow[TO_SEGMENT], formatting.format_count(flow[columns.CUSTOMERS])]
        for flow in sorted(flows, key=lambda flow: (-flow[columns.CUSTOMERS], flow[FROM_SEGMENT], flow[TO_SEGMENT]))
    ]
    titles = [
        Column(message("From"), align_right=False),
        Column(message("To"), align_right=False),
        Column(message("Customers")),
    ]
    return Chart(
        "migration",
        message("Customers who moved between segments of {name}", name=transition.name),
        alt_text,
        data,
        [Table(titles, rows)],
    )
