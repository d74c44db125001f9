"""Feature encoding: turn a table column into matrix columns, in the same way for training data and later data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.segment.clustering.answer_types import BLANK, is_numeric, normalise_answer, normalise_answers, parse_code

FeatureMatrix = npt.NDArray[np.float64]
LEVEL_TRANSFORM, RANK_TRANSFORM = "level", "rank"
ITEM_TRANSFORM, ORDINAL_TRANSFORM = "item", "ordinal"  # answers, read by answer_types
ANSWER_TRANSFORMS = (ITEM_TRANSFORM, ORDINAL_TRANSFORM)
SKEWNESS_THRESHOLD = 1.0


@dataclass(frozen=True)
class Feature:
    """Encoding of a column: transform, clip outliers, fill missing values, then (x - centre) / spread.

    A text column becomes one 0/1 feature for each `level`. Their spread is chosen so that together they have the
    variance of one numeric feature. A text column with ordered `levels` becomes the rank of its value. So do answers;
    an item has two levels, and a `level` if its upper answer describes it better than the name of the column.
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
        """Name of the feature, with its level."""
        return self.name if self.level is None else f"{self.name} = {self.level}"

    def encode_column(self, values: pd.Series) -> FeatureMatrix:
        """Encode the values of the feature's column, shape (n,)."""
        transformed = self.transform_column(values)
        if self.low is not None and self.high is not None:
            transformed = np.clip(transformed, self.low, self.high)
        return (np.where(np.isnan(transformed), self.fill, transformed) - self.centre) / self.spread

    def transform_column(self, values: pd.Series) -> FeatureMatrix:
        """Transform a column, NaN where missing."""
        if self.transform == LEVEL_TRANSFORM:
            return np.asarray(strip_texts(values) == self.level, dtype=np.float64)
        if self.transform in ANSWER_TRANSFORMS:
            return self._rank_answers(values)
        if self.transform == RANK_TRANSFORM:
            ranks = {level: float(rank) for rank, level in enumerate(self.levels)}
            return np.asarray(strip_texts(values).map(ranks), dtype=np.float64)
        numeric_values = to_finite_floats(values)
        return signed_log1p(numeric_values) if self.transform == "log1p" else numeric_values

    def _rank_answers(self, values: pd.Series) -> FeatureMatrix:
        """Return the ranks of answers, NaN for missing and unknown ones."""
        if not is_numeric(values):
            ranks = {normalise_answer(level): float(rank) for rank, level in enumerate(self.levels)}
            return np.asarray(normalise_answers(values).map(ranks), dtype=np.float64)
        numbers, answer_ranks = to_finite_floats(values), np.full(len(values), np.nan)
        for rank, level in enumerate(self.levels):
            is_level = np.isnan(numbers) if level == BLANK else numbers == parse_code(level)
            answer_ranks[is_level] = rank
        return answer_ranks

    def to_dict(self) -> Mapping[str, Any]:
        """Return plain values for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def build_feature_matrix(table: pd.DataFrame, features: Sequence[Feature]) -> FeatureMatrix:
    """Build the matrix of these features, shape (customers, features), with little extra memory."""
    matrix = np.empty((len(table), len(features)))
    for position, feature in enumerate(features):
        matrix[:, position] = feature.encode_column(table[feature.name])
    return matrix


def to_finite_floats(values: pd.Series) -> FeatureMatrix:
    """Convert a column to numbers, NaN where missing.

    Raises:
        InputProblem: some values are infinite.
    """
    numeric_values = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    infinite_count = int(np.isinf(numeric_values).sum())
    if infinite_count:
        raise InputProblem(
            f"{pluralize(infinite_count, 'value is infinite', 'values are infinite')}; features must be finite",
            column=str(values.name),
            remedy="fix them, or remove the column from cluster.features",
        )
    return numeric_values


def signed_log1p(values: FeatureMatrix) -> FeatureMatrix:
    """Return the logarithm of 1 + |x| with the sign of x, so that net refunds stay below zero."""
    return np.sign(values) * np.log1p(np.abs(values))


def is_skewed(values: FeatureMatrix) -> bool:
    """Return whether the values are right-skewed (moment skewness above 1), so that logarithms suit them better."""
    known_values = values[~np.isnan(values)]
    deviation = known_values.std() if len(known_values) else 0.0
    return bool(deviation and (((known_values - known_values.mean()) / deviation) ** 3).mean() > SKEWNESS_THRESHOLD)


def strip_texts(values: pd.Series) -> pd.Series:
    """Return a column as texts without surrounding blanks, empty where missing."""
    return values.astype("str").fillna("").str.strip()
