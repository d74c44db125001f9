"""Section with the segment table of every segmentation."""

from collections.abc import Iterable

from segcli import columns
from segcli.message import count_message, message
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.chart_blocks import build_bubble_chart, build_treemap
from segcli.reports.disclosure import find_small_segments
from segcli.reports.report import Findings

TITLE = message("Segments")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield a chart and a table per segmentation, with the notes of its method."""
    for segmentation in findings.segmentations:
        yield Heading(segmentation.column, level=3)
        yield (
            build_bubble_chart(segmentation)
            if columns.MEAN_REVENUE in segmentation.profile
            else build_treemap(segmentation)
        )
        yield tables.build_segment_table(segmentation)
        small_names = find_small_segments(segmentation, findings.privacy)
        small_note = count_message(
            "small numbers, fewer than {count} customer: {names}",
            "small numbers, fewer than {count} customers: {names}",
            findings.privacy.small_numbers,
            names=", ".join(small_names),
        )
        notes = [*segmentation.notes, *segmentation.warnings, *[small_note] * bool(small_names)]
        if notes:
            yield Text(notes, has_bullets=True)
        yield from tables.build_finding_blocks(segmentation)
