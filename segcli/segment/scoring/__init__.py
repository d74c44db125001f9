"""How scores are cut from values: one method per file, named as the user names it.

A method receives values turned so that larger is better, and returns scores 1 (worst) to `bins` (best).
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
    """What a scoring method is asked.

    Attributes:
        values: shape (n,), in the dimension's own unit.
        low_is_best: recency counts the other way round.
        bins: number of scores.
        tie_order: shape (n,), a permutation that breaks ties (customer_id order, or a seeded shuffle).
        ties: `same-bin`, `next` or `random`.
        edges: the given edges, for method fixed.
    """

    values: ScoreValues
    low_is_best: bool
    bins: int
    tie_order: npt.NDArray[np.int64]
    ties: str = "same-bin"
    edges: tuple[float, ...] = ()

    @property
    def ranking_values(self) -> ScoreValues:
        """The values turned so that larger is better."""
        return -self.values if self.low_is_best else self.values

    @property
    def value_ranks(self) -> BinScores:
        """Ranks 0..n-1 from the worst; equal values in the request's own order."""
        ranks = np.empty(len(self.tie_order), dtype=np.int64)
        ranks[np.lexsort((self.tie_order, self.ranking_values))] = np.arange(len(self.tie_order))
        return ranks


class ScoringMethod(Protocol):
    """A scoring method's module."""

    def score_values(self, request: ScoreRequest) -> BinScores:
        """Scores 1..bins, shape (n,); higher is better."""


def load_scoring_method(name: str) -> ScoringMethod:
    """The scoring method of this name."""
    return cast("ScoringMethod", plugins.load_plugin(__name__, name))
