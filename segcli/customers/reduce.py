"""The reduction: order lines -> one row per customer."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.customers.dominant import dominant
from segcli.ingest import money
from segcli.ingest.transactions import CARRIED
from segcli.model import Customers, Transactions

AVERAGE_DIGITS = 6  # decimals of averages: finer than any currency, without the noise of binary fractions
DISTINCT = {c.PRODUCT: c.DISTINCT_PRODUCTS, c.CATEGORY: c.DISTINCT_CATEGORIES, c.DEVICE: c.DISTINCT_DEVICES}
CUSTOMER, ORDER = "customer", "order"  # integer codes while reducing; they are not columns of any table


def reduce(transactions: Transactions) -> Customers:
    """Measure every customer who bought.

    Returns:
        Customers sorted by customer_id. Sums of money are exact, so the order of lines changes nothing.
    """
    lines = coded(transactions.lines, transactions.collapse)
    bought = lines[~lines[c.IS_RETURN]]
    orders = bought.drop_duplicates(ORDER).groupby(CUSTOMER).size()
    dates = _dates(bought, transactions)
    parts = [dates, _counts(bought, orders, dates), gaps(_order_days(bought))]
    if transactions.has_money:
        parts.append(_money(lines, orders, transactions.money_scale, transactions.returns))
    measures = _in_order(pd.concat([*parts, *_top(bought)], axis=1))
    ids = lines[c.CUSTOMER_ID].cat.categories.astype("str")
    table = measures.set_axis(ids[measures.index], axis=0).rename_axis(c.CUSTOMER_ID)
    table = table.sort_index().reset_index()
    table[c.CUSTOMER_ID] = table[c.CUSTOMER_ID].astype("str")
    reading = transactions.reading
    return Customers(table, transactions.as_of, (reading,), _only_returns(transactions), transactions=transactions)


def _in_order(measures: pd.DataFrame) -> pd.DataFrame:
    """Measures in the order in which they are always shown, then what describes the customer."""
    known = [name for name in c.MEASURES if name in measures]
    return measures[[*known, *(name for name in measures.columns if name not in c.MEASURES)]]


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


def _dates(bought: pd.DataFrame, transactions: Transactions) -> pd.DataFrame:
    days = bought[c.ORDER_DATE].dt.floor("D").astype("datetime64[s]").groupby(bought[CUSTOMER])
    first, last = days.min(), days.max()
    as_of = pd.Timestamp(transactions.as_of)
    return pd.DataFrame(
        {
            c.FIRST_ORDER: first,
            c.LAST_ORDER: last,
            c.RECENCY_DAYS: (as_of - last).dt.days.astype("int64"),
            c.TENURE_DAYS: (as_of - first).dt.days.astype("int64"),
        }
    )


def _counts(bought: pd.DataFrame, orders: pd.Series, dates: pd.DataFrame) -> pd.DataFrame:
    counts = {c.ORDERS: orders, c.ORDER_LINES: bought.groupby(CUSTOMER).size()}
    if c.QUANTITY in bought:
        counts[c.ITEMS] = _exact_sum(bought[c.QUANTITY], bought[CUSTOMER])
    if c.DISCOUNTED in bought:
        counts[c.DISCOUNT_SHARE] = bought.groupby(CUSTOMER)[c.DISCOUNTED].mean().round(AVERAGE_DIGITS)
    for column, count in DISTINCT.items():
        if column in bought:
            counts[count] = _distinct(bought, column)
    times = (orders - 1).where(orders > 1)
    mean_gap = (dates[c.LAST_ORDER] - dates[c.FIRST_ORDER]).dt.days / times
    return pd.DataFrame({**counts, c.MEAN_DAYS_BETWEEN_ORDERS: mean_gap.round(AVERAGE_DIGITS)})


def _order_days(bought: pd.DataFrame) -> pd.DataFrame:
    """Customer and first day of each purchase, in the order of time."""
    days = bought[c.ORDER_DATE].to_numpy().astype("datetime64[D]").astype(np.int64)
    per_order = pd.DataFrame({CUSTOMER: bought[CUSTOMER], ORDER: bought[ORDER], "day": days})
    first = per_order.groupby(ORDER, sort=False).min()
    return first.sort_values([CUSTOMER, "day"], kind="stable", ignore_index=True)


def gaps(order_days: pd.DataFrame) -> pd.DataFrame:
    """Days between the purchases of each customer with two or more: how much they vary, and the last of them.

    Args:
        order_days: columns customer and day (a number), sorted by both.

    Returns:
        By customer: cv_days_between_orders (sample standard deviation / mean, from three purchases on; missing where
        all fell on one day) and last_gap_days.
    """
    customer, day = order_days[CUSTOMER].to_numpy(), order_days["day"].to_numpy()
    same = customer[1:] == customer[:-1]
    between = pd.DataFrame({CUSTOMER: customer[1:][same], "gap": np.diff(day)[same]}).groupby(CUSTOMER)["gap"]
    varies = between.std(ddof=1) / between.mean().where(between.mean() > 0)
    last = between.last().astype("Int64")
    return pd.DataFrame({c.CV_DAYS_BETWEEN_ORDERS: varies.round(AVERAGE_DIGITS), c.LAST_GAP_DAYS: last})


def _distinct(bought: pd.DataFrame, column: str) -> Any:  # noqa: ANN401 - pandas has no type for "a series of counts"
    """How many different values a customer has; blanks are no value."""
    codes = bought[column].cat.codes.where(bought[column].astype("str") != "")
    return codes.groupby(bought[CUSTOMER]).nunique()


def _exact_sum(values: pd.Series, by: pd.Series) -> pd.Series:
    scale = money.scale_for(values.to_numpy())
    sums = pd.Series(money.units(values.to_numpy(), scale), values.index).groupby(by).sum()
    return sums // scale if bool((sums % scale == 0).all()) else sums / scale


def _money(lines: pd.DataFrame, orders: pd.Series, scale: int, returns: str) -> pd.DataFrame:
    """Revenue by the returns policy, and the value of single orders before returns."""
    bought = lines[~lines[c.IS_RETURN]]
    gross = bought.groupby(CUSTOMER)[c.AMOUNT].sum()
    back = lines[lines[c.IS_RETURN]].groupby(CUSTOMER)[c.AMOUNT].sum().reindex(gross.index, fill_value=0)
    if c.REFUNDED in lines:
        back -= lines.groupby(CUSTOMER)[c.REFUNDED].sum().reindex(gross.index, fill_value=0)
    revenue = gross if returns == "separate" else gross + back
    per_order = bought.groupby([CUSTOMER, ORDER], sort=False)[c.AMOUNT].sum().groupby(level=CUSTOMER)
    measures = {
        c.REVENUE: revenue / scale,
        c.REFUNDS: (0 - back) / scale,
        c.AVERAGE_ORDER_VALUE: (revenue / scale / orders).round(AVERAGE_DIGITS),
        c.MEDIAN_ORDER_VALUE: (per_order.median() / scale).round(AVERAGE_DIGITS),
        c.LARGEST_ORDER: per_order.max() / scale,
    }
    return pd.DataFrame(measures)


def _top(bought: pd.DataFrame) -> list[pd.Series]:
    """The value most of a customer's lines have; product is counted, not named."""
    found = [name for name in (*CARRIED, c.EMAIL, c.PHONE) if name in bought and name != c.PRODUCT]
    names = {name: c.TOP + name if name in c.DOMINANT else name for name in found}
    return [dominant(bought[name], bought[CUSTOMER]).rename(names[name]) for name in found]


def _only_returns(transactions: Transactions) -> tuple[str, ...]:
    lost = transactions.reading.lines
    alone = [f for f in lost.ignored if f.reason == "return_without_purchase"] if lost else []
    return tuple(f"{f.lines:,} return lines belong to customers without a purchase and are left out" for f in alone)
