"""The segment table of every segmentation."""

from collections.abc import Iterable

from segcli import columns as c
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.pictures import bubbles, treemap
from segcli.reports.report import Findings

TITLE = "Segments"


def blocks(findings: Findings) -> Iterable[Block]:
    """A chart and a table per segmentation, with what its method has to say."""
    for one in findings.segmentations:
        yield Heading(one.column, level=3)
        yield bubbles(one) if c.MEAN_REVENUE in one.profile else treemap(one)
        yield tables.segments(one)
        if one.notes or one.warnings:
            yield Text([*one.notes, *one.warnings], bullets=True)
        yield from tables.findings(one)
