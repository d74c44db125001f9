"""k-means (Lloyd 1982) from k-means++ starts; the start with the least inertia is kept."""

from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from segcli.segment.methods import Fit, Matrix


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:
    """Fit k centres. One thread, since sums split over threads differ in their last bits."""
    with threadpool_limits(limits=1):
        model = KMeans(n_clusters=k, n_init=starts, random_state=seed).fit(matrix)
    return Fit(model.labels_.astype("int64"), model.cluster_centers_, float(model.inertia_))
