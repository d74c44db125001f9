"""The middle value and the regularity of each customer's purchases, customers of as many purchases at a time."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def customer_medians(order_values: IntArray, starts: IntArray, order_counts: IntArray) -> FloatArray:
    """The median of each customer's values; between two middle ones, half their sum."""
    result = np.empty(len(starts), dtype=np.float64)
    for customers, value_matrix in _group_by_count(order_values, starts, order_counts):
        value_matrix.sort(axis=1)
        size = value_matrix.shape[1]
        result[customers] = (value_matrix[:, (size - 1) // 2] + value_matrix[:, size // 2]) / 2
    return result


def interpurchase_times(
    day_numbers: IntArray, starts: IntArray, order_counts: IntArray
) -> tuple[FloatArray, FloatArray]:
    """How much the days between purchases vary, and the last of them.

    Args:
        day_numbers: of each purchase, in any order.
        starts: where each customer's purchases begin.
        order_counts: how many they are.

    Returns:
        Sample standard deviation / mean (from three purchases on; NaN where all fell on one day), computed from whole
        numbers; and days from the last but one to the last (NaN with one purchase).
    """
    variation, last = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
    for customers, day_matrix in _group_by_count(day_numbers, starts, order_counts):
        size = day_matrix.shape[1] - 1
        if size:
            day_matrix.sort(axis=1)
            intervals = np.diff(day_matrix, axis=1)
            last[customers] = intervals[:, -1]
        if size > 1:
            total, squares = intervals.sum(axis=1), (intervals * intervals).sum(axis=1)
            spread = np.sqrt((size * squares - total * total) / (size * (size - 1)))
            with np.errstate(invalid="ignore", divide="ignore"):
                variation[customers] = np.where(total > 0, spread / (total / size), np.nan)
    return variation, last


def _group_by_count(
    order_values: IntArray, starts: IntArray, order_counts: IntArray
) -> Iterator[tuple[IntArray, IntArray]]:
    """Customers who have equally many values, and these: shape (customers, values)."""
    order = np.argsort(order_counts, kind="stable")
    sizes, begins = np.unique(order_counts[order], return_index=True)
    for size, customers in zip(sizes, np.split(order, begins[1:]), strict=True):
        yield customers, order_values[starts[customers][:, None] + np.arange(size)]
