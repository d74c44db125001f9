"""Sentinels: numbers such as -1 or 999 that stand for a missing value beside a normal range."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

NEGATIVE_SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0)
POSITIVE_SENTINELS = (99.0, 999.0, 9999.0, 99999.0, 999999.0)
MIN_COUNT = 2  # a value that occurs once may be a measurement
MIN_OTHER_VALUES = 3  # distinct other values that make a range
MIN_RANGE = 10.0  # largest other value next to a negative sentinel; smaller ranges may be a scale around 0
MIN_RATIO = 1.2  # of a positive sentinel to the largest other value
MAX_NINES_SHARE = 0.3  # share of other values that end with 9, as prices do
ROUNDED_BASE = 10

Numbers = npt.NDArray[np.float64]


def find_sentinels(numbers: Numbers) -> list[float]:
    """Return the values of a column that stand for missing.

    Args:
        numbers: the values, NaN where missing; only columns of whole numbers have sentinels.
    """
    known_numbers = numbers[~np.isnan(numbers)]
    if not len(known_numbers) or not (
        (known_numbers == np.floor(known_numbers)).all() and _may_have_sentinel(known_numbers)
    ):
        return []
    values, counts = np.unique(known_numbers, return_counts=True)
    return sorted({*_find_negative(values, counts), *_find_positive(values, counts)})


def _may_have_sentinel(known_numbers: Numbers) -> bool:
    return known_numbers.min() in NEGATIVE_SENTINELS or known_numbers.max() in POSITIVE_SENTINELS


def _find_negative(values: Numbers, counts: npt.NDArray[np.intp]) -> Iterator[float]:
    """Yield the sentinels below a range that begins at 0 or above."""
    is_sentinel = np.isin(values, NEGATIVE_SENTINELS)
    others = values[~is_sentinel]
    if len(others) < MIN_OTHER_VALUES or others.min() < 0 or (others.min() == 0 and others.max() < MIN_RANGE):
        return
    yield from (float(value) for value in values[is_sentinel & (counts >= MIN_COUNT)])


def _find_positive(values: Numbers, counts: npt.NDArray[np.intp]) -> Iterator[float]:
    """Yield the largest value if it stands apart from the range below, and no price points are in sight."""
    others = values[:-1][~np.isin(values[:-1], NEGATIVE_SENTINELS)]
    if values[-1] not in POSITIVE_SENTINELS or counts[-1] < MIN_COUNT or len(others) < MIN_OTHER_VALUES:
        return
    ends_with_nine = float((others % ROUNDED_BASE == ROUNDED_BASE - 1).mean())
    is_apart = values[-1] >= MIN_RATIO * others[-1] and values[-1] - others[-1] >= ROUNDED_BASE
    largest_step = float(np.diff(others).max())
    if is_apart and ends_with_nine <= MAX_NINES_SHARE and values[-1] - others[-1] > largest_step:
        yield float(values[-1])
