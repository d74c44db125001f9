"""Section with scorecards: measurable, accessible, substantial, differentiable, durable and actionable segments."""

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from segcli.message import message
from segcli.reports import tables
from segcli.reports.blocks import Block, Text, show_first
from segcli.reports.report import Findings

TITLE = message("Scorecard")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield a table per segmentation, then notes about its segments as a set."""
    yield from show_first(
        (segmentation.column, _build_scorecard_blocks(*findings.scorecards[segmentation.column]))
        for segmentation in findings.persona_segmentations
        if segmentation.column in findings.scorecards
    )


def _build_scorecard_blocks(scorecard_rows: pd.DataFrame, notes: Sequence[str]) -> Iterator[Block]:
    if len(scorecard_rows):
        yield tables.build_scorecard_table(scorecard_rows)
    if notes:
        yield Text(list(notes), has_bullets=True)
