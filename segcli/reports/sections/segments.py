"""The segment table of every segmentation."""

from collections.abc import Iterable

from segcli import columns as c
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.pictures import bubbles, treemap
from segcli.reports.report import Findings
from segcli.reports.shield import small_segments

TITLE = "Segments"


def blocks(findings: Findings) -> Iterable[Block]:
    """A chart and a table per segmentation, with what its method has to say."""
    for one in findings.segmentations:
        yield Heading(one.column, level=3)
        yield bubbles(one) if c.MEAN_REVENUE in one.profile else treemap(one)
        yield tables.segments(one)
        few = small_segments(one, findings.privacy)
        mark = f"small numbers, fewer than {findings.privacy.small_numbers} customers: {', '.join(few)}"
        notes = [*one.notes, *one.warnings, *[mark] * bool(few)]
        if notes:
            yield Text(notes, bullets=True)
        yield from tables.findings(one)
