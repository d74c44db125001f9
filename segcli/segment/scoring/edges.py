"""Quantile edges (type 7): score = 1 + number of edges that the value exceeds, reversed for recency.

Quantiles follow Hyndman and Fan (1996), definition 7.
"""

import numpy as np

from segcli.segment.scoring import BinScores, ScoreRequest, quantile_edges


def score_values(request: ScoreRequest) -> BinScores:
    """Score by quantile edges."""
    exceeded_edges = np.searchsorted(quantile_edges(request.values, request.bins), request.values, side="left") + 1
    return request.bins + 1 - exceeded_edges if request.low_is_best else exceeded_edges
