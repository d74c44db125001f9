"""Lifecycle: prospect, new, reactivated, active, loyal, at risk, lapsed or lost, by the rhythm of orders."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.customers.missing import measures_remedy
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column, numbers
from segcli.segment.rates import rates

SOURCE = (
    "thresholds at percentiles of the gaps between orders, after the practice of order analytics "
    "(40th at risk, 80th lapsed, 95th lost); own rhythm from four orders on; reactivated: back after a gap beyond "
    "lapsed"
)
NEEDS = "orders, recency_days; mean_days_between_orders and last_gap_days for rhythms"
ADDS = ()
ORDER = ("prospect", "new", "reactivated", "active", "loyal", "at risk", "lapsed", "lost")
PERCENTILES = (40, 80, 95)

Values = npt.NDArray[np.float64]


class Options(Section):
    """When a customer counts as what."""

    fallback: list[int] = Field(
        [40, 90, 180],
        min_length=3,
        max_length=3,
        description="Days to at risk, lapsed and lost where rhythms are unknown.",
    )
    repeat_buyers: int = Field(
        100, ge=2, description="Fewest customers of two orders or more whose gaps make a rhythm of the base."
    )
    loyal_orders: int = Field(
        4, ge=2, description="Orders from which a customer is loyal, and has a rhythm of their own."
    )
    period_days: int = Field(90, ge=1, description="Days over which retention and churn are told.")
    by: list[str] = Field(default_factory=list, description="Segmentations for whose segments rates are told.")


def decide(customers: Customers, options: Options) -> Decided:
    """The stage of each customer; the thresholds in use are a note, the rates a table.

    The thresholds are percentiles of the mean gaps of customers with two orders or more. A customer with `loyal_orders`
    has thresholds of their own: their mean gap, stretched as the base's thresholds are to the base's median gap.
    """
    orders, recency = numbers(column(customers, c.ORDERS)), numbers(column(customers, c.RECENCY_DAYS))
    gaps, last_gap = _there(customers, c.MEAN_DAYS_BETWEEN_ORDERS), _there(customers, c.LAST_GAP_DAYS)
    known = gaps[(orders > 1) & (gaps > 0)]
    rhythm = len(known) >= options.repeat_buyers
    base = np.percentile(known, PERCENTILES) if rhythm else np.array(options.fallback, dtype=np.float64)
    days = np.tile(base, (len(orders), 1))
    own = rhythm & (orders >= options.loyal_orders) & (gaps > 0)
    if rhythm:
        days[own] = gaps[own, None] * base / np.median(known)
    labels = _stages(orders, recency, last_gap > days[:, 1], days, options.loyal_orders)
    source = f"percentiles 40, 80, 95 of {len(known):,} customers' gaps" if rhythm else "too few gaps: given days"
    note = f"at risk after {base[0]:.0f}, lapsed after {base[1]:.0f}, lost after {base[2]:.0f} days ({source})"
    rhythms = f"customers judged by their own rhythm: {int(own.sum()):,}"
    present = tuple(name for name in ORDER if (labels == name).any())
    warnings = tuple(_missing_gaps(customers))
    return Decided(labels, present, (note, rhythms), warnings, tables=_rates(customers, options))


def _missing_gaps(customers: Customers) -> Iterator[str]:
    """A warning that names the columns without which thresholds are the given days and nobody is reactivated."""
    missing = [name for name in (c.MEAN_DAYS_BETWEEN_ORDERS, c.LAST_GAP_DAYS) if name not in customers.table]
    remedy = measures_remedy(customers, missing)
    if remedy:
        names = " or ".join(f"'{name}'" for name in missing)
        yield f"lifecycle does not know rhythms: the table has no column {names}. {remedy}"


def _there(customers: Customers, name: str) -> Values:
    """A column, or nothing known where the table does not have it."""
    return numbers(customers.table[name]) if name in customers.table else np.full(len(customers.table), np.nan)


def _rates(customers: Customers, options: Options) -> dict[str, pd.DataFrame]:
    """The rates of all customers, and of the segments of each segmentation asked for."""
    nobody = pd.Series("", index=customers.table.index, dtype="str")
    tables = {"Rates": rates(customers, [], nobody, options.period_days)}
    for name in options.by:
        labels = column(customers, name).astype("str").fillna(UNKNOWN)
        tables[f"Rates by {name}"] = rates(customers, sorted(labels.unique()), labels, options.period_days)
    return tables


def _stages(
    orders: Values, recency: Values, returned: npt.NDArray[np.bool_], days: Values, loyal: int
) -> npt.NDArray[np.object_]:
    """The first that fits, from the worst: lost, lapsed, at risk; then who came back; then by the number of orders."""
    with np.errstate(invalid="ignore"):
        conditions = [
            ~(orders > 0),
            recency > days[:, 2],
            recency > days[:, 1],
            recency > days[:, 0],
            returned,
            orders >= loyal,
            orders > 1,
        ]
    names = ["prospect", "lost", "lapsed", "at risk", "reactivated", "loyal", "active"]
    return np.select(conditions, names, default="new").astype(object)
