"""Consensus of many k-means starts (Fred and Jain 2005): rows that often fall together are one group."""

import numpy as np

from segcli.segment.methods import Fit, Matrix, between, by_centres, kmeans, nearest, sampled

__all__ = ["assign", "fit", "margins"]

SAMPLE = 1500  # rows whose falling together is counted; memory grows with their square
RUNS = 25

assign, margins = nearest, between


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:  # noqa: ARG001 - every run is one start
    """Count how often pairs of a sample's rows fall together, join them by that, label all by the nearest mean."""
    from sklearn.cluster import AgglomerativeClustering

    rows = sampled(len(matrix), SAMPLE, seed)
    together = np.zeros((len(rows), len(rows)))
    for start in np.random.default_rng(seed).integers(0, 2**31 - 1, RUNS):
        found = kmeans.fit(matrix[rows], k, seed=int(start), starts=1).labels
        together += found[:, None] == found[None, :]
    joined = AgglomerativeClustering(n_clusters=k, metric="precomputed", linkage="average").fit(1 - together / RUNS)
    labels = np.full(len(matrix), -1, dtype=np.int64)
    labels[rows] = joined.labels_
    return by_centres(matrix, labels)
