"""Segmentations by rules: each with a chart and a table."""

from collections.abc import Iterator

from segcli import columns as c
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.pictures import treemap
from segcli.reports.report import Findings

TITLE = "Segments by rules"
NOTHING = "No segmentations by rules were asked for."


def blocks(findings: Findings) -> Iterator[Block]:
    """Those that are neither RFM nor clusters."""
    found = [one for one in findings.segmentations if one.column not in {c.RFM_SEGMENT, c.CLUSTER_SEGMENT}]
    if not found:
        yield Text([NOTHING])
    for one in found:
        yield Heading(one.name, level=3)
        yield treemap(one)
        yield tables.segments(one)
