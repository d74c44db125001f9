"""What customers bought, line by line and purchase by purchase, and who they were at an earlier day."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.customers.reduce import reduce
from segcli.errors import InputProblem
from segcli.model import Customers, Transactions

# Of a line or a purchase (the first two are numbers); they are columns of no table that is read or written.
CUSTOMER, ORDER, DAY, MONEY = "customer", "order", "day", "money"


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


def coded(lines: pd.DataFrame, collapse: str) -> pd.DataFrame:
    """Lines with integer codes of their customer and of their order (the purchase), as `customer` and `order`."""
    customer = lines[c.CUSTOMER_ID].cat.codes.to_numpy(dtype=np.int64)
    within: npt.NDArray[Any] = np.arange(len(lines))
    if collapse == "day":
        within = lines[c.ORDER_DATE].to_numpy().astype("datetime64[D]")
    elif c.ORDER_ID in lines:
        blank = (lines[c.ORDER_ID] == "").to_numpy()
        within = np.where(
            blank, -1 - within, lines[c.ORDER_ID].cat.codes.to_numpy()
        )  # without an id, a line is an order
    order = pd.DataFrame({"c": customer, "o": within}).groupby(["c", "o"], sort=False).ngroup().to_numpy()
    return lines.assign(**{CUSTOMER: customer, ORDER: order})


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
