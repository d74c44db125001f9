"""Key figures of the customer base at a day and before it: customers, buyers, revenue, and revenue at risk.

A figure of a day uses only the orders and returns before it, so that the figures of earlier days do not look ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.arrays import BoolArray, FloatArray, IntArray
from segcli.config.privacy import PrivacySettings
from segcli.customers.order_history import CUSTOMER_ROW, ORDER_DAY, list_orders
from segcli.evaluation.disclosure_control import is_small_count
from segcli.model import Customers, Transactions

MIN_RHYTHM_ORDERS = 3  # orders from which the mean gap between orders is a rhythm
OVERDUE_GAPS = 2.0  # usual gaps without an order after which a customer is overdue
YEAR_DAYS = 365  # revenue at risk is what overdue customers spent in this time
TREND_MONTHS = 12

CUSTOMERS, ACTIVE, REVENUE, REPEAT_RATE, AVERAGE_ORDER, AT_RISK = FIGURE_IDS = (
    "customers",
    "active",
    "revenue",
    "repeat_rate",
    "average_order",
    "revenue_at_risk",
)

TOTAL_REVENUE = "total_revenue"  # of all time, for tables without order lines

Day = np.datetime64


@dataclass(frozen=True, eq=False)
class PurchaseHistory:
    """Orders by customer and day, and the money of purchases and returns, for figures as of any day.

    `order_customers` and `order_days` are sorted by customer and day. `money_days` are the days from which the money
    (in units of `money_scale`) counts: a return counts from the customer's first purchase on. `as_of` is the as-of day,
    or the day after the last order if that is later: orders of the as-of day itself count.
    """

    order_customers: IntArray
    order_days: npt.NDArray[np.datetime64]
    money_customers: IntArray
    money_days: npt.NDArray[np.datetime64]
    money: IntArray
    money_scale: int
    customer_count: int
    as_of: Day

    @property
    def first_day(self) -> Day:
        """Day of the first order."""
        return np.datetime64(self.order_days.min(), "D")

    def sum_money(self, from_day: Day | None, to_day: Day) -> FloatArray:
        """Return the revenue of each customer from a day (None: the first) to the day before another."""
        is_inside = self.money_days < to_day
        if from_day is not None:
            is_inside &= self.money_days >= from_day
        sums = np.bincount(self.money_customers[is_inside], self.money[is_inside], minlength=self.customer_count)
        return np.asarray(sums / self.money_scale, dtype=np.float64)

    def measure_day(self, day: Day) -> "DayMeasures":
        """Measure each customer on the orders before a day."""
        is_before = self.order_days < day
        customers, days = self.order_customers[is_before], self.order_days[is_before]
        order_counts = np.bincount(customers, minlength=self.customer_count)
        has_orders = order_counts > 0
        ends = np.cumsum(order_counts)[has_orders] - 1
        first_days = np.full(self.customer_count, np.datetime64("NaT", "D"), dtype="datetime64[D]")
        last_days = first_days.copy()
        first_days[has_orders], last_days[has_orders] = days[ends - order_counts[has_orders] + 1], days[ends]
        return DayMeasures(day, order_counts, first_days, last_days)


@dataclass(frozen=True, eq=False)
class DayMeasures:
    """Orders before a day, and first and last order, of each customer; shape (customers,)."""

    day: Day
    order_counts: IntArray
    first_days: npt.NDArray[np.datetime64]
    last_days: npt.NDArray[np.datetime64]

    @cached_property
    def is_customer(self) -> BoolArray:
        """Customers with an order."""
        return np.asarray(self.order_counts > 0)

    @cached_property
    def has_rhythm(self) -> BoolArray:
        """Customers with enough orders, on different days, for a usual gap between orders."""
        return np.asarray((self.order_counts >= MIN_RHYTHM_ORDERS) & (self.last_days > self.first_days))

    @cached_property
    def is_overdue(self) -> BoolArray:
        """Customers whose last order is more than twice their usual gap ago."""
        with np.errstate(invalid="ignore"):
            gaps = _count_days(self.last_days - self.first_days) / np.maximum(self.order_counts - 1, 1)
            return self.has_rhythm & (_count_days(self.day - self.last_days) > OVERDUE_GAPS * gaps)

    def is_active(self, period_days: int) -> BoolArray:
        """Customers with an order in the last days."""
        return self.is_customer & (self.last_days >= self.day - np.timedelta64(period_days, "D"))


def _count_days(durations: Any) -> FloatArray:  # noqa: ANN401 - timedelta64 arrays
    """Return durations in days; NaN if unknown."""
    days = durations.astype("timedelta64[D]")
    return np.where(np.isnat(days), np.nan, days.astype(np.float64))


def read_history(customers: Customers) -> PurchaseHistory | None:
    """Return the purchase history; None without order lines, without money, or without customers."""
    transactions = customers.transactions
    if transactions is None or not transactions.has_money or customers.table.empty:
        return None
    orders = list_orders(customers)
    order_customers = orders[CUSTOMER_ROW].to_numpy(dtype=np.int64)
    order_days = orders[ORDER_DAY].to_numpy().astype("datetime64[D]")
    money_table = _list_money(customers, transactions)
    money_customers = money_table["customer"].to_numpy(dtype=np.int64)
    first_days = np.full(len(customers.table), np.datetime64("9999-12-31"), dtype="datetime64[D]")
    np.minimum.at(first_days, order_customers, order_days)
    return PurchaseHistory(
        order_customers,
        order_days,
        money_customers,
        np.maximum(money_table["day"].to_numpy().astype("datetime64[D]"), first_days[money_customers]),
        money_table["money"].to_numpy(dtype=np.int64),
        transactions.money_scale,
        len(customers.table),
        max(np.datetime64(transactions.as_of, "D"), order_days.max() + np.timedelta64(1, "D")),
    )


def _list_money(customers: Customers, transactions: Transactions) -> pd.DataFrame:
    """Return the money of the kept lines by customer (row of the table) and day; returns reduce it, if they count."""
    lines = transactions.lines
    rows = pd.Index(customers.table[columns.CUSTOMER_ID].astype("str")).get_indexer(
        lines[columns.CUSTOMER_ID].cat.categories.astype("str")
    )[lines[columns.CUSTOMER_ID].cat.codes.to_numpy()]
    is_counted = rows >= 0
    money = lines[columns.AMOUNT].to_numpy(dtype=np.int64)
    if transactions.returns == "separate":
        is_counted &= ~lines[columns.IS_RETURN].to_numpy(dtype=bool)
    elif columns.REFUNDED in lines:
        money = money - lines[columns.REFUNDED].to_numpy(dtype=np.int64)
    days = lines[columns.ORDER_DATE].to_numpy().astype("datetime64[D]")
    money_table = pd.DataFrame({"customer": rows, "day": days, "money": money})
    return money_table[is_counted].groupby(["customer", "day"], sort=True, as_index=False).sum()


# Figures of a day, each with the group of customers behind it
@dataclass(frozen=True, eq=False)
class GroupFigure:
    """A figure of a day, the number of customers it is about, all customers of the day, and the money of the group.

    `money` has the shape (customers,) and is None for figures without money.
    """

    value: float
    group_size: int
    base_size: int
    money: FloatArray | None = None


def measure_figures(history: PurchaseHistory, day: Day, period_days: int) -> dict[str, GroupFigure]:
    """Return the key figures of a day, by id; those of the period are about the `period_days` before it.

    The revenue of a period is the growth of revenue in it, so returns count in the period in which they arrive.
    """
    measures = history.measure_day(day)
    period_start = day - np.timedelta64(period_days, "D")
    base_size, active = int(measures.is_customer.sum()), measures.is_active(period_days)
    period_money = history.sum_money(period_start, day)
    period_revenue, active_count = float(period_money.sum()), int(active.sum())
    order_count = int((measures.order_counts - history.measure_day(period_start).order_counts).sum())
    repeat_count = int((measures.order_counts > 1).sum())
    overdue_money = revenue_at_risk(history, measures)
    overdue_count = int(measures.is_overdue.sum())
    figures = {
        CUSTOMERS: GroupFigure(base_size, base_size, base_size),
        ACTIVE: GroupFigure(active_count, active_count, base_size),
        REVENUE: GroupFigure(period_revenue, active_count, base_size, period_money),
        REPEAT_RATE: GroupFigure(repeat_count / base_size if base_size else np.nan, repeat_count, base_size),
        AT_RISK: GroupFigure(float(overdue_money.sum()), overdue_count, base_size, overdue_money),
    }
    if order_count:
        figures[AVERAGE_ORDER] = GroupFigure(period_revenue / order_count, active_count, base_size, period_money)
    return {figure_id: figures[figure_id] for figure_id in FIGURE_IDS if figure_id in figures}


def revenue_at_risk(history: PurchaseHistory, measures: DayMeasures) -> FloatArray:
    """Return what each overdue customer spent in the year before the day, shape (customers,); 0 for others."""
    yearly_money = history.sum_money(measures.day - np.timedelta64(YEAR_DAYS, "D"), measures.day)
    return np.where(measures.is_overdue, np.maximum(yearly_money, 0.0), 0.0)


@dataclass(frozen=True)
class KeyFigure:
    """A key figure, the one of the period before, and those at the ends of the last months, oldest first.

    None stands for what is unknown or withheld. `trend` is empty unless all its values may be shown.
    """

    figure_id: str
    value: float | None
    previous: float | None
    trend: Sequence[tuple[str, float]] = ()

    @property
    def change(self) -> float | None:
        """Relative change since the period before; None if it is unknown."""
        if self.value is None or not self.previous:
            return None
        return self.value / self.previous - 1


def compute_key_figures(history: PurchaseHistory, period_days: int, privacy: PrivacySettings) -> list[KeyFigure]:
    """Return the key figures that these readers may see, with those of earlier days that the orders cover."""
    current = measure_figures(history, history.as_of, period_days)
    previous_day = history.as_of - np.timedelta64(period_days, "D")
    has_previous = previous_day - np.timedelta64(period_days, "D") >= history.first_day
    previous = measure_figures(history, previous_day, period_days) if has_previous else {}
    months = [(str(day), measure_figures(history, day, period_days)) for day in _list_month_ends(history, period_days)]
    key_figures = []
    for figure_id, figure in current.items():
        value = figure.value if can_show(figure, privacy) else None
        earlier = previous.get(figure_id)
        shows_change = value is not None and earlier is not None and can_compare(earlier, figure, privacy)
        trend_figures = [(day, figures[figure_id]) for day, figures in months if figure_id in figures]
        key_figures.append(
            KeyFigure(
                figure_id,
                value,
                earlier.value if earlier is not None and shows_change else None,
                [(day, point.value) for day, point in trend_figures]
                if len(trend_figures) == len(months) and _can_show_trend([point for _, point in trend_figures], privacy)
                else (),
            )
        )
    return key_figures


def describe_table(customers: Customers, privacy: PrivacySettings) -> list[KeyFigure]:
    """Return the key figures of a table without order lines: those of all time, without earlier ones."""
    table = customers.table
    figures = {CUSTOMERS: GroupFigure(len(table), len(table), len(table))}
    revenue = read_numbers(table, columns.REVENUE)
    orders = read_numbers(table, columns.ORDERS)
    if revenue is not None:
        figures[TOTAL_REVENUE] = GroupFigure(float(revenue.sum()), len(table), len(table), revenue)
    if orders is not None and len(table):
        repeat_count = int((orders > 1).sum())
        figures[REPEAT_RATE] = GroupFigure(repeat_count / len(table), repeat_count, len(table))
    if revenue is not None and orders is not None and orders.sum() > 0:
        figures[AVERAGE_ORDER] = GroupFigure(float(revenue.sum() / orders.sum()), len(table), len(table), revenue)
    return [
        KeyFigure(figure_id, figure.value if can_show(figure, privacy) else None, None)
        for figure_id, figure in figures.items()
    ]


def read_numbers(table: pd.DataFrame, column: str) -> FloatArray | None:
    """Return a column of numbers, with 0 for unknown values; None without the column."""
    if column not in table or not pd.api.types.is_numeric_dtype(table[column]):
        return None
    return np.asarray(np.nan_to_num(table[column].to_numpy(dtype=np.float64, na_value=np.nan)), dtype=np.float64)


def _list_month_ends(history: PurchaseHistory, period_days: int) -> list[Day]:
    """Return the as-of day and the same day of earlier months, oldest first, whose periods the orders cover."""
    as_of = pd.Timestamp(history.as_of)
    days = [np.datetime64((as_of - pd.DateOffset(months=count)).date(), "D") for count in range(TREND_MONTHS, -1, -1)]
    return [day for day in days if day - np.timedelta64(period_days, "D") >= history.first_day]


# Disclosure control of figures
def can_show(figure: GroupFigure, privacy: PrivacySettings) -> bool:
    """Return whether the group and the other customers are not too few, and nobody has nearly all of the money."""
    sizes = (figure.group_size, figure.base_size - figure.group_size)
    if any(is_small_count(size, privacy.smallest_group) for size in sizes):
        return False
    return figure.money is None or not is_dominated(figure.money, privacy.dominance_limit)


def can_compare(earlier: GroupFigure, later: GroupFigure, privacy: PrivacySettings) -> bool:
    """Return whether both figures may be shown, and their difference is not about too few customers."""
    differences = (abs(later.group_size - earlier.group_size), abs(later.base_size - earlier.base_size))
    return (
        can_show(earlier, privacy)
        and can_show(later, privacy)
        and not any(is_small_count(difference, privacy.smallest_group) for difference in differences)
    )


def is_dominated(money: FloatArray, dominance: float) -> bool:
    """Return whether one customer has more than this share of the money."""
    total = float(np.abs(money).sum())
    return total > 0 and float(np.abs(money).max()) > dominance * total


def _can_show_trend(points: Sequence[GroupFigure], privacy: PrivacySettings) -> bool:
    return len(points) > 1 and all(can_compare(earlier, later, privacy) for earlier, later in pairwise(points))


# Test of being overdue: do such customers buy less often in the next period?
@dataclass(frozen=True)
class OverdueTest:
    """Overdue customers and other regular customers one period ago, and how many of each bought in the period."""

    overdue: int
    overdue_buyers: int
    others: int
    other_buyers: int


def compare_overdue(history: PurchaseHistory, period_days: int) -> OverdueTest:
    """Compare the purchases of customers who were overdue one period ago with those of other regular customers."""
    measures = history.measure_day(history.as_of - np.timedelta64(period_days, "D"))
    has_bought = history.measure_day(history.as_of).order_counts > measures.order_counts
    is_other = measures.has_rhythm & ~measures.is_overdue
    return OverdueTest(
        int(measures.is_overdue.sum()),
        int((measures.is_overdue & has_bought).sum()),
        int(is_other.sum()),
        int((is_other & has_bought).sum()),
    )
