"""Drift between successive runs: number of customers and segments, and the change of segment shares."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.customers.order_history import customers_as_of
from segcli.errors import InputProblem
from segcli.model import Customers, Segmentation

# Population stability index of a distribution, and the size above which it is more than chance
BIN_COUNT = 10
EMPTY_BIN_COUNT = 0.5  # customers that an empty bin counts as
FALSE_ALARM_RATE = 0.01  # probability of a false alarm in any of the columns
MISSING_BIN = "missing"


@dataclass(frozen=True)
class Drift:
    """Population stability index of a column.

    `by_chance` is the value that chance alone exceeds in one of a hundred comparisons of all columns.
    """

    column: str
    psi: float
    by_chance: float
    bins: int

    def is_beyond(self, threshold: float) -> bool:
        """Return whether the index reaches the threshold and is more than chance."""
        return self.psi >= max(threshold, self.by_chance)


def population_stability_index(expected_counts: FloatArray, actual_counts: FloatArray) -> float:
    """Return the population stability index of later counts against earlier counts, by bin."""
    expected_shares, actual_shares = (
        np.maximum(bin_counts, EMPTY_BIN_COUNT) / bin_counts.sum() for bin_counts in (expected_counts, actual_counts)
    )
    return float(((actual_shares - expected_shares) * np.log(actual_shares / expected_shares)).sum())


def measure_drift(column: str, earlier_values: pd.Series, later_values: pd.Series, column_count: int) -> Drift:
    """Measure the drift of a column; missing values have a bin of their own.

    Args:
        column: name of the column.
        earlier_values: earlier values.
        later_values: later values.
        column_count: number of columns to compare; the false alarm rate applies to all of them together.
    """
    bin_counts = _count_bins(earlier_values, later_values)
    return drift_from_counts(column, *bin_counts, column_count)


def drift_from_counts(
    column: str, expected_counts: FloatArray, actual_counts: FloatArray, column_count: int = 1
) -> Drift:
    """Measure the drift of a column from its counts by bin."""
    from scipy.stats import chi2

    bin_count = int(((expected_counts > 0) | (actual_counts > 0)).sum())
    noise = 1 / expected_counts.sum() + 1 / actual_counts.sum()
    by_chance = float(chi2.ppf(1 - FALSE_ALARM_RATE / column_count, max(bin_count - 1, 1)) * noise)
    return Drift(column, population_stability_index(expected_counts, actual_counts), by_chance, bin_count)


def _count_bins(earlier_values: pd.Series, later_values: pd.Series) -> tuple[FloatArray, FloatArray]:
    """Count earlier and later values in common bins."""
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
    numbers = column_values.to_numpy(dtype=np.float64)
    is_missing = np.isnan(numbers)
    bin_indices = np.searchsorted(bin_edges, numbers[~is_missing], side="left")
    return np.append(np.bincount(bin_indices, minlength=len(bin_edges) + 1), is_missing.sum()).astype(np.float64)


# Drift of a segmentation between two days: retention of segments, and drift of their shares
SegmentationFactory = Callable[[Customers, Collection[str] | None], list[Segmentation]]


def segment_retention(earlier_segmentation: Segmentation, later_segmentation: Segmentation) -> pd.DataFrame:
    """Return, for each current segment, its earlier number of customers and the share of them who are still in it.

    Returns:
        segment, before (customers), stayed (share; missing if the segment was empty).
    """
    earlier_labels = pd.Series(
        earlier_segmentation.labels.to_numpy(), index=earlier_segmentation.customers.table[columns.CUSTOMER_ID]
    )
    later_labels = pd.Series(
        later_segmentation.labels.to_numpy(), index=later_segmentation.customers.table[columns.CUSTOMER_ID]
    ).reindex(earlier_labels.index)
    retention_rows = []
    for segment_name in later_segmentation.segments:
        was_member = (earlier_labels == segment_name).to_numpy()
        retained_count = int((was_member & (later_labels == segment_name).to_numpy()).sum())
        retention_rows.append(
            [segment_name, int(was_member.sum()), retained_count / was_member.sum() if was_member.any() else np.nan]
        )
    return pd.DataFrame(retention_rows, columns=[columns.SEGMENT_NAME, "before", "stayed"])


def segment_share_psi(earlier_segmentation: Segmentation, later_segmentation: Segmentation) -> float:
    """Return the population stability index of the shares of segments: sum of (a - e) ln(a / e).

    An empty segment counts as half a customer.
    """
    segment_names = sorted({*earlier_segmentation.segments, *later_segmentation.segments})
    segment_counts = (
        segmentation.labels.value_counts().reindex(segment_names, fill_value=0).astype("float64")
        for segmentation in (earlier_segmentation, later_segmentation)
    )
    return population_stability_index(*map(np.asarray, segment_counts))


def make_earlier_segmentations(
    customers: Customers, days_back: int, make_segmentations: SegmentationFactory, column_names: Collection[str]
) -> dict[str, Segmentation]:
    """Make the same segmentations as of an earlier day, by column; none if there are no order lines.

    Args:
        customers: the customers of today.
        days_back: number of days to go back.
        make_segmentations: function that makes the segmentations of customers at an earlier day, at least those of the
            given columns.
        column_names: columns of the required segmentations.
    """
    if customers.transactions is None:
        return {}
    earlier_day = customers.transactions.as_of - timedelta(days=days_back)
    try:
        return {
            segmentation.column: segmentation
            for segmentation in make_segmentations(customers_as_of(customers, earlier_day), column_names)
        }
    except InputProblem:  # no purchases by then, or a base lacked its input
        return {}


@dataclass(frozen=True, eq=False)
class RunSummary:
    """Summary of a run from its folder; `sizes` are customers by segment, for each segmentation."""

    name: str
    as_of: str
    sizes: Mapping[str, Mapping[str, int]]


def summarise_runs(runs: Sequence[RunSummary]) -> pd.DataFrame:
    """Return one row per run and segmentation, by as-of day.

    Returns:
        run, as_of, segmentation, customers, segments, largest (its name), largest_share, psi (of segment shares against
        the previous run with this segmentation; missing for the first).
    """
    previous_sizes: dict[str, Mapping[str, int]] = {}
    run_rows = []
    for run_summary in sorted(runs, key=lambda run: (run.as_of, run.name)):
        for segmentation_column, segment_sizes in run_summary.sizes.items():
            customer_count, largest_segment = (
                sum(segment_sizes.values()),
                max(segment_sizes, key=lambda name: (segment_sizes[name], name)),
            )
            run_rows.append(
                {
                    "run": run_summary.name,
                    "as_of": run_summary.as_of,
                    "segmentation": segmentation_column,
                    columns.CUSTOMERS: customer_count,
                    "segments": len(segment_sizes),
                    "largest": largest_segment,
                    "largest_share": segment_sizes[largest_segment] / customer_count,
                    "psi": _compare_sizes(previous_sizes[segmentation_column], segment_sizes)
                    if segmentation_column in previous_sizes
                    else np.nan,
                }
            )
            previous_sizes[segmentation_column] = segment_sizes
    return pd.DataFrame(run_rows)


def _compare_sizes(earlier_sizes: Mapping[str, int], later_sizes: Mapping[str, int]) -> float:
    segment_names = sorted({*earlier_sizes, *later_sizes})
    expected_counts, actual_counts = (
        np.array([float(segment_sizes.get(segment_name, 0)) for segment_name in segment_names])
        for segment_sizes in (earlier_sizes, later_sizes)
    )
    return population_stability_index(expected_counts, actual_counts)
