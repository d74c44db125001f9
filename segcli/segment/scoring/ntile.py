"""Equal counts, as SQL's NTILE: bin sizes differ by at most one, and equal values are split in customer_id order."""

from segcli.segment.scoring import BinScores, ScoreRequest


def score_values(request: ScoreRequest) -> BinScores:
    """Score by rank alone."""
    size, larger_bins = divmod(len(request.values), request.bins)
    rank = request.value_ranks
    is_in_larger = rank < larger_bins * (size + 1)
    smaller_bin = larger_bins + (rank - larger_bins * (size + 1)) // max(size, 1)
    scores: BinScores = is_in_larger * (rank // (size + 1)) + ~is_in_larger * smaller_bin + 1
    return scores
