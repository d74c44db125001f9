"""The few segments that are best together, within what there is to spend."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from segcli.counting import counted

MOST = 24  # candidates, of which every choice of a few is tried


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


def choose(candidates: Sequence[Candidate], limits: Limits) -> tuple[str, ...]:
    """The choice worth most; of equals the cheapest, then the one listed first. Every choice is tried.

    Where not even the fewest fit what there is to spend, the best smaller choice is taken.

    Args:
        candidates: in order of rank.
        limits: of the choice.
    """
    listed = candidates[:MOST]

    def fits(chosen: Sequence[Candidate]) -> bool:
        cost, contacts = sum(one.cost for one in chosen), sum(one.contacts for one in chosen)
        in_budget = limits.budget is None or cost <= limits.budget
        return in_budget and (limits.capacity is None or contacts <= limits.capacity)

    for sizes in (range(limits.fewest, limits.most + 1), range(limits.fewest - 1, 0, -1)):
        found = [chosen for size in sizes for chosen in combinations(listed, size) if fits(chosen)]
        if found:
            best = max(found, key=lambda chosen: (sum(one.worth for one in chosen), -sum(one.cost for one in chosen)))
            return tuple(one.name for one in best)
    return ()


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
