"""How scores are cut from values: one method per file, named as the user names it.

A method receives values turned so that larger is better, and returns scores 1 (worst) to `bins` (best).
"""

from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from segcli import plugins

Values = npt.NDArray[np.float64]
Scores = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Request:
    """What a scoring method is asked.

    Attributes:
        values: shape (n,), in the dimension's own unit.
        low_is_best: recency counts the other way round.
        bins: number of scores.
        order: shape (n,), a permutation that breaks ties (customer_id order, or a seeded shuffle).
        ties: `same-bin`, `next` or `random`.
        edges: the given edges, for method fixed.
    """

    values: Values
    low_is_best: bool
    bins: int
    order: npt.NDArray[np.int64]
    ties: str = "same-bin"
    edges: tuple[float, ...] = ()

    @property
    def goodness(self) -> Values:
        """The values turned so that larger is better."""
        return -self.values if self.low_is_best else self.values

    @property
    def ranks(self) -> Scores:
        """Ranks 0..n-1 from the worst; equal values in the request's own order."""
        place = np.empty(len(self.order), dtype=np.int64)
        place[np.lexsort((self.order, self.goodness))] = np.arange(len(self.order))
        return place


class Method(Protocol):
    """A scoring method's module."""

    def score(self, request: Request) -> Scores:
        """Scores 1..bins, shape (n,); higher is better."""


def load(name: str) -> Method:
    """The scoring method of this name."""
    return cast("Method", plugins.module(__name__, name))
