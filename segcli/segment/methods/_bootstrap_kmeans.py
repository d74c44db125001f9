"""k-means on many bootstrap samples at once, each from many starts: four times as fast as one sample after another.

A single start often ends in a poor local optimum, and two poor optima differ even where the best solutions agree. So
each sample gets `BOOTSTRAP_STARTS` starts. Only the best go on after a few rounds, and the last one ends at about the
inertia of scikit-learn's `KMeans(n_init=10)`.
"""

import numpy as np
import numpy.typing as npt

from segcli.parallel import map_ordered
from segcli.segment.methods import Labels, Matrix

BOOTSTRAP_STARTS = 30  # k-means++ starts of each sample
SCREENING = ((3, 6), (6, 1))  # (rounds of moving centres, starts that go on after them)
START_CANDIDATES = 3  # candidates for each starting centre; the best is kept
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
        new_labels = _centre_distances(matrix, centres[unfinished]).argmin(axis=1)
        changed = (new_labels != labels[unfinished]).mean(axis=1) > SETTLED_SHARE
        labels[unfinished] = new_labels
        unfinished = unfinished[changed]
        if not len(unfinished):
            break
    return labels


def _screen_starts(
    matrix: Matrix, sample_weights: Matrix, k: int, rng: np.random.Generator
) -> tuple[Matrix, Matrix, Labels]:
    """Return the weights, centres and labels of each sample's best start after the screening."""
    remaining_starts = BOOTSTRAP_STARTS
    weights = np.repeat(sample_weights, BOOTSTRAP_STARTS, axis=0)
    centres = _start_centres(matrix, weights, k, rng)
    labels = _centre_distances(matrix, centres).argmin(axis=1)
    for rounds, next_starts in SCREENING:
        for _ in range(rounds):
            centres = _group_means(matrix, weights, labels, centres)
            distances = _centre_distances(matrix, centres)
            labels = distances.argmin(axis=1)
        inertias = np.einsum("sn,sn->s", distances.min(axis=1), weights).reshape(-1, remaining_starts)
        best_starts = inertias.argsort(axis=1, kind="stable")[:, :next_starts]
        kept = (best_starts + remaining_starts * np.arange(len(sample_weights))[:, None]).ravel()
        weights, centres, labels, remaining_starts = weights[kept], centres[kept], labels[kept], next_starts
    return weights, centres, labels


def _centre_distances(matrix: Matrix, centres: Matrix) -> Matrix:
    """Return squared distances, less the squared length of the row, shape (samples, k, n).

    Centres have shape (samples, k, features).
    """
    sample_count, k, feature_count = centres.shape
    flat_centres = centres.reshape(sample_count * k, feature_count)
    distances = flat_centres @ matrix.T
    distances *= -2
    distances += (flat_centres**2).sum(axis=1)[:, None]
    return distances.reshape(sample_count, k, len(matrix))


def _group_means(matrix: Matrix, weights: Matrix, labels: Labels, previous_centres: Matrix) -> Matrix:
    """Return the weighted means of the groups; a group without rows keeps its centre."""
    sample_count, k, feature_count = previous_centres.shape
    member_weights = np.zeros((sample_count, k, len(matrix)))
    np.put_along_axis(member_weights, labels[:, None, :], weights[:, None, :], axis=1)
    flat_weights = member_weights.reshape(sample_count * k, len(matrix))
    counts = flat_weights.sum(axis=1)[:, None]
    means = flat_weights @ matrix / np.maximum(counts, 1)
    new_centres: Matrix = np.where(counts > 0, means, previous_centres.reshape(sample_count * k, feature_count))
    return new_centres.reshape(previous_centres.shape)


def _start_centres(matrix: Matrix, weights: Matrix, k: int, rng: np.random.Generator) -> Matrix:
    """Choose starting centres by k-means++ (Arthur and Vassilvitskii 2007), shape (samples, k, features).

    Each centre is the best of a few candidates.
    """
    centres = np.empty((len(weights), k, matrix.shape[1]))
    centres[:, 0] = matrix[_draw_rows(np.cumsum(weights, axis=1), rng)]
    nearest_distances = _compute_squares(matrix, centres[:, 0])
    for centre_number in range(1, k):
        cumulative_weights = np.cumsum(weights * nearest_distances, axis=1)
        candidates = [_draw_rows(cumulative_weights, rng) for _ in range(START_CANDIDATES)]
        distances_after = np.stack(
            [np.minimum(nearest_distances, _compute_squares(matrix, matrix[rows])) for rows in candidates]
        )
        best = np.einsum("csn,sn->cs", distances_after, weights).argmin(axis=0)
        samples = np.arange(len(weights))
        centres[:, centre_number] = matrix[np.stack(candidates)[best, samples]]
        nearest_distances = distances_after[best, samples]
    return centres


def _compute_squares(matrix: Matrix, points: Matrix) -> Matrix:
    """Return the squared distances of all rows to one point for each sample, shape (samples, n)."""
    squares: Matrix = (points**2).sum(axis=1)[:, None] - 2 * points @ matrix.T + (matrix**2).sum(axis=1)
    return np.maximum(squares, 0.0)


def _draw_rows(cumulative_weights: Matrix, rng: np.random.Generator) -> Labels:
    """Draw one row for each sample by weight; the first row if all weights are 0."""
    targets = rng.random(len(cumulative_weights)) * cumulative_weights[:, -1]
    drawn_rows: Labels = (cumulative_weights <= targets[:, None]).sum(axis=1)
    return np.where(drawn_rows < cumulative_weights.shape[1], drawn_rows, 0)
