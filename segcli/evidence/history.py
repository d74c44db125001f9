"""Runs one after the other: how many customers, in how many segments, and how far their shares moved each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns
from segcli.evidence.drift import population_stability_index


@dataclass(frozen=True, eq=False)
class RunSummary:
    """A run as its folder holds it: `sizes` are customers by segment, for each segmentation."""

    name: str
    as_of: str
    sizes: Mapping[str, Mapping[str, int]]


def summarise_runs(runs: Sequence[RunSummary]) -> pd.DataFrame:
    """One row per run and segmentation, by as-of day.

    Returns:
        run, as_of, segmentation, customers, segments, largest (its name), largest_share, psi (of segment shares against
        the run before that has the segmentation; missing for the first).
    """
    previous_sizes: dict[str, Mapping[str, int]] = {}
    run_rows = []
    for run_summary in sorted(runs, key=lambda one: (one.as_of, one.name)):
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
