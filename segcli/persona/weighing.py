"""Criteria weighed into one score per segment, and how far weights can change before the order does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli.persona.criteria import Measured

Values = npt.NDArray[np.float64]
WHOLE = 100.0
STEPS = 60  # halvings; far below what a weight is written with


@dataclass(frozen=True)
class Weighed:
    """Scores from 0 to 100, shape (segments,); the criteria used, their weights summing to 100, what each adds.

    `parts` has shape (segments, criteria); a row sums up to its segment's score. `unknown` criteria dropped out.
    """

    scores: Values
    criteria: tuple[str, ...]
    weights: Values
    scaled: Values
    unknown: tuple[str, ...]

    @property
    def parts(self) -> Values:
        """What each criterion adds to each score."""
        return np.asarray(self.scaled * self.weights)

    @property
    def order(self) -> list[int]:
        """Places of the segments, best first; of equals the one that is listed first."""
        return [int(place) for place in np.argsort(-self.scores, kind="stable")]


def weigh(measured: Measured, weights: Mapping[str, float]) -> Weighed | None:
    """Score = sum of weight x scaled criterion over the sum of weights known; None where no criterion is known.

    As in Dolnicar, Grün and Leisch, Market segmentation analysis (2018), ch. 4 and 10.
    """
    wanted = [name for name, weight in weights.items() if weight > 0]
    used = [name for name in wanted if name in measured.values]
    if not used:
        return None
    parts = np.array([weights[name] for name in used], dtype=np.float64)
    shares = WHOLE * parts / parts.sum()
    scaled = np.column_stack([measured.scaled(name) for name in used])
    unknown = tuple(name for name in wanted if name not in used)
    return Weighed(np.asarray(scaled @ shares), tuple(used), shares, scaled, unknown)


def first_holds(weighed: Weighed, among: Sequence[int]) -> float:
    """By how much any weights may change, all at once and each its own way, with the first segment staying first.

    A weight that would fall below 0 stays at 0. Whatever the changed weights sum up to, they are shares of that sum:
    the order of segments does not depend on it.

    Args:
        weighed: the scores.
        among: places of the segments that are ranked, best first.

    Returns:
        Points out of 100; 0 where two share the first place, infinite where no change can matter.
    """
    if not among:
        return 0.0
    first, *others = among
    ahead = weighed.scaled[first] - weighed.scaled[others]
    return min((_holds(row, weighed.weights) for row in ahead), default=np.inf)


def _holds(ahead: Values, weights: Values) -> float:
    """The largest change that one rival cannot use: its worst case falls steadily, so it is found by halving.

    Args:
        ahead: how far the first is ahead in each criterion, shape (criteria,).
        weights: of the criteria.
    """

    def lead(change: float) -> float:
        worst = np.where(ahead > 0, np.maximum(weights - change, 0), weights + change)
        return float(ahead @ worst)

    if lead(WHOLE) > 0:
        return np.inf
    low, high = 0.0, WHOLE
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if lead(middle) > 0 else (low, middle)
    return low
