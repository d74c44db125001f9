"""The edges behind scores: shown with every result, saved, and used to score later data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from segcli.segment.scoring import Scores, Values


@dataclass(frozen=True)
class Cuts:
    """Where scores change along one dimension.

    A value's place is the number of edges it exceeds (`strict`) or reaches; `scores[place]` is its score.
    Values beyond the outer edges take the end scores.
    """

    edges: tuple[float, ...]
    scores: tuple[int, ...]
    strict: bool

    def apply(self, values: Values) -> Scores:
        """Scores of any values, shape (n,)."""
        place = np.searchsorted(self.edges, values, side="left" if self.strict else "right")
        return np.asarray(self.scores, dtype=np.int64)[place]

    @classmethod
    def between(cls, values: Values, scores: Scores, *, low_is_best: bool) -> "Cuts":
        """The observed edges of a scoring: for recency the largest value of each score, else the smallest."""
        present = np.flatnonzero(np.bincount(scores))
        if low_is_best:
            ends = [float(values[scores == s].max()) for s in present[::-1]]
            return cls(tuple(ends[:-1]), tuple(int(s) for s in present[::-1]), strict=True)
        starts = [float(values[scores == s].min()) for s in present]
        return cls(tuple(starts[1:]), tuple(int(s) for s in present), strict=False)

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values for JSON."""
        return {"edges": list(self.edges), "scores": list(self.scores), "strict": self.strict}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "Cuts":
        """The inverse of `as_dict`."""
        return cls(tuple(map(float, saved["edges"])), tuple(map(int, saved["scores"])), bool(saved["strict"]))
