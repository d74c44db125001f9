"""Recency and frequency scores beside each other: how many customers have both, and what they bring."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from segcli import columns as c
from segcli.reports import cells, numbers
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.report import Findings

Cells = Mapping[tuple[int, int], Mapping[Any, Any]]
Shown = Callable[[float], str]
TITLE = "Recency and frequency"
NOTHING = "There is no RFM segmentation with scores."
FEW = "Blank cells have no customers, or too few to be told of."


def blocks(findings: Findings) -> Iterator[Block]:
    """The heat map, its numbers, and what its blanks mean."""
    if findings.heat is None:
        asked = any(one.column == c.RFM_SEGMENT and c.R_SCORE in one.table for one in findings.segmentations)
        yield Text(["Too few customers have some of the scores." if asked else NOTHING])
        return
    rows = cells.scores(findings.heat)
    yield chart(rows)
    yield Text([FEW], quiet=True)


def chart(rows: pd.DataFrame) -> Chart:
    """A cell for each pair of scores, best recency above, best frequency to the right."""
    shaded, shown, what = (
        (c.MEAN_REVENUE, numbers.money, "mean revenue of a customer")
        if c.MEAN_REVENUE in rows
        else (c.CUSTOMERS, numbers.count, "customers")
    )
    down = sorted(set(rows[c.R_SCORE]), reverse=True)
    across = sorted(set(rows[c.F_SCORE]))
    there = {(row[c.R_SCORE], row[c.F_SCORE]): row for row in rows.to_dict("records")}
    values = [[float(there[r, f][shaded]) if (r, f) in there else None for f in across] for r in down]
    known = [value for row in values for value in row if value is not None]
    data = {
        "rows": [str(score) for score in down],
        "columns": [str(score) for score in across],
        "values": values,
        "told": [["" if value is None else shown(value) for value in row] for row in values],
        "row_title": "recency score",
        "column_title": "frequency score",
        "shaded_by": what,
        "low": shown(min(known, default=0.0)),
        "high": shown(max(known, default=0.0)),
    }
    best = max(there.values(), key=lambda row: (row[shaded], row[c.R_SCORE], row[c.F_SCORE]), default=None)
    says = "No pair of scores has enough customers to be told of."
    if best is not None:
        says = (
            f"A grid of recency and frequency scores; the highest {what} is {shown(best[shaded])}, "
            f"of recency {best[c.R_SCORE]} and frequency {best[c.F_SCORE]}."
        )
    tables = [_table(there, (down, across), c.CUSTOMERS, "customers", numbers.count)]
    if shaded != c.CUSTOMERS:
        tables.append(_table(there, (down, across), shaded, what, shown))
    return Chart("heat_map", f"Recency and frequency scores, by {what}", says, data, tables)


def _table(there: Cells, scores: tuple[list[int], list[int]], of: str, what: str, shown: Shown) -> Table:
    """One measure of each pair of scores."""
    down, across = scores
    titles = [Column(f"Recency score, {what}", right=False), *(Column(f"Frequency {score}") for score in across)]
    rows = [[str(r), *(shown(there[r, f][of]) if (r, f) in there else "" for f in across)] for r in down]
    return Table(titles, rows)
