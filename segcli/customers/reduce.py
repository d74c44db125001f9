"""The reduction of kept order lines that are held as a table: one row per customer, as of any day."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from segcli import columns
from segcli.arrow import Mask
from segcli.customers import order_runs
from segcli.customers.measures import DESCRIPTIVE_LINE_COLUMNS, MetricInputs, build_customer_table
from segcli.customers.order_runs import LineColumns, OrderRuns, ReturnLines, group_consecutive, sort_returns
from segcli.customers.orders import merge_runs_into_orders
from segcli.customers.returns import find_return_customers, note_unmatched_returns, refund_totals
from segcli.ingest import money
from segcli.ingest.money import UnitScales
from segcli.model import Customers, Transactions


def aggregate_lines(transactions: Transactions) -> Customers:
    """Measure every customer who bought.

    Returns:
        Customers sorted by customer_id. Sums of money are exact, so the order of lines changes nothing.
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
    """Kept lines without returns, summed up where those of one purchase stand together."""
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
) -> Mask:
    """Lines that begin a run: another customer, or another purchase, than the line before; each, if none is named."""
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
    if columns.DISCOUNTED in purchase_lines:
        yield order_runs.DISCOUNTED_SUM, purchase_lines[columns.DISCOUNTED].to_numpy(dtype=np.int64)


def _iterate_line_values(purchase_lines: pd.DataFrame) -> Iterator[tuple[str, pa.DictionaryArray]]:
    for name in (columns.PRODUCT, *DESCRIPTIVE_LINE_COLUMNS):
        if name in purchase_lines:
            yield name, pa.array(purchase_lines[name].astype("category"))


def _select_returns(order_lines: pd.DataFrame) -> ReturnLines:
    """Kept lines that are returns."""
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
