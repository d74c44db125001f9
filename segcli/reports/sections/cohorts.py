"""How many of the customers who came together buy again, period after period."""

from collections.abc import Callable, Iterator

import pandas as pd

from segcli import columns as c
from segcli.reports import numbers, tables
from segcli.reports.answers import Followed
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.report import Findings
from segcli.value.cohort import COHORT, PERIOD, RETENTION, SIZE, VALUE

TITLE = "Cohorts"
MOST_DOWN, MOST_ACROSS = 18, 12  # cohorts and periods of the chart; the table has all
SHOWN: dict[str, Callable[[float], str]] = {RETENTION: numbers.share, c.REVENUE: numbers.money, VALUE: numbers.money}
FEW = "Cohorts and cells of too few customers are left blank or left out."


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
    table = found.table.pivot_table(found.show, COHORT, PERIOD, sort=False, aggfunc="first", dropna=False)
    table = table.reindex(columns=sorted(table.columns))
    sizes = found.table.drop_duplicates(COHORT).set_index(COHORT)[SIZE]
    shown = SHOWN.get(found.show, numbers.count)
    later = table.iloc[-MOST_DOWN:, 1 : MOST_ACROSS + 1] if table.shape[1] > 1 else table.iloc[-MOST_DOWN:]
    values = [[None if pd.isna(one) else float(one) for one in row] for row in later.to_numpy()]
    known = [one for row in values for one in row if one is not None]
    data = {
        "rows": [str(name) for name in later.index],
        "columns": [str(period) for period in later.columns],
        "values": values,
        "told": [["" if one is None else _told(one, found.show) for one in row] for row in values],
        "row_title": "first purchase",
        "column_title": "periods since",
        "shaded_by": f"{found.show}, per cent" if found.show == RETENTION else found.show,
        "low": shown(min(known, default=0.0)),
        "high": shown(max(known, default=0.0)),
    }
    first = later.iloc[:, 0].mean() if known else float("nan")
    says = f"The {found.show} of {len(later)} cohorts over {later.shape[1]} periods."
    if pd.notna(first):
        says = f"{says} In period {later.columns[0]} it is {shown(float(first))} on average of cohorts."
    titles = [Column("Cohort", right=False), Column("Size"), *(Column(str(period)) for period in table.columns)]
    rows = [
        [str(name), numbers.count(sizes[name]), *("" if pd.isna(one) else shown(float(one)) for one in row)]
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return Chart(
        "cohorts", f"Cohorts: {found.show} by periods since the first purchase", says, data, [Table(titles, rows)]
    )


def _told(value: float, show: str) -> str:
    """In a small cell: retention without its sign."""
    return numbers.share(value).rstrip("%") if show == RETENTION else SHOWN.get(show, numbers.count)(value)
