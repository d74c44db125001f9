"""Section with rule-based segmentations, each with a chart and a table."""

from collections.abc import Iterator

from segcli import columns
from segcli.message import message
from segcli.reports import tables
from segcli.reports.blocks import Block, Text, show_first
from segcli.reports.chart_blocks import build_treemap
from segcli.reports.report import Findings

TITLE = message("Segments by rules")
NO_RULES_NOTE = message("No segmentations by rules were requested.")


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the segmentations that are neither RFM nor clusters."""
    rule_segmentations = [
        segmentation
        for segmentation in findings.segmentations
        if segmentation.column not in {columns.RFM_SEGMENT, columns.CLUSTER_SEGMENT}
    ]
    if not rule_segmentations:
        yield Text([NO_RULES_NOTE])
    yield from show_first(
        (segmentation.column, [build_treemap(segmentation), tables.build_segment_table(segmentation)])
        for segmentation in rule_segmentations
    )
