"""The few segments that are best together, within what there is to spend."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from segcli.counting import pluralize

ROUNDING_TOLERANCE = 1e-9  # of what a choice is worth; sums in another order differ by less


@dataclass(frozen=True)
class Candidate:
    """A segment that may be chosen: what it is worth to choose, what its contacts cost, and how many they are."""

    name: str
    worth: float
    cost: float
    contacts: int


@dataclass(frozen=True)
class SelectionLimits:
    """Fewest and most segments, most that contacts may cost, and most contacts; None is no limit."""

    min_segments: int
    max_segments: int
    budget: float | None = None
    capacity: int | None = None


class SegmentChoice(NamedTuple):
    """Names of the segments that are best together, and whether all other choices were tried or cannot be better."""

    segment_names: tuple[str, ...]
    is_complete: bool


def choose_segments(
    candidates: Sequence[Candidate], selection_limits: SelectionLimits, max_steps: int
) -> SegmentChoice:
    """The choice worth most; of equals the cheapest, then the smallest, then the one listed first.

    Where not even the fewest fit what there is to spend, the best smaller choice is taken.

    Args:
        candidates: in order of rank.
        selection_limits: of the choice.
        max_steps: choices that are looked at; after them the best of these is taken.
    """
    for min_segments, max_segments in (
        (selection_limits.min_segments, selection_limits.max_segments),
        (1, selection_limits.min_segments - 1),
    ):
        search = _ChoiceSearch(candidates, selection_limits, min_segments, max_segments)
        is_complete = search.run_search(max_steps)
        if search.best_choice:
            chosen_names = {search.candidates[position].name for position in search.best_choice}
            return SegmentChoice(
                tuple(candidate.name for candidate in candidates if candidate.name in chosen_names), is_complete
            )
    return SegmentChoice((), is_complete)


class _ChoiceSearch:
    """Branch and bound: choices grow by candidates in order of worth, and none grows that cannot become the best."""

    def __init__(
        self, candidates: Sequence[Candidate], selection_limits: SelectionLimits, min_segments: int, max_segments: int
    ) -> None:
        self.candidates = sorted(candidates, key=lambda one: -one.worth)  # of equals the one listed first
        self.selection_limits, self.min_segments, self.max_segments = selection_limits, min_segments, max_segments
        self.best_choice: tuple[int, ...] = ()
        worths = [max(candidate.worth, 0.0) for candidate in self.candidates]
        # by place: what the next candidates from there on, one, two and so on, add to a choice
        self.best_gains = [
            [0.0, *accumulate(worths[position : position + max_segments])] for position in range(len(worths) + 1)
        ]

    def run_search(self, max_steps: int) -> bool:
        """Search, and return whether it came to its end."""
        open_choices: list[tuple[int, ...]] = [()]
        for _ in range(max_steps):
            if not open_choices:
                return True
            choice = open_choices.pop()
            if not self._is_affordable(choice) or not self._can_improve(choice):
                continue
            if len(choice) >= self.min_segments and (
                not self.best_choice or self._rank_choice(choice) > self._rank_choice(self.best_choice)
            ):
                self.best_choice = choice
            if len(choice) < self.max_segments:
                later_positions = range(choice[-1] + 1 if choice else 0, len(self.candidates))
                open_choices += [(*choice, position) for position in reversed(later_positions)]
        return not open_choices

    def _sum_worth(self, choice: tuple[int, ...]) -> float:
        return sum(self.candidates[position].worth for position in choice)

    def _rank_choice(self, choice: tuple[int, ...]) -> tuple[float, float, int, tuple[int, ...]]:
        cost = sum(self.candidates[position].cost for position in choice)
        return self._sum_worth(choice), -cost, -len(choice), tuple(-position for position in choice)

    def _is_affordable(self, choice: tuple[int, ...]) -> bool:
        cost = sum(self.candidates[position].cost for position in choice)
        contacts = sum(self.candidates[position].contacts for position in choice)
        is_in_budget = self.selection_limits.budget is None or cost <= self.selection_limits.budget
        return is_in_budget and (self.selection_limits.capacity is None or contacts <= self.selection_limits.capacity)

    def _can_improve(self, choice: tuple[int, ...]) -> bool:
        """Whether candidates behind it can make it as good as the best."""
        if not self.best_choice:
            return True
        gains = self.best_gains[choice[-1] + 1 if choice else 0]
        highest_worth = self._sum_worth(choice) + gains[min(self.max_segments - len(choice), len(gains) - 1)]
        return highest_worth >= self._sum_worth(self.best_choice) - ROUNDING_TOLERANCE * abs(highest_worth)


def explain_rejection(
    candidate: Candidate, chosen_candidates: Sequence[Candidate], selection_limits: SelectionLimits
) -> str:
    """Why a candidate was left out, beside those that were chosen."""
    spent_budget, used_contacts = (
        sum(chosen_candidate.cost for chosen_candidate in chosen_candidates),
        sum(chosen_candidate.contacts for chosen_candidate in chosen_candidates),
    )
    if selection_limits.budget is not None and spent_budget + candidate.cost > selection_limits.budget:
        return (
            f"its contacts cost {candidate.cost:,.2f}; "
            f"{selection_limits.budget - spent_budget:,.2f} of the budget is left"
        )
    if selection_limits.capacity is not None and used_contacts + candidate.contacts > selection_limits.capacity:
        return (
            f"it has {pluralize(candidate.contacts, 'contact')}; "
            f"there is capacity for {selection_limits.capacity - used_contacts:,} more"
        )
    if len(chosen_candidates) >= selection_limits.max_segments:
        return f"not among the {selection_limits.max_segments} worth most together"
    return "choosing it would be worth nothing"
