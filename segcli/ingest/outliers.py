"""Amounts so far from all others that a slip of the keyboard explains them better than a sale."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

OUTLIER_DISTANCE = (
    8.0  # robust standard deviations of the logarithm; of a million log-normal amounts none lies beyond 6
)
MIN_AMOUNTS = 20  # amounts below which nothing is said of their spread
_MAD_TO_SIGMA = 1.4826  # median absolute deviation -> standard deviation of a normal distribution
_BIN_SHIFT = 46  # lowest bits of a number that a bin does not tell: its bins are at most 1/64 of their amounts wide
_FIRST_BIN = int(np.array(1.0).view(np.int64)) >> _BIN_SHIFT
_BIN_COUNT = (int(np.array(2.0**63).view(np.int64)) >> _BIN_SHIFT) - _FIRST_BIN

BinArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AmountHistogram:
    """How many amounts of each size there are (`counts` by bin), and the largest with the row it stands on."""

    counts: BinArray
    largest: int
    largest_row: int

    @classmethod
    def from_units(cls, units: npt.NDArray[np.int64]) -> Self:
        """Of the lines that brought money, in whole units."""
        sales = units[units > 0] if len(units) and units.min() <= 0 else units
        bins = (sales.astype(np.float64).view(np.int64) >> _BIN_SHIFT) - _FIRST_BIN
        row = int(units.argmax()) if len(units) else 0
        return cls(np.bincount(bins, minlength=_BIN_COUNT), int(units[row]) if len(units) else 0, row)

    @classmethod
    def merge(cls, chunks: Sequence[tuple["AmountHistogram", int]]) -> Self:
        """Of several pieces, each with the number of its first row."""
        largest_chunk, start = max(chunks, key=lambda pair: (pair[0].largest, -pair[1]))
        counts = np.add.reduce([chunk.counts for chunk, _ in chunks])
        return cls(counts, largest_chunk.largest, largest_chunk.largest_row + start)

    def quantile(self, share: float) -> int:
        """Return an amount, in units, that so large a share of the amounts does not exceed; 0 if there are none."""
        total = int(self.counts.sum())
        if not total:
            return 0
        bin_index = int(np.searchsorted(np.cumsum(self.counts), share * total))
        return min(int(_bin_centers(np.array([bin_index + 1]))[0]), self.largest)

    def count_outliers(self) -> int:
        """How many amounts are too large to be believed.

        Amounts of shops are skewed, so distance is measured on logarithms, from the median and in median absolute
        deviations: the outlier itself hardly moves either (Iglewicz and Hoaglin, How to Detect and Handle Outliers,
        1993). Of each amount its bin is known, which is exact enough and takes no more memory for more lines.
        """
        total = int(self.counts.sum())
        if total < MIN_AMOUNTS:
            return 0
        used_bins = np.flatnonzero(self.counts)
        counts, logs = self.counts[used_bins], np.log(_bin_centers(used_bins))
        middle = _median_of_counts(logs, counts)
        spread = _MAD_TO_SIGMA * _median_of_counts(np.abs(logs - middle), counts)
        return int(counts[logs - middle > OUTLIER_DISTANCE * spread].sum()) if spread else 0


def amount_outlier_notes(amounts: AmountHistogram, scale: int, find_line: Callable[[int], int | None]) -> Iterator[str]:
    """A note on amounts that are too large to be believed.

    Args:
        amounts: of the kept lines, in whole units.
        scale: units in 1.00.
        find_line: physical line of a row, if it is known.
    """
    outlier_count = amounts.count_outliers()
    if outlier_count:
        line_number = find_line(amounts.largest_row)
        location = "" if line_number is None else f", line {line_number:,}"
        yield (
            f"amounts far beyond all others: {outlier_count:,} (largest {amounts.largest / scale:,.2f}{location}); "
            "if one is a slip, it decides every sum and every clustering"
        )


def _bin_centers(bins: BinArray) -> npt.NDArray[np.float64]:
    return (((bins + _FIRST_BIN) << _BIN_SHIFT) + (1 << (_BIN_SHIFT - 1))).view(np.float64)


def _median_of_counts(numbers: npt.NDArray[np.float64], counts: BinArray) -> float:
    """Of values that stand there so many times each."""
    order = np.argsort(numbers, kind="stable")
    cumulative = np.cumsum(counts[order])
    low, high = np.searchsorted(cumulative, [(cumulative[-1] - 1) // 2, cumulative[-1] // 2], side="right")
    return float(numbers[order[low]] + numbers[order[high]]) / 2
