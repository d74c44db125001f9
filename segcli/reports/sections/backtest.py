"""Whether segments tell who buys: made as of an earlier day, and held against what came after."""

from collections.abc import Iterator

import pandas as pd

from segcli import columns as c
from segcli.reports import tables
from segcli.reports.blocks import Block, Heading, Text
from segcli.reports.evidence import foretold, side_by_side
from segcli.reports.report import Findings

TITLE = "Backtest"


def blocks(findings: Findings) -> Iterator[Block]:
    """Segmentations side by side, then the segments of each."""
    found = findings.answers.backtest
    if found is None:
        yield Text([findings.answers.why_not.get("backtest", "A backtest needs an export of single orders.")])
        return
    yield side_by_side(found.summary)
    yield from tables.notes(found.notes)
    for name, rows in found.segments.groupby("segmentation", sort=False):
        yield Heading(f"{name}, after {rows['until'].iloc[0]}", level=3)
        yield foretold(rows) if c.REVENUE in rows else _without_money(rows)


def _without_money(rows: pd.DataFrame) -> Block:
    return tables.found(rows[[c.NAME, c.CUSTOMERS, "buyers", "buyer_rate", "lift"]])
