"""Purchase histories for order models: repeat purchases, time of the last purchase and length of the observation.

Fader, Hardie and Lee, "Counting your customers" the easy way (Marketing Science 24, 2005).
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray, IntArray
from segcli.customers.order_history import CUSTOMER_ROW, LINE_MONEY, ORDER_DAY, aggregate_lines, list_orders
from segcli.model import Customers


@dataclass(frozen=True, eq=False)
class ValueCodes:
    """A column with few distinct values, stored as `values` and the code of each row."""

    values: FloatArray
    codes: IntArray

    @classmethod
    def from_column(cls, column: FloatArray) -> "ValueCodes":
        """Encode a column."""
        values, codes = np.unique(column, return_inverse=True)
        return cls(values, codes.reshape(-1))


@dataclass(frozen=True, eq=False)
class HistoryGroups:
    """Groups of customers with the same history, so that models compute each history once.

    `x` is the number of repeat purchases, `t_x` the periods from the first purchase to the last, and `T` the periods
    from the first purchase to the end, each of shape (g,). `customer_counts` is the number of customers with this
    history.
    """

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    customer_counts: FloatArray

    @cached_property
    def x_codes(self) -> ValueCodes:
        """Repeat purchases, encoded: few values are distinct."""
        return ValueCodes.from_column(self.x)

    @cached_property
    def t_x_codes(self) -> ValueCodes:
        """Times of the last purchase, encoded: times are whole days, so few are distinct."""
        return ValueCodes.from_column(self.t_x)

    @cached_property
    def T_codes(self) -> ValueCodes:  # noqa: N802 - the name in the literature
        """Times to the end, encoded: times are whole days, so few are distinct."""
        return ValueCodes.from_column(self.T)

    @classmethod
    def from_days(
        cls, x: IntArray, last_days: IntArray, end_days: IntArray, period_days: float
    ) -> "tuple[HistoryGroups, IntArray]":
        """Group customers by repeat purchases, days to the last purchase and days to the end.

        Returns:
            The groups, and the group code of each customer, shape (n,).
        """
        day_range = int(end_days.max()) + 1
        history_keys, group_codes, customer_counts = np.unique(
            (x * day_range + last_days) * day_range + end_days, return_inverse=True, return_counts=True
        )
        repeat_last_keys, period_end_days = np.divmod(history_keys, day_range)
        repeats, period_last_days = np.divmod(repeat_last_keys, day_range)
        periods = period_last_days / period_days, period_end_days / period_days
        return cls(repeats.astype(np.float64), *periods, customer_counts.astype(np.float64)), group_codes.reshape(-1)

    def sample_customers(self, size: int) -> "HistoryGroups":
        """Return a systematic sample of `size` customers; each counts for as many as it was drawn from.

        Histories are sorted, so the sample covers all kinds in proportion.
        """
        customer_count = float(self.customer_counts.sum())
        positions = (np.arange(size) + 0.5) * customer_count / size
        sampled_groups = np.searchsorted(np.cumsum(self.customer_counts), positions, side="right")
        sample_counts = np.bincount(sampled_groups, minlength=len(self.x)) * (customer_count / size)
        return self.reweight_customers(np.asarray(sample_counts, dtype=np.float64))

    def reweight_customers(self, customer_counts: FloatArray) -> "HistoryGroups":
        """Return the histories with other customer counts, without histories of no customer."""
        has_customers = customer_counts > 0
        return HistoryGroups(
            self.x[has_customers], self.t_x[has_customers], self.T[has_customers], customer_counts[has_customers]
        )


@dataclass(frozen=True, eq=False)
class PurchaseSummary:
    """Purchase histories of customers; `group_codes` is the history group of each customer.

    `mean_value` is the mean amount of repeat purchases after returns, NaN without any. `period_days` is the time unit
    of the groups in days.
    """

    groups: HistoryGroups
    group_codes: IntArray
    mean_value: FloatArray
    period_days: float

    @property
    def x(self) -> FloatArray:
        """Repeat purchases of each customer, shape (n,)."""
        return self.groups.x[self.group_codes]

    @property
    def days(self) -> int:
        """Length of the history in days."""
        return round(float(self.groups.T.max()) * self.period_days) + 1

    @property
    def repeat_customers(self) -> int:
        """Number of customers with a repeat purchase."""
        return int((self.x > 0).sum())


def summarise_purchases(customers: Customers, last_day: date, period_days: float) -> PurchaseSummary:
    """Return the history of each customer to the end of a day; all purchases of a day count as one.

    Args:
        customers: customers known by that day, with their orders.
        last_day: last day that counts.
        period_days: length of a period in days, such as 7.

    Raises:
        InputProblem: the input is not an order export.
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
    end_number = max(end_number, last_days.max())  # an as-of day of your own may have orders itself
    x, last_ages, observed_ages = (
        np.asarray(day_numbers, dtype=np.int64)
        for day_numbers in (day_counts - 1, last_days - first_days, end_number - first_days)
    )
    history_groups, group_codes = HistoryGroups.from_days(x, last_ages, observed_ages, period_days)
    gross_totals = days_by_customer["money"].sum().to_numpy(dtype=np.float64)
    net_shares = 1 - np.divide(list_refunds(customers), gross_totals, out=np.zeros(len(x)), where=gross_totals > 0)
    net_totals = repeat_totals.to_numpy(dtype=np.float64) * np.clip(net_shares, 0, 1)
    mean_values = np.divide(net_totals, x, out=np.full(len(x), np.nan), where=x > 0)
    return PurchaseSummary(history_groups, group_codes, mean_values, period_days)


def list_refunds(customers: Customers) -> FloatArray:
    """Return the money refunded to each customer, shape (n,)."""
    table = customers.table
    if columns.REFUNDS not in table and customers.transactions is not None:
        table = aggregate_lines(customers.transactions).table  # the settings left the measure out
    if columns.REFUNDS not in table:
        return np.zeros(len(table))
    refunds: FloatArray = table[columns.REFUNDS].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.nan_to_num(refunds)


def sum_daily_purchases(customers: Customers) -> pd.DataFrame:
    """Return one row per customer and purchase day: customer (row of the table), day (day number), money; sorted."""
    purchase_rows = list_orders(customers)
    day_numbers = purchase_rows[ORDER_DAY].to_numpy().astype("datetime64[D]").astype(np.int64)
    daily_rows = pd.DataFrame(
        {CUSTOMER_ROW: purchase_rows[CUSTOMER_ROW], "day": day_numbers, "money": purchase_rows[LINE_MONEY]}
    )
    return daily_rows.groupby([CUSTOMER_ROW, "day"], sort=True)[["money"]].sum().reset_index()
