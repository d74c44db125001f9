"""Fewer dimensions: principal components, or factors after varimax, in the place of many features.

Hotelling, Analysis of a complex of statistical variables into principal components (1933); factors as in battery.py.
Dolnicar, Gruen and Leisch (Market segmentation analysis, 2018) warn that segments found in components are segments of
something else than the answers: loadings are told so that readers can see of what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.config.cluster import ClusterSettings
from segcli.cores import one_thread_each
from segcli.errors import ConfigProblems
from segcli.segment import battery
from segcli.segment.feature import Matrix

ENOUGH = 0.8  # share of variance that components keep where nobody says how many
ARRAYS = ("loadings", "weights", "centre", "explained")
PCA, FACTORS = "pca", "factors"


@dataclass(frozen=True, eq=False)
class Reduction:
    """p features -> k parts: (features - centre) @ weights.

    `loadings` (p, k) are correlations of features with parts, `explained` (k,) shares of the features' variance.
    """

    by: str
    parts: tuple[str, ...]
    loadings: Matrix
    weights: Matrix
    centre: npt.NDArray[np.float64]
    explained: npt.NDArray[np.float64]

    def of(self, matrix: Matrix) -> Matrix:
        """The parts of rows, on one thread: sums that are split over threads differ in their last bits."""
        with one_thread_each():
            return (matrix - self.centre) @ self.weights

    @property
    def told(self) -> str:
        """In one sentence."""
        parts = "; ".join(f"{name} ({share:.0%})" for name, share in zip(self.parts, self.explained, strict=True))
        return f"by {self.by} to {len(self.parts)} with {self.explained.sum():.0%} of their variance: {parts}"

    def table(self, features: Sequence[str]) -> pd.DataFrame:
        """Loadings, one row per feature, and below them the share of variance of each part."""
        rows = pd.DataFrame(np.vstack([self.loadings, self.explained]), columns=pd.Index(self.parts))
        rows.insert(0, "feature", [*features, "variance explained"])
        return rows

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values for JSON."""
        return {
            "by": self.by,
            "parts": list(self.parts),
            **{name: getattr(self, name).tolist() for name in ARRAYS},
        }

    @classmethod
    def saved(cls, values: Mapping[str, Any]) -> "Reduction":
        """Read back from a model."""
        arrays = {name: np.array(values[name]) for name in ARRAYS}
        return cls(by=values["by"], parts=tuple(values["parts"]), **arrays)


def reduction(matrix: Matrix, features: Sequence[str], settings: ClusterSettings) -> Reduction | None:
    """How features (n, p) become fewer, if the settings want that.

    Raises:
        ConfigProblems: there are not enough features, or factors are asked for with weights.
    """
    if settings.reduce == "none":
        return None
    wanted = settings.parts
    if len(features) < 3 or (isinstance(wanted, int) and wanted >= len(features)):  # noqa: PLR2004 - of two, one is left
        raise ConfigProblems(
            [f"cluster.reduce: {len(features)} features are too few for that; name more, or set it to none"]
        )
    with one_thread_each():
        return (_components if settings.reduce == PCA else _factors)(matrix, features, settings)


def _components(matrix: Matrix, features: Sequence[str], settings: ClusterSettings) -> Reduction:
    centre = matrix.mean(axis=0)
    moved = matrix - centre
    variances, vectors = np.linalg.eigh(moved.T @ moved / len(matrix))
    variances, vectors = np.maximum(variances[::-1], 0.0), vectors[:, ::-1]
    shares = variances / variances.sum()
    enough = int((shares.cumsum() < ENOUGH).sum()) + 1
    count = settings.parts if isinstance(settings.parts, int) else min(enough, len(features) - 1)
    vectors = vectors[:, :count] * _signs(vectors[:, :count])
    loadings = vectors * np.sqrt(variances[:count]) / matrix.std(axis=0)[:, None]
    return Reduction(PCA, _named(loadings, features), loadings, vectors, centre, shares[:count])


def _factors(matrix: Matrix, features: Sequence[str], settings: ClusterSettings) -> Reduction:
    if settings.weights:
        raise ConfigProblems(["cluster.weights: factors take every feature alike; leave weights out, or reduce by pca"])
    count = settings.parts if isinstance(settings.parts, int) else max(battery.parallel(matrix), 1)
    found = battery.factors(matrix, count)
    weights = found.weights / matrix.std(axis=0)[:, None] / found.scores.std(axis=0)  # each factor has the same say
    return Reduction(
        FACTORS, _named(found.loadings, features), found.loadings, weights, matrix.mean(axis=0), found.explained
    )


def _signs(vectors: Matrix) -> Matrix:
    """The sign that makes the largest weight of each part positive."""
    found: Matrix = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    return found


def _named(loadings: Matrix, features: Sequence[str]) -> tuple[str, ...]:
    return tuple(battery.distinct(battery.called(loadings, features)))
