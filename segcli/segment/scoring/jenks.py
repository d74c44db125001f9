"""Natural breaks (Fisher 1958, Jenks 1977): the classes with the smallest squared deviation within classes.

The result is exact, by dynamic programming over distinct values. Divide and conquer fills each layer, because the best
last break moves up with the value (the cost satisfies the quadrangle inequality): O(bins x d log d) for d distinct
values.
"""

from dataclasses import dataclass

import numpy as np

from segcli.segment.scoring import BinScores, ScoreRequest, ScoreValues

COST_TOLERANCE = 1e-12  # relative to all squares: cuts this close are ties, and the lowest wins in any unit


def score_values(request: ScoreRequest) -> BinScores:
    """Score by natural classes; fewer distinct values than bins give fewer scores, the best at the top."""
    starts = class_starts(request.ranking_values, request.bins)
    classes = np.searchsorted(starts, request.ranking_values, side="right")
    return classes + request.bins - len(starts)


def class_starts(values: ScoreValues, class_count: int) -> ScoreValues:
    """Return the smallest value of each class, ascending; at most `class_count` of them."""
    distinct_values, counts = np.unique(values, return_counts=True)
    if len(distinct_values) <= class_count:
        return distinct_values
    layers = _BreakCosts.from_counts(distinct_values, counts.astype(np.float64))
    least_costs, breaks = (
        layers.class_cost(np.zeros(len(distinct_values), dtype=np.int64), np.arange(len(distinct_values))),
        [],
    )
    for _ in range(class_count - 1):
        least_costs, class_begins = layers.add_class(least_costs)
        breaks.append(class_begins)
    starts, end = [], len(distinct_values) - 1
    for class_begins in reversed(breaks):
        starts.append(int(class_begins[end]))
        end = starts[-1] - 1
    return distinct_values[[0, *reversed(starts)]]


@dataclass(frozen=True)
class _BreakCosts:
    """Cumulative sums of weight, value and square, which give the cost of any class directly."""

    weight: ScoreValues
    total: ScoreValues
    square: ScoreValues

    @classmethod
    def from_counts(cls, values: ScoreValues, counts: ScoreValues) -> "_BreakCosts":
        centred_values = values - np.average(
            values, weights=counts
        )  # keeps squares small, so differences stay accurate
        sums = (np.concatenate([[0.0], np.cumsum(counts * centred_values**power)]) for power in range(3))
        return cls(*sums)

    def class_cost(self, first_index: BinScores, last_index: BinScores) -> ScoreValues:
        """Return the squared deviation within classes of values first..last, inclusive."""
        weight = self.weight[last_index + 1] - self.weight[first_index]
        total = self.total[last_index + 1] - self.total[first_index]
        squared_deviation: ScoreValues = self.square[last_index + 1] - self.square[first_index] - total**2 / weight
        return squared_deviation

    def add_class(self, least_costs: ScoreValues) -> tuple[ScoreValues, BinScores]:
        """Add a class: return the least cost for each last value, and where the last class begins."""
        size = len(least_costs)
        new_costs, begins = np.full(size, np.inf), np.zeros(size, dtype=np.int64)
        pending = [(1, size - 1, 1, size - 1)]
        while pending:
            low, high, first_break, last_break = pending.pop()
            if low > high:
                continue
            middle = (low + high) // 2
            first = np.arange(first_break, min(middle, last_break) + 1)
            costs = least_costs[first - 1] + self.class_cost(first, np.full(len(first), middle))
            best_index = int((costs <= costs.min() + COST_TOLERANCE * self.square[-1]).argmax())
            new_costs[middle], begins[middle] = costs[best_index], first[best_index]
            pending += [
                (low, middle - 1, first_break, int(first[best_index])),
                (middle + 1, high, int(first[best_index]), last_break),
            ]
        return new_costs, begins
