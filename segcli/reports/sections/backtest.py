"""Section with the backtest: whether segments made as of an earlier day predict later buyers."""

from collections.abc import Iterator
from datetime import date

from segcli.message import message
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.evaluation_results import build_lift_table, build_outcome_table
from segcli.reports.report import Findings

TITLE = message("Backtest")


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the comparison of segmentations, then the segments of each."""
    backtest = findings.analyses.backtest_summary
    if backtest is None:
        yield Text([findings.analyses.skip_reasons.get("backtest", message("A backtest needs an order export."))])
        return
    yield build_lift_table(backtest.summary)
    yield from tables.build_note_blocks(backtest.notes)
    for name, segment_rows in backtest.segments.groupby("segmentation", sort=False):
        until_day = date.fromisoformat(segment_rows["until"].iloc[0])
        yield Heading(message("{name}, after {day}", name=name, day=until_day), level=3)
        yield build_outcome_table(segment_rows)
