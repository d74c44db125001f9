"""The segment table of every segmentation."""

from collections.abc import Iterable

from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.report import Findings

TITLE = "Segments"


def blocks(findings: Findings) -> Iterable[Block]:
    """A table per segmentation, with what its method has to say."""
    for one in findings.segmentations:
        yield Heading(one.column, level=3)
        yield tables.segments(one)
        if one.notes or one.warnings:
            yield Text([*one.notes, *one.warnings], bullets=True)
        yield from tables.findings(one)
