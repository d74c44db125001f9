"""The few segments that are best together, within what there is to spend."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from segcli.counting import counted

ROUNDING = 1e-9  # of what a choice is worth; sums in another order differ by less


@dataclass(frozen=True)
class Candidate:
    """A segment that may be chosen: what it is worth to choose, what its contacts cost, and how many they are."""

    name: str
    worth: float
    cost: float
    contacts: int


@dataclass(frozen=True)
class Limits:
    """Fewest and most segments, most that contacts may cost, and most contacts; None is no limit."""

    fewest: int
    most: int
    budget: float | None = None
    capacity: int | None = None


class Choice(NamedTuple):
    """Names of the segments that are best together, and whether all other choices were tried or cannot be better."""

    names: tuple[str, ...]
    is_complete: bool


def choose(candidates: Sequence[Candidate], limits: Limits, most_steps: int) -> Choice:
    """The choice worth most; of equals the cheapest, then the smallest, then the one listed first.

    Where not even the fewest fit what there is to spend, the best smaller choice is taken.

    Args:
        candidates: in order of rank.
        limits: of the choice.
        most_steps: choices that are looked at; after them the best of these is taken.
    """
    for fewest, most in ((limits.fewest, limits.most), (1, limits.fewest - 1)):
        search = _Search(candidates, limits, fewest, most)
        is_complete = search.run(most_steps)
        if search.best:
            chosen = {search.candidates[place].name for place in search.best}
            return Choice(tuple(one.name for one in candidates if one.name in chosen), is_complete)
    return Choice((), is_complete)


class _Search:
    """Branch and bound: choices grow by candidates in order of worth, and none grows that cannot become the best."""

    def __init__(self, candidates: Sequence[Candidate], limits: Limits, fewest: int, most: int) -> None:
        self.candidates = sorted(candidates, key=lambda one: -one.worth)  # of equals the one listed first
        self.limits, self.fewest, self.most = limits, fewest, most
        self.best: tuple[int, ...] = ()
        worths = [max(one.worth, 0.0) for one in self.candidates]
        # by place: what the next candidates from there on, one, two and so on, add to a choice
        self.gains = [[0.0, *accumulate(worths[place : place + most])] for place in range(len(worths) + 1)]

    def run(self, most_steps: int) -> bool:
        """Search, and return whether it came to its end."""
        waiting: list[tuple[int, ...]] = [()]
        for _ in range(most_steps):
            if not waiting:
                return True
            chosen = waiting.pop()
            if not self._fits(chosen) or not self._can_improve(chosen):
                continue
            if len(chosen) >= self.fewest and (not self.best or self._rank(chosen) > self._rank(self.best)):
                self.best = chosen
            if len(chosen) < self.most:
                later = range(chosen[-1] + 1 if chosen else 0, len(self.candidates))
                waiting += [(*chosen, place) for place in reversed(later)]
        return not waiting

    def _worth(self, chosen: tuple[int, ...]) -> float:
        return sum(self.candidates[place].worth for place in chosen)

    def _rank(self, chosen: tuple[int, ...]) -> tuple[float, float, int, tuple[int, ...]]:
        cost = sum(self.candidates[place].cost for place in chosen)
        return self._worth(chosen), -cost, -len(chosen), tuple(-place for place in chosen)

    def _fits(self, chosen: tuple[int, ...]) -> bool:
        cost = sum(self.candidates[place].cost for place in chosen)
        contacts = sum(self.candidates[place].contacts for place in chosen)
        in_budget = self.limits.budget is None or cost <= self.limits.budget
        return in_budget and (self.limits.capacity is None or contacts <= self.limits.capacity)

    def _can_improve(self, chosen: tuple[int, ...]) -> bool:
        """Whether candidates behind it can make it as good as the best."""
        if not self.best:
            return True
        gains = self.gains[chosen[-1] + 1 if chosen else 0]
        highest = self._worth(chosen) + gains[min(self.most - len(chosen), len(gains) - 1)]
        return highest >= self._worth(self.best) - ROUNDING * abs(highest)


def why_not(one: Candidate, chosen: Sequence[Candidate], limits: Limits) -> str:
    """Why a candidate was left out, beside those that were chosen."""
    spent, contacts = sum(other.cost for other in chosen), sum(other.contacts for other in chosen)
    if limits.budget is not None and spent + one.cost > limits.budget:
        return f"its contacts cost {one.cost:,.2f}; {limits.budget - spent:,.2f} of the budget is left"
    if limits.capacity is not None and contacts + one.contacts > limits.capacity:
        return f"it has {counted(one.contacts, 'contact')}; there is capacity for {limits.capacity - contacts:,} more"
    if len(chosen) >= limits.most:
        return f"not among the {limits.most} worth most together"
    return "choosing it would be worth nothing"
