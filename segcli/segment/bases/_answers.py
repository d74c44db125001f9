"""Answers on a scale, and the interval of a share."""

import numpy as np
import numpy.typing as npt

from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, column, numbers

Z = 1.959963984540054  # two-sided 95 % of the normal distribution


def answered(
    customers: Customers, name: str, lowest: int, highest: int
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Answers on a scale of whole numbers, NaN where there is none, and a warning with the count of impossible ones."""
    answers = numbers(column(customers, name))
    with np.errstate(invalid="ignore"):
        odd = ~np.isnan(answers) & ((answers < lowest) | (answers > highest) | (answers % 1 != 0))
    warning = f"answers that are not {lowest} to {highest}: {int(odd.sum()):,}; they count as {UNKNOWN}"
    return np.where(odd, np.nan, answers), (warning,) * bool(odd.any())


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); 0 to 1 where nothing was tried.

    >>> [round(bound, 4) for bound in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if trials == 0:
        return 0.0, 1.0
    share, z = successes / trials, Z
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return float(middle - half), float(middle + half)
