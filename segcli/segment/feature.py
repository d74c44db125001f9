"""A feature: how a column became a column of the matrix, so that later customers' become it likewise."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.counting import counted
from segcli.errors import InputProblem

Matrix = npt.NDArray[np.float64]
LEVEL, RANK = "level", "rank"
SKEWED = 1.0


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

    def of(self, values: pd.Series) -> Matrix:
        """The feature's values in the matrix, shape (n,), for the column it is made of."""
        moved = self.moved(values)
        if self.low is not None and self.high is not None:
            moved = np.clip(moved, self.low, self.high)
        return (np.where(np.isnan(moved), self.fill, moved) - self.centre) / self.spread

    def moved(self, values: pd.Series) -> Matrix:
        """The column transformed, NaN where missing."""
        if self.transform == LEVEL:
            return np.asarray(texts(values) == self.level, dtype=np.float64)
        if self.transform == RANK:
            ranks = {level: float(rank) for rank, level in enumerate(self.levels)}
            return np.asarray(texts(values).map(ranks), dtype=np.float64)
        found = numbers(values)
        return log(found) if self.transform == "log1p" else found

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def matrix_of(table: pd.DataFrame, used: Sequence[Feature]) -> Matrix:
    """The matrix of these features, shape (customers, features), with little beside it."""
    found = np.empty((len(table), len(used)))
    for place, one in enumerate(used):
        found[:, place] = one.of(table[one.name])
    return found


def numbers(values: pd.Series) -> Matrix:
    """A column as numbers, NaN where missing.

    Raises:
        InputProblem: some are infinite.
    """
    found = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    infinite = int(np.isinf(found).sum())
    if infinite:
        raise InputProblem(
            f"{counted(infinite, 'value is infinite', 'values are infinite')}; a feature has numbers",
            column=str(values.name),
            remedy="Mend them, or leave the column out of cluster.features",
        )
    return found


def log(values: Matrix) -> Matrix:
    """Logarithm of 1 + x, mirrored below zero so that net refunds stay below zero."""
    return np.sign(values) * np.log1p(np.abs(values))


def skewed(values: Matrix) -> bool:
    """Whether large values stand far out (moment skewness above 1), so that logarithms tell more."""
    known = values[~np.isnan(values)]
    deviation = known.std() if len(known) else 0.0
    return bool(deviation and (((known - known.mean()) / deviation) ** 3).mean() > SKEWED)


def texts(values: pd.Series) -> pd.Series:
    """A column as texts without blanks around them, blank where missing."""
    return values.astype("str").fillna("").str.strip()
