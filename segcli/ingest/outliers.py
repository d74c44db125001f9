"""Amounts so far from all others that a slip of the keyboard explains them better than a sale."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

FAR = 8.0  # robust standard deviations of the logarithm; of a million log-normal amounts none lies beyond 6
ENOUGH = 20  # amounts below which nothing is said of their spread
_MAD = 1.4826  # median absolute deviation -> standard deviation of a normal distribution
_FINE = 46  # lowest bits of a number that a bin does not tell: its bins are at most 1/64 of their amounts wide
_FIRST = int(np.array(1.0).view(np.int64)) >> _FINE
_BINS = (int(np.array(2.0**63).view(np.int64)) >> _FINE) - _FIRST

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Amounts:
    """How many amounts of each size there are (`counts` by bin), and the largest with the row it stands on."""

    counts: Counts
    largest: int
    row: int

    @classmethod
    def of(cls, money: npt.NDArray[np.int64]) -> Self:
        """Of the lines that brought money, in whole units."""
        sold = money[money > 0] if len(money) and money.min() <= 0 else money
        bins = (sold.astype(np.float64).view(np.int64) >> _FINE) - _FIRST
        row = int(money.argmax()) if len(money) else 0
        return cls(np.bincount(bins, minlength=_BINS), int(money[row]) if len(money) else 0, row)

    @classmethod
    def together(cls, parts: Sequence[tuple["Amounts", int]]) -> Self:
        """Of several pieces, each with the number of its first row."""
        best, start = max(parts, key=lambda pair: (pair[0].largest, -pair[1]))
        counts = np.add.reduce([part.counts for part, _ in parts])
        return cls(counts, best.largest, best.row + start)

    def quantile(self, share: float) -> int:
        """Return an amount, in units, that so large a share of the amounts does not exceed; 0 if there are none."""
        total = int(self.counts.sum())
        if not total:
            return 0
        place = int(np.searchsorted(np.cumsum(self.counts), share * total))
        return min(int(_middles(np.array([place + 1]))[0]), self.largest)

    def far(self) -> int:
        """How many amounts are too large to be believed.

        Amounts of shops are skewed, so distance is measured on logarithms, from the median and in median absolute
        deviations: the outlier itself hardly moves either (Iglewicz and Hoaglin, How to Detect and Handle Outliers,
        1993). Of each amount its bin is known, which is exact enough and takes no more memory for more lines.
        """
        total = int(self.counts.sum())
        if total < ENOUGH:
            return 0
        used = np.flatnonzero(self.counts)
        counts, logs = self.counts[used], np.log(_middles(used))
        middle = _median(logs, counts)
        spread = _MAD * _median(np.abs(logs - middle), counts)
        return int(counts[logs - middle > FAR * spread].sum()) if spread else 0


def notes(amounts: Amounts, scale: int, line: Callable[[int], int | None]) -> Iterator[str]:
    """A note on amounts that are too large to be believed.

    Args:
        amounts: of the kept lines, in whole units.
        scale: units in 1.00.
        line: physical line of a row, if it is known.
    """
    far = amounts.far()
    if far:
        place = line(amounts.row)
        where = "" if place is None else f", line {place:,}"
        yield (
            f"amounts far beyond all others: {far:,} (largest {amounts.largest / scale:,.2f}{where}); "
            "if one is a slip, it decides every sum and every clustering"
        )


def _middles(bins: Counts) -> npt.NDArray[np.float64]:
    return (((bins + _FIRST) << _FINE) + (1 << (_FINE - 1))).view(np.float64)


def _median(values: npt.NDArray[np.float64], counts: Counts) -> float:
    """Of values that stand there so many times each."""
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(counts[order])
    low, high = np.searchsorted(upto, [(upto[-1] - 1) // 2, upto[-1] // 2], side="right")
    return float(values[order[low]] + values[order[high]]) / 2
