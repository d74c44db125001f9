"""k-means (Lloyd 1982) from k-means++ starts; the start with the least inertia is kept."""

import warnings

import numpy as np

from segcli.cores import one_thread_each
from segcli.segment.methods import Fit, Matrix, between, nearest
from segcli.segment.methods._many import many

__all__ = ["assign", "fit", "many", "margins", "refit"]

assign, margins = nearest, between


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:
    """Fit k centres, fewer where some stay empty. One thread: sums split over threads differ in their last bits."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with one_thread_each(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer groups than asked for: said by the caller
        model = KMeans(n_clusters=k, n_init=starts, random_state=seed).fit(matrix)
    filled, labels = np.unique(model.labels_, return_inverse=True)
    return Fit(labels.astype("int64"), model.cluster_centers_[filled], float(model.inertia_))


def refit(matrix: Matrix, before: Fit, *, seed: int) -> Fit:
    """Go on from the centres of a sample, on all rows, until no label changes.

    A tolerance would end sooner, and take another copy of the matrix to be made out.
    """
    from sklearn.cluster import KMeans

    with one_thread_each():
        model = KMeans(n_clusters=before.k, init=before.centres, n_init=1, tol=0, random_state=seed).fit(matrix)
    return Fit(model.labels_.astype("int64"), model.cluster_centers_, float(model.inertia_))
