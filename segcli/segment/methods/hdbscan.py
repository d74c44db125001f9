"""HDBSCAN (Campello, Moulavi and Sander 2013): groups are where customers lie densely, of any form and number.

Who lies in no dense place is noise: in no segment, and counted. It labels only the customers it was fitted on.
"""

import numpy as np

from segcli.segment.methods import Fit, Labels, Matrix, distances

__all__ = ["FINDS_K", "fit", "margins"]

FINDS_K = True
SMALLEST, FEWEST = 0.02, 5  # share of rows, and rows, below which a dense place is no group
NEIGHBOURS = 10  # over which density is measured


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:  # noqa: ARG001 - it finds k, and nothing is random
    """Find the dense groups, however many; rows of none are the last group, called noise."""
    from sklearn.cluster import HDBSCAN

    smallest = max(FEWEST, round(SMALLEST * len(matrix)))
    if len(matrix) < 2 * smallest:
        found = np.full(len(matrix), -1)
    else:
        found = HDBSCAN(min_cluster_size=smallest, min_samples=min(NEIGHBOURS, smallest), copy=True).fit(matrix).labels_
    groups = int(found.max()) + 1
    labels: Labels = np.where(found < 0, groups, found).astype(np.int64)
    noise = bool((found < 0).any())
    centres = np.array([matrix[labels == group].mean(axis=0) for group in range(groups + noise)])
    inertia = float(((matrix - centres[labels]) ** 2).sum())
    return Fit(labels, centres, inertia, noise=noise)


def margins(fit: Fit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """(d2 - d1) / d2 of the own and the nearest other centre, 0 where the other is nearer and for noise; that other."""
    rows = np.arange(len(matrix))
    apart = distances(matrix, fit.centres)
    if fit.noise:
        apart[:, -1] = np.inf
    own = apart[rows, fit.labels]
    apart[rows, fit.labels] = np.inf
    second = apart.argmin(axis=1)
    other = apart[rows, second]
    found = np.divide(other - own, other, out=np.zeros(len(matrix)), where=np.isfinite(own) & (other > own))
    found[np.isinf(other)] = 1.0  # there is no other group
    return found, second
