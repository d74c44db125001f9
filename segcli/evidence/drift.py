"""Has a distribution moved? The population stability index, and from which size it is more than chance.

PSI = sum of (a - e) ln(a / e) over bins: ten quantile bins of the earlier values, or kinds; an empty bin counts as half
a customer (Siddiqi, Credit risk scorecards, 2006). Without drift, PSI / (1 / n + 1 / m) is near chi-square with bins -
1 degrees of freedom (Yurdakul and Naranjo 2020), so small tables need a larger PSI to say anything.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

BIN_COUNT = 10
EMPTY_BIN_COUNT = 0.5  # customers that an empty bin counts as
FALSE_ALARM_RATE = 0.01  # chance of a false alarm of all columns together
MISSING_BIN = "missing"

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drift:
    """`population_stability_index` of a column.

    `by_chance` is what chance alone exceeds once in a hundred comparisons of all columns.
    """

    column: str
    psi: float
    by_chance: float
    bins: int

    def is_beyond(self, threshold: float) -> bool:
        """Whether it is at least so large, and more than chance."""
        return self.psi >= max(threshold, self.by_chance)


def population_stability_index(expected_counts: FloatArray, actual_counts: FloatArray) -> float:
    """The index of counts by bin, later against earlier."""
    expected_shares, actual_shares = (
        np.maximum(bin_counts, EMPTY_BIN_COUNT) / bin_counts.sum() for bin_counts in (expected_counts, actual_counts)
    )
    return float(((actual_shares - expected_shares) * np.log(actual_shares / expected_shares)).sum())


def measure_drift(column: str, earlier_values: pd.Series, later_values: pd.Series, column_count: int) -> Drift:
    """Of a column; what is missing is a bin of its own.

    Args:
        column: its name.
        earlier_values: earlier values.
        later_values: later values.
        column_count: how many columns are compared, so that many comparisons raise no more false alarms than one.
    """
    bin_counts = _count_bins(earlier_values, later_values)
    return drift_from_counts(column, *bin_counts, column_count)


def drift_from_counts(
    column: str, expected_counts: FloatArray, actual_counts: FloatArray, column_count: int = 1
) -> Drift:
    """Of counts by bin."""
    from scipy.stats import chi2

    bin_count = int(((expected_counts > 0) | (actual_counts > 0)).sum())
    noise = 1 / expected_counts.sum() + 1 / actual_counts.sum()
    by_chance = float(chi2.ppf(1 - FALSE_ALARM_RATE / column_count, max(bin_count - 1, 1)) * noise)
    return Drift(column, population_stability_index(expected_counts, actual_counts), by_chance, bin_count)


def _count_bins(earlier_values: pd.Series, later_values: pd.Series) -> tuple[FloatArray, FloatArray]:
    """Counts by bin of both."""
    if pd.api.types.is_numeric_dtype(earlier_values) and pd.api.types.is_numeric_dtype(later_values):
        known_values = earlier_values.dropna().to_numpy(dtype=np.float64)
        bin_edges = (
            np.unique(np.quantile(known_values, np.arange(1, BIN_COUNT) / BIN_COUNT))
            if len(known_values)
            else np.empty(0)
        )
        return _count_in_bins(earlier_values, bin_edges), _count_in_bins(later_values, bin_edges)
    level_names = sorted({*earlier_values.dropna().astype("str"), *later_values.dropna().astype("str")})
    level_counts = [
        column_values.astype("str").where(column_values.notna(), MISSING_BIN).value_counts()
        for column_values in (earlier_values, later_values)
    ]
    expected_counts, actual_counts = (
        bin_counts.reindex([*level_names, MISSING_BIN], fill_value=0).astype("float64") for bin_counts in level_counts
    )
    return np.asarray(expected_counts), np.asarray(actual_counts)


def _count_in_bins(column_values: pd.Series, bin_edges: FloatArray) -> FloatArray:
    numbers = column_values.to_numpy(dtype=np.float64, na_value=np.nan)
    is_missing = np.isnan(numbers)
    bin_indices = np.searchsorted(bin_edges, numbers[~is_missing], side="left")
    return np.append(np.bincount(bin_indices, minlength=len(bin_edges) + 1), is_missing.sum()).astype(np.float64)
