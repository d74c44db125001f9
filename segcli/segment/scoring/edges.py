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
    """Type 7 quantiles at 1/bins ... (bins-1)/bins, shape (bins - 1,).

    Places are whole numbers with a remainder: as floats, 90 x 0.7 falls short of 63 and splits equal values.
    """
    ascending = np.sort(values)
    place, rest = np.divmod((len(values) - 1) * np.arange(1, bins), bins)
    above = ascending[np.minimum(place + 1, len(values) - 1)]
    points: Values = ascending[place] + rest / bins * (above - ascending[place])
    return points
