"""Mini-batch k-means (Sculley 2010): centres from many small samples, for very many customers."""

import warnings

from segcli.cores import one_thread_each
from segcli.segment.methods import Fit, Matrix, between, by_centres, nearest

__all__ = ["assign", "fit", "margins"]

BATCH = 4096

assign, margins = nearest, between


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:
    """Fit k centres, then take the means of the rows nearest to each."""
    from sklearn.cluster import MiniBatchKMeans

    with one_thread_each(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer groups than asked for: said by the caller
        model = MiniBatchKMeans(n_clusters=k, n_init=starts, batch_size=BATCH, random_state=seed).fit(matrix)
    return by_centres(matrix, model.labels_.astype("int64"))
