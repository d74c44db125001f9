"""Runs one after the other: how many customers, in how many segments, and how far their shares moved each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.evidence.drift import psi


@dataclass(frozen=True, eq=False)
class Run:
    """A run as its folder holds it: `sizes` are customers by segment, for each segmentation."""

    name: str
    as_of: str
    sizes: Mapping[str, Mapping[str, int]]


def history(runs: Sequence[Run]) -> pd.DataFrame:
    """One row per run and segmentation, by as-of day.

    Returns:
        run, as_of, segmentation, customers, segments, largest (its name), largest_share, psi (of segment shares against
        the run before that has the segmentation; missing for the first).
    """
    before: dict[str, Mapping[str, int]] = {}
    rows = []
    for run in sorted(runs, key=lambda one: (one.as_of, one.name)):
        for column, sizes in run.sizes.items():
            total, largest = sum(sizes.values()), max(sizes, key=lambda name: (sizes[name], name))
            rows.append(
                {
                    "run": run.name,
                    "as_of": run.as_of,
                    "segmentation": column,
                    c.CUSTOMERS: total,
                    "segments": len(sizes),
                    "largest": largest,
                    "largest_share": sizes[largest] / total,
                    "psi": _psi(before[column], sizes) if column in before else np.nan,
                }
            )
            before[column] = sizes
    return pd.DataFrame(rows)


def _psi(before: Mapping[str, int], now: Mapping[str, int]) -> float:
    names = sorted({*before, *now})
    expected, actual = (np.array([float(sizes.get(name, 0)) for name in names]) for sizes in (before, now))
    return psi(expected, actual)
