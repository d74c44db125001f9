"""Bisecting k-means (Steinbach, Karypis and Kumar 2000): the group with the largest inertia is split in two, again."""

import warnings

from segcli.cores import one_thread_each
from segcli.segment.methods import Fit, Matrix, between, by_centres, nearest

__all__ = ["assign", "fit", "margins"]

assign, margins = nearest, between


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:
    """Split until there are k groups; a row then belongs to the nearest of their means."""
    from sklearn.cluster import BisectingKMeans

    with one_thread_each(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer groups than asked for: said by the caller
        model = BisectingKMeans(n_clusters=k, n_init=starts, random_state=seed).fit(matrix)
    return by_centres(matrix, model.labels_.astype("int64"))
