"""What customers bought, line by line and purchase by purchase, and who they were at an earlier day."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.customers.reduce import aggregate_lines
from segcli.errors import InputProblem
from segcli.model import Customers, Transactions

# Of a line or a purchase (the first two are numbers); they are columns of no table that is read or written.
CUSTOMER_ROW, ORDER_NUMBER, ORDER_DAY, LINE_MONEY = "customer", "order", "day", "money"


def list_purchase_lines(customers: Customers) -> pd.DataFrame:
    """One row per line bought, returns left out.

    Returns:
        customer (row of the customer table), order (number of the purchase), day (datetime64[D]), money (float), and
        the columns of the order lines.

    Raises:
        InputProblem: the input is no order export.
    """
    transactions = _require_transactions(customers)
    encoded = encode_lines(transactions.lines, transactions.collapse)
    encoded = encoded[~encoded[columns.IS_RETURN]]
    ids = encoded[columns.CUSTOMER_ID].cat.categories.astype("str")
    customer_rows = pd.Index(customers.table[columns.CUSTOMER_ID].astype("str")).get_indexer(ids)
    new_columns = {
        CUSTOMER_ROW: customer_rows[encoded[CUSTOMER_ROW].to_numpy()],
        ORDER_DAY: encoded[columns.ORDER_DATE].dt.floor("D"),
        LINE_MONEY: encoded[columns.AMOUNT] / transactions.money_scale,
    }
    return encoded.assign(**new_columns).reset_index(drop=True)


def encode_lines(order_lines: pd.DataFrame, collapse: str) -> pd.DataFrame:
    """Lines with integer codes of their customer and of their order (the purchase), as `customer` and `order`."""
    customer = order_lines[columns.CUSTOMER_ID].cat.codes.to_numpy(dtype=np.int64)
    order_key: npt.NDArray[Any] = np.arange(len(order_lines))
    if collapse == "day":
        order_key = order_lines[columns.ORDER_DATE].to_numpy().astype("datetime64[D]")
    elif columns.ORDER_ID in order_lines:
        is_blank = (order_lines[columns.ORDER_ID] == "").to_numpy()
        order_key = np.where(
            is_blank, -1 - order_key, order_lines[columns.ORDER_ID].cat.codes.to_numpy()
        )  # without an id, a line is an order
    order = pd.DataFrame({"c": customer, "o": order_key}).groupby(["c", "o"], sort=False).ngroup().to_numpy()
    return order_lines.assign(**{CUSTOMER_ROW: customer, ORDER_NUMBER: order})


def list_orders(customers: Customers) -> pd.DataFrame:
    """One row per purchase, sorted by customer and day.

    Returns:
        customer (row of the customer table), day (of its first line), money, and items where quantities are known.

    Raises:
        InputProblem: the input is no order export.
    """
    purchase_lines = list_purchase_lines(customers)
    sums = {CUSTOMER_ROW: (CUSTOMER_ROW, "first"), ORDER_DAY: (ORDER_DAY, "min"), LINE_MONEY: (LINE_MONEY, "sum")}
    if columns.QUANTITY in purchase_lines:
        sums[columns.ITEMS] = (columns.QUANTITY, "sum")
    order_table = purchase_lines.groupby(ORDER_NUMBER, sort=True).agg(**sums)
    return order_table.sort_values([CUSTOMER_ROW, ORDER_DAY], kind="stable", ignore_index=True)


def customers_as_of(customers: Customers, day: date) -> Customers:
    """The customers there were at an earlier day, measured on their orders before it; who they are is as today.

    Raises:
        InputProblem: the input is no order export, or nobody had bought by then.
    """
    transactions = _require_transactions(customers)
    is_before = transactions.lines[columns.ORDER_DATE].to_numpy() < np.datetime64(day)
    kept_lines = transactions.lines[is_before]
    if kept_lines[columns.IS_RETURN].all():
        raise InputProblem(
            f"nobody had bought by {day.isoformat()}",
            source=transactions.input_report.input.name,
            remedy="Name a later day",
        )
    buyers = kept_lines[columns.CUSTOMER_ID].isin(kept_lines.loc[~kept_lines[columns.IS_RETURN], columns.CUSTOMER_ID])
    buyer_lines = _drop_unused_ids(kept_lines[buyers])
    past_customers = aggregate_lines(replace(transactions, load_lines=lambda: buyer_lines, as_of=day))
    measured_columns = set(past_customers.table.columns) | set(columns.MEASURES) | set(columns.SCORE_COLUMNS)
    attribute_columns = [
        column
        for column in customers.table.columns
        if column not in measured_columns and not column.endswith(columns.SEGMENT_SUFFIX)
    ]
    attributes = customers.table[[columns.CUSTOMER_ID, *attribute_columns]]
    return replace(
        past_customers, table=past_customers.table.merge(attributes, on=columns.CUSTOMER_ID, how="left"), warnings=()
    )


def _drop_unused_ids(kept_lines: pd.DataFrame) -> pd.DataFrame:
    """Without the categories of customers who are not there: they would count as customers."""
    ids = kept_lines[columns.CUSTOMER_ID].cat.remove_unused_categories()
    return kept_lines.assign(**{columns.CUSTOMER_ID: ids}).reset_index(drop=True)


def _require_transactions(customers: Customers) -> Transactions:
    if customers.transactions is None:
        raise InputProblem(
            "holds one row per customer, and this is decided on single orders",
            source=customers.input_reports[0].input.name,
            remedy="Give the order export itself",
        )
    return customers.transactions
