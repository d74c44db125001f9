"""Amounts so far from all others that a slip of the keyboard explains them better than a sale."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

FAR = 8.0  # robust standard deviations of the logarithm; of a million log-normal amounts none lies beyond 6
ENOUGH = 20  # amounts below which nothing is said of their spread
_MAD = 1.4826  # median absolute deviation -> standard deviation of a normal distribution


def notes(money: npt.NDArray[np.int64], scale: int, line: Callable[[int], int]) -> Iterator[str]:
    """A note on amounts that are too large to be believed.

    Amounts of shops are skewed, so distance is measured on logarithms, from the median and in median absolute
    deviations: the outlier itself hardly moves either (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993).

    Args:
        money: per kept line, in whole units.
        scale: units in 1.00.
        line: physical line of the n-th of them.
    """
    sold = money > 0
    logs = np.log(money[sold])
    if len(logs) < ENOUGH:
        return
    middle = np.median(logs)
    spread = _MAD * float(np.median(np.abs(logs - middle)))
    far = np.zeros(len(money), dtype=bool)
    far[sold] = logs - middle > FAR * spread
    if spread and far.any():
        largest = int(money.argmax())
        yield (
            f"amounts far beyond all others: {int(far.sum()):,} (largest {money[largest] / scale:,.2f}, line "
            f"{line(largest):,}); if one is a slip, it decides every sum and every clustering"
        )
