"""Hierarchical clustering (Ward 1963): repeatedly joins the two groups whose union adds least to the inertia.

Joining ends at k groups. With many customers, the method clusters a sample, and each row belongs to the group with
the nearest mean.
"""

import numpy as np

from segcli.segment.methods import ClusterFit, Matrix, centre_margins, fit_from_labels, nearest_centres, sample_rows

__all__ = ["BOOTSTRAP_STARTS", "fit", "margins", "predict"]

BOOTSTRAP_STARTS = 1  # the fit has no random starts

SAMPLE_ROWS = 3000  # rows to join; memory grows with their square

predict, margins = nearest_centres, centre_margins


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:  # noqa: ARG001 - there are no random starts
    """Join the rows of a sample, label all rows by the nearest mean, and return the means of all rows."""
    from sklearn.cluster import AgglomerativeClustering

    sampled_rows = sample_rows(len(matrix), SAMPLE_ROWS, seed)
    sample_labels = AgglomerativeClustering(n_clusters=k, linkage="ward").fit(matrix[sampled_rows]).labels_
    labels = np.full(len(matrix), -1, dtype=np.int64)
    labels[sampled_rows] = sample_labels
    return fit_from_labels(matrix, labels)
