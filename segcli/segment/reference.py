"""Are there groups at all? The gap statistic: inertia against that of data without groups.

Tibshirani, Walther and Hastie, Estimating the number of clusters in a data set via the gap statistic (Journal of the
Royal Statistical Society B, 2001): gap(k) = mean of log W_k over reference tables - log W_k, where a reference table is
uniform over the box of the data along its principal axes; its error is the standard deviation x sqrt(1 + 1 / tables).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segcli.segment.methods import Matrix, kmeans

TABLES = 10
STARTS = 1


@dataclass(frozen=True)
class Gap:
    """The gap at one k and its error."""

    k: int
    gap: float
    error: float


def gaps(matrix: Matrix, ks: Sequence[int], seed: int) -> dict[int, Gap]:
    """The gap at k = 1 and at each k, by k-means on the rows given (a sample does)."""
    chance = np.random.default_rng(seed)
    tables = [_reference(matrix, chance) for _ in range(TABLES)]
    found = {}
    for k in (1, *ks):
        logs = np.array([_log_inertia(table, k, seed) for table in tables])
        gap = float(logs.mean() - _log_inertia(matrix, k, seed))
        found[k] = Gap(k, gap, float(logs.std() * np.sqrt(1 + 1 / TABLES)))
    return found


def _reference(matrix: Matrix, chance: np.random.Generator) -> Matrix:
    """As many rows, uniform over the box of the data along its principal axes."""
    centre = matrix.mean(axis=0)
    _, _, axes = np.linalg.svd(matrix - centre, full_matrices=False)
    turned = (matrix - centre) @ axes.T
    drawn = chance.uniform(turned.min(axis=0), turned.max(axis=0), turned.shape)
    back: Matrix = drawn @ axes + centre
    return back


def _log_inertia(matrix: Matrix, k: int, seed: int) -> float:
    if k == 1:
        inertia = float(((matrix - matrix.mean(axis=0)) ** 2).sum())
    else:
        inertia = kmeans.fit(matrix, k, seed=seed, starts=STARTS).inertia
    return float(np.log(max(inertia, 1e-300)))
