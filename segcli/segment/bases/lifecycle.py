"""Lifecycle: prospect, new, reactivated, active, loyal, at risk, lapsed or lost, by the order rhythm."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.customers.missing_measures import measures_remedy
from segcli.message import count_message, join_messages, message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, require_column, to_floats
from segcli.segment.customer_rates import compute_rates

SOURCE = (
    "thresholds at percentiles of the gaps between orders, as common in order analytics "
    "(40th at risk, 80th lapsed, 95th lost); individual thresholds from four orders on; reactivated: "
    "an order after a gap beyond lapsed"
)
NEEDS = "orders, recency_days; mean_days_between_orders and last_gap_days for rhythms"
ADDS = ()
ORDER = ("prospect", "new", "reactivated", "active", "loyal", "at risk", "lapsed", "lost")
GAP_PERCENTILES = (40, 80, 95)

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
    period_days: int = Field(90, ge=1, description="Period in days for retention and churn rates.")
    by: list[str] = Field(
        default_factory=list, description="Segmentations for rates by segment, for example [rfm_segment]."
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's stage. A note reports the thresholds in use, and a table the rates.

    The thresholds are percentiles of the mean gaps of customers with two or more orders. A customer with `loyal_orders`
    orders has individual thresholds: the customer's mean gap times the ratio of the common thresholds to the median gap
    of all customers.
    """
    orders, recency = (
        to_floats(require_column(customers, columns.ORDERS)),
        to_floats(require_column(customers, columns.RECENCY_DAYS)),
    )
    gaps, last_gap = (
        _read_optional(customers, columns.MEAN_DAYS_BETWEEN_ORDERS),
        _read_optional(customers, columns.LAST_GAP_DAYS),
    )
    known_gaps = gaps[(orders > 1) & (gaps > 0)]
    has_rhythm = len(known_gaps) >= options.repeat_buyers
    base_thresholds = (
        np.percentile(known_gaps, GAP_PERCENTILES) if has_rhythm else np.array(options.fallback, dtype=np.float64)
    )
    thresholds = np.tile(base_thresholds, (len(orders), 1))
    has_own_rhythm = has_rhythm & (orders >= options.loyal_orders) & (gaps > 0)
    if has_rhythm:
        thresholds[has_own_rhythm] = gaps[has_own_rhythm, None] * base_thresholds / np.median(known_gaps)
    labels = _assign_stages(orders, recency, last_gap > thresholds[:, 1], thresholds, options.loyal_orders)
    source = (
        count_message(
            "percentiles 40, 80, 95 of the gaps of {count} customer",
            "percentiles 40, 80, 95 of the gaps of {count} customers",
            len(known_gaps),
        )
        if has_rhythm
        else message("too few gaps: configured days")
    )
    note = message(
        "at risk after {risk_days:.0f}, lapsed after {lapsed_days:.0f}, lost after {lost_days:.0f} days ({source})",
        risk_days=base_thresholds[0],
        lapsed_days=base_thresholds[1],
        lost_days=base_thresholds[2],
        source=source,
    )
    rhythm_note = message("customers classified by their own purchase rhythm: {count}", count=int(has_own_rhythm.sum()))
    present = tuple(name for name in ORDER if (labels == name).any())
    warnings = tuple(_warn_missing_gaps(customers))
    return BaseResult(labels, present, (note, rhythm_note), warnings, tables=_rate_tables(customers, options))


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


def _read_optional(customers: Customers, name: str) -> CustomerValues:
    """Return a column as floats, all NaN if the table does not have it."""
    return to_floats(customers.table[name]) if name in customers.table else np.full(len(customers.table), np.nan)


def _rate_tables(customers: Customers, options: Options) -> dict[str, pd.DataFrame]:
    """Return the rates of all customers, and of the segments of each requested segmentation, by title."""
    blank_labels = pd.Series("", index=customers.table.index, dtype="str")
    tables: dict[str, pd.DataFrame] = {
        message("Rates"): compute_rates(customers, [], blank_labels, options.period_days)
    }
    for name in options.by:
        labels = require_column(customers, name).astype("str").fillna(UNKNOWN)
        tables[message("Rates by {name}", name=name)] = compute_rates(
            customers, sorted(labels.unique()), labels, options.period_days
        )
    return tables


def _assign_stages(
    orders: CustomerValues,
    recency: CustomerValues,
    has_returned: npt.NDArray[np.bool_],
    thresholds: CustomerValues,
    loyal_orders: int,
) -> npt.NDArray[np.object_]:
    """Return the first stage that fits: prospect, lost, lapsed, at risk, reactivated, else by number of orders."""
    with np.errstate(invalid="ignore"):
        conditions = [
            ~(orders > 0),
            recency > thresholds[:, 2],
            recency > thresholds[:, 1],
            recency > thresholds[:, 0],
            has_returned,
            orders >= loyal_orders,
            orders > 1,
        ]
    names = ["prospect", "lost", "lapsed", "at risk", "reactivated", "loyal", "active"]
    return np.select(conditions, names, default="new").astype(object)
