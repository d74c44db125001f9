"""Target selection: knock-out criteria, attractiveness and own strength, then a choice within budget and capacity.

Attractiveness and competitiveness are two weighted scores after the GE/McKinsey matrix (Day, Analysis for strategic
market decisions, 1986, ch. 7) and Dolnicar, Grün and Leisch, Market segmentation analysis (2018), steps 2 and 8.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns, formatting
from segcli.config.target import TargetSettings
from segcli.customers import consent
from segcli.message import count_message, join_messages, message
from segcli.model import Segmentation
from segcli.persona.attractiveness import (
    LOW_IS_BEST,
    SegmentCriteria,
    WeightedScores,
    measure_criteria,
    rank_tolerance,
    weigh_criteria,
)
from segcli.persona.holdout_plans import describe_holdouts, list_plan_columns, plan_holdouts
from segcli.persona.target_selection import (
    Candidate,
    ContactEstimate,
    SelectionLimits,
    choose_segments,
    estimate_contacts,
    explain_rejection,
    list_missing_figures,
)

DEFAULT_WEIGHTS = "weights"  # name of the set of weights in the settings
MATRIX_THIRDS = (100 / 3, 200 / 3)
# Rows by attractiveness (low, medium, high), columns by strength (low, medium, high)
MATRIX_CELLS = (
    ("withdraw", "manage for earnings", "protect and refocus"),
    ("expand with care or harvest", "manage for earnings", "build selectively"),
    ("build selectively", "invest to build", "protect position"),
)


@dataclass(frozen=True)
class TargetSelection:
    """Scores of all segments, and the chosen ones.

    `table` has one row per segment, the most attractive first, knocked-out ones last: segment, customers, the measured
    criteria, attractiveness, strength and cell (if known), way, contacts, cost, expected_margin, roi, chosen (yes or
    no), reason, and for chosen segments planned_holdout and detectable_effect.
    `contributions` are the contributions of each criterion. `weight_tolerance` is the number of points
    out of 100 by which all weights may change while the first segment stays first. `weight_set_scores` compares the
    weight sets. `missing_figures` are those that the expected incremental margin lacks.
    """

    segmentation: Segmentation
    table: pd.DataFrame
    contributions: pd.DataFrame
    chosen_segments: tuple[str, ...]
    weight_tolerance: float
    weight_set_scores: pd.DataFrame
    notes: tuple[str, ...]
    missing_figures: tuple[str, ...] = ()

    @property
    def member_mask(self) -> npt.NDArray[np.bool_]:
        """Customers in a chosen segment, shape (n,)."""
        return np.asarray(self.segmentation.labels.isin(self.chosen_segments), dtype=bool)


@dataclass(frozen=True)
class _SegmentScores:
    """Measured and weighted scores of segments; `exclusions` are reasons by segment, and unknown scores are 0."""

    segmentation: Segmentation
    criteria: SegmentCriteria
    attractiveness: WeightedScores | None
    strength: WeightedScores | None
    contact_estimates: Sequence[ContactEstimate]
    exclusions: Mapping[str, str]

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        return self.attractiveness.scores if self.attractiveness else np.zeros(len(self.segmentation.segments))

    @property
    def eligible_ranking(self) -> list[int]:
        """Positions of the eligible segments, the most attractive first."""
        return [
            position for position in self.full_ranking if self.segmentation.segments[position] not in self.exclusions
        ]

    @property
    def weight_tolerance(self) -> float:
        """Largest change of weights that keeps the first of the eligible segments first."""
        return rank_tolerance(self.attractiveness, self.eligible_ranking) if self.attractiveness else 0.0

    @property
    def full_ranking(self) -> list[int]:
        """Positions of the segments, the most attractive first, knocked-out ones last."""
        is_excluded = np.array([segment_name in self.exclusions for segment_name in self.segmentation.segments])
        return [int(position) for position in np.lexsort((np.arange(len(is_excluded)), -self.scores, is_excluded))]


@dataclass(frozen=True)
class SelectionTerms:
    """Settings of other sections that target selection needs.

    `margin_rate` is the margin as a part of revenue if neither the settings nor the orders give one; NaN if unknown.
    `consent_words` are the values of the consent column that mean yes. `max_choices` is the maximum number of
    combinations to examine. `smallest_effect` is the effect that a holdout is planned for without a response, as a part
    of the share of buyers.
    """

    margin_rate: float
    consent_words: Sequence[str]
    max_choices: int
    smallest_effect: float


def select_targets(segmentation: Segmentation, settings: TargetSettings, terms: SelectionTerms) -> TargetSelection:
    """Score every segment, exclude those that fail a knock-out criterion, and choose a few.

    Args:
        segmentation: the segmentation.
        settings: criteria, weights, budget and capacity.
        terms: settings of other sections.
    """
    segment_scores = _score_segments(
        segmentation, settings, margin_rate=terms.margin_rate, consent_words=terms.consent_words
    )
    missing_figures = _list_missing_figures(segment_scores, settings, terms.margin_rate)
    is_by_margin = settings.objective == "margin" and not missing_figures
    candidates = [
        _make_candidate(
            segmentation.segments[position],
            float(segment_scores.scores[position]),
            segment_scores.contact_estimates[position],
            is_by_margin=is_by_margin,
        )
        for position in segment_scores.eligible_ranking
    ]
    selection_limits = SelectionLimits(*settings.choice_range, settings.budget, settings.capacity)
    chosen_names, is_complete = choose_segments(candidates, selection_limits, terms.max_choices)
    chosen_candidates = [candidate for candidate in candidates if candidate.name in chosen_names]
    reasons = dict(segment_scores.exclusions) | {
        candidate.name: message("chosen")
        if candidate in chosen_candidates
        else explain_rejection(candidate, chosen_candidates, selection_limits)
        for candidate in candidates
    }
    target_table = _build_table(segment_scores, chosen_names, reasons)
    holdout_plans = plan_holdouts(segmentation, segment_scores.contact_estimates, settings, terms.smallest_effect)
    for column_name, plan_values in list_plan_columns(holdout_plans, chosen_names).items():
        target_table[column_name] = target_table[columns.SEGMENT_NAME].map(plan_values)
    target_table["planned_holdout"] = target_table["planned_holdout"].astype("Int64")
    return TargetSelection(
        segmentation,
        target_table,
        _list_contributions(segment_scores),
        tuple(segment_name for segment_name in target_table[columns.SEGMENT_NAME] if segment_name in chosen_names),
        segment_scores.weight_tolerance,
        _compare_weight_sets(segmentation, segment_scores.criteria, settings),
        (
            *_describe_objective(settings, missing_figures),
            *_build_notes(segment_scores, chosen_names, settings),
            *describe_holdouts(holdout_plans, chosen_names),
            *([] if is_complete else [_describe_limit(terms.max_choices)]),
        ),
        tuple(missing_figures),
    )


def _score_segments(
    segmentation: Segmentation, settings: TargetSettings, *, margin_rate: float, consent_words: Sequence[str]
) -> _SegmentScores:
    criteria = measure_criteria(segmentation, settings, consent_words)
    contact_estimates = estimate_contacts(segmentation, settings, margin_rate=margin_rate, consent_words=consent_words)
    exclusions = {
        estimate.segment: _explain_loss(estimate) for estimate in contact_estimates if estimate.is_unprofitable
    }
    exclusions |= {
        segment_name: exclusion_reason
        for position, segment_name in enumerate(segmentation.segments)
        if (exclusion_reason := _explain_knock_out(criteria, position, settings))
    }
    attractiveness, strength = (
        weigh_criteria(criteria, settings.weights),
        weigh_criteria(criteria, settings.competitiveness),
    )
    return _SegmentScores(segmentation, criteria, attractiveness, strength, contact_estimates, exclusions)


def _explain_knock_out(criteria: SegmentCriteria, position: int, settings: TargetSettings) -> str:
    """Return the knock-out criterion that excludes a segment; blank if none does."""
    for criterion, bound in settings.knock_outs.items():
        criterion_value = criteria.values[criterion][position] if criterion in criteria.values else None
        if criterion_value is None or np.isnan(criterion_value):
            continue
        if criterion in LOW_IS_BEST and criterion_value > bound:
            return message(
                "excluded: {criterion} {criterion_value:.3g} is above {bound:g}",
                criterion=criterion,
                criterion_value=criterion_value,
                bound=bound,
            )
        if criterion not in LOW_IS_BEST and criterion_value < bound:
            return message(
                "excluded: {criterion} {criterion_value:.3g} is below {bound:g}",
                criterion=criterion,
                criterion_value=criterion_value,
                bound=bound,
            )
    return ""


def _describe_limit(max_choices: int) -> str:
    return message(
        "best of {max_choices} combinations; others were not tried (limits.choices), so a better one may exist",
        max_choices=max_choices,
    )


def _explain_loss(estimate: ContactEstimate) -> str:
    return message(
        "excluded: its contacts cost {cost:,.2f}, and are expected to earn {margin:,.2f}",
        cost=estimate.cost,
        margin=estimate.expected_margin,
    )


def _list_missing_figures(segment_scores: _SegmentScores, settings: TargetSettings, margin_rate: float) -> list[str]:
    """Return the figures that some eligible segment lacks for its expected incremental margin."""
    incomplete_estimates = [
        segment_scores.contact_estimates[position]
        for position in segment_scores.eligible_ranking
        if np.isnan(segment_scores.contact_estimates[position].net_margin)
    ]
    if not incomplete_estimates:
        return []
    table = segment_scores.segmentation.customers.table
    figures = list_missing_figures(incomplete_estimates, settings, margin_rate=margin_rate, table=table)
    return figures or [message("value of a response (target.response_value)")]


def _describe_objective(settings: TargetSettings, missing_figures: Sequence[str]) -> Iterator[str]:
    if missing_figures:
        yield message(
            "expected incremental margin is unknown; missing: {figures}", figures=join_messages(", ", missing_figures)
        )
    if settings.objective == "margin" and not missing_figures:
        yield message("chosen by expected incremental margin after contact cost")
    else:
        yield message("chosen by score")


def _make_candidate(segment_name: str, score: float, estimate: ContactEstimate, *, is_by_margin: bool) -> Candidate:
    return Candidate(
        segment_name, estimate.net_margin if is_by_margin else score, estimate.max_cost, estimate.max_contacts
    )


def _build_table(
    segment_scores: _SegmentScores, chosen_names: Sequence[str], reasons: Mapping[str, str]
) -> pd.DataFrame:
    """Return one row per segment, the most attractive first, knocked-out ones last."""
    segmentation = segment_scores.segmentation
    target_rows = pd.DataFrame(
        {
            columns.SEGMENT_NAME: segmentation.segments,
            columns.CUSTOMERS: segmentation.profile[columns.CUSTOMERS].to_numpy(),
        }
    )
    for column_name, criterion_values in segment_scores.criteria.values.items():
        if column_name != "size":
            target_rows[column_name] = criterion_values
    axes = {"attractiveness": segment_scores.attractiveness, "strength": segment_scores.strength}
    for column_name, weighted_scores in axes.items():
        if weighted_scores:
            target_rows[column_name] = weighted_scores.scores
    if set(axes) <= set(target_rows.columns):
        target_rows["cell"] = [
            matrix_cell(*axis_scores)
            for axis_scores in zip(target_rows["attractiveness"], target_rows["strength"], strict=True)
        ]
    target_rows["way"] = [estimate.contact_channel for estimate in segment_scores.contact_estimates]
    target_rows["contacts"] = pd.array(
        [estimate.contact_count for estimate in segment_scores.contact_estimates], dtype="Int64"
    )
    target_rows["cost"] = [estimate.cost for estimate in segment_scores.contact_estimates]
    target_rows["expected_margin"] = [estimate.expected_margin for estimate in segment_scores.contact_estimates]
    target_rows["roi"] = [estimate.roi for estimate in segment_scores.contact_estimates]
    target_rows["chosen"] = ["yes" if segment_name in chosen_names else "no" for segment_name in segmentation.segments]
    target_rows["reason"] = pd.Series([reasons[segment_name] for segment_name in segmentation.segments], dtype=object)
    return target_rows.iloc[segment_scores.full_ranking].reset_index(drop=True)


def matrix_cell(attractiveness: float, strength: float) -> str:
    """Return the cell of the three-by-three matrix for scores from 0 to 100.

    >>> matrix_cell(90, 90), matrix_cell(10, 10), matrix_cell(50, 80)
    ('protect position', 'withdraw', 'build selectively')
    """
    return MATRIX_CELLS[int(np.searchsorted(MATRIX_THIRDS, attractiveness, "right"))][
        int(np.searchsorted(MATRIX_THIRDS, strength, "right"))
    ]


def _list_contributions(segment_scores: _SegmentScores) -> pd.DataFrame:
    column_names = [columns.SEGMENT_NAME, "criterion", "value", "scaled", "weight", "adds"]
    weighted_scores = segment_scores.attractiveness
    if weighted_scores is None:
        return pd.DataFrame(columns=column_names)
    contribution_rows = [
        [
            segment_name,
            criterion,
            criterion_values[position],
            weighted_scores.scaled_criteria[position, criterion_index],
            weighted_scores.weights[criterion_index],
            weighted_scores.contributions[position, criterion_index],
        ]
        for position, segment_name in enumerate(segment_scores.segmentation.segments)
        for criterion_index, criterion in enumerate(weighted_scores.criteria)
        for criterion_values in [segment_scores.criteria.values[criterion]]
    ]
    return pd.DataFrame(contribution_rows, columns=column_names)


def _compare_weight_sets(
    segmentation: Segmentation, criteria: SegmentCriteria, settings: TargetSettings
) -> pd.DataFrame:
    """Return scores and ranks under each set of weights, the set of the settings first."""
    weight_set_rows = []
    for weight_set, weights in {DEFAULT_WEIGHTS: settings.weights, **settings.weight_sets}.items():
        weighted_scores = weigh_criteria(criteria, weights)
        if weighted_scores:
            rank_by_position = {position: rank for rank, position in enumerate(weighted_scores.ranking, start=1)}
            weight_set_rows += [
                [weight_set, segment, float(weighted_scores.scores[position]), rank_by_position[position]]
                for position, segment in enumerate(segmentation.segments)
            ]
    return pd.DataFrame(weight_set_rows, columns=["set", columns.SEGMENT_NAME, "attractiveness", "rank"])


def _build_notes(
    segment_scores: _SegmentScores, chosen_names: Sequence[str], settings: TargetSettings
) -> Iterator[str]:
    weighted_scores = segment_scores.attractiveness
    if weighted_scores is None:
        yield message("no criterion available: rate segments (target.ratings), or pass an order export")
        return
    weight_tolerance = segment_scores.weight_tolerance
    if np.isinf(weight_tolerance):
        yield message("rank 1 holds for any change of the weights")
    else:
        yield message("rank 1 holds for weight changes of up to +-{points:.1f} of 100 points", points=weight_tolerance)
    if weighted_scores.unknown_criteria:
        yield (
            message(
                "unknown, excluded from the score: {names} (set them in target.ratings)",
                names=", ".join(weighted_scores.unknown_criteria),
            )
        )
    yield from _note_ratings(segment_scores, weighted_scores.criteria, settings)
    if segment_scores.strength is None:
        yield message("own strength unknown: set own_strengths in target.ratings for the second axis")
    if len(chosen_names) < settings.choice_range[0]:
        yield count_message(
            "only {count} segment (at least {minimum} expected) fits knock-outs, budget and capacity",
            "only {count} segments (at least {minimum} expected) fit knock-outs, budget and capacity",
            len(chosen_names),
            minimum=settings.choice_range[0],
        )
    yield from _describe_reach(segment_scores.contact_estimates, settings)
    yield from _describe_returns(segment_scores.contact_estimates)


def _note_ratings(segment_scores: _SegmentScores, criteria: Sequence[str], settings: TargetSettings) -> Iterator[str]:
    """Yield ratings of unknown segments, and segments without a value of a weighted criterion."""
    unknown_segments = sorted(
        {segment_name for segment_ratings in settings.ratings.values() for segment_name in segment_ratings}
        - {*segment_scores.segmentation.segments}
    )
    if unknown_segments:
        yield message(
            "rated, but not a segment of {name}: {names}",
            name=segment_scores.segmentation.name,
            names=", ".join(unknown_segments),
        )
    for criterion in criteria:
        unknown_names = segment_scores.criteria.list_unknown_segments(criterion, segment_scores.segmentation.segments)
        if unknown_names:
            yield message(
                "{criterion} is unknown for {names}: counted as the midpoint",
                criterion=criterion,
                names=", ".join(unknown_names),
            )


def _describe_reach(contact_estimates: Sequence[ContactEstimate], settings: TargetSettings) -> Iterator[str]:
    """Yield the channels of unknown reach, and how budget and capacity count their contacts."""
    channels = dict.fromkeys(
        estimate.contact_channel for estimate in contact_estimates if estimate.contact_count is None
    )
    yield from consent.describe_unknown_reach(channels)
    if channels and (settings.budget is not None or settings.capacity is not None):
        yield message("budget and capacity count every customer of these segments as a contact")


def _describe_returns(contact_estimates: Sequence[ContactEstimate]) -> Iterator[str]:
    """Yield the segments whose contacts pay off, the highest return first."""
    profitable_estimates = sorted(
        (estimate for estimate in contact_estimates if estimate.roi > 0),
        key=lambda estimate: -estimate.roi,
    )
    if profitable_estimates:
        yield message(
            "by return on contact cost: {segments}",
            segments=join_messages(
                ", ",
                [
                    message("{name} {ratio}", name=estimate.segment, ratio=formatting.format_ratio(estimate.roi))
                    for estimate in profitable_estimates
                ],
            ),
        )
