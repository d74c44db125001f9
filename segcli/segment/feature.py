"""A feature: how a column became a column of the matrix, so that later customers' become it likewise."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.counting import pluralize
from segcli.errors import InputProblem

FeatureMatrix = npt.NDArray[np.float64]
LEVEL_TRANSFORM, RANK_TRANSFORM = "level", "rank"
SKEWNESS_THRESHOLD = 1.0


@dataclass(frozen=True)
class Feature:
    """How a column became a column of the matrix: transform, take outliers in, fill, then (x - centre) / spread.

    A column of text becomes one feature for each `level` (is it this one?); their spread is such that together they
    have the variance of one numeric feature. One with ordered `levels` becomes their rank.
    """

    name: str
    transform: str
    fill: float
    missing: int
    centre: float
    spread: float
    level: str | None = None
    levels: Sequence[str] = ()
    low: float | None = None
    high: float | None = None

    @property
    def label(self) -> str:
        """The feature's name, with its level."""
        return self.name if self.level is None else f"{self.name} = {self.level}"

    def encode_column(self, values: pd.Series) -> FeatureMatrix:
        """The feature's values in the matrix, shape (n,), for the column it is made of."""
        transformed = self.transform_column(values)
        if self.low is not None and self.high is not None:
            transformed = np.clip(transformed, self.low, self.high)
        return (np.where(np.isnan(transformed), self.fill, transformed) - self.centre) / self.spread

    def transform_column(self, values: pd.Series) -> FeatureMatrix:
        """The column transformed, NaN where missing."""
        if self.transform == LEVEL_TRANSFORM:
            return np.asarray(strip_texts(values) == self.level, dtype=np.float64)
        if self.transform == RANK_TRANSFORM:
            ranks = {level: float(rank) for rank, level in enumerate(self.levels)}
            return np.asarray(strip_texts(values).map(ranks), dtype=np.float64)
        numeric_values = to_finite_floats(values)
        return signed_log1p(numeric_values) if self.transform == "log1p" else numeric_values

    def to_dict(self) -> Mapping[str, Any]:
        """Plain values for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def build_feature_matrix(table: pd.DataFrame, features: Sequence[Feature]) -> FeatureMatrix:
    """The matrix of these features, shape (customers, features), with little beside it."""
    matrix = np.empty((len(table), len(features)))
    for position, feature in enumerate(features):
        matrix[:, position] = feature.encode_column(table[feature.name])
    return matrix


def to_finite_floats(values: pd.Series) -> FeatureMatrix:
    """A column as numbers, NaN where missing.

    Raises:
        InputProblem: some are infinite.
    """
    numeric_values = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    infinite_count = int(np.isinf(numeric_values).sum())
    if infinite_count:
        raise InputProblem(
            f"{pluralize(infinite_count, 'value is infinite', 'values are infinite')}; a feature has numbers",
            column=str(values.name),
            remedy="Mend them, or leave the column out of cluster.features",
        )
    return numeric_values


def signed_log1p(values: FeatureMatrix) -> FeatureMatrix:
    """Logarithm of 1 + x, mirrored below zero so that net refunds stay below zero."""
    return np.sign(values) * np.log1p(np.abs(values))


def is_skewed(values: FeatureMatrix) -> bool:
    """Whether large values stand far out (moment skewness above 1), so that logarithms tell more."""
    known_values = values[~np.isnan(values)]
    deviation = known_values.std() if len(known_values) else 0.0
    return bool(deviation and (((known_values - known_values.mean()) / deviation) ** 3).mean() > SKEWNESS_THRESHOLD)


def strip_texts(values: pd.Series) -> pd.Series:
    """A column as texts without blanks around them, blank where missing."""
    return values.astype("str").fillna("").str.strip()
