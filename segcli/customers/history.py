"""What customers bought, line by line and purchase by purchase, and who they were at an earlier day."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.customers.reduce import CUSTOMER, ORDER, coded, reduce
from segcli.errors import InputProblem
from segcli.model import Customers, Transactions

DAY, MONEY = "day", "money"  # of a line or a purchase; they are columns of no table that is read or written


def lines(customers: Customers) -> pd.DataFrame:
    """One row per line bought, returns left out.

    Returns:
        customer (row of the customer table), order (number of the purchase), day (datetime64[D]), money (float), and
        the columns of the order lines.

    Raises:
        InputProblem: the input is no order export.
    """
    transactions = _require(customers)
    found = coded(transactions.lines, transactions.collapse)
    found = found[~found[c.IS_RETURN]]
    ids = found[c.CUSTOMER_ID].cat.categories.astype("str")
    rows = pd.Index(customers.table[c.CUSTOMER_ID].astype("str")).get_indexer(ids)
    added = {
        CUSTOMER: rows[found[CUSTOMER].to_numpy()],
        DAY: found[c.ORDER_DATE].dt.floor("D"),
        MONEY: found[c.AMOUNT] / transactions.money_scale,
    }
    return found.assign(**added).reset_index(drop=True)


def purchases(customers: Customers) -> pd.DataFrame:
    """One row per purchase, sorted by customer and day.

    Returns:
        customer (row of the customer table), day (of its first line), money, and items where quantities are known.

    Raises:
        InputProblem: the input is no order export.
    """
    bought = lines(customers)
    sums = {CUSTOMER: (CUSTOMER, "first"), DAY: (DAY, "min"), MONEY: (MONEY, "sum")}
    if c.QUANTITY in bought:
        sums[c.ITEMS] = (c.QUANTITY, "sum")
    found = bought.groupby(ORDER, sort=True).agg(**sums)
    return found.sort_values([CUSTOMER, DAY], kind="stable", ignore_index=True)


def earlier(customers: Customers, day: date) -> Customers:
    """The customers there were at an earlier day, measured on their orders before it; who they are is as today.

    Raises:
        InputProblem: the input is no order export, or nobody had bought by then.
    """
    transactions = _require(customers)
    before = transactions.lines[c.ORDER_DATE].to_numpy() < np.datetime64(day)
    kept = transactions.lines[before]
    if kept[c.IS_RETURN].all():
        raise InputProblem(
            f"nobody had bought by {day.isoformat()}", source=transactions.reading.input.name, remedy="Name a later day"
        )
    buyers = kept[c.CUSTOMER_ID].isin(kept.loc[~kept[c.IS_RETURN], c.CUSTOMER_ID])
    theirs = _recoded(kept[buyers])
    found = reduce(replace(transactions, given=lambda: theirs, as_of=day))
    measured = set(found.table.columns) | set(c.MEASURES) | set(c.SCORES)
    said = [n for n in customers.table.columns if n not in measured and not n.endswith(c.SEGMENT)]
    known = customers.table[[c.CUSTOMER_ID, *said]]
    return replace(found, table=found.table.merge(known, on=c.CUSTOMER_ID, how="left"), warnings=())


def _recoded(kept: pd.DataFrame) -> pd.DataFrame:
    """Without the categories of customers who are not there: they would count as customers."""
    ids = kept[c.CUSTOMER_ID].cat.remove_unused_categories()
    return kept.assign(**{c.CUSTOMER_ID: ids}).reset_index(drop=True)


def _require(customers: Customers) -> Transactions:
    if customers.transactions is None:
        raise InputProblem(
            "holds one row per customer, and this is decided on single orders",
            source=customers.readings[0].input.name,
            remedy="Give the order export itself",
        )
    return customers.transactions
