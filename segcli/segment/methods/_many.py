"""k-means on many bootstrap samples at once, in a third of the time that one after the other takes."""

import numpy as np
import numpy.typing as npt

from segcli.segment.methods import Labels, Matrix

TRIED = 3  # candidates for each centre of a start, of which the best is kept
ROUNDS = 100  # of moving centres, at most
BATCH = 50  # samples at once: their distances stay in the processor's memory


def many(matrix: Matrix, weights: npt.NDArray[np.int64], k: int, chance: np.random.Generator) -> Labels:
    """Cluster each sample, and label all rows by the nearest of its centres.

    Args:
        matrix: rows, shape (n, features).
        weights: how often each row is in each sample, shape (samples, n).
        k: number of groups.
        chance: where starts come from.

    Returns:
        Labels, shape (samples, n).
    """
    found = [_batch(matrix, weights[place : place + BATCH], k, chance) for place in range(0, len(weights), BATCH)]
    return np.concatenate(found)


def _batch(matrix: Matrix, weights: npt.NDArray[np.int64], k: int, chance: np.random.Generator) -> Labels:
    centres = _starts(matrix, weights.astype(np.float64), k, chance)
    labels = _nearest(matrix, centres)
    moving = np.arange(len(weights))
    for _ in range(ROUNDS):
        centres[moving] = _means(matrix, weights[moving].astype(np.float64), labels[moving], centres[moving])
        again = _nearest(matrix, centres[moving])
        changed = (again != labels[moving]).any(axis=1)
        labels[moving] = again
        moving = moving[changed]
        if not len(moving):
            break
    return labels


def _nearest(matrix: Matrix, centres: Matrix) -> Labels:
    """The nearest centre of each sample for each row, shape (samples, n); centres have shape (samples, k, features)."""
    samples, k, size = centres.shape
    flat = centres.reshape(samples * k, size)
    apart = (flat**2).sum(axis=1)[:, None] - 2 * flat @ matrix.T
    found: Labels = apart.reshape(samples, k, len(matrix)).argmin(axis=1)
    return found


def _means(matrix: Matrix, weights: Matrix, labels: Labels, before: Matrix) -> Matrix:
    """The weighted means of the groups; a group without rows keeps its centre."""
    samples, k, size = before.shape
    groups = (labels + k * np.arange(samples)[:, None]).ravel()
    counts = np.bincount(groups, weights.ravel(), samples * k)
    sums = [np.bincount(groups, (weights * matrix[:, place]).ravel(), samples * k) for place in range(size)]
    means = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]
    kept: Matrix = np.where(counts[:, None] > 0, means, before.reshape(samples * k, size)).reshape(before.shape)
    return kept


def _starts(matrix: Matrix, weights: Matrix, k: int, chance: np.random.Generator) -> Matrix:
    """k-means++ (Arthur and Vassilvitskii 2007), each time the best of a few candidates; (samples, k, features)."""
    samples = len(weights)
    centres = np.empty((samples, k, matrix.shape[1]))
    centres[:, 0] = matrix[_drawn(weights, chance)]
    nearest = _squares(matrix, centres[:, 0])
    for place in range(1, k):
        best, rows = nearest, np.zeros(samples, dtype=np.int64)
        least = np.full(samples, np.inf)
        for _ in range(TRIED):
            drawn = _drawn(weights * nearest, chance)
            after = np.minimum(nearest, _squares(matrix, matrix[drawn]))
            potential = (weights * after).sum(axis=1)
            better = potential < least
            least, rows = np.where(better, potential, least), np.where(better, drawn, rows)
            best = np.where(better[:, None], after, best)
        centres[:, place], nearest = matrix[rows], best
    return centres


def _squares(matrix: Matrix, points: Matrix) -> Matrix:
    """Squared distances of all rows to one point for each sample, shape (samples, n)."""
    found: Matrix = (points**2).sum(axis=1)[:, None] - 2 * points @ matrix.T + (matrix**2).sum(axis=1)
    return np.maximum(found, 0.0)


def _drawn(weights: Matrix, chance: np.random.Generator) -> Labels:
    """A row for each sample, drawn by weight (the first, where all weights are 0)."""
    sums = np.cumsum(weights, axis=1)
    wanted = chance.random(len(weights)) * sums[:, -1]
    found: Labels = np.minimum((sums <= wanted[:, None]).sum(axis=1), weights.shape[1] - 1)
    return found
