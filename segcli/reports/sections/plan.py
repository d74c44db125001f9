"""Section with the touchpoint plan: messages, audiences, channels and dates."""

from collections.abc import Iterator

from segcli.message import message
from segcli.reports import activation_results
from segcli.reports.blocks import Block, Heading
from segcli.reports.report import Findings

TITLE = message("Plan")


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the touchpoints by stage, then the gaps."""
    if findings.plan is not None:
        yield Heading(findings.plan.segmentation.column, level=3)
        yield from activation_results.build_plan_blocks(findings.plan)
