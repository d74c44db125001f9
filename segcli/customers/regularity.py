"""The middle value and the regularity of each customer's purchases, customers of as many purchases at a time."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


def medians(values: Whole, starts: Whole, counts: Whole) -> Values:
    """The median of each customer's values; between two middle ones, half their sum."""
    found = np.empty(len(starts), dtype=np.float64)
    for customers, rows in _alike(values, starts, counts):
        rows.sort(axis=1)
        size = rows.shape[1]
        found[customers] = (rows[:, (size - 1) // 2] + rows[:, size // 2]) / 2
    return found


def gaps(days: Whole, starts: Whole, counts: Whole) -> tuple[Values, Values]:
    """How much the days between purchases vary, and the last of them.

    Args:
        days: of each purchase, in any order.
        starts: where each customer's purchases begin.
        counts: how many they are.

    Returns:
        Sample standard deviation / mean (from three purchases on; NaN where all fell on one day), computed from whole
        numbers; and days from the last but one to the last (NaN with one purchase).
    """
    varies, last = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
    for customers, rows in _alike(days, starts, counts):
        size = rows.shape[1] - 1
        if size:
            rows.sort(axis=1)
            between = np.diff(rows, axis=1)
            last[customers] = between[:, -1]
        if size > 1:
            total, squares = between.sum(axis=1), (between * between).sum(axis=1)
            spread = np.sqrt((size * squares - total * total) / (size * (size - 1)))
            with np.errstate(invalid="ignore", divide="ignore"):
                varies[customers] = np.where(total > 0, spread / (total / size), np.nan)
    return varies, last


def _alike(values: Whole, starts: Whole, counts: Whole) -> Iterator[tuple[Whole, Whole]]:
    """Customers who have equally many values, and these: shape (customers, values)."""
    order = np.argsort(counts, kind="stable")
    sizes, begins = np.unique(counts[order], return_index=True)
    for size, customers in zip(sizes, np.split(order, begins[1:]), strict=True):
        yield customers, values[starts[customers][:, None] + np.arange(size)]
