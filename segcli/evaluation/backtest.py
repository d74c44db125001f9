"""Backtest: measure whether segments predict later purchases.

Each segmentation is made with the data known at a cut-off day, and compared with the purchases after it. Segments are
ranked by what their customers spent before that day, so that the ranking uses no later data either. For this, the same
segmentation is also made for an earlier day (one period earlier, or half of the history), and the spend after that day
is measured.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.config.backtest import BacktestSettings
from segcli.customers.order_history import customers_as_of
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.message import count_message, join_messages, message
from segcli.model import Customers
from segcli.segment.confidence_intervals import mean_interval, wilson_interval
from segcli.value.churn import rfm_ranks
from segcli.value.outcomes import Outcomes, measure_outcomes

# Measures of how well a ranking of customers predicts spend: gain at k, rank correlation, Gini coefficient
FloatArray = npt.NDArray[np.float64]


def gain_at_k(customer_scores: FloatArray, revenue: FloatArray, top_share: float) -> float:
    """Return the revenue share of the customers with the highest scores; NaN if there is no revenue.

    Args:
        customer_scores: score of each customer, shape (n,).
        revenue: revenue of each customer, shape (n,).
        top_share: share of customers to include, from 0 to 1.
    """
    customer_shares, revenue_shares = _concentration_curve(customer_scores, revenue)
    return float(np.interp(top_share, customer_shares, revenue_shares))


def gini_coefficient(customer_scores: FloatArray, revenue: FloatArray) -> float:
    """Return the Gini coefficient of a ranking: 1 if customers are ranked by spend, 0 if at random, -1 if reversed."""
    score_area, perfect_area = _concentration_area(customer_scores, revenue), _concentration_area(revenue, revenue)
    return score_area / perfect_area if perfect_area else float("nan")


def rank_correlation(customer_scores: FloatArray, revenue: FloatArray) -> float:
    """Return Spearman's rank correlation; 0 if all values are equal."""
    from scipy.stats import rankdata

    score_ranks, revenue_ranks = rankdata(customer_scores), rankdata(revenue)
    if not np.ptp(score_ranks) or not np.ptp(revenue_ranks):
        return 0.0
    return float(np.corrcoef(score_ranks, revenue_ranks)[0, 1])


def _concentration_area(customer_scores: FloatArray, revenue: FloatArray) -> float:
    """Return twice the area between the concentration curve and the diagonal."""
    customer_shares, revenue_shares = _concentration_curve(customer_scores, revenue)
    return float(2 * np.trapezoid(revenue_shares, customer_shares) - 1)


def _concentration_curve(customer_scores: FloatArray, revenue: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return cumulative shares of customers and of revenue, from the highest score, one point per distinct score."""
    _, score_index, score_counts = np.unique(-customer_scores, return_inverse=True, return_counts=True)
    revenue_sums = np.bincount(score_index.reshape(-1), revenue)
    total_revenue = revenue.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        revenue_shares = np.cumsum(revenue_sums) / total_revenue
    return np.concatenate([[0.0], np.cumsum(score_counts) / len(customer_scores)]), np.concatenate(
        [[0.0], revenue_shares]
    )


# Baselines: RFM quintiles, quintiles of recent spend, and random groups
QUINTILE_COUNT = 5
LabelSeries = pd.Series


def make_baselines(seed: int) -> Mapping[str, Callable[[Customers, FloatArray], LabelSeries]]:
    """Return baseline labelling functions by name; each takes the customers and their recent revenue, shape (n,)."""
    return {
        "rfm quintiles": lambda customers, _: _label_quintiles(pd.Series(rfm_ranks(customers))),
        "last spend quintiles": lambda _, lately: _label_quintiles(pd.Series(lately)),
        "random": lambda customers, _: _label_randomly(len(customers.table), seed),
    }


def _label_quintiles(customer_scores: pd.Series) -> LabelSeries:
    """Label quintiles; quintile 1 is the highest, and equal values share a quintile."""
    rank_shares = (len(customer_scores) - customer_scores.rank(method="max")) / len(customer_scores)
    return pd.Series([f"fifth {quintile}" for quintile in np.floor(rank_shares * QUINTILE_COUNT).astype("int64") + 1])


def _label_randomly(size: int, seed: int) -> LabelSeries:
    return pd.Series(
        [f"group {group_number}" for group_number in np.random.default_rng(seed).integers(1, QUINTILE_COUNT + 1, size)]
    )


MIN_SEGMENT_SIZE = 30  # smaller segments cannot be the best segment
STRONG_CORRELATION, USEFUL_CORRELATION = 0.3, 0.1  # lower bounds of rank correlation
MIN_LEARNING_DAYS = 7  # minimum history to rank segments
LabelsBySegmentation = Mapping[str, pd.Series]
LabelFactory = Callable[[Customers, Customers], tuple[LabelsBySegmentation, LabelsBySegmentation]]


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """Result of a backtest.

    `segments` has one row per fold, segmentation and segment. `scores` has one row per fold and segmentation. `summary`
    has the means of the scores over folds, with a verdict in words; its column `baseline` marks the baselines.
    """

    segments: pd.DataFrame
    scores: pd.DataFrame
    summary: pd.DataFrame
    notes: tuple[str, ...]


def run_backtest(
    all_customers: Customers, settings: BacktestSettings, seed: int, make_labels: LabelFactory
) -> BacktestResult:
    """Compare segmentations with the purchases after their cut-off days.

    Args:
        all_customers: customers with all their orders.
        settings: the periods.
        seed: seed of the random groups.
        make_labels: function that labels customers at a day, and customers at an earlier day, with the same
            segmentations.

    Raises:
        InputProblem: the input is not an order export, or its history is too short.
    """
    segment_tables, score_rows = [], []
    for fold, last_day in enumerate(_list_fold_days(all_customers, settings), 1):
        for segmentation_name, segment_rows, fold_scores in _evaluate_fold(
            all_customers, last_day, settings, seed, make_labels
        ):
            segment_tables.append(
                segment_rows.assign(fold=fold, until=last_day.isoformat(), segmentation=segmentation_name)
            )
            score_rows.append(
                {"fold": fold, "until": last_day.isoformat(), "segmentation": segmentation_name, **fold_scores}
            )
    segment_table = pd.concat(segment_tables, ignore_index=True)
    key_columns = ["fold", "until", "segmentation"]
    segment_table = segment_table[
        [
            *key_columns,
            *(segmentation_name for segmentation_name in segment_table.columns if segmentation_name not in key_columns),
        ]
    ]
    score_table = pd.DataFrame(score_rows)
    return BacktestResult(
        segment_table,
        score_table,
        _average_scores(score_table, seed),
        tuple(_build_notes(all_customers, score_table, settings)),
    )


def _list_fold_days(all_customers: Customers, settings: BacktestSettings) -> list[date]:
    """Return the cut-off day of each fold, latest first."""
    if all_customers.transactions is None or all_customers.as_of is None:
        raise InputProblem(
            "contains no individual orders",
            source=all_customers.input_reports[0].input.name,
            remedy="Pass an order export, not a customer table",
        )
    last_day = all_customers.as_of - timedelta(days=1)
    first_fold_day = (
        date.fromisoformat(settings.until) if settings.until else last_day - timedelta(days=settings.period_days)
    )
    fold_days = [first_fold_day - timedelta(days=settings.period_days * fold) for fold in range(settings.folds)]
    first_order_day = all_customers.table[columns.FIRST_ORDER].min().date()
    if (fold_days[-1] - first_order_day).days < 2 * MIN_LEARNING_DAYS or first_fold_day >= last_day:
        raise InputProblem(
            f"orders from {first_order_day.isoformat()} to {last_day.isoformat()} do not cover "
            f"{pluralize(settings.folds, 'period')} of {pluralize(settings.period_days, 'day')}, "
            "plus a training period before",
            source=all_customers.input_reports[0].input.name,
            remedy="Lower backtest.period_days or backtest.folds",
        )
    return fold_days


def _evaluate_fold(
    all_customers: Customers, last_day: date, settings: BacktestSettings, seed: int, make_labels: LabelFactory
) -> Iterator[tuple[str, pd.DataFrame, dict[str, float | str]]]:
    """Yield the segments and scores of each segmentation."""
    period_days, learning_days = settings.period_days, _count_learning_days(all_customers, last_day, settings)
    learning_end = last_day - timedelta(days=learning_days)
    customers_then, customers_earlier = (
        customers_as_of(all_customers, known_day + timedelta(days=1)) for known_day in (last_day, learning_end)
    )
    labels, earlier_labels = make_labels(customers_then, customers_earlier)
    recent_revenue, earlier_recent_revenue = (
        measure_outcomes(
            all_customers,
            customers_at_day.table[columns.CUSTOMER_ID],
            known_day - timedelta(days=learning_days),
            learning_days,
        ).revenue
        for known_day, customers_at_day in ((last_day, customers_then), (learning_end, customers_earlier))
    )
    for segmentation_name, assign_labels in make_baselines(seed).items():
        labels = {**labels, segmentation_name: assign_labels(customers_then, recent_revenue)}
        earlier_labels = {**earlier_labels, segmentation_name: assign_labels(customers_earlier, earlier_recent_revenue)}
    outcomes_after = measure_outcomes(all_customers, customers_then.table[columns.CUSTOMER_ID], last_day, period_days)
    learning_outcomes = measure_outcomes(
        all_customers, customers_earlier.table[columns.CUSTOMER_ID], learning_end, learning_days
    )
    for segmentation_name, segment_labels in labels.items():
        mean_revenue = pd.Series(learning_outcomes.revenue).groupby(earlier_labels[segmentation_name].to_numpy()).mean()
        predicted_revenue = segment_labels.map(mean_revenue).fillna(learning_outcomes.revenue.mean())
        segment_order = np.asarray(predicted_revenue, dtype=np.float64)
        yield (
            segmentation_name,
            _summarise_segments(segment_labels, segment_order, outcomes_after),
            _score_labels(segment_labels, segment_order, outcomes_after, settings.top),
        )


def _count_learning_days(all_customers: Customers, last_day: date, settings: BacktestSettings) -> int:
    """Return the number of days before a cut-off day that determine the ranking of segments."""
    first_order_day: date = all_customers.table[columns.FIRST_ORDER].min().date()
    return min(settings.period_days, (last_day - first_order_day).days // 2)


def _summarise_segments(
    labels: pd.Series, segment_order: npt.NDArray[np.float64], outcomes_after: Outcomes
) -> pd.DataFrame:
    """Summarise the purchases of each segment, sorted by predicted revenue."""
    base_rate = outcomes_after.has_bought.mean()
    total_revenue = outcomes_after.revenue.sum()
    rows = []
    for segment_name in labels.unique():
        in_segment = (labels == segment_name).to_numpy()
        customer_count, buyer_count = int(in_segment.sum()), int(outcomes_after.has_bought[in_segment].sum())
        rate_low, rate_high = wilson_interval(buyer_count, customer_count)
        revenue_low, revenue_high = mean_interval(outcomes_after.revenue[in_segment])
        rows.append(
            {
                columns.SEGMENT_NAME: segment_name,
                "foretold": float(segment_order[in_segment][0]),
                columns.CUSTOMERS: customer_count,
                "buyers": buyer_count,
                "buyer_rate": buyer_count / customer_count,
                "buyer_rate_low": rate_low,
                "buyer_rate_high": rate_high,
                "lift": buyer_count / customer_count / base_rate if base_rate else np.nan,
                columns.ORDERS: float(outcomes_after.orders[in_segment].sum()),
                columns.REVENUE: float(outcomes_after.revenue[in_segment].sum()),
                columns.REVENUE_SHARE: float(outcomes_after.revenue[in_segment].sum() / total_revenue)
                if total_revenue
                else np.nan,
                "revenue_a_head": float(outcomes_after.revenue[in_segment].mean()),
                "revenue_a_head_low": revenue_low,
                "revenue_a_head_high": revenue_high,
            }
        )
    return pd.DataFrame(rows).sort_values(
        ["foretold", columns.SEGMENT_NAME], ascending=[False, True], ignore_index=True
    )


def _score_labels(
    labels: pd.Series, segment_order: npt.NDArray[np.float64], outcomes_after: Outcomes, top_share: float
) -> dict[str, float | str]:
    """Score a segmentation: lift of its best segment, and predictive power of its ranking."""
    sizes = labels.value_counts()
    large_segments = [segment_name for segment_name, size in sizes.items() if size >= MIN_SEGMENT_SIZE] or list(
        sizes.index
    )
    base_rate = float(outcomes_after.has_bought.mean())
    best_segment = max(
        large_segments, key=lambda name: (float(segment_order[(labels == name).to_numpy()][0]), str(name))
    )
    in_segment = (labels == best_segment).to_numpy()
    rate_low, rate_high = wilson_interval(int(outcomes_after.has_bought[in_segment].sum()), int(in_segment.sum()))
    return {
        "best": str(best_segment),
        "lift": float(outcomes_after.has_bought[in_segment].mean()) / base_rate if base_rate else np.nan,
        "lift_low": rate_low / base_rate if base_rate else np.nan,
        "lift_high": rate_high / base_rate if base_rate else np.nan,
        "captured": gain_at_k(segment_order, outcomes_after.revenue, top_share),
        "rank_correlation": rank_correlation(segment_order, outcomes_after.revenue),
        "gini": gini_coefficient(segment_order, outcomes_after.revenue),
    }


def _average_scores(scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the mean scores over folds, with verdicts."""
    score_columns = ["lift", "lift_low", "lift_high", "captured", "rank_correlation", "gini"]
    rows = scores.groupby("segmentation", sort=False)[score_columns].mean().reset_index()
    rows["baseline"] = rows["segmentation"].isin(list(make_baselines(seed)))
    rfm_correlation = float(rows.loc[rows["segmentation"] == "rfm quintiles", "rank_correlation"].iloc[0])
    verdicts = [_describe_correlation(row, rfm_correlation) for row in rows.to_dict("records")]
    rows["verdict"] = pd.Series(verdicts, dtype=object)
    return rows


def _describe_correlation(score_row: Mapping[Any, Any], rfm_correlation: float) -> str:
    if score_row["baseline"]:
        return message("baseline")
    correlation = float(score_row["rank_correlation"])
    if correlation < USEFUL_CORRELATION:
        return message("barely predicts future spending; use it for other purposes")
    strength = message("separates future spenders well") if correlation >= STRONG_CORRELATION else message("useful")
    return (
        strength
        if correlation >= rfm_correlation
        else message("{strength}, weaker than rfm quintiles", strength=strength)
    )


def _build_notes(all_customers: Customers, scores: pd.DataFrame, settings: BacktestSettings) -> Iterator[str]:
    fold_days: Sequence[str] = list(scores["until"].unique())
    yield count_message(
        "built on orders to {days}, measured on the next {count} day",
        "built on orders to {days}, measured on the next {count} days",
        settings.period_days,
        days=join_messages(", ", [message("{day}", day=date.fromisoformat(day)) for day in fold_days]),
    )
    learning_days = [_count_learning_days(all_customers, date.fromisoformat(day), settings) for day in fold_days]
    yield count_message(
        "segments are ordered by the spending of their customers in the {count} day before",
        "segments are ordered by the spending of their customers in the {count} days before",
        min(learning_days),
    )
    if len(all_customers.input_reports) > 1:
        yield message("customer attributes and survey answers are as of today; later answers may reveal the outcome")
