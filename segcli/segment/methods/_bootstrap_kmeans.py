"""k-means on bootstrap samples, each from many starts at once.

A single start often ends in a poor local optimum, and two poor optima differ even where the best solutions agree. So
each sample gets `BOOTSTRAP_STARTS` starts. Only the best go on after a few rounds, and the last one ends at about the
inertia of scikit-learn's `KMeans(n_init=10)`. Single precision takes half the time and gives the same inertia.
"""

import numpy as np
import numpy.typing as npt

from segcli.parallel import map_ordered
from segcli.segment.methods import Labels, Matrix

SmallLabels = npt.NDArray[np.int8]  # there are at most 50 groups
SingleMatrix = npt.NDArray[np.float32]

BOOTSTRAP_STARTS = 30  # k-means++ starts of each sample
SCREENING = ((3, 6), (6, 1))  # (rounds of moving centres, starts that go on after them)
MAX_ITERATIONS = 100  # maximum rounds of moving centres after the screening
SETTLED_SHARE = 0.001  # a sample is finished if at most this share of its rows changes its group


def fit_bootstraps(matrix: Matrix, sample_weights: npt.NDArray[np.int64], k: int, rng: np.random.Generator) -> Labels:
    """Cluster each sample, and label all rows by the nearest of its centres.

    Args:
        matrix: rows, shape (n, features).
        sample_weights: number of times each row is in each sample, shape (samples, n).
        k: number of groups.
        rng: random generator of the starts; each sample has its own, so that threads do not change the result.

    Returns:
        Labels, shape (samples, n).
    """
    rows = _to_single_precision(matrix)
    generators = rng.spawn(len(sample_weights))

    def fit_sample(number: int) -> Labels:
        weights = sample_weights[number]
        is_drawn = weights > 0
        centres = _fit_sample(rows[is_drawn], weights[is_drawn].astype(np.float32), k, generators[number])
        labels, _ = _nearest_centres(_add_ones(rows), centres)
        return np.asarray(labels[0], dtype=np.int64)

    return np.stack(list(map_ordered(fit_sample, range(len(sample_weights)))))


def _to_single_precision(matrix: Matrix) -> SingleMatrix:
    """Centre and scale the rows as a whole, which changes no group, so that single precision suffices for any unit."""
    centred = matrix - matrix.mean(axis=0)
    rows: SingleMatrix = (centred / (np.abs(centred).max() or 1.0)).astype(np.float32)
    return rows


def _add_ones(rows: SingleMatrix) -> SingleMatrix:
    return np.hstack([rows, np.ones((len(rows), 1), dtype=np.float32)])


def _fit_sample(rows: SingleMatrix, weights: SingleMatrix, k: int, rng: np.random.Generator) -> SingleMatrix:
    """Return the centres of the best start, shape (1, k, features); each row counts as often as its weight says."""
    extended_rows = _add_ones(rows)
    weighted_rows = extended_rows * weights[:, None]
    centres = _start_centres(rows, weights, k, rng)
    labels, distances = _nearest_centres(extended_rows, centres)
    for rounds, next_starts in SCREENING:
        for _ in range(rounds):
            centres = _group_means(weighted_rows, labels, centres)
            labels, distances = _nearest_centres(extended_rows, centres)
        best_starts = (distances @ weights).argsort(kind="stable")[:next_starts]
        centres, labels = centres[best_starts], labels[best_starts]
    for _ in range(MAX_ITERATIONS):
        centres = _group_means(weighted_rows, labels, centres)
        new_labels, _ = _nearest_centres(extended_rows, centres)
        changed_share = (new_labels != labels).mean()
        labels = new_labels
        if changed_share <= SETTLED_SHARE:
            break
    return centres


def _nearest_centres(extended_rows: SingleMatrix, centres: SingleMatrix) -> tuple[SmallLabels, SingleMatrix]:
    """Return each row's nearest centre from each start, and its squared distance less the row's own square.

    Both have shape (starts, n), and centres (starts, k, features); the last column of the rows is 1. Comparing with the
    minimum takes a third of the time of `argmin`, which is slow along an axis that is not the last. The first of equal
    centres has the largest rank.
    """
    start_count, k, feature_count = centres.shape
    flat_centres = centres.reshape(start_count * k, feature_count)
    extended_centres = np.hstack([-2 * flat_centres, (flat_centres**2).sum(axis=1)[:, None]])
    distances = (extended_centres @ extended_rows.T).reshape(start_count, k, len(extended_rows))
    nearest_distances = distances.min(axis=1)
    ranks = np.zeros((start_count, len(extended_rows)), dtype=np.int8)
    for centre_number in range(k):
        is_nearest = (distances[:, centre_number] == nearest_distances).view(np.int8)
        np.maximum(ranks, is_nearest * np.int8(k - centre_number), out=ranks)
    return np.int8(k) - ranks, nearest_distances


def _group_means(weighted_rows: SingleMatrix, labels: SmallLabels, previous_centres: SingleMatrix) -> SingleMatrix:
    """Return the weighted means of the groups; a group without rows keeps its centre.

    The last column of the rows is their weight.
    """
    start_count, k, feature_count = previous_centres.shape
    is_member = labels[:, None, :] == np.arange(k, dtype=np.int8)[:, None]
    sums = is_member.astype(np.float32).reshape(start_count * k, len(weighted_rows)) @ weighted_rows
    counts = sums[:, -1:]
    flat_centres = previous_centres.reshape(start_count * k, feature_count)
    new_centres: SingleMatrix = np.where(counts > 0, sums[:, :-1] / np.maximum(counts, 1), flat_centres)
    return new_centres.reshape(previous_centres.shape)


def _start_centres(rows: SingleMatrix, weights: SingleMatrix, k: int, rng: np.random.Generator) -> SingleMatrix:
    """Choose starting centres by k-means++ (Arthur and Vassilvitskii 2007), shape (starts, k, features)."""
    centres = np.empty((BOOTSTRAP_STARTS, k, rows.shape[1]), dtype=np.float32)
    extended_rows = np.hstack([-2 * rows, (rows**2).sum(axis=1)[:, None]])
    nearest_distances = np.ones((BOOTSTRAP_STARTS, len(rows)), dtype=np.float32)
    for centre_number in range(k):
        drawn_rows = _draw_rows(nearest_distances * weights, rng)
        points = centres[:, centre_number] = rows[drawn_rows]
        distances = _add_ones(points) @ extended_rows.T
        distances += (points**2).sum(axis=1)[:, None]
        np.maximum(distances, 0.0, out=distances)
        nearest_distances = np.minimum(nearest_distances, distances) if centre_number else distances
    return centres


def _draw_rows(weights: SingleMatrix, rng: np.random.Generator) -> Labels:
    """Draw one row for each start by weight; the first row if all weights are 0."""
    cumulative_weights = np.cumsum(weights, axis=1)
    targets = (rng.random(len(weights)) * cumulative_weights[:, -1]).astype(np.float32)
    drawn_rows: Labels = (cumulative_weights <= targets[:, None]).sum(axis=1)
    return np.where(drawn_rows < weights.shape[1], drawn_rows, 0)
