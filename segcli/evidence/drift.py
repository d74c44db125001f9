"""Has a distribution moved? The population stability index, and from which size it is more than chance.

PSI = sum of (a - e) ln(a / e) over bins: ten quantile bins of the earlier values, or kinds; an empty bin counts as half
a customer (Siddiqi, Credit risk scorecards, 2006). Without drift, PSI / (1 / n + 1 / m) is near chi-square with bins -
1 degrees of freedom (Yurdakul and Naranjo 2020), so small tables need a larger PSI to say anything.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

BINS = 10
FLOOR = 0.5  # customers that an empty bin counts as
LEVEL = 0.01  # chance of a false alarm of all columns together
MISSING = "missing"

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drift:
    """`psi` of a column; `by_chance` is what chance alone exceeds once in a hundred comparisons of all columns."""

    column: str
    psi: float
    by_chance: float
    bins: int

    def reaches(self, bound: float) -> bool:
        """Whether it is at least so large, and more than chance."""
        return self.psi >= max(bound, self.by_chance)


def psi(expected: Counts, actual: Counts) -> float:
    """The index of counts by bin, later against earlier."""
    e, a = (np.maximum(counts, FLOOR) / counts.sum() for counts in (expected, actual))
    return float(((a - e) * np.log(a / e)).sum())


def drift(column: str, before: pd.Series, now: pd.Series, columns: int) -> Drift:
    """Of a column; what is missing is a bin of its own.

    Args:
        column: its name.
        before: earlier values.
        now: later values.
        columns: how many columns are compared, so that many comparisons raise no more false alarms than one.
    """
    counts = _binned(before, now)
    return measured(column, *counts, columns)


def measured(column: str, expected: Counts, actual: Counts, columns: int = 1) -> Drift:
    """Of counts by bin."""
    from scipy.stats import chi2

    bins = int(((expected > 0) | (actual > 0)).sum())
    noise = 1 / expected.sum() + 1 / actual.sum()
    by_chance = float(chi2.ppf(1 - LEVEL / columns, max(bins - 1, 1)) * noise)
    return Drift(column, psi(expected, actual), by_chance, bins)


def _binned(before: pd.Series, now: pd.Series) -> tuple[Counts, Counts]:
    """Counts by bin of both."""
    if pd.api.types.is_numeric_dtype(before) and pd.api.types.is_numeric_dtype(now):
        known = before.dropna().to_numpy(dtype=np.float64)
        edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else np.empty(0)
        return _in_bins(before, edges), _in_bins(now, edges)
    names = sorted({*before.dropna().astype("str"), *now.dropna().astype("str")})
    both = [values.astype("str").where(values.notna(), MISSING).value_counts() for values in (before, now)]
    expected, actual = (counts.reindex([*names, MISSING], fill_value=0).astype("float64") for counts in both)
    return np.asarray(expected), np.asarray(actual)


def _in_bins(values: pd.Series, edges: Counts) -> Counts:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(numbers)
    inside = np.searchsorted(edges, numbers[~missing], side="left")
    return np.append(np.bincount(inside, minlength=len(edges) + 1), missing.sum()).astype(np.float64)
