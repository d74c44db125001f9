"""Quantile edges (type 7): score = 1 + number of edges that the value exceeds, reversed for recency.

Quantiles follow Hyndman and Fan (1996), definition 7.
"""

import numpy as np

from segcli.segment.scoring import BinScores, ScoreRequest, ScoreValues


def score_values(request: ScoreRequest) -> BinScores:
    """Score by quantile edges."""
    exceeded_edges = np.searchsorted(quantile_edges(request.values, request.bins), request.values, side="left") + 1
    return request.bins + 1 - exceeded_edges if request.low_is_best else exceeded_edges


def quantile_edges(values: ScoreValues, bins: int) -> ScoreValues:
    """Return the type 7 quantiles at 1/bins ... (bins-1)/bins, shape (bins - 1,).

    Positions are integers with a remainder: as floats, 90 x 0.7 falls short of 63 and splits equal values.
    """
    sorted_values = np.sort(values)
    position, remainder = np.divmod((len(values) - 1) * np.arange(1, bins), bins)
    next_values = sorted_values[np.minimum(position + 1, len(values) - 1)]
    edges: ScoreValues = sorted_values[position] + remainder / bins * (next_values - sorted_values[position])
    return edges
