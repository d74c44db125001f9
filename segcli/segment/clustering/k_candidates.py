"""Candidates for the number of segments: a fit for each k, with its separation and its stability."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli.parallel import limit_blas_threads
from segcli.segment.clustering.gap_statistic import GapStatistic
from segcli.segment.clustering.stability import STABLE_JACCARD, BootstrapStability
from segcli.segment.methods import ClusterFit, Labels, Matrix

REPRODUCIBLE_ARI, NATURAL_ARI = 0.8, 0.9  # minimum median ARI of reproducible and of natural segments
SCREENING_ARI = REPRODUCIBLE_ARI - 0.1  # below it after the first pairs, k does not become stable with more
MAX_DISTANCE_MEGABYTES = 32  # memory limit of distances


@dataclass(frozen=True, eq=False)
class KCandidate:
    """One k on the rows of the sweep: its fit and its quality measures.

    `silhouette` (-1 to 1), `calinski_harabasz` and `davies_bouldin` are measured on a sample. `smallest_share` is the
    share of the smallest segment. `slsa` holds one value per segment, against the solution with one segment less.
    `has_all_pairs` is false while stability was measured with the screening pairs only.
    """

    fit: ClusterFit
    silhouette: float
    calinski_harabasz: float
    davies_bouldin: float
    smallest_share: float
    stability: BootstrapStability | None = None
    gap: GapStatistic | None = None
    slsa: npt.NDArray[np.float64] | None = None
    has_all_pairs: bool = True

    @property
    def k(self) -> int:
        """Number of segments, without noise."""
        return self.fit.k - self.fit.has_noise

    @property
    def median_ari(self) -> float:
        """Median ARI; 0 if stability was not requested."""
        return self.stability.ari_median if self.stability else 0.0

    @property
    def smallest_jaccard(self) -> float:
        """Mean Jaccard index of the least stable segment; 0 if stability was not requested."""
        return float(self.stability.slsw_by_segment[: self.k].min()) if self.stability else 0.0

    @property
    def is_stable(self) -> bool:
        """Whether the solution and each of its segments return in other samples."""
        return self.median_ari >= REPRODUCIBLE_ARI and self.smallest_jaccard >= STABLE_JACCARD

    @property
    def may_be_stable(self) -> bool:
        """Whether all pairs show that it is stable, or the screening pairs leave it open."""
        if self.has_all_pairs:
            return self.is_stable
        assert self.stability, "some pairs were measured"
        highest_means = self.stability.slsw_upper_bounds[: self.k]
        return self.median_ari >= SCREENING_ARI and bool((highest_means >= STABLE_JACCARD).all())


def silhouette_mean(matrix: Matrix, labels: Labels, distances: Matrix | None = None) -> float:
    """Return the mean silhouette (Rousseeuw 1987); 0 if the labels have fewer than two segments.

    Args:
        matrix: rows, shape (n, features).
        labels: segments of the rows, shape (n,).
        distances: distances between the rows, shape (n, n), if already computed.
    """
    from sklearn import config_context
    from sklearn.metrics import silhouette_score

    if not 1 < len(np.unique(labels)) < len(labels):
        return 0.0
    with limit_blas_threads(), config_context(working_memory=MAX_DISTANCE_MEGABYTES):
        if distances is not None:
            return float(silhouette_score(distances, labels, metric="precomputed"))
        return float(silhouette_score(matrix, labels))


def pairwise_distances(matrix: Matrix) -> Matrix | None:
    """Return the distances between rows, to reuse for every k; None if they exceed the memory limit."""
    from sklearn.metrics import pairwise_distances

    if len(matrix) ** 2 * matrix.itemsize > MAX_DISTANCE_MEGABYTES << 20:
        return None
    with limit_blas_threads():
        distance_matrix: Matrix = pairwise_distances(matrix)
    return distance_matrix


def evaluate_fit(fit: ClusterFit, matrix: Matrix, sampled_rows: Labels, distances: Matrix | None = None) -> KCandidate:
    """Measure how well a fit separates the sampled rows."""
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    clustered_rows = sampled_rows[~fit.noise_mask[sampled_rows]]
    rows, labels = matrix[clustered_rows], fit.labels[clustered_rows]
    has_several_groups = 1 < len(np.unique(labels)) < len(labels)
    counts = np.bincount(fit.labels, minlength=fit.k)[: fit.k - fit.has_noise]
    return KCandidate(
        fit=fit,
        silhouette=silhouette_mean(rows, labels, None if fit.has_noise else distances),
        calinski_harabasz=float(calinski_harabasz_score(rows, labels)) if has_several_groups else 0.0,
        davies_bouldin=float(davies_bouldin_score(rows, labels)) if has_several_groups else 0.0,
        smallest_share=float(counts.min(initial=len(matrix)) / len(matrix)),
    )
