"""Probability that a customer orders again, from the gaps between the orders of all customers.

The time since a customer's last order is a gap that has not ended: it is censored, and counts as long as it is known
(Kaplan and Meier 1958). Leaving it out would make gaps look short, because long ones are those that have not ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.arrays import FloatArray, IntArray
from segcli.customers.order_history import CUSTOMER_ROW, ORDER_DAY, list_orders
from segcli.model import Customers
from segcli.segment.bases import read_optional

MIN_AT_RISK = 10  # gaps of at least this length that make the curve known at a day


@dataclass(frozen=True, eq=False)
class Gaps:
    """Gaps between purchase days, each of shape (gaps,).

    `days` is the length. `has_ended` is false for the time since the last order. `order_numbers` is the number of the
    order before the gap, from 1. `weights` counts equal gaps.
    """

    days: FloatArray
    has_ended: npt.NDArray[np.bool_]
    order_numbers: IntArray
    weights: FloatArray

    def select(self, first_number: int, last_number: int | None) -> "Gaps":
        """Return the gaps after these orders, both included; None has no limit."""
        is_selected = self.order_numbers >= first_number
        if last_number is not None:
            is_selected &= self.order_numbers <= last_number
        return Gaps(
            self.days[is_selected],
            self.has_ended[is_selected],
            self.order_numbers[is_selected],
            self.weights[is_selected],
        )


def list_gaps(customers: Customers) -> Gaps:
    """Return the gaps of all customers; from a customer table, each customer's mean gap stands for all of them."""
    return _list_order_gaps(customers) if customers.transactions is not None else _list_mean_gaps(customers)


def _list_order_gaps(customers: Customers) -> Gaps:
    assert customers.transactions is not None
    purchases = list_orders(customers)[[CUSTOMER_ROW, ORDER_DAY]].drop_duplicates().reset_index(drop=True)
    days = purchases[ORDER_DAY].to_numpy().astype("datetime64[D]").astype(np.int64)
    rows = purchases[CUSTOMER_ROW].to_numpy()
    as_of = int(np.datetime64(customers.transactions.as_of, "D").astype(np.int64))
    has_ended = np.append(rows[1:] == rows[:-1], False)
    next_days = np.where(has_ended, np.append(days[1:], as_of), as_of)
    order_numbers = np.asarray(purchases.groupby(CUSTOMER_ROW).cumcount() + 1, dtype=np.int64)
    return Gaps((next_days - days).astype(np.float64), has_ended, order_numbers, np.ones(len(days)))


def _list_mean_gaps(customers: Customers) -> Gaps:
    """Return each customer's mean gap once per order before it, and the time since the last order."""
    orders, recency, mean_gaps = (
        read_optional(customers.table, name)
        for name in (columns.ORDERS, columns.RECENCY_DAYS, columns.MEAN_DAYS_BETWEEN_ORDERS)
    )
    counts = np.where(orders > 0, np.nan_to_num(orders), 0).astype(np.int64)
    is_open = (counts > 0) & ~np.isnan(recency)
    parts = [(recency[is_open], np.zeros(is_open.sum(), dtype=bool), counts[is_open], np.ones(int(is_open.sum())))]
    for number in range(1, MAX_STRATUM_ORDER + 1):
        has_gap = (counts > number) & (mean_gaps > 0)
        size = int(has_gap.sum())
        repeats = counts[has_gap] - number if number == MAX_STRATUM_ORDER else np.ones(size)
        order_numbers = np.full(size, number, dtype=np.int64)
        parts.append((mean_gaps[has_gap], np.ones(size, dtype=bool), order_numbers, repeats.astype(np.float64)))
    days, has_ended, numbers, weights = (np.concatenate(values) for values in zip(*parts, strict=True))
    return Gaps(days, has_ended, numbers, weights)


MAX_STRATUM_ORDER = 20  # later orders of a customer table are counted with this one


@dataclass(frozen=True, eq=False)
class ReturnCurve:
    """Kaplan-Meier curve of gaps: `survival[t]` is the share of gaps longer than t days, for whole days t.

    The curve ends at the last day that at least MIN_AT_RISK gaps reached.
    """

    survival: FloatArray

    @classmethod
    def from_gaps(cls, gaps: Gaps) -> "ReturnCurve":
        """Estimate the curve."""
        whole_days = np.ceil(gaps.days).astype(np.int64)
        size = int(whole_days.max(initial=0)) + 1
        ended = np.bincount(whole_days, gaps.weights * gaps.has_ended, size)
        reached = np.cumsum(np.bincount(whole_days, gaps.weights, size)[::-1])[::-1]
        known_size = int((reached >= MIN_AT_RISK).sum())
        return cls(np.asarray(np.cumprod(1 - ended[:known_size] / reached[:known_size]), dtype=np.float64))

    def probability(self, period_days: int) -> FloatArray:
        """Return the probability of an order within the period, by days since the last order.

        It is known for as many days as the curve is longer than the period.
        """
        known_days = max(len(self.survival) - period_days, 0)
        survival = self.survival[:known_days]
        later = self.survival[period_days : period_days + known_days]
        return 1 - np.divide(later, survival, out=np.ones(known_days), where=survival > 0)

    def find_thresholds(self, period_days: int, probabilities: Sequence[float]) -> list[float]:
        """Return the first day on which the probability is at most each of these; infinity if none is known."""
        curve = self.probability(period_days)
        return [float(np.argmax(curve <= bound)) if (curve <= bound).any() else float("inf") for bound in probabilities]
