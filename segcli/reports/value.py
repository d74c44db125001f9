"""Results of what customers are worth."""

from typing import Any

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.errors import UsageProblem
from segcli.model import Customers
from segcli.reports import numbers, tables
from segcli.reports.blocks import Block, Column, Heading, Table
from segcli.reports.envelope import envelope, provenance, records
from segcli.reports.result import Result
from segcli.value.churn import Churn
from segcli.value.clv import Valued
from segcli.value.cohort import COHORT, PERIOD, SIZE, Cohorts
from segcli.value.holdout import Holdout

HEAT = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"  # from nothing to the most


def of_clv(made: Valued, left: Churn | None = None) -> Result:
    """`clv`: the customer table with expectations; segments, the holdout and the models; who will buy next."""
    table = made.table if left is None else made.table.assign(**{c.P_NEXT: left.next_period})
    blocks: list[Block] = []
    for column, rows in made.segments.items():
        blocks += [Heading(column)] * (len(made.segments) > 1) + [expected(rows)]
    blocks += tables.notes(made.notes)
    if made.holdout:
        blocks += [Heading("After the calibration", level=4), _holdout(made.holdout)]
    if left:
        blocks += [Heading("Who buys next", level=4), tables.found(left.deciles), *tables.notes(left.notes)]

    def parts() -> dict[str, Any]:
        return {
            "model": made.forecast.as_dict(),
            "orders_by": made.forecast.orders.model,
            "correlation": made.forecast.correlation,
            "until": made.end,
            "new_customer": {
                model: [{"periods": t, "orders": orders} for t, orders in told.items()]
                for model, told in made.new_customer.items()
            },
            "totals_expected": dict(made.totals),
            "segmentations": [{"column": name, "segments": records(rows)} for name, rows in made.segments.items()],
            "holdout": None if made.holdout is None else _plain(made.holdout),
            "provenance": provenance(made.provenance),
            "warnings": list(made.warnings),
            "notes": list(made.notes),
            "churn": None if left is None else _churn(left),
            "customers": records(table),
        }

    return Result(table, lambda: envelope("clv", made.customers, parts()), tuple(blocks))


def _churn(left: Churn) -> dict[str, Any]:
    return {
        "model": left.model,
        "scores": records(left.scores),
        "deciles": records(left.deciles),
        "notes": list(left.notes),
    }


def of_cohorts(found: Cohorts, customers: Customers, show: str) -> Result:
    """`cohort`: one row per cohort and period; a table with a column for each period."""
    if show not in found.table:
        raise UsageProblem(
            f"cohort.show: {show} needs amounts, and there are none; name their column with --map amount=COLUMN, "
            "or show retention, customers or orders"
        )
    told = [f"{show}{' in per cent' if show == 'retention' else ''}, by periods since the first purchase", *found.notes]
    blocks: tuple[Block, ...] = (_heat(found.table, show), *tables.notes(told))

    def parts() -> dict[str, Any]:
        return {"cohorts": records(found.table), "notes": list(found.notes)}

    return Result(found.table, lambda: envelope("cohort", customers, parts()), blocks)


def _heat(table: pd.DataFrame, show: str) -> Table:
    """A row for each cohort, a column for each period, each cell with a bar as high as it is; blank without data."""
    sizes = table.groupby(COHORT, sort=False)[SIZE].first()
    cells = table.pivot_table(show, COHORT, PERIOD, sort=False, aggfunc="first").reindex(sizes.index)
    later = cells.to_numpy()[:, 1:] if cells.shape[1] > 1 else cells.to_numpy()
    most = float(np.nanmax(later, initial=0.0))  # what the first period has would dwarf all others
    titles = [Column("Cohort", right=False), Column("Size"), *(Column(str(period)) for period in cells.columns)]
    rows = [
        [str(name), numbers.count(sizes[name]), *(_warm(float(value), show, most) for value in row)]
        for name, row in zip(cells.index, cells.to_numpy(), strict=True)
    ]
    return Table(titles, rows)


def _warm(value: float, show: str, most: float) -> str:
    """A value and a bar; retention in per cent."""
    if np.isnan(value):
        return ""
    shown = {"retention": lambda share: f"{share:.0%}"[:-1], "revenue": numbers.money, "value": numbers.money}
    bar = HEAT[min(round(value / most * (len(HEAT) - 1)), len(HEAT) - 1)] if most else HEAT[0]
    return shown.get(show, numbers.count)(value) + bar


def expected(rows: pd.DataFrame) -> Table:
    """One row per segment: customers, how many of them are still ones, orders and value with intervals."""
    titles = [Column("Segment", right=False), Column("Customers"), Column("Alive"), Column("Orders"), Column("")]
    money = c.CLV in rows
    titles += [Column("Value"), Column(""), Column("A head")] if money else []
    cells = []
    for row in rows.to_dict("records"):
        cells.append([row[c.NAME], numbers.count(row[c.CUSTOMERS]), numbers.share(row["alive"] / row[c.CUSTOMERS])])
        cells[-1] += [numbers.count(row[c.EXPECTED_ORDERS]), _interval(row, c.EXPECTED_ORDERS, numbers.count)]
        if money:
            head = numbers.money(row[c.CLV] / row[c.CUSTOMERS])
            cells[-1] += [numbers.money(row[c.CLV]), _interval(row, c.CLV, numbers.money), head]
    return Table(titles, cells)


def _interval(row: dict[Any, Any], name: str, shown: Any) -> str:  # noqa: ANN401 - a function of a number
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    return "" if low is None else f"{shown(low)}-{shown(high)}"


def _holdout(found: Holdout) -> Table:
    """By repeats before the end of the calibration: orders a customer afterwards, and those expected."""
    last = found.by_repeats["repeats"].max()
    rows = [
        [
            f"{row['repeats']:.0f}" + ("+" if row["repeats"] == last else ""),
            numbers.count(row["customers"]),
            f"{row['actual']:.2f}",
            f"{row['expected']:.2f}",
        ]
        for row in found.by_repeats.to_dict("records")
    ]
    return Table(
        [Column("Repeats", right=False), Column("Customers"), Column("Orders after"), Column("Expected")], rows
    )


def _plain(found: Holdout) -> dict[str, Any]:
    return {**vars(found), "by_repeats": records(found.by_repeats), "errors": records(found.errors)}
