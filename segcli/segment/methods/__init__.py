"""Clustering methods, one per file, named as the user names them.

A method fits k groups to a matrix and says where each centre lies; numbering and names are given elsewhere.
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
SWEEP_ROWS = 20_000  # rows on which every number of groups is tried; the chosen one is then fitted to all
CHUNK_ROWS = 65_536  # rows that are asked about together


@dataclass(frozen=True)
class ClusterFit:
    """`labels` (n,) number the rows' groups 0..k-1; `centres` (k, features); `inertia`: squared distances summed.

    `shape_arrays` is what a method needs besides to label other rows, by name, the group first; `bic` where it has one;
    `has_noise` where the last group is of rows that belong to none.
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
        """Which rows belong to no group, shape (n,)."""
        is_noise_row: npt.NDArray[np.bool_] = (self.labels == self.k - 1) & self.has_noise
        return is_noise_row

    def reorder_groups(self, order: Labels) -> "ClusterFit":
        """With the groups in another order."""
        new_numbers = np.empty(self.k, dtype=np.int64)
        new_numbers[order] = np.arange(self.k)
        ordered_shape = {name: values[order] for name, values in self.shape_arrays.items()}
        return replace(self, labels=new_numbers[self.labels], centres=self.centres[order], shape_arrays=ordered_shape)


def centre_distances(matrix: Matrix, centres: Matrix) -> Matrix:
    """Euclidean distances of rows to centres, shape (n, k)."""
    return np.column_stack([np.sqrt(((matrix - centre) ** 2).sum(axis=1)) for centre in centres])


def apply_in_chunks(
    matrix: Matrix, compute_chunk: Callable[[slice], tuple[npt.NDArray[Any], ...]]
) -> list[npt.NDArray[Any]]:
    """Answers about rows, asked of some thousand at a time: what is held between is small, whatever the table."""
    chunk_results = [
        compute_chunk(slice(chunk_start, chunk_start + CHUNK_ROWS)) for chunk_start in range(0, len(matrix), CHUNK_ROWS)
    ]
    return [np.concatenate(parts) for parts in zip(*chunk_results, strict=True)]


def nearest_centres(fit: ClusterFit, matrix: Matrix) -> Labels:
    """The group whose centre is nearest, the first of equals."""
    group_numbers: Labels = centre_distances(matrix, fit.centres).argmin(axis=1)
    return group_numbers


def centre_margins(fit: ClusterFit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """(d2 - d1) / d2 of the two nearest centres, 1 at a centre and 0 half-way between two; and the second of them."""
    return distance_margins(centre_distances(matrix, fit.centres))


def distance_margins(distances: Matrix) -> tuple[Matrix, Labels]:
    """(d2 - d1) / d2 of the two smallest distances of each row (n, k), and where the second of them is."""
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
    """The probability of each row's likeliest group, by logarithms of likelihoods (n, k), and which is second."""
    order = np.argsort(-log_likelihoods, axis=1, kind="stable")[:, :2]
    probabilities = np.exp(log_likelihoods - log_likelihoods.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return np.take_along_axis(probabilities, order[:, :1], axis=1)[:, 0], order[:, -1]


def sample_rows(row_count: int, max_rows: int, seed: int) -> Labels:
    """At most `max_rows` places out of so many rows, ascending; rows are in customer_id order, not in the file's."""
    if row_count <= max_rows:
        return np.arange(row_count)
    return np.sort(np.random.default_rng(seed).choice(row_count, max_rows, replace=False))


def fit_from_labels(matrix: Matrix, labels: Labels) -> ClusterFit:
    """A fit whose centres are the means of labelled rows (negative labels: of none), and whose labels are the nearest.

    Groups that end up without a row are left out.
    """
    group_labels = np.unique(labels[labels >= 0])
    centres = np.array([matrix[labels == group].mean(axis=0) for group in group_labels])
    distances = centre_distances(matrix, centres)
    filled_groups, new_labels = np.unique(distances.argmin(axis=1), return_inverse=True)
    inertia = float((distances.min(axis=1) ** 2).sum())
    return ClusterFit(new_labels.astype(np.int64), centres[filled_groups], inertia)


class ClusteringMethod(Protocol):
    """A clustering method's module.

    It may say besides: `SCALE`, the scaling of features that suits it (`standard` otherwise); `FINDS_K` where it finds
    the number of groups itself; and have `many`, which clusters bootstrap samples all at once, and `refit`, which goes
    on from the centres of a sample.
    """

    def fit(self, matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
        """Group the rows of `matrix` (n, features) into k groups, none empty; fewer where the rows do not give k.

        The same arguments give the same bits.
        """

    def margins(self, fit: ClusterFit, matrix: Matrix) -> tuple[Matrix, Labels]:
        """How surely each row is in its group, from 0 to 1, and the group it is in otherwise; without scikit-learn."""


class PredictiveMethod(ClusteringMethod, Protocol):
    """A method that can label rows it was not fitted on."""

    def predict(self, fit: ClusterFit, matrix: Matrix) -> Labels:
        """The groups of any rows; of the rows that were fitted, their labels. Without scikit-learn."""


def can_predict(method: ClusteringMethod) -> TypeGuard[PredictiveMethod]:
    """Whether the method can label rows it was not fitted on."""
    return hasattr(method, "predict")


def list_methods() -> list[str]:
    """The methods there are."""
    return plugins.list_plugins(__name__)


def load_method(name: str) -> ClusteringMethod:
    """The method of this name.

    Raises:
        ConfigProblems: there is none.
    """
    if name not in list_methods():
        raise ConfigProblems([f"cluster.method: no method '{name}'; known: {', '.join(list_methods())}"])
    return cast("ClusteringMethod", plugins.load_plugin(__name__, name))


def load_predictive_method(name: str) -> PredictiveMethod:
    """The method of this name, which must label other rows.

    Raises:
        UsageProblem: it does not.
    """
    method = load_method(name)
    if not can_predict(method):
        raise UsageProblem(
            f"{name} labels only the customers it was fitted on: there is no model to save or assign; use "
            "another method, such as kmeans"
        )
    return method
