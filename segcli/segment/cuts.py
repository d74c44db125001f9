"""The edges behind scores: shown with every result, saved, and used to score later data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from segcli.segment.scoring import BinScores, ScoreValues


@dataclass(frozen=True)
class BinEdges:
    """Where scores change along one dimension.

    A value's place is the number of edges it exceeds (`is_strict`) or reaches; `scores[place]` is its score.
    Values beyond the outer edges take the end scores.
    """

    edges: tuple[float, ...]
    scores: tuple[int, ...]
    is_strict: bool

    def score_values(self, values: ScoreValues) -> BinScores:
        """Scores of any values, shape (n,)."""
        bin_numbers = np.searchsorted(self.edges, values, side="left" if self.is_strict else "right")
        return np.asarray(self.scores, dtype=np.int64)[bin_numbers]

    @classmethod
    def from_scores(cls, values: ScoreValues, scores: BinScores, *, low_is_best: bool) -> "BinEdges":
        """The observed edges of a scoring: for recency the largest value of each score, else the smallest."""
        present_scores = np.flatnonzero(np.bincount(scores))
        if low_is_best:
            upper_ends = [float(values[scores == score].max()) for score in present_scores[::-1]]
            return cls(tuple(upper_ends[:-1]), tuple(int(score) for score in present_scores[::-1]), is_strict=True)
        lower_ends = [float(values[scores == score].min()) for score in present_scores]
        return cls(tuple(lower_ends[1:]), tuple(int(score) for score in present_scores), is_strict=False)

    def to_dict(self) -> Mapping[str, Any]:
        """Plain values for JSON."""
        return {"edges": list(self.edges), "scores": list(self.scores), "strict": self.is_strict}

    @classmethod
    def from_dict(cls, saved_fields: Mapping[str, Any]) -> "BinEdges":
        """The inverse of `to_dict`."""
        return cls(
            tuple(map(float, saved_fields["edges"])),
            tuple(map(int, saved_fields["scores"])),
            bool(saved_fields["strict"]),
        )
