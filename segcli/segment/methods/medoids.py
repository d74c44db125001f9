"""k-medoids (PAM; Kaufman and Rousseeuw 1990): each group stands around one of its customers, by city-block distance.

Features scaled to their range make that Gower's distance (1971): kinds differ by 1 or by nothing, numbers by their
share of the range. Medoids are built one by one, then swapped while that helps (Schubert and Rousseeuw 2021, whose
sums tell the effect of all swaps at once). On a sample where there are many customers.
"""

import numpy as np
import numpy.typing as npt

from segcli.segment.methods import Fit, Labels, Matrix, sampled, second_nearest

__all__ = ["SCALE", "assign", "fit", "many", "margins"]

SCALE = "range"
SAMPLE = 1500  # rows that medoids are sought among; memory grows with their square
SWAPS = 200
STILL = 1e-9  # relative gain below which no swap is made

Weights = npt.NDArray[np.float64]


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:  # noqa: ARG001 - nothing starts at random
    """Find medoids among a sample's rows; a row belongs to the nearest of them."""
    rows = sampled(len(matrix), SAMPLE, seed)
    apart = _apart(matrix[rows], matrix[rows])
    centres = matrix[rows[_medoids(apart, np.ones(len(rows)), k)]]
    filled, labels = np.unique(_apart(matrix, centres).argmin(axis=1), return_inverse=True)
    inertia = float(((matrix - centres[filled][labels]) ** 2).sum())
    return Fit(labels.astype(np.int64), centres[filled], inertia)


def many(matrix: Matrix, weights: npt.NDArray[np.int64], k: int, chance: np.random.Generator) -> Labels:  # noqa: ARG001
    """Cluster each sample, rows counted by their weights (samples, n), and label all rows; distances stand once."""
    apart = _apart(matrix, matrix)
    labels = np.empty(weights.shape, dtype=np.int64)
    for place, drawn in enumerate(weights):
        rows = np.flatnonzero(drawn)
        medoids = rows[_medoids(apart[np.ix_(rows, rows)], drawn[rows].astype(np.float64), k)]
        labels[place] = apart[:, medoids].argmin(axis=1)
    return labels


def assign(fit: Fit, matrix: Matrix) -> Labels:
    """The group whose medoid is nearest, the first of equals."""
    found: Labels = _apart(matrix, fit.centres).argmin(axis=1)
    return found


def margins(fit: Fit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """(d2 - d1) / d2 of the two nearest medoids, and the second of them."""
    return second_nearest(_apart(matrix, fit.centres))


def _apart(matrix: Matrix, others: Matrix) -> Matrix:
    """City-block distances, shape (rows, others)."""
    from scipy.spatial.distance import cdist

    found: Matrix = cdist(matrix, others, "cityblock")
    return found


def _medoids(apart: Matrix, weights: Weights, k: int) -> Labels:
    """The rows around which the groups stand, fewer than k where rows do not differ."""
    medoids = _built(apart, weights, k)
    cost = _cost(apart, weights, medoids)
    for _ in range(SWAPS):
        place, row, gain = _best_swap(apart, weights, medoids)
        if gain <= STILL * cost:
            break
        medoids[place] = row
        cost -= gain
    return medoids


def _cost(apart: Matrix, weights: Weights, medoids: Labels) -> float:
    return float(weights @ apart[:, medoids].min(axis=1))


def _built(apart: Matrix, weights: Weights, k: int) -> Labels:
    """First the row with the least distances to all, then each time the one that lessens them most."""
    medoids = [int((weights @ apart).argmin())]
    nearest = apart[:, medoids[0]]
    while len(medoids) < k and nearest.max() > 0:
        medoids.append(int((weights @ np.minimum(apart, nearest[:, None])).argmin()))
        nearest = np.minimum(nearest, apart[:, medoids[-1]])
    return np.array(medoids)


def _best_swap(apart: Matrix, weights: Weights, medoids: Labels) -> tuple[int, int, float]:
    """The medoid to give up, the row to take for it, and by how much distances shrink."""
    to_medoids = apart[:, medoids]
    order = to_medoids.argsort(axis=1, kind="stable")
    first = np.take_along_axis(to_medoids, order[:, :1], axis=1)
    second = np.take_along_axis(to_medoids, order[:, 1:2], axis=1) if len(medoids) > 1 else np.full_like(first, np.inf)
    kept = np.minimum(apart, first)  # where its nearest medoid stays
    lost = np.minimum(apart, second)  # where it goes
    owned = (order[:, 0] == np.arange(len(medoids))[:, None]) * weights
    cost = weights @ kept + owned @ (lost - kept)
    place, row = np.unravel_index(cost.argmin(), cost.shape)
    return int(place), int(row), float(weights @ first[:, 0] - cost[place, row])
