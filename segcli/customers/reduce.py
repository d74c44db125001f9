"""The reduction of kept order lines that are held as a table: one row per customer, as of any day."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from segcli import columns as c
from segcli.arrow import Mask
from segcli.customers import order_runs
from segcli.customers.measures import DESCRIBED, Facts, table
from segcli.customers.order_runs import LineColumns, OrderRuns, ReturnLines, group_consecutive, sort_returns
from segcli.customers.orders import merge_into_orders
from segcli.customers.returns import find_customers, given_back, only_returns
from segcli.ingest import money
from segcli.ingest.money import Scales
from segcli.model import Customers, Transactions


def reduce(transactions: Transactions) -> Customers:
    """Measure every customer who bought.

    Returns:
        Customers sorted by customer_id. Sums of money are exact, so the order of lines changes nothing.
    """
    lines = transactions.lines
    bought = lines[~lines[c.IS_RETURN]]
    scale = money.scale_for(bought[c.QUANTITY].to_numpy()) if c.QUANTITY in bought else 1
    runs = _runs_of(bought, transactions, scale)
    made = merge_into_orders(runs)
    returns = _returned_of(lines)
    back = given_back(made, returns, find_customers(made, returns))
    scales = Scales(transactions.money_scale, scale)
    found = table(Facts(made, transactions.as_of, back, scales, transactions.returns))
    reading = transactions.reading
    return Customers(found, transactions.as_of, (reading,), only_returns(reading), transactions=transactions)


def _runs_of(bought: pd.DataFrame, transactions: Transactions, scale: int) -> OrderRuns:
    """Kept lines without returns, summed up where those of one purchase stand together."""
    days = _day_numbers(bought)
    by_day = transactions.collapse == "day"
    customer = pa.array(bought[c.CUSTOMER_ID])
    order = pa.array(bought[c.ORDER_ID]) if c.ORDER_ID in bought and not by_day else None
    lines = LineColumns(customer, order, days, dict(_sums(bought, transactions, scale)), dict(_values(bought)), by_day)
    return group_consecutive(lines, np.flatnonzero(_new(customer, days if by_day else order)))


def _new(customer: pa.DictionaryArray, within: "pa.DictionaryArray | order_runs.Days | None") -> Mask:
    """Lines that begin a run: another customer, or another purchase, than the line before; each, if none is named."""
    new = np.ones(len(customer), dtype=bool)
    if within is None:
        return new
    codes = within if isinstance(within, np.ndarray) else np.asarray(within.indices)
    new[1:] = (np.diff(np.asarray(customer.indices)) != 0) | (np.diff(codes) != 0)
    if isinstance(within, pa.DictionaryArray):
        new |= codes == within.dictionary.index("").as_py()
    return new


def _day_numbers(lines: pd.DataFrame) -> order_runs.Days:
    return lines[c.ORDER_DATE].to_numpy().astype("datetime64[D]").astype(np.int32)


def _sums(bought: pd.DataFrame, transactions: Transactions, scale: int) -> Iterator[tuple[str, order_runs.Units]]:
    if transactions.has_money:
        yield order_runs.MONEY, bought[c.AMOUNT].to_numpy(dtype=np.int64)
    if c.REFUNDED in bought:
        yield order_runs.REFUNDED, bought[c.REFUNDED].to_numpy(dtype=np.int64)
    if c.QUANTITY in bought:
        yield order_runs.ITEMS, money.units(bought[c.QUANTITY].to_numpy(), scale)
    if c.DISCOUNTED in bought:
        yield order_runs.DISCOUNTED, bought[c.DISCOUNTED].to_numpy(dtype=np.int64)


def _values(bought: pd.DataFrame) -> Iterator[tuple[str, pa.DictionaryArray]]:
    for name in (c.PRODUCT, *DESCRIBED):
        if name in bought:
            yield name, pa.array(bought[name].astype("category"))


def _returned_of(lines: pd.DataFrame) -> ReturnLines:
    """Kept lines that are returns."""
    back = lines[lines[c.IS_RETURN]]
    amounts, nothing = back[c.AMOUNT].to_numpy(dtype=np.int64), np.zeros(len(back), dtype=np.int64)
    refunded = back[c.REFUNDED].to_numpy(dtype=np.int64) if c.REFUNDED in back else nothing
    customer = order_runs.decode(pa.array(back[c.CUSTOMER_ID]))
    return sort_returns(customer, _day_numbers(back), amounts, refunded, np.arange(len(back)))
