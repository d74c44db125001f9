"""Natural breaks (Fisher 1958, Jenks 1977): the cut with the least squared deviation within scores.

Exact, by dynamic programming over distinct values; each layer is filled by divide and conquer, since the best
last break moves up with the value (the cost satisfies the quadrangle inequality): O(bins x d log d) for d values.
"""

from dataclasses import dataclass

import numpy as np

from segcli.segment.scoring import BinScores, ScoreRequest, ScoreValues

COST_TOLERANCE = 1e-12  # of all squares: cuts this close are equally good, and the lowest is taken whatever the unit


def score_values(request: ScoreRequest) -> BinScores:
    """Score by natural classes; fewer distinct values than bins give fewer scores, the best at the top."""
    starts = class_starts(request.ranking_values, request.bins)
    classes = np.searchsorted(starts, request.ranking_values, side="right")
    return classes + request.bins - len(starts)


def class_starts(values: ScoreValues, class_count: int) -> ScoreValues:
    """The smallest value of each class, ascending; at most `class_count` of them."""
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
    """Running sums of weight, value and square, from which the cost of any class is known at once."""

    weight: ScoreValues
    total: ScoreValues
    square: ScoreValues

    @classmethod
    def from_counts(cls, values: ScoreValues, counts: ScoreValues) -> "_BreakCosts":
        centred_values = values - np.average(values, weights=counts)  # keeps squares small, so differences stay exact
        sums = (np.concatenate([[0.0], np.cumsum(counts * centred_values**power)]) for power in range(3))
        return cls(*sums)

    def class_cost(self, first_index: BinScores, last_index: BinScores) -> ScoreValues:
        """Squared deviation within classes of values first..last, inclusive."""
        weight = self.weight[last_index + 1] - self.weight[first_index]
        total = self.total[last_index + 1] - self.total[first_index]
        squared_deviation: ScoreValues = self.square[last_index + 1] - self.square[first_index] - total**2 / weight
        return squared_deviation

    def add_class(self, least_costs: ScoreValues) -> tuple[ScoreValues, BinScores]:
        """One more class: for each last value the least cost, and where its last class begins."""
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
