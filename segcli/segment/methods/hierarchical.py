"""Hierarchical (Ward 1963): the two groups whose union adds least to the inertia are joined, until k are left.

On a sample where there are many customers; a row then belongs to the group with the nearest mean.
"""

import numpy as np

from segcli.segment.methods import Fit, Matrix, between, by_centres, nearest, sampled

__all__ = ["assign", "fit", "margins"]

SAMPLE = 3000  # rows that are joined; memory grows with their square

assign, margins = nearest, between


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:  # noqa: ARG001 - nothing starts at random
    """Join a sample's rows, then label all rows by the nearest mean, and take the means of all."""
    from sklearn.cluster import AgglomerativeClustering

    rows = sampled(len(matrix), SAMPLE, seed)
    joined = AgglomerativeClustering(n_clusters=k, linkage="ward").fit(matrix[rows]).labels_
    labels = np.full(len(matrix), -1, dtype=np.int64)
    labels[rows] = joined
    return by_centres(matrix, labels)
