"""Gap statistic: inertia compared with that of data without groups (Tibshirani, Walther and Hastie 2001)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segcli.segment.methods import Matrix, kmeans

REFERENCE_TABLES = 10
REFERENCE_STARTS = 3


@dataclass(frozen=True)
class GapStatistic:
    """The gap at one k and its standard error."""

    k: int
    gap: float
    error: float


def gap_statistics(matrix: Matrix, k_values: Sequence[int], seed: int) -> dict[int, GapStatistic]:
    """Return the gap at k = 1 and at each k, by k-means on the given rows, which may be a sample."""
    rng = np.random.default_rng(seed)
    reference_tables = [_draw_reference(matrix, rng) for _ in range(REFERENCE_TABLES)]
    gaps_by_k = {}
    for k in (1, *k_values):
        reference_inertias = np.array([_log_inertia(reference_table, k, seed) for reference_table in reference_tables])
        gap = float(reference_inertias.mean() - _log_inertia(matrix, k, seed))
        gaps_by_k[k] = GapStatistic(k, gap, float(reference_inertias.std() * np.sqrt(1 + 1 / REFERENCE_TABLES)))
    return gaps_by_k


def _draw_reference(matrix: Matrix, rng: np.random.Generator) -> Matrix:
    """Draw as many uniform rows from the box of the data along its principal axes."""
    centre = matrix.mean(axis=0)
    _, _, axes = np.linalg.svd(matrix - centre, full_matrices=False)
    rotated = (matrix - centre) @ axes.T
    random_rows = rng.uniform(rotated.min(axis=0), rotated.max(axis=0), rotated.shape)
    reference_rows: Matrix = random_rows @ axes + centre
    return reference_rows


def _log_inertia(matrix: Matrix, k: int, seed: int) -> float:
    if k == 1:
        inertia = float(((matrix - matrix.mean(axis=0)) ** 2).sum())
    else:
        inertia = kmeans.fit(matrix, k, seed=seed, starts=REFERENCE_STARTS).inertia
    return float(np.log(max(inertia, 1e-300)))
