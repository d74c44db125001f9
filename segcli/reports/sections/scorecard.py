"""Section with scorecards: measurable, accessible, substantial, differentiable, durable and actionable segments."""

from collections.abc import Iterable

from segcli.message import message
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.report import Findings

TITLE = message("Scorecard")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield a table per segmentation, then notes about its segments as a set."""
    for segmentation in findings.persona_segmentations:
        if segmentation.column in findings.scorecards:
            scorecard_rows, notes = findings.scorecards[segmentation.column]
            yield Heading(segmentation.column, level=3)
            if len(scorecard_rows):
                yield tables.build_scorecard_table(scorecard_rows)
            if notes:
                yield Text(list(notes), has_bullets=True)
