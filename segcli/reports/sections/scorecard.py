"""Whether segments are measurable, accessible, substantial, differentiable, durable and actionable."""

from collections.abc import Iterable

from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.report import Findings

TITLE = "Scorecard"


def blocks(findings: Findings) -> Iterable[Block]:
    """A table per segmentation, and what is true of its segments together."""
    for one in findings.described:
        if one.column in findings.scorecards:
            rows, noticed = findings.scorecards[one.column]
            yield Heading(one.column, level=3)
            if len(rows):
                yield tables.scorecard(rows)
            if noticed:
                yield Text(list(noticed), bullets=True)
