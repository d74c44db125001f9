"""k-medoids (PAM; Kaufman and Rousseeuw 1990): forms groups around typical customers, by city-block distance.

With features scaled to their range, this is Gower's distance (1971): categories differ by 1 or 0, numbers by their
share of the range. Medoids are chosen one by one, then swapped while a swap reduces the distances (Schubert and
Rousseeuw 2021, whose sums give the effect of all swaps at once). With many customers, medoids come from a sample.
"""

import numpy as np
import numpy.typing as npt

from segcli.segment.methods import ClusterFit, Labels, Matrix, distance_margins, sample_rows

__all__ = ["BOOTSTRAP_STARTS", "SCALE", "fit", "fit_bootstraps", "margins", "predict"]

BOOTSTRAP_STARTS = 1  # the fit has no random starts

SCALE = "range"
SAMPLE_ROWS = 1500  # sampled candidate rows; memory grows with their square
MAX_SWAPS = 200
SWAP_TOLERANCE = 1e-9  # a smaller relative gain stops the swaps

RowWeights = npt.NDArray[np.float64]


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:  # noqa: ARG001 - there are no random starts
    """Find medoids among sampled rows; a row belongs to the nearest of them."""
    sampled_rows = sample_rows(len(matrix), SAMPLE_ROWS, seed)
    distances = _cityblock_distances(matrix[sampled_rows], matrix[sampled_rows])
    centres = matrix[sampled_rows[_find_medoids(distances, np.ones(len(sampled_rows)), k)]]
    filled_groups, labels = np.unique(_cityblock_distances(matrix, centres).argmin(axis=1), return_inverse=True)
    inertia = float(((matrix - centres[filled_groups][labels]) ** 2).sum())
    return ClusterFit(labels.astype(np.int64), centres[filled_groups], inertia)


def fit_bootstraps(matrix: Matrix, sample_weights: npt.NDArray[np.int64], k: int, rng: np.random.Generator) -> Labels:  # noqa: ARG001
    """Cluster each sample, with rows counted by weights (samples, n), and label all rows.

    Distances are computed once for all samples.
    """
    distances = _cityblock_distances(matrix, matrix)
    labels = np.empty(sample_weights.shape, dtype=np.int64)
    for sample_number, row_counts in enumerate(sample_weights):
        rows = np.flatnonzero(row_counts)
        medoids = rows[_find_medoids(distances[np.ix_(rows, rows)], row_counts[rows].astype(np.float64), k)]
        labels[sample_number] = distances[:, medoids].argmin(axis=1)
    return labels


def predict(fit: ClusterFit, matrix: Matrix) -> Labels:
    """Return the group with the nearest medoid, the first of equals."""
    group_numbers: Labels = _cityblock_distances(matrix, fit.centres).argmin(axis=1)
    return group_numbers


def margins(fit: ClusterFit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """Return the margin (d2 - d1) / d2 of the two nearest medoids, and the second nearest."""
    return distance_margins(_cityblock_distances(matrix, fit.centres))


def _cityblock_distances(matrix: Matrix, targets: Matrix) -> Matrix:
    """Return city-block distances, shape (rows, targets)."""
    from scipy.spatial.distance import cdist

    distances: Matrix = cdist(matrix, targets, "cityblock")
    return distances


def _find_medoids(distances: Matrix, weights: RowWeights, k: int) -> Labels:
    """Return the rows that are medoids of the groups, fewer than k if rows do not differ."""
    medoids = _build_medoids(distances, weights, k)
    cost = _total_cost(distances, weights, medoids)
    for _ in range(MAX_SWAPS):
        medoid_number, row, gain = _find_best_swap(distances, weights, medoids)
        if gain <= SWAP_TOLERANCE * cost:
            break
        medoids[medoid_number] = row
        cost -= gain
    return medoids


def _total_cost(distances: Matrix, weights: RowWeights, medoids: Labels) -> float:
    return float(weights @ distances[:, medoids].min(axis=1))


def _build_medoids(distances: Matrix, weights: RowWeights, k: int) -> Labels:
    """Choose the row with the smallest total distance first, then each time the row that reduces it most."""
    medoids = [int((weights @ distances).argmin())]
    nearest_distances = distances[:, medoids[0]]
    while len(medoids) < k and nearest_distances.max() > 0:
        medoids.append(int((weights @ np.minimum(distances, nearest_distances[:, None])).argmin()))
        nearest_distances = np.minimum(nearest_distances, distances[:, medoids[-1]])
    return np.array(medoids)


def _find_best_swap(distances: Matrix, weights: RowWeights, medoids: Labels) -> tuple[int, int, float]:
    """Return the medoid to replace, the row that replaces it, and the reduction of the total distance."""
    to_medoids = distances[:, medoids]
    order = to_medoids.argsort(axis=1, kind="stable")
    nearest_distances = np.take_along_axis(to_medoids, order[:, :1], axis=1)
    second_distances = (
        np.take_along_axis(to_medoids, order[:, 1:2], axis=1)
        if len(medoids) > 1
        else np.full_like(nearest_distances, np.inf)
    )
    cost_if_kept = np.minimum(distances, nearest_distances)  # if the row's nearest medoid stays
    cost_if_removed = np.minimum(distances, second_distances)  # if the row's nearest medoid is removed
    owner_weights = (order[:, 0] == np.arange(len(medoids))[:, None]) * weights
    cost = weights @ cost_if_kept + owner_weights @ (cost_if_removed - cost_if_kept)
    medoid_number, row = np.unravel_index(cost.argmin(), cost.shape)
    return int(medoid_number), int(row), float(weights @ nearest_distances[:, 0] - cost[medoid_number, row])
