"""Consensus of many k-means runs (Fred and Jain 2005): joins rows that often share a group."""

import numpy as np

from segcli.segment.methods import (
    ClusterFit,
    Matrix,
    centre_margins,
    fit_from_labels,
    kmeans,
    nearest_centres,
    sample_rows,
)

__all__ = ["BOOTSTRAP_STARTS", "fit", "margins", "predict"]

BOOTSTRAP_STARTS = 1  # one fit has many random starts of its own

SAMPLE_ROWS = 1500  # sampled rows whose pairs are counted; memory grows with their square
KMEANS_RUNS = 25

predict, margins = nearest_centres, centre_margins


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:  # noqa: ARG001 - every run has a single start
    """Count how often pairs of sampled rows share a group, join rows by these counts, and label all by nearest mean."""
    from sklearn.cluster import AgglomerativeClustering

    sampled_rows = sample_rows(len(matrix), SAMPLE_ROWS, seed)
    pair_counts = np.zeros((len(sampled_rows), len(sampled_rows)))
    for start in np.random.default_rng(seed).integers(0, 2**31 - 1, KMEANS_RUNS):
        run_labels = kmeans.fit(matrix[sampled_rows], k, seed=int(start), starts=1).labels
        pair_counts += run_labels[:, None] == run_labels[None, :]
    linkage_model = AgglomerativeClustering(n_clusters=k, metric="precomputed", linkage="average").fit(
        1 - pair_counts / KMEANS_RUNS
    )
    labels = np.full(len(matrix), -1, dtype=np.int64)
    labels[sampled_rows] = linkage_model.labels_
    return fit_from_labels(matrix, labels)
