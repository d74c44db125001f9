"""Customers by segment at the ends of the last months, each made from the orders before that day alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import IntArray
from segcli.customers.order_history import customers_as_of
from segcli.errors import InputProblem
from segcli.evaluation.disclosure_control import WITHHELD_LABEL, is_small_count
from segcli.evaluation.drift import SegmentationFactory
from segcli.model import Segmentation
from segcli.reports.key_figures import TREND_MONTHS


@dataclass(frozen=True, eq=False)
class SizeTrend:
    """Numbers of customers by segment and day, oldest day first; suppressed segments are one row.

    `sizes` has the shape (segments, days). The segments are in display order.
    """

    column: str
    days: Sequence[date]
    segments: Sequence[str]
    sizes: IntArray

    def to_dict(self) -> dict[str, object]:
        """Return the trend as JSON values."""
        return {
            "column": self.column,
            "days": list(self.days),
            "segments": [
                {"segment": segment, "customers": row.tolist()}
                for segment, row in zip(self.segments, self.sizes, strict=True)
            ],
        }


def compute_size_trend(
    segmentation: Segmentation,
    segment_as_of: SegmentationFactory,
    period_days: int,
    hidden_names: Sequence[str],
    min_customers: int,
) -> SizeTrend | None:
    """Return the sizes of segments at the as-of day and on the same day of the earlier months.

    A month counts if the orders cover a period before its day, as for key figures.

    Args:
        segmentation: the segmentation of today, with suppressed segments merged.
        segment_as_of: function that makes segmentations of customers at an earlier day.
        period_days: days of a period.
        hidden_names: names of segments that are suppressed today.
        min_customers: smallest number of customers, and smallest difference between two months, that may be shown.

    Returns:
        None without order lines, if the segmentation cannot be made for two days, or if fewer than two rows may be
        shown.
    """
    transactions = segmentation.customers.transactions
    if transactions is None:
        return None
    sizes_by_day: dict[date, Mapping[str, int]] = {}
    as_of, first_day = pd.Timestamp(transactions.as_of), transactions.lines[columns.ORDER_DATE].min().date()
    for months in range(TREND_MONTHS, 0, -1):
        day = (as_of - pd.DateOffset(months=months)).date()
        if day - timedelta(days=period_days) < first_day:
            continue
        sizes = _count_customers(segmentation, day, segment_as_of)
        if sizes:
            sizes_by_day[day] = sizes
    sizes_by_day[transactions.as_of] = _count_labels(segmentation)
    names = list(dict.fromkeys([*segmentation.segments, *(name for sizes in sizes_by_day.values() for name in sizes)]))
    names = [name for name in names if not name.startswith(WITHHELD_LABEL)]
    totals = np.array([sum(sizes.values()) for sizes in sizes_by_day.values()], dtype=np.int64)
    rows = np.array([[sizes.get(name, 0) for sizes in sizes_by_day.values()] for name in names], dtype=np.int64)
    if len(sizes_by_day) == 1:
        return None
    visible = _select_rows(rows, [name in hidden_names for name in names], min_customers)
    rest = totals - rows[visible].sum(axis=0)
    shown_names, shown_rows = [names[row] for row in visible], rows[visible]
    if rest.any():
        shown_names, shown_rows = [*shown_names, WITHHELD_LABEL], np.vstack([shown_rows, rest])
    if len(shown_names) < 2:  # noqa: PLR2004 - the total alone is a key figure
        return None
    return SizeTrend(segmentation.column, list(sizes_by_day), shown_names, shown_rows)


def _count_customers(
    segmentation: Segmentation, day: date, segment_as_of: SegmentationFactory
) -> Mapping[str, int] | None:
    """Return the customers by segment as of an earlier day; None if there were none or a base lacked its input."""
    try:
        earlier = segment_as_of(customers_as_of(segmentation.customers, day), [segmentation.column])
    except InputProblem:
        return None
    return next((_count_labels(entry) for entry in earlier if entry.column == segmentation.column), None)


def _count_labels(segmentation: Segmentation) -> Mapping[str, int]:
    return {str(name): int(count) for name, count in segmentation.labels.value_counts().items()}


def _select_rows(rows: IntArray, are_hidden: Sequence[bool], min_customers: int) -> list[int]:
    """Return the rows that may be shown: the others, together, do not follow from the total.

    A row is suppressed if a size or the difference between two months is small. The smallest others are suppressed
    too, until at least two rows are suppressed that together have no such number.
    """
    hidden = [row for row in range(len(rows)) if are_hidden[row] or _has_small_number(rows[row], min_customers)]
    by_size = sorted(set(range(len(rows))) - set(hidden), key=lambda row: (int(rows[row].sum()), row))
    while hidden and by_size:
        rest = rows[hidden].sum(axis=0)
        if len(hidden) > 1 and not _has_small_number(rest, min_customers):
            break
        hidden.append(by_size.pop(0))
    return sorted(by_size)


def _has_small_number(sizes: IntArray, min_customers: int) -> bool:
    return any(is_small_count(int(size), min_customers) for size in sizes) or any(
        is_small_count(abs(int(later) - int(earlier)), min_customers) for earlier, later in pairwise(sizes)
    )
