"""HDBSCAN (Campello, Moulavi and Sander 2013): finds dense groups of any shape, and their number.

Customers outside dense regions are noise. They belong to no segment and are counted. The method labels only the
customers it was fitted on.
"""

import numpy as np

from segcli.segment.methods import ClusterFit, Labels, Matrix, centre_distances

__all__ = ["BOOTSTRAP_STARTS", "FINDS_K", "fit", "margins"]

BOOTSTRAP_STARTS = 1  # the fit has no random starts

FINDS_K = True
MIN_GROUP_SHARE, MIN_GROUP_ROWS = 0.02, 5  # minimum share and number of rows of a group
MIN_SAMPLES = 10  # neighbours over which density is measured


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:  # noqa: ARG001 - HDBSCAN finds k itself and is deterministic
    """Find the dense groups, whatever their number; rows in no group form the last group, noise."""
    from sklearn.cluster import HDBSCAN

    min_group_size = max(MIN_GROUP_ROWS, round(MIN_GROUP_SHARE * len(matrix)))
    if len(matrix) < 2 * min_group_size:
        raw_labels = np.full(len(matrix), -1)
    else:
        raw_labels = (
            HDBSCAN(min_cluster_size=min_group_size, min_samples=min(MIN_SAMPLES, min_group_size), copy=True)
            .fit(matrix)
            .labels_
        )
    group_count = int(raw_labels.max()) + 1
    labels: Labels = np.where(raw_labels < 0, group_count, raw_labels).astype(np.int64)
    has_noise = bool((raw_labels < 0).any())
    centres = np.array([matrix[labels == group].mean(axis=0) for group in range(group_count + has_noise)])
    inertia = float(((matrix - centres[labels]) ** 2).sum())
    return ClusterFit(labels, centres, inertia, has_noise=has_noise)


def margins(fit: ClusterFit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """Return the margin (d2 - d1) / d2 of the own and the nearest other centre, and the nearest other group.

    The margin is 0 if the other centre is nearer, and for noise.
    """
    rows = np.arange(len(matrix))
    group_distances = centre_distances(matrix, fit.centres)
    if fit.has_noise:
        group_distances[:, -1] = np.inf
    own_distance = group_distances[rows, fit.labels]
    group_distances[rows, fit.labels] = np.inf
    second_group = group_distances.argmin(axis=1)
    other_distance = group_distances[rows, second_group]
    margin = np.divide(
        other_distance - own_distance,
        other_distance,
        out=np.zeros(len(matrix)),
        where=np.isfinite(own_distance) & (other_distance > own_distance),
    )
    margin[np.isinf(other_distance)] = 1.0  # there is no other group
    return margin, second_group
