"""What order models know of a customer: repeat purchases, when the last one was, and since when the customer is seen.

Fader, Hardie and Lee, "Counting your customers" the easy way (Marketing Science 24, 2005).
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.customers.history import CUSTOMER_ROW, LINE_MONEY, ORDER_DAY, list_orders
from segcli.model import Customers

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ValueCodes:
    """A column of few distinct `values`, and which of them each row has."""

    values: FloatArray
    codes: IntArray

    @classmethod
    def from_column(cls, column: FloatArray) -> "ValueCodes":
        """Code a column."""
        values, codes = np.unique(column, return_inverse=True)
        return cls(values, codes.reshape(-1))


@dataclass(frozen=True, eq=False)
class HistoryGroups:
    """Customers with the same history together: models are asked once for all of them.

    `x` repeat purchases, `t_x` periods from the first purchase to the last, `T` to the end, each of shape (g,);
    `customer_counts` how many have this history.
    """

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    customer_counts: FloatArray

    @cached_property
    def x_codes(self) -> ValueCodes:
        """Repeat purchases, coded: there are few numbers of them."""
        return ValueCodes.from_column(self.x)

    @cached_property
    def t_x_codes(self) -> ValueCodes:
        """Times of the last purchase, coded: days."""
        return ValueCodes.from_column(self.t_x)

    @cached_property
    def T_codes(self) -> ValueCodes:  # noqa: N802 - as the literature calls it
        """Times to the end, coded: days."""
        return ValueCodes.from_column(self.T)

    @classmethod
    def from_days(
        cls, x: IntArray, last_days: IntArray, end_days: IntArray, period_days: float
    ) -> "tuple[HistoryGroups, IntArray]":
        """Group customers by repeat purchases, by days to the last and by days to the end; and the group of each."""
        day_range = int(end_days.max()) + 1
        history_keys, group_codes, customer_counts = np.unique(
            (x * day_range + last_days) * day_range + end_days, return_inverse=True, return_counts=True
        )
        repeat_last_keys, period_end_days = np.divmod(history_keys, day_range)
        repeats, period_last_days = np.divmod(repeat_last_keys, day_range)
        periods = period_last_days / period_days, period_end_days / period_days
        return cls(repeats.astype(np.float64), *periods, customer_counts.astype(np.float64)), group_codes.reshape(-1)

    def sample_every(self, step: int) -> "HistoryGroups":
        """One of so many histories: they are sorted, so a part of all kinds."""
        return HistoryGroups(self.x[::step], self.t_x[::step], self.T[::step], self.customer_counts[::step])

    def reweight_customers(self, customer_counts: FloatArray) -> "HistoryGroups":
        """The histories that other numbers of customers have, without those of none."""
        has_customers = customer_counts > 0
        return HistoryGroups(
            self.x[has_customers], self.t_x[has_customers], self.T[has_customers], customer_counts[has_customers]
        )


@dataclass(frozen=True, eq=False)
class PurchaseSummary:
    """`group_codes` says which history each customer has.

    `mean_value` is the mean money of repeat purchases, NaN where there is none. `period_days` is the unit of
    time of the groups.
    """

    groups: HistoryGroups
    group_codes: IntArray
    mean_value: FloatArray
    period_days: float

    @property
    def x(self) -> FloatArray:
        """Repeat purchases of each customer."""
        return self.groups.x[self.group_codes]

    @property
    def repeat_customers(self) -> int:
        """Customers with a repeat purchase."""
        return int((self.x > 0).sum())


def summarise_purchases(customers: Customers, last_day: date, period_days: float) -> PurchaseSummary:
    """The history of each customer to the end of a day; purchases of one day are one.

    Args:
        customers: known by then, with their orders.
        last_day: last day that is counted.
        period_days: length of a period, such as 7.

    Raises:
        InputProblem: the input is no order export.
    """
    purchase_days = sum_daily_purchases(customers)
    days_by_customer = purchase_days.groupby(CUSTOMER_ROW, sort=True)
    first_days, last_days, day_counts = (
        days_by_customer["day"].min(),
        days_by_customer["day"].max(),
        days_by_customer.size(),
    )
    repeat_totals = days_by_customer["money"].sum() - days_by_customer["money"].first()
    end_number = np.datetime64(last_day).astype("datetime64[D]").astype(np.int64)
    x, last_ages, observed_ages = (
        np.asarray(day_numbers, dtype=np.int64)
        for day_numbers in (day_counts - 1, last_days - first_days, end_number - first_days)
    )
    history_groups, group_codes = HistoryGroups.from_days(x, last_ages, observed_ages, period_days)
    mean_values = np.divide(repeat_totals.to_numpy(dtype=np.float64), x, out=np.full(len(x), np.nan), where=x > 0)
    return PurchaseSummary(history_groups, group_codes, mean_values, period_days)


def sum_daily_purchases(customers: Customers) -> pd.DataFrame:
    """Days on which customers bought: customer (row of the table), day (number of the day), money; sorted."""
    purchase_rows = list_orders(customers)
    day_numbers = purchase_rows[ORDER_DAY].to_numpy().astype("datetime64[D]").astype(np.int64)
    daily_rows = pd.DataFrame(
        {CUSTOMER_ROW: purchase_rows[CUSTOMER_ROW], "day": day_numbers, "money": purchase_rows[LINE_MONEY]}
    )
    return daily_rows.groupby([CUSTOMER_ROW, "day"], sort=True)[["money"]].sum().reset_index()
