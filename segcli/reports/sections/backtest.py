"""Section with the backtest: whether segments made as of an earlier day predict later buyers."""

from collections.abc import Iterator

from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.evaluation_results import build_lift_table, build_outcome_table
from segcli.reports.report import Findings

TITLE = "Backtest"


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the comparison of segmentations, then the segments of each."""
    backtest = findings.analyses.backtest_summary
    if backtest is None:
        yield Text([findings.analyses.skip_reasons.get("backtest", "A backtest needs an order export.")])
        return
    yield build_lift_table(backtest.summary)
    yield from tables.build_note_blocks(backtest.notes)
    for name, segment_rows in backtest.segments.groupby("segmentation", sort=False):
        yield Heading(f"{name}, after {segment_rows['until'].iloc[0]}", level=3)
        yield build_outcome_table(segment_rows)
