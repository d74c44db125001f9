"""Mini-batch k-means (Sculley 2010): computes centres from many small samples, for very large tables.

Bootstrap samples are small, so k-means, which minimises the same inertia, clusters them.
"""

import warnings

from segcli.parallel import limit_blas_threads
from segcli.segment.methods import ClusterFit, Matrix, centre_margins, fit_from_labels, nearest_centres
from segcli.segment.methods._bootstrap_kmeans import BOOTSTRAP_STARTS, fit_bootstraps

__all__ = ["BOOTSTRAP_STARTS", "fit", "fit_bootstraps", "margins", "predict"]

BATCH_SIZE = 4096

predict, margins = nearest_centres, centre_margins


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
    """Fit k centres, then take the means of the rows nearest to each."""
    from sklearn.cluster import MiniBatchKMeans

    with limit_blas_threads(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the caller reports fewer groups than requested
        model = MiniBatchKMeans(n_clusters=k, n_init=starts, batch_size=BATCH_SIZE, random_state=seed).fit(matrix)
    return fit_from_labels(matrix, model.labels_.astype("int64"))
