"""Purchase history of customers by order line and by order, and customers as of an earlier day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli import columns
from segcli.arrays import BoolArray
from segcli.config.events import EVENT_TIME, FEATURES
from segcli.customers import order_runs
from segcli.customers.event_features import FeatureRequest, add_features, find_table_features
from segcli.customers.event_rows import hide_later_facts
from segcli.customers.event_tables import transform_tables
from segcli.customers.metrics import DESCRIPTIVE_LINE_COLUMNS, MetricInputs, build_customer_table
from segcli.customers.order_runs import LineColumns, OrderRuns, ReturnLines, group_consecutive, sort_returns
from segcli.customers.orders import find_return_customers, merge_runs_into_orders, note_unmatched_returns, refund_totals
from segcli.errors import InputProblem
from segcli.ingest import money
from segcli.ingest.money import UnitScales
from segcli.model import Customers, Transactions


# Aggregation of kept order lines that are held as a table: one row per customer, as of any day
def aggregate_lines(transactions: Transactions) -> Customers:
    """Aggregate order lines to one row per buyer.

    Returns:
        Customers sorted by customer_id. Sums of money are exact, so they do not depend on the order of lines.
    """
    order_lines = transactions.lines
    purchase_lines = order_lines[~order_lines[columns.IS_RETURN]]
    item_scale = (
        money.choose_scale(purchase_lines[columns.QUANTITY].to_numpy()) if columns.QUANTITY in purchase_lines else 1
    )
    runs = _group_into_runs(purchase_lines, transactions, item_scale)
    orders = merge_runs_into_orders(runs)
    returns = _select_returns(order_lines)
    refunds = refund_totals(orders, returns, find_return_customers(orders, returns))
    scales = UnitScales(transactions.money_scale, item_scale)
    customer_table = build_customer_table(
        MetricInputs(orders, transactions.as_of, refunds, scales, transactions.returns)
    )
    input_report = transactions.input_report
    return Customers(
        customer_table,
        transactions.as_of,
        (input_report,),
        note_unmatched_returns(input_report),
        transactions=transactions,
    )


def _group_into_runs(purchase_lines: pd.DataFrame, transactions: Transactions, item_scale: int) -> OrderRuns:
    """Group purchase lines into runs of consecutive lines of one order."""
    days = _as_day_numbers(purchase_lines)
    by_day = transactions.collapse == "day"
    customer = pa.array(purchase_lines[columns.CUSTOMER_ID])
    order = pa.array(purchase_lines[columns.ORDER_ID]) if columns.ORDER_ID in purchase_lines and not by_day else None
    line_columns = LineColumns(
        customer,
        order,
        days,
        dict(_iterate_line_sums(purchase_lines, transactions, item_scale)),
        dict(_iterate_line_values(purchase_lines)),
        by_day,
    )
    return group_consecutive(line_columns, np.flatnonzero(_mark_run_starts(customer, days if by_day else order)))


def _mark_run_starts(
    customer: pa.DictionaryArray, order_keys: "pa.DictionaryArray | order_runs.DayNumbers | None"
) -> BoolArray:
    """Return which lines begin a run: customer or order differs from the line before, or the order has no id."""
    is_start = np.ones(len(customer), dtype=bool)
    if order_keys is None:
        return is_start
    codes = order_keys if isinstance(order_keys, np.ndarray) else np.asarray(order_keys.indices)
    is_start[1:] = (np.diff(np.asarray(customer.indices)) != 0) | (np.diff(codes) != 0)
    if isinstance(order_keys, pa.DictionaryArray):
        is_start |= codes == order_keys.dictionary.index("").as_py()
    return is_start


def _as_day_numbers(order_lines: pd.DataFrame) -> order_runs.DayNumbers:
    return order_lines[columns.ORDER_DATE].to_numpy().astype("datetime64[D]").astype(np.int32)


def _iterate_line_sums(
    purchase_lines: pd.DataFrame, transactions: Transactions, item_scale: int
) -> Iterator[tuple[str, order_runs.Units]]:
    if transactions.has_money:
        yield order_runs.MONEY_SUM, purchase_lines[columns.AMOUNT].to_numpy(dtype=np.int64)
    if columns.REFUNDED in purchase_lines:
        yield order_runs.REFUNDED_SUM, purchase_lines[columns.REFUNDED].to_numpy(dtype=np.int64)
    if columns.QUANTITY in purchase_lines:
        yield order_runs.ITEMS_SUM, money.to_minor_units(purchase_lines[columns.QUANTITY].to_numpy(), item_scale)
    if columns.MARGIN in purchase_lines:
        yield order_runs.MARGIN_SUM, purchase_lines[columns.MARGIN].to_numpy(dtype=np.int64)
        yield order_runs.UNKNOWN_MARGINS_SUM, purchase_lines[columns.LACKS_MARGIN].to_numpy(dtype=np.int64)
    if columns.DISCOUNTED in purchase_lines:
        yield order_runs.DISCOUNTED_SUM, purchase_lines[columns.DISCOUNTED].to_numpy(dtype=np.int64)


def _iterate_line_values(purchase_lines: pd.DataFrame) -> Iterator[tuple[str, pa.DictionaryArray]]:
    for name in (columns.PRODUCT, *DESCRIPTIVE_LINE_COLUMNS):
        if name in purchase_lines:
            yield name, pa.array(purchase_lines[name].astype("category"))


def _select_returns(order_lines: pd.DataFrame) -> ReturnLines:
    """Return the kept lines that are returns."""
    return_lines = order_lines[order_lines[columns.IS_RETURN]]
    amounts, no_refunds = (
        return_lines[columns.AMOUNT].to_numpy(dtype=np.int64),
        np.zeros(len(return_lines), dtype=np.int64),
    )
    refunded = (
        return_lines[columns.REFUNDED].to_numpy(dtype=np.int64) if columns.REFUNDED in return_lines else no_refunds
    )
    customer = order_runs.decode_texts(pa.array(return_lines[columns.CUSTOMER_ID]))
    return sort_returns(customer, _as_day_numbers(return_lines), amounts, refunded, np.arange(len(return_lines)))


# Columns of a line or an order; the first two are numbers. No table that segcli reads or writes has them.
CUSTOMER_ROW, ORDER_NUMBER, ORDER_DAY, LINE_MONEY = "customer", "order", "day", "money"


def list_purchase_lines(customers: Customers) -> pd.DataFrame:
    """Return one row per purchase line, without returns.

    Returns:
        customer (row of the customer table), order (number of the order), day (datetime64[D]), money (float), and the
        columns of the order lines.

    Raises:
        InputProblem: the input is not an order export.
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
    """Return the lines with integer codes of their customer and their order, as `customer` and `order`."""
    customer = order_lines[columns.CUSTOMER_ID].cat.codes.to_numpy(dtype=np.int64)
    order_key: npt.NDArray[Any] = np.arange(len(order_lines))
    if collapse == "day":
        order_key = order_lines[columns.ORDER_DATE].to_numpy().astype("datetime64[D]")
    elif columns.ORDER_ID in order_lines:
        is_blank = (order_lines[columns.ORDER_ID] == "").to_numpy()
        order_key = np.where(
            is_blank, -1 - order_key, order_lines[columns.ORDER_ID].cat.codes.to_numpy()
        )  # without an id, each line is an order
    order = pd.DataFrame({"c": customer, "o": order_key}).groupby(["c", "o"], sort=False).ngroup().to_numpy()
    return order_lines.assign(**{CUSTOMER_ROW: customer, ORDER_NUMBER: order})


def list_orders(customers: Customers) -> pd.DataFrame:
    """Return one row per order, sorted by customer and day.

    Returns:
        customer (row of the customer table), day (of the first line), money, and items if quantities are known.

    Raises:
        InputProblem: the input is not an order export.
    """
    order_tables, ids = _require_transactions(customers).order_tables, customers.table[columns.CUSTOMER_ID]
    for known_ids, order_table in order_tables:
        if known_ids is ids or known_ids.equals(ids):
            return order_table.copy(deep=False)
    order_table = _sum_orders(list_purchase_lines(customers))
    order_tables.append((ids, order_table))
    return order_table.copy(deep=False)


def _sum_orders(purchase_lines: pd.DataFrame) -> pd.DataFrame:
    sums = {CUSTOMER_ROW: (CUSTOMER_ROW, "first"), ORDER_DAY: (ORDER_DAY, "min"), LINE_MONEY: (LINE_MONEY, "sum")}
    if columns.QUANTITY in purchase_lines:
        sums[columns.ITEMS] = (columns.QUANTITY, "sum")
    order_table = purchase_lines.groupby(ORDER_NUMBER, sort=True).agg(**sums)
    return order_table.sort_values([CUSTOMER_ROW, ORDER_DAY], kind="stable", ignore_index=True)


def customers_as_of(customers: Customers, day: date) -> Customers:
    """Return the customers as of an earlier day, measured on the orders and events before it; attributes are today's.

    Raises:
        InputProblem: the input is not an order export, or nobody had bought by that day.
    """
    transactions = _require_transactions(customers)
    is_before = transactions.lines[columns.ORDER_DATE].to_numpy() < np.datetime64(day)
    kept_lines = transactions.lines[is_before]
    if kept_lines[columns.IS_RETURN].all():
        raise InputProblem(
            f"no purchases before {day.isoformat()}",
            source=transactions.input_report.input.name,
            remedy="choose a later day",
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
    past_events = transform_tables(customers.events, partial(_select_past_events, day=day))
    table = past_customers.table.merge(attributes, on=columns.CUSTOMER_ID, how="left")
    for name in past_events:
        features = find_table_features(table, name, FEATURES)
        if features:
            request = FeatureRequest(name, features, day, is_declared=False, known_before=day)
            table = add_features(table, past_events[name], request)
    return replace(past_customers, table=table, warnings=(), events=past_events, line_lookups=customers.line_lookups)


def _select_past_events(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    past_rows = rows[rows[EVENT_TIME].to_numpy() < np.datetime64(day)].reset_index(drop=True)
    return hide_later_facts(past_rows, np.datetime64(day))


def _drop_unused_ids(kept_lines: pd.DataFrame) -> pd.DataFrame:
    """Remove categories of absent customers, which would otherwise count as customers."""
    ids = kept_lines[columns.CUSTOMER_ID].cat.remove_unused_categories()
    return kept_lines.assign(**{columns.CUSTOMER_ID: ids}).reset_index(drop=True)


def _require_transactions(customers: Customers) -> Transactions:
    if customers.transactions is None:
        raise InputProblem(
            "not an order export: one row per customer, but single orders are needed",
            source=customers.input_reports[0].input.name,
            remedy="use the order export itself",
        )
    return customers.transactions
