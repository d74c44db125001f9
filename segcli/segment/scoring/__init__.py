"""Scoring methods, one per file; the file name is the user's name for the method.

A method receives the values of a dimension and returns scores 1 (worst) to `bins` (best).
"""

from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from segcli import plugins

ScoreValues = npt.NDArray[np.float64]
BinScores = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ScoreRequest:
    """Values to score, and how to score them.

    Attributes:
        values: shape (n,), in the unit of the dimension.
        low_is_best: whether low values are best, as for recency.
        bins: number of scores.
        tie_order: shape (n,), a permutation that breaks ties (customer_id order, or a seeded shuffle).
        ties: `mid`, `same-bin`, `next` or `random`.
        edges: the given edges, for method fixed.
    """

    values: ScoreValues
    low_is_best: bool
    bins: int
    tie_order: npt.NDArray[np.int64]
    ties: str = "mid"
    edges: tuple[float, ...] = ()

    @property
    def ranking_values(self) -> ScoreValues:
        """Values with the sign that makes larger better."""
        return -self.values if self.low_is_best else self.values

    @property
    def value_ranks(self) -> BinScores:
        """Ranks 0..n-1 from the worst; `tie_order` ranks equal values."""
        ranks = np.empty(len(self.tie_order), dtype=np.int64)
        ranks[np.lexsort((self.tie_order, self.ranking_values))] = np.arange(len(self.tie_order))
        return ranks


class ScoringMethod(Protocol):
    """Interface of a scoring method's module."""

    def score_values(self, request: ScoreRequest) -> BinScores:
        """Return scores 1..bins, shape (n,); higher is better."""


def load_scoring_method(name: str) -> ScoringMethod:
    """Load the scoring method of this name."""
    return cast("ScoringMethod", plugins.load_plugin(__name__, name))


def quantile_edges(values: ScoreValues, bins: int) -> ScoreValues:
    """Return the type 7 quantiles at 1/bins ... (bins-1)/bins, shape (bins - 1,).

    Positions are integers with a remainder: as floats, 90 x 0.7 falls short of 63 and splits equal values.
    """
    sorted_values = np.sort(values)
    position, remainder = np.divmod((len(values) - 1) * np.arange(1, bins), bins)
    next_values = sorted_values[np.minimum(position + 1, len(values) - 1)]
    edges: ScoreValues = sorted_values[position] + remainder / bins * (next_values - sorted_values[position])
    return edges
