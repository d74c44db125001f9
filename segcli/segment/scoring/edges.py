"""Quantile edges (type 7): score = 1 + number of edges the value exceeds, turned round for recency.

Quantiles by Hyndman and Fan (1996), definition 7.
"""

import numpy as np

from segcli.segment.scoring import Request, Scores, Values


def score(request: Request) -> Scores:
    """Score by cut points at equal shares."""
    exceeded = np.searchsorted(cut_points(request.values, request.bins), request.values, side="left") + 1
    return request.bins + 1 - exceeded if request.low_is_best else exceeded


def cut_points(values: Values, bins: int) -> Values:
    """Type 7 quantiles at 1/bins ... (bins-1)/bins, shape (bins - 1,)."""
    return np.quantile(values, np.arange(1, bins) / bins, method="linear")
