"""Recency and frequency scores beside each other: how many customers have both, and what they bring."""

from collections.abc import Callable, Iterator

import pandas as pd

from segcli import columns as c
from segcli.reports import cells, numbers
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.pictures import grid
from segcli.reports.report import Findings

TITLE = "Recency and frequency"
NOTHING = "There is no RFM segmentation with scores."
DOWN, ACROSS = "recency score", "frequency score"
FEW = "Blank cells have no customers, or too few to be told of."


def blocks(findings: Findings) -> Iterator[Block]:
    """The heat map, its numbers, and what its blanks mean."""
    if findings.heat is None:
        asked = any(one.column == c.RFM_SEGMENT and c.R_SCORE in one.table for one in findings.segmentations)
        yield Text(["Too few customers have some of the scores." if asked else NOTHING])
        return
    rows = cells.scores(findings.heat)
    if rows.empty:
        yield Text(["No pair of scores has enough customers to be told of."])
        return
    yield chart(rows)
    yield Text([FEW], quiet=True)


def chart(rows: pd.DataFrame) -> Chart:
    """A cell for each pair of scores, best recency above, best frequency to the right; shades are means where known."""
    counts = _cells(rows, c.CUSTOMERS)
    customers = _table(counts, "Customers by recency score", numbers.count)
    if c.MEAN_REVENUE not in rows:
        data = grid(counts, numbers.count, rows=DOWN, across=ACROSS, by="customers")
        recency, frequency, most = _best(counts)
        says = f"Most customers, {numbers.count(most)}, have recency {recency} and frequency {frequency}."
        return Chart("heat_map", "Recency and frequency scores, by customers", says, data, [customers])
    means = _cells(rows, c.MEAN_REVENUE)
    data = grid(means, numbers.money, rows=DOWN, across=ACROSS, by="mean revenue of a customer")
    recency, frequency, most = _best(means)
    told = f"{numbers.money(most)} each on average"
    says = f"Customers of recency {recency} and frequency {frequency} bring most, {told}."
    title = "Recency and frequency scores, by mean revenue of a customer"
    return Chart(
        "heat_map", title, says, data, [customers, _table(means, "Mean revenue by recency score", numbers.money)]
    )


def _cells(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Recency down, from the best; frequency across."""
    found = rows.pivot_table(measure, c.R_SCORE, c.F_SCORE, aggfunc="first")
    return found.sort_index(ascending=False).sort_index(axis="columns")


def _best(found: pd.DataFrame) -> tuple[int, int, float]:
    """The scores with the highest value, and the value."""
    pairs = [
        (float(value), int(recency), int(frequency))
        for recency, row in zip(found.index, found.to_numpy(), strict=True)
        for frequency, value in zip(found.columns, row, strict=True)
        if pd.notna(value)
    ]
    most, recency, frequency = max(pairs)
    return recency, frequency, most


def _table(found: pd.DataFrame, title: str, shown: Callable[[float], str]) -> Table:
    titles = [Column(title, right=False), *(Column(f"Frequency {score}") for score in found.columns)]
    rows = [
        [str(score), *("" if pd.isna(one) else shown(float(one)) for one in row)]
        for score, row in zip(found.index, found.to_numpy(), strict=True)
    ]
    return Table(titles, rows)
