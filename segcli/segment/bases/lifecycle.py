"""Lifecycle: prospect, new, reactivated, active, loyal, at risk, lapsed or lost, by the probability to order again."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.arrays import IntArray
from segcli.config.section import Section
from segcli.customers.missing_measures import measures_remedy
from segcli.customers.order_history import CUSTOMER_ROW, ORDER_DAY, customers_as_of, list_orders
from segcli.message import CustomerCount, count_message, join_messages, message
from segcli.model import Customers
from segcli.segment.bases import BaseResult, read_optional, require_column, to_floats
from segcli.segment.confidence_intervals import Z_SCORE_95
from segcli.segment.customer_rates import compute_rates
from segcli.segment.return_probability import Gaps, ReturnCurve, list_gaps

SOURCE = (
    "Kaplan and Meier (1958) on the gaps between orders, with the time since the last order as a censored gap, for "
    "customers with one order, with a few and with many; at risk, lapsed and lost where the probability of an order in "
    "the next period falls to two thirds, a third and a tenth of that right after an order; individual thresholds from "
    "four orders on; reactivated: an order after a gap beyond lapsed; stages that did not buy less are merged"
)
NEEDS = "orders, recency_days; the order export, or mean_days_between_orders and last_gap_days, for rhythms"
ADDS = ()
ORDER = ("prospect", "new", "reactivated", "active", "loyal", "at risk", "lapsed", "lost")
PROBABILITY_PARTS = (2 / 3, 1 / 3, 1 / 10)  # of the probability right after an order: at risk, lapsed, lost
STAGE_LABELS = (message("current"), message("at risk"), message("lapsed"), message("lost"))  # current: not declining
CLAIMS = {  # what the names say about customers, as in a segment map
    "loyal": {"buys": "more"},
    "new": {"orders": "one", "tenure": "short"},
    "at risk": {"buys": "less"},
    "lapsed": {"buys": "less"},
    "lost": {"buys": "hardly"},
}
MIN_TESTED = 30  # customers of a stage from which its purchases are compared

CustomerValues = npt.NDArray[np.float64]


class Options(Section):
    """Thresholds of the stages."""

    fallback: list[int] = Field(
        [40, 90, 180],
        min_length=3,
        max_length=3,
        description="Days without an order until at risk, lapsed and lost, if there are too few gaps to measure.",
    )
    repeat_buyers: int = Field(
        100, ge=2, description="Minimum number of customers with two or more orders for measured thresholds."
    )
    loyal_orders: int = Field(
        4, ge=2, description="Number of orders from which a customer is loyal and has individual thresholds."
    )
    period_days: int = Field(
        90, ge=1, description="Period in days for the probability to order, and for retention and churn rates."
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's stage. Notes report the thresholds in use, and a table the rates.

    Thresholds are days without an order. From order lines, segcli also assigns the stages of one period ago and counts
    who bought since. A stage that did not buy less than the stage before it is merged into that one. A customer with
    `loyal_orders` orders has individual thresholds: the customer's mean gap times the ratio of the common thresholds
    to the median of these mean gaps.
    """
    orders = to_floats(require_column(customers, columns.ORDERS))
    thresholds, notes = _find_thresholds(customers, options)
    declines = _grade_decline(customers, thresholds)
    tested_ends, test_notes = _merge_equal_stages(customers, options)
    declines = np.asarray(tested_ends, dtype=np.int64)[declines]
    last_gap = read_optional(customers.table, columns.LAST_GAP_DAYS)
    with np.errstate(invalid="ignore"):
        has_returned = last_gap > thresholds[:, 1]
    labels = _assign_stages(orders, declines, has_returned, options.loyal_orders)
    present = tuple(name for name in ORDER if (labels == name).any())
    return BaseResult(
        labels,
        present,
        (*notes, *test_notes),
        tuple(_warn_missing_gaps(customers)),
        tables={message("Rates"): compute_rates(customers, options.period_days)},
    )


def _find_thresholds(customers: Customers, options: Options) -> tuple[CustomerValues, list[str]]:
    """Return each customer's days until at risk, lapsed and lost, shape (n, 3), and notes on them."""
    orders = to_floats(require_column(customers, columns.ORDERS))
    require_column(customers, columns.RECENCY_DAYS)
    gaps = list_gaps(customers)
    mean_gaps = read_optional(customers.table, columns.MEAN_DAYS_BETWEEN_ORDERS)
    with np.errstate(invalid="ignore"):
        repeat_count = int(((orders > 1) & (mean_gaps > 0)).sum())
    if repeat_count < options.repeat_buyers:
        days = np.asarray(options.fallback, dtype=np.float64)
        note = message("{thresholds} (too few gaps: configured days)", thresholds=_format_thresholds(days))
        return np.tile(days, (len(orders), 1)), [note]
    levels = _threshold_levels(gaps, options)
    level_numbers = np.select([orders >= options.loyal_orders, orders > 1], [2, 1], default=0)
    thresholds = levels[level_numbers]
    has_own_rhythm = (level_numbers == 2) & (mean_gaps > 0)  # noqa: PLR2004 - loyal
    if has_own_rhythm.any():
        own_factor = mean_gaps[has_own_rhythm] / np.median(mean_gaps[has_own_rhythm])
        thresholds[has_own_rhythm] *= own_factor[:, None]
    names = (
        message("one order"),
        message("2 to {number} orders", number=options.loyal_orders - 1),
        message("{number} or more orders", number=options.loyal_orders),
    )
    notes = [
        message("{thresholds}: {orders}", thresholds=_format_thresholds(days), orders=name)
        for name, days in zip(names, levels, strict=True)
    ]
    source = count_message(
        "at 2/3, 1/3 and 1/10 of the first probability to order within {count} day, from {gaps} gaps, of which {open} "
        "have not ended",
        "at 2/3, 1/3 and 1/10 of the first probability to order within {count} days, from {gaps} gaps, of which {open} "
        "have not ended",
        options.period_days,
        gaps=int(gaps.weights.sum()),
        open=int(gaps.weights[~gaps.has_ended].sum()),
    )
    rhythm = message(
        "customers classified by their own purchase rhythm: {count}", count=CustomerCount(has_own_rhythm.sum())
    )
    return thresholds, [*notes, source, rhythm]


def _threshold_levels(gaps: Gaps, options: Options) -> CustomerValues:
    """Return the thresholds after one order, after a few, and from `loyal_orders` on, shape (3, 3).

    The probability of loyal customers must fall below that of customers with a few orders, so that a loyal customer
    at risk buys less than an active one.
    """
    loyal = options.loyal_orders
    bounds = ((1, 1), (2, loyal - 1), (loyal, None)) if loyal > 2 else ((1, 1), (2, None), (2, None))  # noqa: PLR2004
    curves = [ReturnCurve.from_gaps(gaps.select(first, last)) for first, last in bounds]
    starts = [float(curve.probability(options.period_days)[:1].sum()) for curve in curves]
    starts[2] = min(starts[1], starts[2])
    return np.array(
        [
            curve.find_thresholds(options.period_days, [part * start for part in PROBABILITY_PARTS])
            for curve, start in zip(curves, starts, strict=True)
        ]
    )


def _format_thresholds(days: CustomerValues) -> str:
    texts = [message("after {day:.0f}", day=day) if np.isfinite(day) else message("never seen") for day in days]
    return message("at risk {risk}, lapsed {lapsed}, lost {lost} days", risk=texts[0], lapsed=texts[1], lost=texts[2])


def _grade_decline(customers: Customers, thresholds: CustomerValues) -> IntArray:
    """Return how many thresholds each customer's recency exceeds: 0 is current, 3 is lost."""
    recency = to_floats(customers.table[columns.RECENCY_DAYS])
    with np.errstate(invalid="ignore"):
        return np.asarray((recency[:, None] > thresholds).sum(axis=1), dtype=np.int64)


def _merge_equal_stages(customers: Customers, options: Options) -> tuple[list[int], list[str]]:
    """Return the stage that each stage of decline is merged into, and notes with the purchases that decide it.

    The stages are those of one period ago, made with the orders until then, and the purchases are those since.
    """
    unmerged = list(range(len(STAGE_LABELS)))
    if customers.transactions is None or customers.as_of is None:
        return unmerged, []
    day = customers.transactions.as_of - timedelta(days=options.period_days)
    purchases = list_orders(customers)
    if not len(purchases) or purchases[ORDER_DAY].min() > pd.Timestamp(day - timedelta(days=options.period_days)):
        return unmerged, []  # the history is too short for stages of one period ago
    earlier_customers = customers_as_of(customers, day)
    thresholds, _ = _find_thresholds(earlier_customers, options)
    later_rows = purchases.loc[purchases[ORDER_DAY] >= pd.Timestamp(day), CUSTOMER_ROW].unique()
    later_ids = customers.table[columns.CUSTOMER_ID].iloc[later_rows]
    has_bought = earlier_customers.table[columns.CUSTOMER_ID].isin(later_ids).to_numpy()
    declines = _grade_decline(earlier_customers, thresholds)
    counts = np.bincount(declines, minlength=len(STAGE_LABELS))
    buyers = np.bincount(declines, has_bought, len(STAGE_LABELS)).astype(np.float64)
    return _compare_stages(counts, buyers, day, options.period_days)


def _compare_stages(
    counts: IntArray, buyers: CustomerValues, day: date, period_days: int
) -> tuple[list[int], list[str]]:
    """Merge each stage with enough customers into the one before it, unless it bought less, and describe all."""
    merged_into = list(range(len(counts)))
    group_counts, group_buyers, kept_stage = float(counts[0]), float(buyers[0]), 0
    merge_notes: list[str] = []
    for stage in range(1, len(counts)):
        if counts[stage] < MIN_TESTED or group_counts < MIN_TESTED:
            continue
        if _buys_less(float(buyers[stage]), float(counts[stage]), group_buyers, group_counts):
            group_counts, group_buyers, kept_stage = float(counts[stage]), float(buyers[stage]), stage
            continue
        merged_into[stage] = kept_stage
        merge_notes.append(
            message(
                "{stage} is merged with {other}: these customers do not buy less",
                stage=STAGE_LABELS[stage],
                other=STAGE_LABELS[kept_stage],
            )
        )
        group_counts, group_buyers = group_counts + counts[stage], group_buyers + buyers[stage]
    rates = [
        message("{stage} {share:.0%} of {count}", stage=label, share=buyer_count / count, count=int(count))
        for label, count, buyer_count in zip(STAGE_LABELS, counts, buyers, strict=True)
        if count
    ]
    note = count_message(
        "bought in the {count} day from {day}, by the stage before: {rates}",
        "bought in the {count} days from {day}, by the stage before: {rates}",
        period_days,
        day=day,
        rates=join_messages(", ", rates),
    )
    return merged_into, [note, *merge_notes]


def _buys_less(buyers: float, count: float, other_buyers: float, other_count: float) -> bool:
    """Return whether a share of buyers is lower than another beyond chance (two-proportion z-test)."""
    pooled = (buyers + other_buyers) / (count + other_count)
    error = np.sqrt(pooled * (1 - pooled) * (1 / count + 1 / other_count))
    return bool(other_buyers / other_count - buyers / count > Z_SCORE_95 * error)


def _warn_missing_gaps(customers: Customers) -> Iterator[str]:
    """Yield a warning that names the missing gap columns.

    Without them, the thresholds are the fallback days and no customer is reactivated.
    """
    missing_columns = [
        name for name in (columns.MEAN_DAYS_BETWEEN_ORDERS, columns.LAST_GAP_DAYS) if name not in customers.table
    ]
    remedy = measures_remedy(customers, missing_columns)
    if remedy:
        yield message(
            "lifecycle cannot use purchase rhythms: the table has no column {names}; hint: {remedy}",
            names=join_messages(" or ", [f"'{name}'" for name in missing_columns]),
            remedy=remedy,
        )


def _assign_stages(
    orders: CustomerValues, declines: IntArray, has_returned: npt.NDArray[np.bool_], loyal_orders: int
) -> npt.NDArray[np.object_]:
    """Return the first stage that fits: prospect, lost, lapsed, at risk, reactivated, else by number of orders."""
    with np.errstate(invalid="ignore"):
        conditions = [
            ~(orders > 0),
            *(declines == stage for stage in (3, 2, 1)),
            has_returned,
            orders >= loyal_orders,
            orders > 1,
        ]
    names = ["prospect", "lost", "lapsed", "at risk", "reactivated", "loyal", "active"]
    return np.select(conditions, names, default="new").astype(object)
