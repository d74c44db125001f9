"""Rank shares: equal values always get the same score, unless `ties` is `random`.

With `mid`, p is the middle of the ranks of equal values / N, counted from the worst, and score = floor(bins x p) + 1.
The worst value always has the score 1 and the best value the highest score, however many customers share them.
Otherwise p = (rank - 1) / N, with the lowest rank of equal values (`same-bin`), the highest (`next`), or single ranks
in a seeded order (`random`).
"""

import numpy as np

from segcli.segment.scoring import BinScores, ScoreRequest, ScoreValues


def score_values(request: ScoreRequest) -> BinScores:
    """Score by rank share."""
    if request.ties == "random":
        return request.bins * request.value_ranks // len(request.tie_order) + 1
    goodness = request.ranking_values
    if request.ties == "mid":
        return _score_by_middle(goodness, request.bins)
    score_starts = _score_starts(np.sort(goodness), request.bins, request.ties)
    scores: BinScores = np.searchsorted(score_starts, goodness, side="right") + 1
    return scores


def _score_by_middle(goodness: ScoreValues, bins: int) -> BinScores:
    """Score by the middle of the ranks of equal values; twice the middle is an integer, so the shares are exact."""
    sorted_values = np.sort(goodness)
    starts = np.flatnonzero(np.concatenate([[True], sorted_values[1:] > sorted_values[:-1]]))
    twice_middle = starts + np.append(starts[1:], len(goodness))
    scores: BinScores = bins * twice_middle // (2 * len(goodness)) + 1
    if len(starts) > 1:
        scores[0], scores[-1] = 1, bins
    return scores[np.searchsorted(sorted_values[starts], goodness)]


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
