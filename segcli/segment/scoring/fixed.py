"""Given edges: each edge that a value reaches adds one score (for recency: subtracts one)."""

import numpy as np

from segcli.errors import UsageProblem
from segcli.segment.scoring import BinScores, ScoreRequest


def score_values(request: ScoreRequest) -> BinScores:
    """Return scores 1 + number of edges <= value, reversed for recency."""
    if not request.edges:
        raise UsageProblem(
            "method fixed needs rfm.edges.recency, .frequency and .monetary; set all three, or use method quantile"
        )
    reached_edges = np.searchsorted(request.edges, request.values, side="right") + 1
    return len(request.edges) + 2 - reached_edges if request.low_is_best else reached_edges
