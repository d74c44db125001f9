"""Rates of all customers and of segments: repeat purchase, retention, churn, referral; each with a Wilson interval."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.customers import order_history
from segcli.customers.order_history import CUSTOMER_ROW
from segcli.message import count_message, message, tabulate_messages
from segcli.model import Customers, Segmentation
from segcli.segment.confidence_intervals import wilson_interval
from segcli.segment.experience_metrics import segment_masks

CustomerMask = npt.NDArray[np.bool_]
RateMasks = tuple[str, CustomerMask, CustomerMask]  # a rate: its name, the eligible customers, and those it counts

RATE_PERIOD_DAYS = 90


def compute_rates(customers: Customers, period_days: int = RATE_PERIOD_DAYS) -> pd.DataFrame:
    """Compute the rates that the table supports, for all customers.

    Repeat purchase: customers with at least two orders / customers with at least one. Retention: buyers of the period
    before the last who also bought in the last period / buyers of the period before the last. Churn: 1 - retention.
    Referral: customers referred by another / all customers.

    Args:
        customers: retention and churn need the order lines.
        period_days: length of a period in days; the last period ends before as_of.

    Returns:
        Columns measure, segment, customers (denominator of the rate), rate, low_rate, high_rate.
    """
    blank_labels = pd.Series("", index=customers.table.index, dtype="str")
    return _tabulate(_find_rates(customers, period_days), [], blank_labels)


def compute_segment_rates(segmentation: Segmentation, period_days: int = RATE_PERIOD_DAYS) -> pd.DataFrame:
    """Compute the rates of all customers and of each segment.

    Rates over time are those of the members at the start of the last period: the share of all members who bought since
    (repeat purchase), and the retention and churn of those members who had bought in the period before. They are left
    out if the segmentation cannot be made for that day.

    Returns:
        As `compute_rates`.
    """
    customers = segmentation.customers
    rates = [compute_rates(customers, period_days)]
    earlier_labels = segmentation.labels_before(period_days)
    if customers.transactions is not None and earlier_labels is not None:
        names = [name for name in segmentation.segments if (earlier_labels == name).any()]
        was_customer = earlier_labels.notna().to_numpy()
        time_rates = _find_period_rates(customers, customers.transactions.as_of, period_days, was_customer)
        rates.append(_tabulate(time_rates, names, earlier_labels.fillna("")))
    if columns.REFERRER in customers.table:
        rates.append(_tabulate([_find_referrals(customers)], segmentation.segments, segmentation.labels))
    table = pd.concat(rates, ignore_index=True).drop_duplicates(["measure", columns.SEGMENT_NAME], ignore_index=True)
    return table.sort_values("measure", key=lambda names: names.map(_order_of(table)), kind="stable", ignore_index=True)


def _order_of(table: pd.DataFrame) -> dict[str, int]:
    """Return the position at which each measure first occurs."""
    return {str(name): position for position, name in enumerate(table["measure"].drop_duplicates())}


def _tabulate(rates: Iterable[RateMasks], names: Sequence[str], labels: pd.Series) -> pd.DataFrame:
    rows = []
    for measure, eligible, successful in rates:
        for name, group in segment_masks(names, labels):
            trials, successes = int((eligible & group).sum()), int((eligible & successful & group).sum())
            low, high = wilson_interval(successes, trials)
            rows.append([measure, name, trials, successes / trials if trials else np.nan, low, high])
    return tabulate_messages(
        rows, ["measure", columns.SEGMENT_NAME, columns.CUSTOMERS, "rate", "low_rate", "high_rate"]
    )


def _find_rates(customers: Customers, period_days: int) -> Iterator[RateMasks]:
    table = customers.table
    if columns.ORDERS in table:
        orders = table[columns.ORDERS].fillna(0).to_numpy(dtype=np.float64)
        yield message("repeat purchase"), orders >= 1, orders > 1
    if customers.transactions is not None:
        was_customer = np.ones(len(table), dtype=bool)
        _, *retention = _find_period_rates(customers, customers.transactions.as_of, period_days, was_customer)
        yield from retention
    if columns.REFERRER in table:
        yield _find_referrals(customers)


def _find_period_rates(
    customers: Customers, as_of: date, period_days: int, was_customer: CustomerMask
) -> Iterator[RateMasks]:
    """Yield repeat purchase, retention and churn of the last period."""
    active_before, active_now = _find_active(customers, as_of, period_days)
    repeat = count_message("repeat purchase ({count} day)", "repeat purchase ({count} days)", period_days)
    yield repeat, was_customer, active_now
    retention = count_message("retention ({count} day)", "retention ({count} days)", period_days)
    yield retention, active_before & was_customer, active_now
    churn = count_message("churn ({count} day)", "churn ({count} days)", period_days)
    yield churn, active_before & was_customer, ~active_now


def _find_referrals(customers: Customers) -> RateMasks:
    is_referred = (customers.table[columns.REFERRER].fillna("").astype("str") != "").to_numpy()
    return message("referral"), np.ones(len(is_referred), dtype=bool), is_referred


def _find_active(customers: Customers, as_of: date, period_days: int) -> tuple[CustomerMask, CustomerMask]:
    """Return masks of the buyers in the period before the last one, and in the last one."""
    purchases = order_history.list_orders(customers)
    days_ago = (pd.Timestamp(as_of) - purchases[order_history.ORDER_DAY]).dt.days.to_numpy()
    customer_rows = purchases[CUSTOMER_ROW].to_numpy()
    active_before, active_now = np.zeros(len(customers.table), dtype=bool), np.zeros(len(customers.table), dtype=bool)
    active_now[customer_rows[(days_ago > 0) & (days_ago <= period_days)]] = True
    active_before[customer_rows[(days_ago > period_days) & (days_ago <= 2 * period_days)]] = True
    return active_before, active_now
