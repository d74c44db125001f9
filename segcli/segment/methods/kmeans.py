"""k-means (Lloyd 1982) with k-means++ starts: keeps the start with the lowest inertia."""

import warnings

import numpy as np

from segcli.parallel import limit_blas_threads
from segcli.segment.methods import ClusterFit, Matrix, centre_margins, nearest_centres
from segcli.segment.methods._bootstrap_kmeans import BOOTSTRAP_STARTS, fit_bootstraps

__all__ = ["BOOTSTRAP_STARTS", "fit", "fit_bootstraps", "margins", "predict", "refit"]

predict, margins = nearest_centres, centre_margins


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
    """Fit k centres, or fewer if some stay empty.

    Runs on one thread, because the last bits of a sum depend on the number of threads.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with limit_blas_threads(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the caller reports fewer groups than requested
        model = KMeans(n_clusters=k, n_init=starts, random_state=seed).fit(matrix)
    filled_groups, labels = np.unique(model.labels_, return_inverse=True)
    return ClusterFit(labels.astype("int64"), model.cluster_centers_[filled_groups], float(model.inertia_))


def refit(matrix: Matrix, sample_fit: ClusterFit, *, seed: int) -> ClusterFit:
    """Continue from the centres of a sample, on all rows, until no label changes.

    A tolerance would stop earlier, but computing it takes another copy of the matrix.
    """
    from sklearn.cluster import KMeans

    with limit_blas_threads():
        model = KMeans(n_clusters=sample_fit.k, init=sample_fit.centres, n_init=1, tol=0, random_state=seed).fit(matrix)
    return ClusterFit(model.labels_.astype("int64"), model.cluster_centers_, float(model.inertia_))
