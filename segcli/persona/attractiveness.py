"""Attractiveness of segments: weighted scores of criteria, and the tolerance of the ranking to changed weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import BoolArray, FloatArray
from segcli.config.target import TargetSettings
from segcli.customers import consent, order_history
from segcli.customers.order_history import CUSTOMER_ROW
from segcli.message import message
from segcli.model import Customers, Segmentation
from segcli.segment.experience_metrics import EXPERIENCE_MEASURES, MIN_ANSWERS_FOR_SCORE, read_answers

LOW_IS_BEST = frozenset({"churn_risk"})
_CRITERION_LABELS = {
    "size": message("size"),
    "growth": message("growth"),
    "margin": message("margin"),
    "churn_risk": message("churn risk"),
    "competition": message("competition"),
    "contactability": message("contactability"),
    "revenue_share": message("revenue share"),
    "loyalty": message("loyalty"),
    "satisfaction": message("satisfaction"),
    "value": message("value"),
}
LOWEST_RATING, HIGHEST_RATING = 1.0, 10.0
NEUTRAL_SCORE = 0.5  # scaled value if all segments are equal
EQUAL_SPREAD = 0.01  # relative spread up to which segments are equal, so that rounding does not rank them


def criterion_label(criterion: str) -> str:
    """Return the label of a criterion; ratings that the settings name are labelled with their own names."""
    return _CRITERION_LABELS.get(criterion, criterion.replace("_", " "))


@dataclass(frozen=True)
class SegmentCriteria:
    """Criteria by name, each with one value per segment.

    A criterion is known for at least half of the segments. `rated_names` are the criteria rated by people.
    """

    values: Mapping[str, FloatArray]
    rated_names: frozenset[str]

    def scale_criterion(self, criterion: str) -> FloatArray:
        """Scale a criterion from 0 (worst) to 1 (best) between the extreme segments or the ends of the rating scale.

        Segments whose values differ by at most 1% are equal.
        """
        criterion_values = self.values[criterion]
        if criterion in self.rated_names:
            return np.asarray((criterion_values - LOWEST_RATING) / (HIGHEST_RATING - LOWEST_RATING))
        lowest_value, highest_value = np.nanmin(criterion_values), np.nanmax(criterion_values)
        if highest_value - lowest_value <= EQUAL_SPREAD * max(abs(lowest_value), abs(highest_value)):
            return np.full(len(criterion_values), NEUTRAL_SCORE)
        scaled_values = (criterion_values - lowest_value) / (highest_value - lowest_value)
        return np.nan_to_num(1 - scaled_values if criterion in LOW_IS_BEST else scaled_values, nan=NEUTRAL_SCORE)

    def list_unknown_segments(self, criterion: str, segments: Sequence[str]) -> list[str]:
        """Return the segments without a value of a criterion; they count as halfway between the worst and the best."""
        return [segment for segment, value in zip(segments, self.values[criterion], strict=True) if np.isnan(value)]


@dataclass(frozen=True)
class PeriodRevenue:
    """Revenue of each customer in the last period and in the one before it, and the buyers of the last one."""

    current_revenue: FloatArray
    previous_revenue: FloatArray
    is_current_buyer: BoolArray


def measure_criteria(
    segmentation: Segmentation, settings: TargetSettings, consent_words: Sequence[str]
) -> SegmentCriteria:
    """Measure every criterion that the data or the ratings provide.

    Args:
        segmentation: the segmentation.
        settings: ratings, and the length of a period.
        consent_words: values of the consent column that mean yes.

    Returns:
        size (customers), revenue_share, growth (revenue of the last period / that of the one before - 1, of the
        members before both), margin (part of revenue), churn_risk (1 - P(alive), or the share without a
        purchase in the last period of the members before it), contactability (share of customers who
        can be contacted by e-mail), loyalty (share with two orders or more), satisfaction (the score of the first of
        NPS, CSAT and CES that enough people answered), value (mean CLV). Ratings follow and take precedence.
        A criterion that is unknown for more than half of the segments is excluded.
    """
    customers = segmentation.customers
    segment_masks = [(segmentation.labels == segment_name).to_numpy() for segment_name in segmentation.segments]
    period_revenue = split_periods(customers, settings.period_days)
    measures: dict[str, Callable[[BoolArray], float]] = {"size": lambda inside: float(inside.sum())}
    is_contactable = consent.is_reachable(customers, "email", consent_words)
    if is_contactable is not None:
        measures["contactability"] = _make_share_measure(is_contactable)
    measures |= _make_table_measures(customers.table)
    satisfaction = _make_satisfaction_measure(customers)
    if satisfaction is not None:
        measures["satisfaction"] = satisfaction
    criterion_values = {
        criterion: np.array([measure(in_segment) for in_segment in segment_masks], dtype=np.float64)
        for criterion, measure in measures.items()
    }
    if period_revenue is not None:
        criterion_values = _measure_periods(segmentation, period_revenue, settings.period_days) | criterion_values
    ratings = {
        criterion: _fill_ratings(segment_ratings, segmentation.segments)
        for criterion, segment_ratings in settings.ratings.items()
    }
    known_values = {
        criterion: segment_values
        for criterion, segment_values in (criterion_values | ratings).items()
        if 2 * np.isnan(segment_values).sum() <= len(segment_values)
    }
    return SegmentCriteria(known_values, frozenset(ratings) & set(known_values))


def _measure_periods(
    segmentation: Segmentation, period_revenue: PeriodRevenue, period_days: int
) -> dict[str, FloatArray]:
    """Return growth and churn risk of the members at the start of the periods that they compare.

    Today's members are known to have bought, or not to have bought, in these periods. A segmentation that cannot be
    made for an earlier day has neither.
    """
    measures = {
        "growth": (segmentation.labels_before(2 * period_days), _revenue_growth),
        "churn_risk": (segmentation.labels_before(period_days), _churn_share),
    }
    return {
        criterion: np.array(
            [measure(period_revenue, (labels == name).to_numpy()) for name in segmentation.segments], dtype=np.float64
        )
        for criterion, (labels, measure) in measures.items()
        if labels is not None
    }


def measure_buyer_rates(segmentation: Segmentation, period_days: int) -> FloatArray:
    """Return the share of each segment's members before the last period who bought in it; NaN if unknown."""
    period_revenue = split_periods(segmentation.customers, period_days)
    labels = None if period_revenue is None else segmentation.labels_before(period_days)
    if period_revenue is None or labels is None:
        return np.full(len(segmentation.segments), np.nan)
    return np.array(
        [1 - _churn_share(period_revenue, (labels == name).to_numpy()) for name in segmentation.segments],
        dtype=np.float64,
    )


def split_periods(customers: Customers, period_days: int) -> PeriodRevenue | None:
    """Split purchases into the last period before as_of and the one before it.

    Returns:
        None without order lines, or if they do not reach back that far.
    """
    if customers.transactions is None:
        return None
    purchase_rows, as_of = order_history.list_orders(customers), pd.Timestamp(customers.transactions.as_of)
    days_ago = (as_of - purchase_rows[order_history.ORDER_DAY]).dt.days.to_numpy()
    if days_ago.max() <= period_days:
        return None
    customer_rows, money = purchase_rows[CUSTOMER_ROW].to_numpy(), purchase_rows[order_history.LINE_MONEY].to_numpy()
    customer_count = len(customers.table)
    period_masks = [
        (days_ago > first_day_ago) & (days_ago <= first_day_ago + period_days) for first_day_ago in (0, period_days)
    ]
    revenue_sums = [
        np.bincount(customer_rows[in_period], money[in_period], customer_count).astype(np.float64)
        for in_period in period_masks
    ]
    is_current_buyer = np.bincount(customer_rows[period_masks[0]], minlength=customer_count) > 0
    return PeriodRevenue(revenue_sums[0], revenue_sums[1], is_current_buyer)


def _make_table_measures(customer_table: pd.DataFrame) -> dict[str, Callable[[BoolArray], float]]:
    measures: dict[str, Callable[[BoolArray], float]] = {}
    if columns.REVENUE in customer_table and customer_table[columns.REVENUE].sum() > 0:
        revenue = customer_table[columns.REVENUE].to_numpy(dtype=np.float64, na_value=0.0)
        measures["revenue_share"] = lambda inside: float(revenue[inside].sum() / revenue.sum())
        if columns.MARGIN in customer_table:
            margins = customer_table[columns.MARGIN].to_numpy(dtype=np.float64, na_value=np.nan)
            revenue_with_margin = np.where(np.isnan(margins), 0.0, revenue)
            measures["margin"] = lambda inside: float(
                np.nansum(margins[inside]) / max(revenue_with_margin[inside].sum(), 1e-9)
            )
    if columns.ORDERS in customer_table:
        measures["loyalty"] = _make_share_measure(
            customer_table[columns.ORDERS].fillna(0).to_numpy(dtype=np.float64) > 1
        )
    if columns.P_ALIVE in customer_table:
        measures["churn_risk"] = _make_mean_measure(
            1 - customer_table[columns.P_ALIVE].to_numpy(dtype=np.float64, na_value=np.nan)
        )
    if columns.CLV in customer_table:
        measures["value"] = _make_mean_measure(customer_table[columns.CLV].to_numpy(dtype=np.float64, na_value=np.nan))
    return measures


def _make_share_measure(customer_mask: BoolArray) -> Callable[[BoolArray], float]:
    return lambda inside: float(customer_mask[inside].mean())


def _make_mean_measure(customer_values: FloatArray) -> Callable[[BoolArray], float]:
    return lambda inside: (
        float(np.nanmean(customer_values[inside])) if (~np.isnan(customer_values[inside])).any() else np.nan
    )


def _revenue_growth(period_revenue: PeriodRevenue, in_segment: BoolArray) -> float:
    previous_revenue = period_revenue.previous_revenue[in_segment].sum()
    return (
        float(period_revenue.current_revenue[in_segment].sum() / previous_revenue - 1)
        if previous_revenue > 0
        else np.nan
    )


def _churn_share(period_revenue: PeriodRevenue, in_segment: BoolArray) -> float:
    """Return the share of a segment's members who bought nothing in the last period."""
    return float((~period_revenue.is_current_buyer[in_segment]).mean()) if in_segment.any() else np.nan


def _make_satisfaction_measure(customers: Customers) -> Callable[[BoolArray], float] | None:
    """Return a function that scores a segment in the first available survey measure; NaN with too few answers."""
    for measure in EXPERIENCE_MEASURES:
        raw_answers = read_answers(customers, measure) if measure.name in {"NPS", "CSAT", "CES"} else None
        if raw_answers is not None:
            is_valid, valid_answers, score_answers = measure.is_valid(raw_answers), raw_answers, measure.score_answers
            return lambda inside: (
                float(score_answers(valid_answers[inside & is_valid])[0])
                if (inside & is_valid).sum() >= MIN_ANSWERS_FOR_SCORE
                else np.nan
            )
    return None


def _fill_ratings(segment_ratings: Mapping[str, float], segments: Sequence[str]) -> FloatArray:
    """Return ratings in the order of the segments; unrated segments get the middle of the scale."""
    middle_rating = (LOWEST_RATING + HIGHEST_RATING) / 2
    return np.array([segment_ratings.get(segment_name, middle_rating) for segment_name in segments], dtype=np.float64)


TOTAL_WEIGHT = 100.0
BISECTION_STEPS = 60  # bisections, to far below the precision of weights


@dataclass(frozen=True)
class WeightedScores:
    """Scores of segments from 0 to 100, shape (segments,), and the criteria and weights behind them.

    `weights` sum to 100. `contributions` has shape (segments, criteria), and each row sums to the score of its segment.
    `unknown_criteria` are weighted criteria that were excluded because they are unknown.
    """

    scores: FloatArray
    criteria: tuple[str, ...]
    weights: FloatArray
    scaled_criteria: FloatArray
    unknown_criteria: tuple[str, ...]

    @property
    def contributions(self) -> FloatArray:
        """Contribution of each criterion to each score, shape (segments, criteria)."""
        return np.asarray(self.scaled_criteria * self.weights)

    @property
    def ranking(self) -> list[int]:
        """Positions of the segments, best first; ties keep the order of the segments."""
        return [int(position) for position in np.argsort(-self.scores, kind="stable")]


def weigh_criteria(segment_criteria: SegmentCriteria, weights: Mapping[str, float]) -> WeightedScores | None:
    """Compute the score: sum of weight x scaled criterion / sum of the weights of known criteria.

    As in Dolnicar, Grün and Leisch, Market segmentation analysis (2018), ch. 4 and 10.

    Returns:
        None if no weighted criterion is known.
    """
    weighted_names = [criterion for criterion, weight in weights.items() if weight > 0]
    known_names = [criterion for criterion in weighted_names if criterion in segment_criteria.values]
    if not known_names:
        return None
    known_weights = np.array([weights[criterion] for criterion in known_names], dtype=np.float64)
    weight_shares = TOTAL_WEIGHT * known_weights / known_weights.sum()
    scaled_criteria = np.column_stack([segment_criteria.scale_criterion(criterion) for criterion in known_names])
    unknown_names = tuple(criterion for criterion in weighted_names if criterion not in known_names)
    return WeightedScores(
        np.asarray(scaled_criteria @ weight_shares), tuple(known_names), weight_shares, scaled_criteria, unknown_names
    )


def rank_tolerance(weighted_scores: WeightedScores, ranked_positions: Sequence[int]) -> float:
    """Return how much all weights may change, each in any direction, while the first segment stays first.

    A weight that would fall below 0 becomes 0. Changed weights are shares of their sum, which does not affect the order
    of segments.

    Args:
        weighted_scores: the scores.
        ranked_positions: positions of the ranked segments, best first.

    Returns:
        Points out of 100; 0 if two segments share the first place, infinity if no change can affect it.
    """
    if not ranked_positions:
        return 0.0
    first_position, *rival_positions = ranked_positions
    score_leads = weighted_scores.scaled_criteria[first_position] - weighted_scores.scaled_criteria[rival_positions]
    return min(
        (_rival_tolerance(criterion_leads, weighted_scores.weights) for criterion_leads in score_leads), default=np.inf
    )


def _rival_tolerance(criterion_leads: FloatArray, weights: FloatArray) -> float:
    """Return the largest change of weights that keeps the first segment ahead of one rival.

    The worst-case lead decreases monotonically with the change, so bisection finds its zero.

    Args:
        criterion_leads: lead of the first segment in each criterion, shape (criteria,).
        weights: weights of the criteria.
    """

    def worst_lead(weight_change: float) -> float:
        worst_weights = np.where(criterion_leads > 0, np.maximum(weights - weight_change, 0), weights + weight_change)
        return float(criterion_leads @ worst_weights)

    if worst_lead(TOTAL_WEIGHT) > 0:
        return np.inf
    low_change, high_change = 0.0, TOTAL_WEIGHT
    for _ in range(BISECTION_STEPS):
        middle_change = (low_change + high_change) / 2
        low_change, high_change = (
            (middle_change, high_change) if worst_lead(middle_change) > 0 else (low_change, middle_change)
        )
    return low_change
