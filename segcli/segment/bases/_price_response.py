"""Own-price response of products: slope of the logarithm of weekly units on the logarithm of the mean price paid."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.customers.order_history import LINE_MONEY, ORDER_DAY
from segcli.message import message, tabulate_messages

DAYS_PER_WEEK = 7
RESPONSE_COLUMNS = ["product", "weeks", "lowest_price", "highest_price", "price_response", "low", "high", "note"]


def measure_price_response(
    lines: pd.DataFrame, product_limit: int, minimum_weeks: int, minimum_variation: float
) -> pd.DataFrame:
    """Measure the response of the products with the most revenue to their own price.

    Weeks count from the first day of the lines. The price of a week is its money / its units. Weeks without a sale have
    no price and do not count.

    Args:
        lines: purchase lines with product and quantity, of `list_purchase_lines`.
        product_limit: number of products.
        minimum_weeks: weeks with sales that a slope needs.
        minimum_variation: standard deviation of the logarithm of the price that a slope needs; 0.05 is about 5 %.

    Returns:
        Columns product, weeks, lowest_price, highest_price, price_response (slope: change of units in per cent when the
        price is 1 % higher), low and high (95 % interval), note (reason for a missing slope).
    """
    rows = [
        [product, len(weeks), *_find_range(weeks), *_fit_slope(weeks, minimum_weeks, minimum_variation)]
        for product, weeks in _iterate_products(lines, product_limit)
    ]
    return tabulate_messages(rows, RESPONSE_COLUMNS)


def _iterate_products(lines: pd.DataFrame, product_limit: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each product with its units and its price by week, the product with the most revenue first."""
    days = lines[ORDER_DAY].to_numpy().astype("datetime64[D]")
    units, money = (lines[name].to_numpy(dtype=np.float64) for name in (columns.QUANTITY, LINE_MONEY))
    products = lines[columns.PRODUCT].astype("str").where(lines[columns.PRODUCT].notna(), "")
    weeks = (days - days.min()).astype(np.int64) // DAYS_PER_WEEK if len(days) else np.zeros(0, dtype=np.int64)
    is_sale = (units > 0) & (money > 0) & (products != "").to_numpy()
    sales = pd.DataFrame({"product": products, "week": weeks, "units": units, "money": money})[is_sale]
    weekly = sales.groupby(["product", "week"], sort=True)[["units", "money"]].sum().reset_index("week")
    weekly["price"] = weekly["money"] / weekly["units"]
    revenue = sales.groupby("product")["money"].sum()
    for product in sorted(revenue.index, key=lambda name: (-revenue[name], name))[:product_limit]:
        yield str(product), weekly.loc[[product]]


def _find_range(weeks: pd.DataFrame) -> tuple[float, float]:
    return float(weeks["price"].min()), float(weeks["price"].max())


def _fit_slope(weeks: pd.DataFrame, minimum_weeks: int, minimum_variation: float) -> list[object]:
    """Return the slope, its interval by the t distribution, and a note; without a slope, the reason."""
    missing = [np.nan] * 3
    if len(weeks) < minimum_weeks:
        return [*missing, message("fewer than {count} weeks with sales", count=minimum_weeks)]
    log_price, log_units = (np.log(weeks[name].to_numpy(dtype=np.float64)) for name in ("price", "units"))
    if log_price.std() < minimum_variation:
        return [*missing, message("prices vary too little")]
    slope, half_width = _regress(log_price, log_units)
    is_clear = abs(slope) > half_width
    return [slope, slope - half_width, slope + half_width, "" if is_clear else message("not distinguishable from 0")]


def _regress(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Return the slope of y on x by least squares, and half the width of its 95 % interval."""
    from scipy.stats import linregress, t

    fit = linregress(x, y)
    return float(fit.slope), float(fit.stderr * t.ppf(0.975, len(x) - 2))
