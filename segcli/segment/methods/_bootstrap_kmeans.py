"""k-means on many bootstrap samples at once, each from many starts: four times as fast as one sample after another.

A single start often ends in a poor local optimum, and two poor optima differ even where the best solutions agree. So
each sample gets `BOOTSTRAP_STARTS` starts. Only the best go on after a few rounds, and the last one ends at about the
inertia of scikit-learn's `KMeans(n_init=10)`.
"""

import numpy as np
import numpy.typing as npt

from segcli.parallel import map_ordered
from segcli.segment.methods import Labels, Matrix

SmallLabels = npt.NDArray[np.int8]  # there are at most 50 groups

BOOTSTRAP_STARTS = 30  # k-means++ starts of each sample
SCREENING = ((3, 6), (6, 1))  # (rounds of moving centres, starts that go on after them)
MAX_ITERATIONS = 100  # maximum rounds of moving centres after the screening
SETTLED_SHARE = 0.001  # a sample is finished if at most this share of rows changes its group
BATCH_ROWS = 4000  # rows x samples of a batch; the distances of all its starts fit into the processor's cache


def fit_bootstraps(matrix: Matrix, sample_weights: npt.NDArray[np.int64], k: int, rng: np.random.Generator) -> Labels:
    """Cluster each sample, and label all rows by the nearest of its centres.

    Args:
        matrix: rows, shape (n, features).
        sample_weights: number of times each row is in each sample, shape (samples, n).
        k: number of groups.
        rng: random generator of the starts; each batch has its own, so that threads do not change the result.

    Returns:
        Labels, shape (samples, n).
    """
    samples_at_once = max(BATCH_ROWS // len(matrix), 1)
    batch_starts = range(0, len(sample_weights), samples_at_once)
    generators = rng.spawn(len(batch_starts))

    def fit_batch(number: int) -> Labels:
        batch = sample_weights[batch_starts[number] : batch_starts[number] + samples_at_once].astype(np.float64)
        return _fit_batch(matrix, batch, k, generators[number])

    return np.concatenate(list(map_ordered(fit_batch, range(len(batch_starts)))))


def _fit_batch(matrix: Matrix, sample_weights: Matrix, k: int, rng: np.random.Generator) -> Labels:
    weights, centres, labels = _screen_starts(matrix, sample_weights, k, rng)
    unfinished = np.arange(len(weights))
    for _ in range(MAX_ITERATIONS):
        centres[unfinished] = _group_means(matrix, weights[unfinished], labels[unfinished], centres[unfinished])
        new_labels, _ = _nearest_centres(matrix, centres[unfinished])
        changed = (new_labels != labels[unfinished]).mean(axis=1) > SETTLED_SHARE
        labels[unfinished] = new_labels
        unfinished = unfinished[changed]
        if not len(unfinished):
            break
    return labels.astype(np.int64)


def _screen_starts(
    matrix: Matrix, sample_weights: Matrix, k: int, rng: np.random.Generator
) -> tuple[Matrix, Matrix, SmallLabels]:
    """Return the weights, centres and labels of each sample's best start after the screening."""
    remaining_starts = BOOTSTRAP_STARTS
    weights = np.repeat(sample_weights, BOOTSTRAP_STARTS, axis=0)
    centres = _start_centres(matrix, weights, k, rng)
    labels, distances = _nearest_centres(matrix, centres)
    for rounds, next_starts in SCREENING:
        for _ in range(rounds):
            centres = _group_means(matrix, weights, labels, centres)
            labels, distances = _nearest_centres(matrix, centres)
        inertias = np.einsum("sn,sn->s", distances, weights).reshape(-1, remaining_starts)
        best_starts = inertias.argsort(axis=1, kind="stable")[:, :next_starts]
        kept = (best_starts + remaining_starts * np.arange(len(sample_weights))[:, None]).ravel()
        weights, centres, labels, remaining_starts = weights[kept], centres[kept], labels[kept], next_starts
    return weights, centres, labels


def _nearest_centres(matrix: Matrix, centres: Matrix) -> tuple[SmallLabels, Matrix]:
    """Return each row's nearest centre in each sample, and its squared distance less the row's own square.

    Both have shape (samples, n), and centres (samples, k, features). Comparing with the minimum takes a third of the
    time of `argmin`, which is slow along an axis that is not the last. The first of equal centres has the largest rank.
    """
    sample_count, k, feature_count = centres.shape
    flat_centres = centres.reshape(sample_count * k, feature_count)
    extended_centres = np.hstack([-2 * flat_centres, (flat_centres**2).sum(axis=1)[:, None]])
    extended_rows = np.hstack([matrix, np.ones((len(matrix), 1))])
    distances = (extended_centres @ extended_rows.T).reshape(sample_count, k, len(matrix))
    nearest_distances = distances.min(axis=1)
    ranks = np.zeros((sample_count, len(matrix)), dtype=np.int8)
    for centre_number in range(k):
        is_nearest = (distances[:, centre_number] == nearest_distances).view(np.int8)
        np.maximum(ranks, is_nearest * np.int8(k - centre_number), out=ranks)
    return np.int8(k) - ranks, nearest_distances


def _group_means(matrix: Matrix, weights: Matrix, labels: SmallLabels, previous_centres: Matrix) -> Matrix:
    """Return the weighted means of the groups; a group without rows keeps its centre."""
    sample_count, k, feature_count = previous_centres.shape
    member_weights = (labels[:, None, :] == np.arange(k, dtype=np.int8)[:, None]) * weights[:, None, :]
    flat_weights = member_weights.reshape(sample_count * k, len(matrix))
    counts = flat_weights.sum(axis=1)[:, None]
    means = flat_weights @ matrix / np.maximum(counts, 1)
    new_centres: Matrix = np.where(counts > 0, means, previous_centres.reshape(sample_count * k, feature_count))
    return new_centres.reshape(previous_centres.shape)


def _start_centres(matrix: Matrix, weights: Matrix, k: int, rng: np.random.Generator) -> Matrix:
    """Choose starting centres by k-means++ (Arthur and Vassilvitskii 2007), shape (samples, k, features)."""
    centres = np.empty((len(weights), k, matrix.shape[1]))
    extended_rows = np.hstack([-2 * matrix, (matrix**2).sum(axis=1)[:, None]])
    nearest_distances = np.ones((len(weights), len(matrix)))
    for centre_number in range(k):
        drawn_rows = _draw_rows(weights * nearest_distances, rng)
        points = centres[:, centre_number] = matrix[drawn_rows]
        distances = np.hstack([points, np.ones((len(points), 1))]) @ extended_rows.T
        distances += (points**2).sum(axis=1)[:, None]
        np.maximum(distances, 0.0, out=distances)
        nearest_distances = np.minimum(nearest_distances, distances) if centre_number else distances
    return centres


def _draw_rows(weights: Matrix, rng: np.random.Generator) -> Labels:
    """Draw one row for each sample by weight; the first row if all weights are 0."""
    cumulative_weights = np.cumsum(weights, axis=1)
    targets = rng.random(len(weights)) * cumulative_weights[:, -1]
    drawn_rows: Labels = (cumulative_weights <= targets[:, None]).sum(axis=1)
    return np.where(drawn_rows < weights.shape[1], drawn_rows, 0)
