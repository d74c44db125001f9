"""Dimension reduction: replace many features by principal components, or by factors after varimax.

Hotelling, Analysis of a complex of statistical variables into principal components (1933); factors as in
factor_analysis.py. Dolnicar, Gruen and Leisch (Market segmentation analysis, 2018) warn that segments found in
components are not segments of the original answers. The loadings are reported so that readers can interpret the
components.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.config.cluster import ClusterSettings
from segcli.errors import ConfigProblems
from segcli.message import detail_message, join_messages, message
from segcli.parallel import limit_blas_threads
from segcli.segment import factor_analysis
from segcli.segment.clustering.feature_encoding import FeatureMatrix

MIN_EXPLAINED_VARIANCE = 0.8  # share of variance that components keep if the settings give no number
ARRAY_FIELDS = ("loadings", "weights", "centre", "explained")
PCA_METHOD, FACTOR_METHOD = "pca", "factors"


@dataclass(frozen=True, eq=False)
class Reduction:
    """A linear map of p features to k parts: (features - centre) @ weights.

    `loadings` (p, k) are the correlations of features with parts. `explained` (k,) holds the share of the features'
    variance that each part explains.
    """

    method_name: str
    parts: tuple[str, ...]
    loadings: FeatureMatrix
    weights: FeatureMatrix
    centre: npt.NDArray[np.float64]
    explained: npt.NDArray[np.float64]

    def transform_rows(self, matrix: FeatureMatrix) -> FeatureMatrix:
        """Return the parts of rows, shape (n, k).

        Runs on one thread, because the last bits of a sum depend on the number of threads.
        """
        with limit_blas_threads():
            return (matrix - self.centre) @ self.weights

    @property
    def description(self) -> str:
        """Description in one sentence."""
        parts = [
            message("{name} ({share:.0%})", name=name, share=share)
            for name, share in zip(self.parts, self.explained, strict=True)
        ]
        return detail_message(
            "reduced by {method} to {dimensions} dimensions with {share:.0%} of the variance: {parts}",
            method=self.method_name,
            dimensions=len(self.parts),
            share=self.explained.sum(),
            parts=join_messages("; ", parts),
        )

    def loadings_table(self, features: Sequence[str]) -> pd.DataFrame:
        """Return the loadings, one row per feature, with the variance explained by each part as last row."""
        rows = pd.DataFrame(np.vstack([self.loadings, self.explained]), columns=pd.Index(self.parts))
        rows.insert(0, "feature", [*features, "variance explained"])
        return rows

    def to_dict(self) -> Mapping[str, Any]:
        """Return plain values for JSON."""
        return {
            "by": self.method_name,
            "parts": list(self.parts),
            **{name: getattr(self, name).tolist() for name in ARRAY_FIELDS},
        }

    @classmethod
    def from_dict(cls, saved_fields: Mapping[str, Any]) -> "Reduction":
        """Restore a reduction from the fields of a saved model."""
        arrays = {name: np.array(saved_fields[name]) for name in ARRAY_FIELDS}
        return cls(method_name=saved_fields["by"], parts=tuple(saved_fields["parts"]), **arrays)


def fit_reduction(matrix: FeatureMatrix, features: Sequence[str], settings: ClusterSettings) -> Reduction | None:
    """Fit the reduction of features (n, p) that the settings request; None if they request none.

    Raises:
        ConfigProblems: there are too few features, or factors are combined with weights.
    """
    if settings.reduce == "none":
        return None
    part_count = settings.parts
    if len(features) < 3 or (isinstance(part_count, int) and part_count >= len(features)):  # noqa: PLR2004 - two features would leave one part
        raise ConfigProblems([f"cluster.reduce: {len(features)} features are too few; add more, or set it to none"])
    with limit_blas_threads():
        return (_fit_components if settings.reduce == PCA_METHOD else _fit_factors)(matrix, features, settings)


def _fit_components(matrix: FeatureMatrix, features: Sequence[str], settings: ClusterSettings) -> Reduction:
    centre = matrix.mean(axis=0)
    centred = matrix - centre
    variances, vectors = np.linalg.eigh(centred.T @ centred / len(matrix))
    variances, vectors = np.maximum(variances[::-1], 0.0), vectors[:, ::-1]
    shares = variances / variances.sum()
    needed_count = int((shares.cumsum() < MIN_EXPLAINED_VARIANCE).sum()) + 1
    part_count = settings.parts if isinstance(settings.parts, int) else min(needed_count, len(features) - 1)
    vectors = vectors[:, :part_count] * _orientation_signs(vectors[:, :part_count])
    loadings = vectors * np.sqrt(variances[:part_count]) / matrix.std(axis=0)[:, None]
    return Reduction(PCA_METHOD, _name_parts(loadings, features), loadings, vectors, centre, shares[:part_count])


def _fit_factors(matrix: FeatureMatrix, features: Sequence[str], settings: ClusterSettings) -> Reduction:
    if settings.weights:
        raise ConfigProblems(
            [("cluster.weights: factor reduction does not support weights; remove the weights, or use pca")]
        )
    part_count = (
        settings.parts if isinstance(settings.parts, int) else max(factor_analysis.parallel_factor_count(matrix), 1)
    )
    factor_solution = factor_analysis.fit_factors(matrix, part_count)
    weights = (
        factor_solution.weights / matrix.std(axis=0)[:, None] / factor_solution.scores.std(axis=0)
    )  # each factor has the same variance
    return Reduction(
        FACTOR_METHOD,
        _name_parts(factor_solution.loadings, features),
        factor_solution.loadings,
        weights,
        matrix.mean(axis=0),
        factor_solution.explained_variance,
    )


def _orientation_signs(vectors: FeatureMatrix) -> FeatureMatrix:
    """Return the signs that make the largest weight of each part positive."""
    part_signs: FeatureMatrix = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    return part_signs


def _name_parts(loadings: FeatureMatrix, features: Sequence[str]) -> tuple[str, ...]:
    return tuple(factor_analysis.number_duplicates(factor_analysis.name_factors(loadings, features)))
