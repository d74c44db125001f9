"""Selection of target segments, and cost and expected margin of their contacts by the most profitable channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import BoolArray
from segcli.config.target import TargetSettings
from segcli.customers import consent
from segcli.message import count_message, message
from segcli.model import Segmentation

# Best combination of a few segments within budget and capacity
ROUNDING_TOLERANCE = 1e-9  # relative to the worth of a choice; sums in another order differ by less


@dataclass(frozen=True)
class Candidate:
    """Candidate segment: its worth, the cost of its contacts, and their number."""

    name: str
    worth: float
    cost: float
    contacts: int


@dataclass(frozen=True)
class SelectionLimits:
    """Minimum and maximum number of segments, budget, and maximum number of contacts; None means no limit."""

    min_segments: int
    max_segments: int
    budget: float | None = None
    capacity: int | None = None


class SegmentChoice(NamedTuple):
    """Names of the chosen segments, and whether the search proved that no other choice is better."""

    segment_names: tuple[str, ...]
    is_complete: bool


def choose_segments(
    candidates: Sequence[Candidate], selection_limits: SelectionLimits, max_steps: int
) -> SegmentChoice:
    """Choose the most valuable combination; ties go to the cheapest, then the smallest, then the first listed.

    If not even the minimum number of segments fits the budget and capacity, the best smaller combination is chosen.

    Args:
        candidates: candidates in order of rank.
        selection_limits: limits of the combination.
        max_steps: maximum number of combinations to examine; the best one examined is then chosen.
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
    """Branch-and-bound search that extends choices by decreasing worth and prunes those that cannot become the best."""

    def __init__(
        self, candidates: Sequence[Candidate], selection_limits: SelectionLimits, min_segments: int, max_segments: int
    ) -> None:
        self.candidates = sorted(candidates, key=lambda candidate: -candidate.worth)  # stable: ties keep their order
        self.selection_limits, self.min_segments, self.max_segments = selection_limits, min_segments, max_segments
        self.best_choice: tuple[int, ...] = ()
        worths = [max(candidate.worth, 0.0) for candidate in self.candidates]
        # by position: what the next 0, 1, 2, ... candidates from there on add to a choice
        self.best_gains = [
            [0.0, *accumulate(worths[position : position + max_segments])] for position in range(len(worths) + 1)
        ]

    def run_search(self, max_steps: int) -> bool:
        """Run the search, and return whether it was exhaustive."""
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
        """Return whether later candidates can make a choice as good as the best."""
        if not self.best_choice:
            return True
        gains = self.best_gains[choice[-1] + 1 if choice else 0]
        highest_worth = self._sum_worth(choice) + gains[min(self.max_segments - len(choice), len(gains) - 1)]
        return highest_worth >= self._sum_worth(self.best_choice) - ROUNDING_TOLERANCE * abs(highest_worth)


def explain_rejection(
    candidate: Candidate, chosen_candidates: Sequence[Candidate], selection_limits: SelectionLimits
) -> str:
    """Return the reason why a candidate was not chosen, given the chosen ones."""
    spent_budget, used_contacts = (
        sum(chosen_candidate.cost for chosen_candidate in chosen_candidates),
        sum(chosen_candidate.contacts for chosen_candidate in chosen_candidates),
    )
    if selection_limits.budget is not None and spent_budget + candidate.cost > selection_limits.budget:
        return message(
            "its contacts cost {cost:,.2f}; {left:,.2f} of the budget is left",
            cost=candidate.cost,
            left=selection_limits.budget - spent_budget,
        )
    if selection_limits.capacity is not None and used_contacts + candidate.contacts > selection_limits.capacity:
        return count_message(
            "it has {count} contact; there is capacity for {left} more",
            "it has {count} contacts; there is capacity for {left} more",
            candidate.contacts,
            left=selection_limits.capacity - used_contacts,
        )
    if len(chosen_candidates) >= selection_limits.max_segments:
        return message(
            "not among the {max_segments} with the highest total value", max_segments=selection_limits.max_segments
        )
    return message("choosing it would add no value")


DEFAULT_CHANNEL = "email"  # if the settings name no channel


@dataclass(frozen=True)
class ContactEstimate:
    """Contacts of a segment by one channel: reachable customers, cost and expected incremental margin.

    Cost and margin are NaN if a figure is unknown, such as the reach of the channel. `max_contacts` and `max_cost`
    then hold for all customers of the segment, so that a budget and a capacity are kept in any case.
    """

    segment: str
    contact_channel: str
    contact_count: int | None
    cost: float
    expected_margin: float
    max_contacts: int
    max_cost: float

    @property
    def roi(self) -> float:
        """(Margin - cost) / cost; NaN if contacts cost nothing."""
        return (self.expected_margin - self.cost) / self.cost if self.cost else np.nan

    @property
    def net_margin(self) -> float:
        """Expected incremental margin after cost; NaN if unknown."""
        return self.expected_margin - self.cost

    @property
    def is_unprofitable(self) -> bool:
        """Whether contacts cost more than their expected margin; false if the margin is unknown."""
        return self.cost > 0 and not np.isnan(self.expected_margin) and self.expected_margin < self.cost


def estimate_contacts(
    segmentation: Segmentation, settings: TargetSettings, *, margin_rate: float, consent_words: Sequence[str]
) -> list[ContactEstimate]:
    """Return for each segment the channel with the highest expected incremental margin after cost.

    Expected incremental margin = contacts x response x value of a response x margin. The response is the configured
    additional share of buyers. The value of a response is the configured one, or else the segment's average order
    value. The margin is that of the segment's orders if known, or else `margin_rate`. What is unknown stays missing.
    """
    contact_channels = list(dict.fromkeys([*settings.contact_cost, *settings.response])) or [DEFAULT_CHANNEL]
    reachable_masks = {
        contact_channel: consent.is_reachable(segmentation.customers, contact_channel, consent_words)
        for contact_channel in contact_channels
    }
    table, estimates = segmentation.customers.table, []
    for segment_name in segmentation.segments:
        in_segment = (segmentation.labels == segment_name).to_numpy()
        margin_per_response = (settings.response_value or _average_order_value(table, in_segment)) * (
            settings.margin or _measure_margin_rate(table, in_segment) or margin_rate
        )
        channel_estimates = [
            _estimate_channel(
                segment_name,
                contact_channel,
                None if is_reachable is None else int((in_segment & is_reachable).sum()),
                _ContactTerms(
                    int(in_segment.sum()),
                    settings.contact_cost.get(contact_channel, np.nan),
                    settings.response.get(contact_channel, np.nan) * margin_per_response,
                ),
            )
            for contact_channel, is_reachable in reachable_masks.items()
        ]
        estimates.append(max(channel_estimates, key=_rank_channel))
    return estimates


@dataclass(frozen=True)
class _ContactTerms:
    """Size of a segment, and the cost and expected incremental margin of one contact; NaN if unknown."""

    customers: int
    cost_per_contact: float
    margin_per_contact: float


def _rank_channel(estimate: ContactEstimate) -> tuple[bool, bool, float]:
    """Return the order of channels: a known net margin before an unknown one, then a known reach, then money."""
    is_known = not np.isnan(estimate.net_margin)
    return is_known, estimate.contact_count is not None, estimate.net_margin if is_known else -estimate.max_cost


def _estimate_channel(
    segment_name: str, contact_channel: str, contact_count: int | None, terms: _ContactTerms
) -> ContactEstimate:
    max_contacts = terms.customers if contact_count is None else contact_count
    known_contacts = np.nan if contact_count is None else float(contact_count)
    return ContactEstimate(
        segment_name,
        contact_channel,
        contact_count,
        round(known_contacts * terms.cost_per_contact, 2),
        known_contacts * terms.margin_per_contact,
        max_contacts,
        0.0 if np.isnan(terms.cost_per_contact) else round(max_contacts * terms.cost_per_contact, 2),
    )


def list_missing_figures(
    contact_estimates: Sequence[ContactEstimate], settings: TargetSettings, *, margin_rate: float, table: pd.DataFrame
) -> list[str]:
    """Return the figures that the expected incremental margin of these contacts lacks."""
    channels = {estimate.contact_channel for estimate in contact_estimates}
    everybody = np.ones(len(table), dtype=bool)
    is_missing = {
        message("response (target.response)"): bool(channels - set(settings.response)),
        message("contact cost (target.contact_cost)"): bool(channels - set(settings.contact_cost)),
        message("value of a response (target.response_value)"): settings.response_value is None
        and bool(np.isnan(_average_order_value(table, everybody))),
        message("margin (target.margin)"): bool(
            np.isnan(settings.margin or _measure_margin_rate(table, everybody) or margin_rate)
        ),
        message("reach"): any(estimate.contact_count is None for estimate in contact_estimates),
    }
    return [figure for figure, missing in is_missing.items() if missing]


def _measure_margin_rate(table: pd.DataFrame, in_segment: BoolArray) -> float | None:
    """Return the margin of a segment's orders as a part of its revenue; None if unknown or not positive."""
    if not {columns.MARGIN, columns.REVENUE} <= set(table.columns):
        return None
    known_rows = table.loc[in_segment & table[columns.MARGIN].notna().to_numpy()]
    margin, revenue = (float(known_rows[name].sum()) for name in (columns.MARGIN, columns.REVENUE))
    return margin / revenue if min(margin, revenue) > 0 else None


def _average_order_value(table: pd.DataFrame, in_segment: BoolArray) -> float:
    if not {columns.REVENUE, columns.ORDERS} <= set(table.columns):
        return np.nan
    order_count = float(table.loc[in_segment, columns.ORDERS].sum())
    return float(table.loc[in_segment, columns.REVENUE].sum()) / order_count if order_count else np.nan
