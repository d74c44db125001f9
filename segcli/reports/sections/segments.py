"""Section with the segment table of every segmentation."""

from collections.abc import Iterable, Iterator

from segcli import columns
from segcli.message import count_message, message
from segcli.model import Segmentation
from segcli.reports import tables
from segcli.reports.blocks import Block, Details, Heading, Text
from segcli.reports.chart_blocks import build_bubble_chart, build_treemap
from segcli.reports.disclosure import find_small_segments
from segcli.reports.report import Findings

TITLE = message("Segments")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield a comparison of several segmentations, then the first in full and the others on demand."""
    if len(findings.segmentations) > 1:
        yield tables.build_comparison_table(findings.segmentations)
    for position, segmentation in enumerate(findings.segmentations):
        blocks = list(_build_segmentation_blocks(segmentation, findings))
        if position == 0:
            yield Heading(segmentation.column, level=3)
            yield from blocks
        else:
            yield Details(segmentation.column, blocks)


def _build_segmentation_blocks(segmentation: Segmentation, findings: Findings) -> Iterator[Block]:
    """Yield a chart, the table of segments, and the notes of the method."""
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
