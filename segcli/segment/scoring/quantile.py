"""Rank shares: equal values always get the same score, unless `ties` is `random`.

p = (rank - 1) / N counted from the worst, score = floor(bins x p) + 1, with the lowest rank of equal values
(`same-bin`), the highest (`next`), or single ranks in a seeded order (`random`).
"""

import numpy as np

from segcli.segment.scoring import BinScores, ScoreRequest, ScoreValues


def score_values(request: ScoreRequest) -> BinScores:
    """Score by rank share."""
    if request.ties == "random":
        return request.bins * request.value_ranks // len(request.tie_order) + 1
    goodness = request.ranking_values
    score_starts = _score_starts(np.sort(goodness), request.bins, request.ties)
    scores: BinScores = np.searchsorted(score_starts, goodness, side="right") + 1
    return scores


def _score_starts(sorted_values: ScoreValues, bins: int, ties: str) -> ScoreValues:
    """Return the smallest value of each score above 1; these values determine the scores of all others.

    A score begins where the number of lower ranks reaches its share. Counts are integers, so that a share of exactly
    2/5 is never 1.9999999 fifths.
    """
    start_ranks = -(-len(sorted_values) * np.arange(1, bins) // bins)
    start_ranks = start_ranks[start_ranks < len(sorted_values)]
    if ties == "next":
        return sorted_values[start_ranks]
    # Equal values share their lowest rank: if it is too low, the score begins with the next value.
    is_first = sorted_values[start_ranks - 1] < sorted_values[start_ranks]
    next_starts = np.where(
        is_first, start_ranks, np.searchsorted(sorted_values, sorted_values[start_ranks], side="right")
    )
    return sorted_values[next_starts[next_starts < len(sorted_values)]]
