"""Every way to cut scores again, by counting: exact fractions, and without segcli or numpy.

Values are turned so that larger is better by the caller's `low_is_best`; scores run from 1 (worst) upwards.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from math import floor

Values = Sequence[float]


def quantile(values: Values, bins: int, *, low_is_best: bool = False, ties: str = "mid") -> list[int]:
    """floor(bins x p) + 1 with p from the worst: the middle of the ranks of equals, or the lowest or highest of them.

    By the middle, the worst value has score 1 and the best one the highest score, unless there is one value only.
    """
    goodness = _goodness(values, low_is_best=low_is_best)
    worse = sorted(goodness)
    if ties == "mid":
        middles = [Fraction(bisect_left(worse, g) + bisect_right(worse, g), 2) for g in goodness]
        ends = {worse[0]: 1, worse[-1]: bins} if worse[0] < worse[-1] else {}
        return [
            ends.get(g, floor(bins * middle / len(values)) + 1) for g, middle in zip(goodness, middles, strict=True)
        ]
    below = [bisect_left(worse, g) if ties == "same-bin" else bisect_right(worse, g) - 1 for g in goodness]
    return [floor(bins * Fraction(rank, len(values))) + 1 for rank in below]


def type7(values: Values, share: Fraction) -> Fraction:
    """The quantile of Hyndman and Fan's definition 7, as an exact fraction."""
    ascending = sorted(values)
    place = (len(values) - 1) * share
    low = floor(place)
    high = min(low + 1, len(values) - 1)
    return Fraction(ascending[low]) + (place - low) * (Fraction(ascending[high]) - Fraction(ascending[low]))


def edges(values: Values, bins: int, *, low_is_best: bool = False) -> list[int]:
    """1 + number of type 7 cut points that the value exceeds, turned round where low is best."""
    cuts = [type7(values, Fraction(k, bins)) for k in range(1, bins)]
    exceeded = [1 + sum(value > cut for cut in cuts) for value in values]
    return [bins + 1 - score for score in exceeded] if low_is_best else exceeded


def fixed(values: Values, given: Sequence[float], *, low_is_best: bool = False) -> list[int]:
    """1 + number of edges the value reaches, turned round where low is best."""
    reached = [1 + sum(edge <= value for edge in given) for value in values]
    return [len(given) + 2 - score for score in reached] if low_is_best else reached


def ntile(values: Values, bins: int, *, low_is_best: bool = False) -> list[int]:
    """SQL's NTILE from the worst: the first N mod bins groups hold one more; equal values in the given order."""
    goodness = _goodness(values, low_is_best=low_is_best)
    ranked = sorted(range(len(values)), key=lambda i: (goodness[i], i))
    size, larger = divmod(len(values), bins)
    scores = [0] * len(values)
    taken = 0
    for score in range(1, bins + 1):
        for i in ranked[taken : taken + size + (score <= larger)]:
            scores[i] = score
        taken += size + (score <= larger)
    return scores


def nested(recency: Values, frequency: Values, monetary: Values, bins: int) -> list[tuple[int, int, int]]:
    """Quantile scores of frequency among equal R, and of monetary value among equal R and F.

    Fewer peers than scores say nothing: such customers keep the score they have among everybody.
    """
    r = quantile(recency, bins, low_is_best=True)
    f = _within(list(r), frequency, bins)
    m = _within(list(zip(r, f, strict=True)), monetary, bins)
    return list(zip(r, f, m, strict=True))


def _within(groups: Sequence[object], values: Values, bins: int) -> list[int]:
    members = defaultdict(list)
    for i, group in enumerate(groups):
        members[group].append(i)
    scores = [0] * len(values)
    among_all = quantile(values, bins)
    for places in members.values():
        among_peers = quantile([values[i] for i in places], bins)
        for i, score in zip(places, among_peers, strict=True):
            scores[i] = score if len(places) >= bins else among_all[i]
    return scores


def within_deviation(groups: Sequence[Sequence[float]]) -> Fraction:
    """Squared deviation from the group means, summed."""
    total = Fraction(0)
    for group in groups:
        exact = [Fraction(value) for value in group]
        mean = sum(exact, Fraction(0)) / len(exact)
        total += sum(((value - mean) ** 2 for value in exact), Fraction(0))
    return total


def least_deviation(values: Values, classes: int) -> Fraction:
    """The best that any cut into at most `classes` runs of the sorted values can do; every cut is tried."""
    ascending, distinct = sorted(values), sorted(set(values))
    count = min(classes, len(distinct))
    return min(
        within_deviation(_cut(ascending, [distinct[i] for i in places]))
        for places in combinations(range(1, len(distinct)), count - 1)
    )


def grouped(values: Values, scores: Sequence[int]) -> list[list[float]]:
    """The values of each score."""
    groups = defaultdict(list)
    for value, score in zip(values, scores, strict=True):
        groups[score].append(value)
    return list(groups.values())


def _cut(ascending: Values, starts: Sequence[float]) -> list[list[float]]:
    places = [0, *(bisect_left(ascending, start) for start in starts), len(ascending)]
    return [list(ascending[low:high]) for low, high in pairwise(places)]


def _goodness(values: Values, *, low_is_best: bool) -> list[float]:
    return [-value for value in values] if low_is_best else list(values)
