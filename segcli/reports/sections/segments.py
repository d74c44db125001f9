"""Section with the segment table of every segmentation."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from segcli.message import count_message, message
from segcli.model import Segmentation
from segcli.reports import tables
from segcli.reports.blocks import Block, Details, Heading, Text
from segcli.reports.chart_blocks import build_treemap
from segcli.reports.disclosure import find_small_segments
from segcli.reports.report import Findings

TITLE = message("Segments")
METHOD_TITLE = message("Method")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield the first segmentation in full, then a comparison of several segmentations and the others on demand."""
    for position, segmentation in enumerate(findings.segmentations):
        blocks = list(_build_segmentation_blocks(segmentation, findings))
        if position == 0:
            yield Heading(segmentation.column, level=3)
            yield from blocks
            if len(findings.segmentations) > 1:
                yield Heading(message("Comparison of segmentations"), level=3)
                yield tables.build_comparison_table(findings.segmentations)
        else:
            yield Details(segmentation.column, blocks)


def _build_segmentation_blocks(segmentation: Segmentation, findings: Findings) -> Iterator[Block]:
    """Yield the map of segments, if it is the first or has personas, the table of segments, and the method's notes."""
    anchors = findings.name_card_anchors(segmentation.column)
    if segmentation.column in {findings.segmentations[0].column, *findings.personas}:
        yield build_treemap(segmentation, anchors)
    yield replace(tables.build_segment_table(segmentation), row_anchors=anchors)
    small_names = find_small_segments(segmentation, findings.privacy)
    small_note = count_message(
        "small numbers, fewer than {count} customer: {names}",
        "small numbers, fewer than {count} customers: {names}",
        findings.privacy.small_numbers,
        names=", ".join(small_names),
    )
    if segmentation.warnings or small_names:
        yield Text([*segmentation.warnings, *[small_note] * bool(small_names)], has_bullets=True)
    method_blocks: list[Block] = [Text(segmentation.notes, has_bullets=True)] if segmentation.notes else []
    method_blocks += tables.build_finding_blocks(segmentation)
    if method_blocks:
        yield Details(METHOD_TITLE, method_blocks)
