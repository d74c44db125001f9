"""What makes segments attractive, measured or rated: one number per segment and criterion."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.config.target import TargetSettings
from segcli.customers import history, reach
from segcli.customers.history import CUSTOMER_ROW
from segcli.model import Customers, Segmentation
from segcli.segment.experience import EXPERIENCE_MEASURES, MIN_ANSWERS_FOR_SCORE, read_answers

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LOW_IS_BEST = frozenset({"churn_risk"})
LOWEST_RATING, HIGHEST_RATING = 1.0, 10.0
NEUTRAL_SCORE = 0.5  # the scaled value where all segments are alike


@dataclass(frozen=True)
class SegmentCriteria:
    """Criteria by name, each with the value of every segment, known of at least half; people rated `rated_names`."""

    values: Mapping[str, FloatArray]
    rated_names: frozenset[str]

    def scale_criterion(self, criterion: str) -> FloatArray:
        """From 0 (worst) to 1 (best): between the worst and the best segment, or between the ends of a rating."""
        criterion_values = self.values[criterion]
        if criterion in self.rated_names:
            return np.asarray((criterion_values - LOWEST_RATING) / (HIGHEST_RATING - LOWEST_RATING))
        lowest_value, highest_value = np.nanmin(criterion_values), np.nanmax(criterion_values)
        if lowest_value == highest_value:
            return np.full(len(criterion_values), NEUTRAL_SCORE)
        scaled_values = (criterion_values - lowest_value) / (highest_value - lowest_value)
        return np.nan_to_num(1 - scaled_values if criterion in LOW_IS_BEST else scaled_values, nan=NEUTRAL_SCORE)

    def list_unknown_segments(self, criterion: str, segments: Sequence[str]) -> list[str]:
        """The segments of which a criterion is not known; they count as halfway between the worst and the best."""
        return [segment for segment, value in zip(segments, self.values[criterion], strict=True) if np.isnan(value)]


@dataclass(frozen=True)
class PeriodRevenue:
    """Of each customer, what was bought in the last period and in the one before it."""

    current_revenue: FloatArray
    previous_revenue: FloatArray
    is_current_buyer: BoolArray
    is_previous_buyer: BoolArray


def measure_criteria(
    segmentation: Segmentation, settings: TargetSettings, consent_words: Sequence[str]
) -> SegmentCriteria:
    """Every criterion that the data or the ratings know for all segments.

    Args:
        segmentation: the segmentation.
        settings: with ratings and the length of a period.
        consent_words: of consent.

    Returns:
        size (customers), revenue_share, growth (revenue of the last period / that of the one before - 1), margin (part
        of revenue), churn_risk (1 - P(alive), or the share of who bought in the period before and not in the last),
        contactability (share who can be written to), loyalty (share with two orders or more), satisfaction (the score
        of the first of NPS, CSAT and CES that enough people answered), value (mean CLV); then the ratings, which win.
        What is not known of more than half of the segments is left out.
    """
    customers = segmentation.customers
    segment_masks = [(segmentation.labels == criterion).to_numpy() for criterion in segmentation.segments]
    period_revenue = split_periods(customers, settings.period_days)
    measures: dict[str, Callable[[BoolArray], float]] = {
        "size": lambda inside: float(inside.sum()),
        "contactability": _make_share_measure(reach.is_reachable(customers, "email", consent_words)),
    }
    measures |= _make_table_measures(customers.table)
    if period_revenue is not None:
        measures["growth"] = lambda inside: _revenue_growth(period_revenue, inside)
        measures.setdefault("churn_risk", lambda inside: _churn_share(period_revenue, inside))
    satisfaction = _make_satisfaction_measure(customers)
    if satisfaction is not None:
        measures["satisfaction"] = satisfaction
    criterion_values = {
        criterion: np.array([measure(in_segment) for in_segment in segment_masks], dtype=np.float64)
        for criterion, measure in measures.items()
    }
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


def split_periods(customers: Customers, period_days: int) -> PeriodRevenue | None:
    """The last period before as_of and the one before it; None without order lines that reach so far back."""
    if customers.transactions is None:
        return None
    purchase_rows, as_of = history.list_orders(customers), pd.Timestamp(customers.transactions.as_of)
    days_ago = (as_of - purchase_rows[history.ORDER_DAY]).dt.days.to_numpy()
    if days_ago.max() <= period_days:
        return None
    customer_rows, money = purchase_rows[CUSTOMER_ROW].to_numpy(), purchase_rows[history.LINE_MONEY].to_numpy()
    customer_count = len(customers.table)
    period_masks = [
        (days_ago > first_day_ago) & (days_ago <= first_day_ago + period_days) for first_day_ago in (0, period_days)
    ]
    revenue_sums = [
        np.bincount(customer_rows[in_period], money[in_period], customer_count).astype(np.float64)
        for in_period in period_masks
    ]
    buyer_masks = [np.bincount(customer_rows[in_period], minlength=customer_count) > 0 for in_period in period_masks]
    return PeriodRevenue(revenue_sums[0], revenue_sums[1], buyer_masks[0], buyer_masks[1])


def _make_table_measures(customer_table: pd.DataFrame) -> dict[str, Callable[[BoolArray], float]]:
    measures: dict[str, Callable[[BoolArray], float]] = {}
    if columns.REVENUE in customer_table and customer_table[columns.REVENUE].sum() > 0:
        revenue = customer_table[columns.REVENUE].to_numpy(dtype=np.float64, na_value=0.0)
        measures["revenue_share"] = lambda inside: float(revenue[inside].sum() / revenue.sum())
        if columns.MARGIN in customer_table:
            margin_earned = customer_table[columns.MARGIN].to_numpy(dtype=np.float64, na_value=0.0)
            measures["margin"] = lambda inside: float(margin_earned[inside].sum() / max(revenue[inside].sum(), 1e-9))
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
    """Of who bought in the period before, the share that did not in the last."""
    was_active = in_segment & period_revenue.is_previous_buyer
    return float((~period_revenue.is_current_buyer[was_active]).mean()) if was_active.any() else np.nan


def _make_satisfaction_measure(customers: Customers) -> Callable[[BoolArray], float] | None:
    """The score of a segment in the first measure that is asked here; NaN where too few answered."""
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
    """Ratings in the order of the segments; the middle where one is not rated."""
    middle_rating = (LOWEST_RATING + HIGHEST_RATING) / 2
    return np.array([segment_ratings.get(segment_name, middle_rating) for segment_name in segments], dtype=np.float64)
