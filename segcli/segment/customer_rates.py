"""Rates of all customers and of segments: repeat purchase, retention, churn, referral; each with a Wilson interval."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.customers import order_history
from segcli.customers.order_history import CUSTOMER_ROW
from segcli.message import count_message, message, tabulate_messages
from segcli.model import Customers
from segcli.segment.confidence_intervals import wilson_interval
from segcli.segment.experience_metrics import segment_masks

CustomerMask = npt.NDArray[np.bool_]
RateMasks = tuple[str, CustomerMask, CustomerMask]  # a rate: its name, the eligible customers, and those it counts

RATE_PERIOD_DAYS = 90


def compute_rates(
    customers: Customers, names: Sequence[str], labels: pd.Series, period_days: int = RATE_PERIOD_DAYS
) -> pd.DataFrame:
    """Compute the rates that the table supports, for all customers and for each segment.

    Repeat purchase: customers with at least two orders / customers with at least one. Retention: buyers of the period
    before the last who also bought in the last period / buyers of the period before the last. Churn: 1 - retention.
    Referral: customers referred by another / all customers.

    Args:
        customers: retention and churn need the order lines.
        names: segment names, in display order.
        labels: the segment of each customer.
        period_days: length of a period in days; the last period ends before as_of.

    Returns:
        Columns measure, segment, customers (denominator of the rate), rate, low_rate, high_rate.
    """
    rows = []
    for measure, eligible, successful in _find_rates(customers, period_days):
        for name, group in segment_masks(names, labels):
            trials, successes = int((eligible & group).sum()), int((eligible & successful & group).sum())
            low, high = wilson_interval(successes, trials)
            rows.append([measure, name, trials, successes / trials if trials else np.nan, low, high])
    return tabulate_messages(
        rows, ["measure", columns.SEGMENT_NAME, columns.CUSTOMERS, "rate", "low_rate", "high_rate"]
    )


def _find_rates(customers: Customers, period_days: int) -> Iterator[RateMasks]:
    table = customers.table
    all_customers = np.ones(len(table), dtype=bool)
    if columns.ORDERS in table:
        orders = table[columns.ORDERS].fillna(0).to_numpy(dtype=np.float64)
        yield message("repeat purchase"), orders >= 1, orders > 1
    if customers.transactions is not None:
        active_before, active_now = _find_active(customers, customers.transactions.as_of, period_days)
        yield (
            count_message("retention ({count} day)", "retention ({count} days)", period_days),
            active_before,
            active_now,
        )
        yield count_message("churn ({count} day)", "churn ({count} days)", period_days), active_before, ~active_now
    if columns.REFERRER in table:
        yield message("referral"), all_customers, (table[columns.REFERRER].fillna("").astype("str") != "").to_numpy()


def _find_active(customers: Customers, as_of: date, period_days: int) -> tuple[CustomerMask, CustomerMask]:
    """Return masks of the buyers in the period before the last one, and in the last one."""
    purchases = order_history.list_orders(customers)
    days_ago = (pd.Timestamp(as_of) - purchases[order_history.ORDER_DAY]).dt.days.to_numpy()
    customer_rows = purchases[CUSTOMER_ROW].to_numpy()
    active_before, active_now = np.zeros(len(customers.table), dtype=bool), np.zeros(len(customers.table), dtype=bool)
    active_now[customer_rows[(days_ago > 0) & (days_ago <= period_days)]] = True
    active_before[customer_rows[(days_ago > period_days) & (days_ago <= 2 * period_days)]] = True
    return active_before, active_now
