"""Clustering methods, one per file; the file name is the user's name for the method.

A method assigns the rows of a matrix to k groups and returns the centre of each group. Other modules number and name
the groups.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeGuard, cast

import numpy as np
import numpy.typing as npt

from segcli import plugins
from segcli.errors import ConfigProblems, UsageProblem

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
SWEEP_ROWS = 20_000  # rows of the sweep over k; the chosen k is then fitted to all rows
CHUNK_ROWS = 65_536  # rows per chunk
BOOTSTRAP_STARTS = 10  # starts of each bootstrap sample; with one, stability would compare poor local optima


@dataclass(frozen=True)
class ClusterFit:
    """A clustering: `labels` (n,) are group numbers 0..k-1, `centres` has shape (k, features).

    `inertia` is the sum of squared distances. `shape_arrays` holds further arrays that a method needs to label other
    rows, by name, group first. `bic` is set by methods that have it. `has_noise`: the last group holds the unassigned
    rows.
    """

    labels: Labels
    centres: Matrix
    inertia: float
    shape_arrays: Mapping[str, Matrix] = field(default_factory=dict)
    bic: float | None = None
    has_noise: bool = False

    @property
    def k(self) -> int:
        """Number of groups."""
        return len(self.centres)

    @property
    def noise_mask(self) -> npt.NDArray[np.bool_]:
        """Mask of the rows that belong to no group, shape (n,)."""
        is_noise_row: npt.NDArray[np.bool_] = (self.labels == self.k - 1) & self.has_noise
        return is_noise_row

    def reorder_groups(self, order: Labels) -> "ClusterFit":
        """Return the fit with its groups in another order."""
        new_numbers = np.empty(self.k, dtype=np.int64)
        new_numbers[order] = np.arange(self.k)
        ordered_shape = {name: values[order] for name, values in self.shape_arrays.items()}
        return replace(self, labels=new_numbers[self.labels], centres=self.centres[order], shape_arrays=ordered_shape)


def centre_distances(matrix: Matrix, centres: Matrix) -> Matrix:
    """Return the Euclidean distances of rows to centres, shape (n, k)."""
    return np.column_stack([np.sqrt(((matrix - centre) ** 2).sum(axis=1)) for centre in centres])


def apply_in_chunks(
    matrix: Matrix, compute_chunk: Callable[[slice], tuple[npt.NDArray[Any], ...]]
) -> list[npt.NDArray[Any]]:
    """Compute results for chunks of rows and concatenate them, so that memory stays small for large tables."""
    chunk_results = [
        compute_chunk(slice(chunk_start, chunk_start + CHUNK_ROWS)) for chunk_start in range(0, len(matrix), CHUNK_ROWS)
    ]
    return [np.concatenate(parts) for parts in zip(*chunk_results, strict=True)]


def nearest_centres(fit: ClusterFit, matrix: Matrix) -> Labels:
    """Return the group with the nearest centre, the first of equals, shape (n,)."""
    group_numbers: Labels = centre_distances(matrix, fit.centres).argmin(axis=1)
    return group_numbers


def centre_margins(fit: ClusterFit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """Return the margin (d2 - d1) / d2 of the two nearest centres, and the second nearest.

    The margin is 1 at a centre and 0 half-way between two.
    """
    return distance_margins(centre_distances(matrix, fit.centres))


def distance_margins(distances: Matrix) -> tuple[Matrix, Labels]:
    """Return the margin (d2 - d1) / d2 of the two smallest distances of each row, and the column of the second.

    Args:
        distances: shape (n, k).
    """
    order = np.argsort(distances, axis=1, kind="stable")[:, :2]
    nearest, second_nearest_distance = np.take_along_axis(distances, order, axis=1).T
    margin = np.divide(
        second_nearest_distance - nearest,
        second_nearest_distance,
        out=np.zeros(len(distances)),
        where=second_nearest_distance > 0,
    )
    return margin, order[:, 1]


def probability_margins(log_likelihoods: Matrix) -> tuple[Matrix, Labels]:
    """Return the probability of each row's most likely group, and the second most likely group.

    Args:
        log_likelihoods: logarithms of likelihoods, shape (n, k).
    """
    order = np.argsort(-log_likelihoods, axis=1, kind="stable")[:, :2]
    probabilities = np.exp(log_likelihoods - log_likelihoods.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return np.take_along_axis(probabilities, order[:, :1], axis=1)[:, 0], order[:, -1]


def sample_rows(row_count: int, max_rows: int, seed: int) -> Labels:
    """Draw at most `max_rows` row numbers, ascending; rows are in customer_id order, not in file order."""
    if row_count <= max_rows:
        return np.arange(row_count)
    return np.sort(np.random.default_rng(seed).choice(row_count, max_rows, replace=False))


def fit_from_labels(matrix: Matrix, labels: Labels) -> ClusterFit:
    """Fit centres as the means of labelled rows, and relabel each row with its nearest centre.

    Rows with a negative label belong to no group. Groups without rows are removed.
    """
    group_labels = np.unique(labels[labels >= 0])
    centres = np.array([matrix[labels == group].mean(axis=0) for group in group_labels])
    distances = centre_distances(matrix, centres)
    filled_groups, new_labels = np.unique(distances.argmin(axis=1), return_inverse=True)
    inertia = float((distances.min(axis=1) ** 2).sum())
    return ClusterFit(new_labels.astype(np.int64), centres[filled_groups], inertia)


class ClusteringMethod(Protocol):
    """Interface of a clustering method's module.

    Optional attributes: `SCALE`, the feature scaling that suits the method (default `standard`); `FINDS_K`, if it finds
    the number of groups itself; `USES_BIC`, if the number of groups is chosen by BIC; `BOOTSTRAP_STARTS`, the number of
    starts of each bootstrap sample if it is not 10; `fit_bootstraps`, which clusters many bootstrap samples at once;
    and `refit`, which continues from the centres of a sample.
    """

    def fit(self, matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
        """Cluster the rows of `matrix` (n, features) into k non-empty groups, or fewer if the rows do not give k.

        The same arguments give the same bits.
        """

    def margins(self, fit: ClusterFit, matrix: Matrix) -> tuple[Matrix, Labels]:
        """Return the margin of each row's group, from 0 to 1, and the second-best group; works without scikit-learn."""


class PredictiveMethod(ClusteringMethod, Protocol):
    """A method that can label rows it was not fitted on."""

    def predict(self, fit: ClusterFit, matrix: Matrix) -> Labels:
        """Return the groups of any rows; fitted rows keep their labels. Works without scikit-learn."""


def can_predict(method: ClusteringMethod) -> TypeGuard[PredictiveMethod]:
    """Return whether the method can label rows it was not fitted on."""
    return hasattr(method, "predict")


def count_bootstrap_starts(method: ClusteringMethod) -> int:
    """Return the number of random starts of each bootstrap sample; 1 for a method without chance."""
    starts: int = getattr(method, "BOOTSTRAP_STARTS", BOOTSTRAP_STARTS)
    return starts


def uses_bic(method: ClusteringMethod) -> bool:
    """Return whether the number of groups is chosen by BIC, as is usual for latent classes."""
    return getattr(method, "USES_BIC", False)


def list_methods() -> list[str]:
    """Return the names of the available methods."""
    return plugins.list_plugins(__name__)


def load_method(name: str) -> ClusteringMethod:
    """Load the method of this name.

    Raises:
        ConfigProblems: there is no such method.
    """
    if name not in list_methods():
        raise ConfigProblems([f"cluster.method: no method '{name}'; known: {', '.join(list_methods())}"])
    return cast("ClusteringMethod", plugins.load_plugin(__name__, name))


def load_predictive_method(name: str) -> PredictiveMethod:
    """Load the method of this name, which must be able to label other rows.

    Raises:
        UsageProblem: the method cannot label other rows.
    """
    method = load_method(name)
    if not can_predict(method):
        raise UsageProblem(
            f"{name} labels only the customers it was fitted on, so there is no model to save or assign; use "
            "another method, such as kmeans"
        )
    return method
