"""Natural breaks (Fisher 1958, Jenks 1977): the cut with the least squared deviation within scores.

Exact, by dynamic programming over distinct values; each layer is filled by divide and conquer, since the best
last break moves up with the value (the cost satisfies the quadrangle inequality): O(bins x d log d) for d values.
"""

from dataclasses import dataclass

import numpy as np

from segcli.segment.scoring import Request, Scores, Values

TOLERANCE = 1e-12  # of all squares: cuts this close are equally good, and the lowest is taken whatever the unit


def score(request: Request) -> Scores:
    """Score by natural classes; fewer distinct values than bins give fewer scores, the best at the top."""
    starts = class_starts(request.goodness, request.bins)
    classes = np.searchsorted(starts, request.goodness, side="right")
    return classes + request.bins - len(starts)


def class_starts(values: Values, classes: int) -> Values:
    """The smallest value of each class, ascending; at most `classes` of them."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= classes:
        return distinct
    layers = _Layers.of(distinct, counts.astype(np.float64))
    best, breaks = layers.cost(np.zeros(len(distinct), dtype=np.int64), np.arange(len(distinct))), []
    for _ in range(classes - 1):
        best, last = layers.next(best)
        breaks.append(last)
    starts, end = [], len(distinct) - 1
    for last in reversed(breaks):
        starts.append(int(last[end]))
        end = starts[-1] - 1
    return distinct[[0, *reversed(starts)]]


@dataclass(frozen=True)
class _Layers:
    """Running sums of weight, value and square, from which the cost of any class is known at once."""

    weight: Values
    total: Values
    square: Values

    @classmethod
    def of(cls, values: Values, counts: Values) -> "_Layers":
        centred = values - np.average(values, weights=counts)  # keeps squares small, so differences stay exact
        sums = (np.concatenate([[0.0], np.cumsum(counts * centred**power)]) for power in range(3))
        return cls(*sums)

    def cost(self, first: Scores, last: Scores) -> Values:
        """Squared deviation within classes of values first..last, inclusive."""
        weight = self.weight[last + 1] - self.weight[first]
        total = self.total[last + 1] - self.total[first]
        within: Values = self.square[last + 1] - self.square[first] - total**2 / weight
        return within

    def next(self, best: Values) -> tuple[Values, Scores]:
        """One more class: for each last value the least cost, and where its last class begins."""
        size = len(best)
        improved, begins = np.full(size, np.inf), np.zeros(size, dtype=np.int64)
        pending = [(1, size - 1, 1, size - 1)]
        while pending:
            low, high, left, right = pending.pop()
            if low > high:
                continue
            middle = (low + high) // 2
            first = np.arange(left, min(middle, right) + 1)
            costs = best[first - 1] + self.cost(first, np.full(len(first), middle))
            chosen = int((costs <= costs.min() + TOLERANCE * self.square[-1]).argmax())
            improved[middle], begins[middle] = costs[chosen], first[chosen]
            pending += [
                (low, middle - 1, left, int(first[chosen])),
                (middle + 1, high, int(first[chosen]), right),
            ]
        return improved, begins
