"""What is said to whom, where and when."""

from collections.abc import Iterator

from segcli.reports import decisions
from segcli.reports.blocks import Block, Heading
from segcli.reports.report import Findings

TITLE = "Plan"


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Touchpoints by stage, and gaps."""
    if findings.plan is not None:
        yield Heading(findings.plan.segmentation.column, level=3)
        yield from decisions.build_plan_blocks(findings.plan)
