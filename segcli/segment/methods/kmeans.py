"""k-means (Lloyd 1982) from k-means++ starts; the start with the least inertia is kept."""

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from segcli.segment.methods import Fit, Matrix


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:
    """Fit k centres, fewer where some stay empty. One thread: sums split over threads differ in their last bits."""
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer groups than asked for: said by the caller
        model = KMeans(n_clusters=k, n_init=starts, random_state=seed).fit(matrix)
    filled, labels = np.unique(model.labels_, return_inverse=True)
    return Fit(labels.astype("int64"), model.cluster_centers_[filled], float(model.inertia_))
