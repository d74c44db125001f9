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
SWEEP = 20_000  # rows on which every number of groups is tried; the chosen one is then fitted to all
AT_ONCE = 65_536  # rows that are asked about together


@dataclass(frozen=True)
class Fit:
    """`labels` (n,) number the rows' groups 0..k-1; `centres` (k, features); `inertia`: squared distances summed.

    `shape` is what a method needs besides to label other rows, by name, the group first; `bic` where it has one;
    `noise` where the last group is of rows that belong to none.
    """

    labels: Labels
    centres: Matrix
    inertia: float
    shape: Mapping[str, Matrix] = field(default_factory=dict)
    bic: float | None = None
    noise: bool = False

    @property
    def k(self) -> int:
        """Number of groups."""
        return len(self.centres)

    @property
    def is_noise(self) -> npt.NDArray[np.bool_]:
        """Which rows belong to no group, shape (n,)."""
        found: npt.NDArray[np.bool_] = (self.labels == self.k - 1) & self.noise
        return found

    def renumbered(self, order: Labels) -> "Fit":
        """With the groups in another order."""
        number = np.empty(self.k, dtype=np.int64)
        number[order] = np.arange(self.k)
        shape = {name: values[order] for name, values in self.shape.items()}
        return replace(self, labels=number[self.labels], centres=self.centres[order], shape=shape)


def distances(matrix: Matrix, centres: Matrix) -> Matrix:
    """Euclidean distances of rows to centres, shape (n, k)."""
    return np.column_stack([np.sqrt(((matrix - centre) ** 2).sum(axis=1)) for centre in centres])


def in_parts(matrix: Matrix, ask: Callable[[slice], tuple[npt.NDArray[Any], ...]]) -> list[npt.NDArray[Any]]:
    """Answers about rows, asked of some thousand at a time: what is held between is small, whatever the table."""
    several = [ask(slice(first, first + AT_ONCE)) for first in range(0, len(matrix), AT_ONCE)]
    return [np.concatenate(answers) for answers in zip(*several, strict=True)]


def nearest(fit: Fit, matrix: Matrix) -> Labels:
    """The group whose centre is nearest, the first of equals."""
    found: Labels = distances(matrix, fit.centres).argmin(axis=1)
    return found


def between(fit: Fit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """(d2 - d1) / d2 of the two nearest centres, 1 at a centre and 0 half-way between two; and the second of them."""
    return second_nearest(distances(matrix, fit.centres))


def second_nearest(apart: Matrix) -> tuple[Matrix, Labels]:
    """(d2 - d1) / d2 of the two smallest distances of each row (n, k), and where the second of them is."""
    order = np.argsort(apart, axis=1, kind="stable")[:, :2]
    first, second = np.take_along_axis(apart, order, axis=1).T
    margin = np.divide(second - first, second, out=np.zeros(len(apart)), where=second > 0)
    return margin, order[:, 1]


def likeliest(logarithms: Matrix) -> tuple[Matrix, Labels]:
    """The probability of each row's likeliest group, by logarithms of likelihoods (n, k), and which is second."""
    order = np.argsort(-logarithms, axis=1, kind="stable")[:, :2]
    shares = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return np.take_along_axis(shares, order[:, :1], axis=1)[:, 0], order[:, -1]


def sampled(rows: int, limit: int, seed: int) -> Labels:
    """At most `limit` places out of so many rows, ascending; rows are in customer_id order, whatever the file's is."""
    if rows <= limit:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))


def by_centres(matrix: Matrix, labels: Labels) -> Fit:
    """A fit whose centres are the means of labelled rows (negative labels: of none), and whose labels are the nearest.

    Groups that end up without a row are left out.
    """
    known = np.unique(labels[labels >= 0])
    centres = np.array([matrix[labels == group].mean(axis=0) for group in known])
    apart = distances(matrix, centres)
    filled, numbers = np.unique(apart.argmin(axis=1), return_inverse=True)
    inertia = float((apart.min(axis=1) ** 2).sum())
    return Fit(numbers.astype(np.int64), centres[filled], inertia)


class Method(Protocol):
    """A clustering method's module.

    It may say besides: `SCALE`, the scaling of features that suits it (`standard` otherwise); `FINDS_K` where it finds
    the number of groups itself; and have `many`, which clusters bootstrap samples all at once, and `refit`, which goes
    on from the centres of a sample.
    """

    def fit(self, matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:
        """Group the rows of `matrix` (n, features) into k groups, none empty; fewer where the rows do not give k.

        The same arguments give the same bits.
        """

    def margins(self, fit: Fit, matrix: Matrix) -> tuple[Matrix, Labels]:
        """How surely each row is in its group, from 0 to 1, and the group it is in otherwise; without scikit-learn."""


class Labelling(Method, Protocol):
    """A method that can label rows it was not fitted on."""

    def assign(self, fit: Fit, matrix: Matrix) -> Labels:
        """The groups of any rows; of the rows that were fitted, their labels. Without scikit-learn."""


def labels_others(method: Method) -> TypeGuard[Labelling]:
    """Whether the method can label rows it was not fitted on."""
    return hasattr(method, "assign")


def names() -> list[str]:
    """The methods there are."""
    return plugins.names(__name__)


def load(name: str) -> Method:
    """The method of this name.

    Raises:
        ConfigProblems: there is none.
    """
    if name not in names():
        raise ConfigProblems([f"cluster.method: no method '{name}'; known: {', '.join(names())}"])
    return cast("Method", plugins.module(__name__, name))


def labelling(name: str) -> Labelling:
    """The method of this name, which must label other rows.

    Raises:
        UsageProblem: it does not.
    """
    method = load(name)
    if not labels_others(method):
        raise UsageProblem(
            f"{name} labels only the customers it was fitted on: there is no model to save or assign; use "
            "another method, such as kmeans"
        )
    return method
