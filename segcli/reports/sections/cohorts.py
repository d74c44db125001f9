"""How many of the customers who came together buy again, period after period."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from segcli import columns as c
from segcli.counting import counted
from segcli.reports import numbers, tables
from segcli.reports.answers import Followed
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.pictures import grid
from segcli.reports.report import Findings
from segcli.value.cohort import COHORT, PERIOD, RETENTION, SIZE, VALUE

TITLE = "Cohorts"
MOST_DOWN, MOST_ACROSS = 18, 12  # cohorts and periods of the chart; the table has all
FEW = "Cohorts and cells of too few customers are left blank or left out."


@dataclass(frozen=True)
class Measure:
    """What is shown of cohorts: a title, what the shades mean, how a value reads, and how in a small cell."""

    title: str
    what: str
    shown: Callable[[float], str]
    brief: Callable[[float], str]


def _per_cent(value: float) -> str:
    return numbers.share(value).rstrip("%")


MEASURES = {
    RETENTION: Measure("Customers who bought again, of those who came together", "per cent", numbers.share, _per_cent),
    c.CUSTOMERS: Measure("Customers who bought again", "customers", numbers.count, numbers.count),
    c.ORDERS: Measure("Orders of customers who came together", "orders", numbers.count, numbers.count),
    c.REVENUE: Measure("Revenue of customers who came together", "revenue", numbers.money, numbers.money),
    VALUE: Measure("Revenue to date of a customer, by when they came", "a head", numbers.money, numbers.money),
}


def blocks(findings: Findings) -> Iterator[Block]:
    """The heat map of the latest cohorts, and the table of all."""
    found = findings.answers.cohorts
    if found is None:
        yield Text([findings.answers.why_not.get("cohorts", "Cohorts need an export of single orders.")])
        return
    if found.table.empty:
        yield Text(["Every cohort has too few customers to be told of."])
        return
    yield _chart(found)
    yield from tables.notes([*found.notes, *[FEW] * found.withheld])


def _chart(found: Followed) -> Chart:
    cells = found.table.pivot_table(found.show, COHORT, PERIOD, sort=False, aggfunc="first", dropna=False)
    cells = cells.sort_index(axis="columns")
    first = 1 if cells.shape[1] > 1 else 0  # what all bought at first would make everything else look small
    later = cells.iloc[-MOST_DOWN:, first : first + MOST_ACROSS]
    measure = MEASURES[found.show]
    data = grid(later, measure.brief, rows="cohort", across="periods since the first purchase", by=measure.what)
    says = f"{measure.title}: {counted(len(later), 'cohort')} over {counted(later.shape[1], 'period')}."
    return Chart("cohorts", measure.title, says, data, [_table(found.table, cells, measure.shown)])


def _table(rows: pd.DataFrame, cells: pd.DataFrame, shown: Callable[[float], str]) -> Table:
    """All cohorts and periods."""
    sizes = rows.drop_duplicates(COHORT).set_index(COHORT)[SIZE]
    titles = [Column("Cohort", right=False), Column("Size"), *(Column(str(period)) for period in cells.columns)]
    texts = [
        [str(name), numbers.count(sizes[name]), *("" if pd.isna(one) else shown(float(one)) for one in row)]
        for name, row in zip(cells.index, cells.to_numpy(), strict=True)
    ]
    return Table(titles, texts)
