"""Criteria weighed into one score per segment, and how far weights can change before the order does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli.persona.criteria import SegmentCriteria

FloatArray = npt.NDArray[np.float64]
TOTAL_WEIGHT = 100.0
BISECTION_STEPS = 60  # halvings; far below what a weight is written with


@dataclass(frozen=True)
class WeightedScores:
    """Scores from 0 to 100, shape (segments,); the criteria used, their weights summing to 100, what each adds.

    `contributions` has shape (segments, criteria); a row sums up to its segment's score. `unknown_criteria` criteria
    dropped out.
    """

    scores: FloatArray
    criteria: tuple[str, ...]
    weights: FloatArray
    scaled_criteria: FloatArray
    unknown_criteria: tuple[str, ...]

    @property
    def contributions(self) -> FloatArray:
        """What each criterion adds to each score."""
        return np.asarray(self.scaled_criteria * self.weights)

    @property
    def ranking(self) -> list[int]:
        """Places of the segments, best first; of equals the one that is listed first."""
        return [int(position) for position in np.argsort(-self.scores, kind="stable")]


def weigh_criteria(segment_criteria: SegmentCriteria, weights: Mapping[str, float]) -> WeightedScores | None:
    """Score = sum of weight x scaled criterion over the sum of weights known; None where no criterion is known.

    As in Dolnicar, Grün and Leisch, Market segmentation analysis (2018), ch. 4 and 10.
    """
    weighted_names = [criterion for criterion, weight in weights.items() if weight > 0]
    known_names = [criterion for criterion in weighted_names if criterion in segment_criteria.values]
    if not known_names:
        return None
    known_weights = np.array([weights[criterion] for criterion in known_names], dtype=np.float64)
    weight_shares = TOTAL_WEIGHT * known_weights / known_weights.sum()
    scaled_criteria = np.column_stack([segment_criteria.scale_criterion(criterion) for criterion in known_names])
    unknown_names = tuple(criterion for criterion in weighted_names if criterion not in known_names)
    return WeightedScores(
        np.asarray(scaled_criteria @ weight_shares), tuple(known_names), weight_shares, scaled_criteria, unknown_names
    )


def rank_tolerance(weighted_scores: WeightedScores, ranked_positions: Sequence[int]) -> float:
    """By how much any weights may change, all at once and each its own way, with the first segment staying first.

    A weight that would fall below 0 stays at 0. Whatever the changed weights sum up to, they are shares of that sum:
    the order of segments does not depend on it.

    Args:
        weighted_scores: the scores.
        ranked_positions: places of the segments that are ranked, best first.

    Returns:
        Points out of 100; 0 where two share the first place, infinite where no change can matter.
    """
    if not ranked_positions:
        return 0.0
    first_position, *rival_positions = ranked_positions
    score_leads = weighted_scores.scaled_criteria[first_position] - weighted_scores.scaled_criteria[rival_positions]
    return min(
        (_rival_tolerance(criterion_leads, weighted_scores.weights) for criterion_leads in score_leads), default=np.inf
    )


def _rival_tolerance(criterion_leads: FloatArray, weights: FloatArray) -> float:
    """The largest change that one rival cannot use: its worst case falls steadily, so it is found by halving.

    Args:
        criterion_leads: how far the first is ahead in each criterion, shape (criteria,).
        weights: of the criteria.
    """

    def worst_lead(weight_change: float) -> float:
        worst_weights = np.where(criterion_leads > 0, np.maximum(weights - weight_change, 0), weights + weight_change)
        return float(criterion_leads @ worst_weights)

    if worst_lead(TOTAL_WEIGHT) > 0:
        return np.inf
    low_change, high_change = 0.0, TOTAL_WEIGHT
    for _ in range(BISECTION_STEPS):
        middle_change = (low_change + high_change) / 2
        low_change, high_change = (
            (middle_change, high_change) if worst_lead(middle_change) > 0 else (low_change, middle_change)
        )
    return low_change
