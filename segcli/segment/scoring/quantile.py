"""Rank shares: equal values never get different scores unless `ties: random` says so.

p = (rank - 1) / N counted from the worst, score = floor(bins x p) + 1, with the lowest rank of equal values
(`same-bin`), the highest (`next`), or single ranks in a seeded order (`random`).
"""

import numpy as np

from segcli.segment.scoring import Request, Scores


def score(request: Request) -> Scores:
    """Score by rank share."""
    goodness = request.goodness
    ascending = np.sort(goodness)
    if request.ties == "random":
        below = ranks(request)
    elif request.ties == "next":
        below = np.searchsorted(ascending, goodness, side="right") - 1
    else:
        below = np.searchsorted(ascending, goodness, side="left")
    # Whole numbers, so that a share of exactly 2/5 is never 1.9999999 fifths.
    return request.bins * below.astype(np.int64) // len(goodness) + 1


def ranks(request: Request) -> Scores:
    """Ranks 0..n-1 from the worst; equal values in the request's own order."""
    place = np.empty(len(request.order), dtype=np.int64)
    place[np.lexsort((request.order, request.goodness))] = np.arange(len(request.order))
    return place
