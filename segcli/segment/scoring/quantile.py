"""Rank shares: equal values never get different scores unless `ties: random` says so.

p = (rank - 1) / N counted from the worst, score = floor(bins x p) + 1, with the lowest rank of equal values
(`same-bin`), the highest (`next`), or single ranks in a seeded order (`random`).
"""

import numpy as np

from segcli.segment.scoring import Request, Scores, Values


def score(request: Request) -> Scores:
    """Score by rank share."""
    if request.ties == "random":
        return request.bins * request.ranks // len(request.order) + 1
    goodness = request.goodness
    begins = _begins(np.sort(goodness), request.bins, request.ties)
    scores: Scores = np.searchsorted(begins, goodness, side="right") + 1
    return scores


def _begins(ascending: Values, bins: int, ties: str) -> Values:
    """The least value of each score above 1; a few values found say of all others where they belong.

    A score begins where as many ranks lie below as its share asks for. Counted in whole numbers, a share of exactly
    2/5 is never 1.9999999 fifths.
    """
    wanted = -(-len(ascending) * np.arange(1, bins) // bins)
    wanted = wanted[wanted < len(ascending)]
    if ties == "next":
        return ascending[wanted]
    # Equal values have the lowest rank of theirs: where that is too low, the score begins with the next value.
    is_first = ascending[wanted - 1] < ascending[wanted]
    begins = np.where(is_first, wanted, np.searchsorted(ascending, ascending[wanted], side="right"))
    return ascending[begins[begins < len(ascending)]]
