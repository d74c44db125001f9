"""Bisecting k-means (Steinbach, Karypis and Kumar 2000): repeatedly splits the group with the largest inertia."""

import warnings

from segcli.parallel import limit_blas_threads
from segcli.segment.methods import ClusterFit, Matrix, centre_margins, fit_from_labels, nearest_centres

__all__ = ["fit", "margins", "predict"]

predict, margins = nearest_centres, centre_margins


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
    """Split groups until there are k; a row then belongs to the nearest of their means."""
    from sklearn.cluster import BisectingKMeans

    with limit_blas_threads(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the caller reports fewer groups than requested
        model = BisectingKMeans(n_clusters=k, n_init=starts, random_state=seed).fit(matrix)
    return fit_from_labels(matrix, model.labels_.astype("int64"))
