"""Which segments to work with, and why not the others."""

from collections.abc import Iterator

from segcli.reports import decisions
from segcli.reports.blocks import Block, Heading
from segcli.reports.report import Findings

TITLE = "Targets"


def blocks(findings: Findings) -> Iterator[Block]:
    """Scores, the matrix, reasons."""
    if findings.targets is not None:
        yield Heading(findings.targets.segmentation.column, level=3)
        yield from decisions.targets(findings.targets)
