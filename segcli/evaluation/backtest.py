"""Backtest: measure whether segments predict later purchases.

Each segmentation is made with the data known at a cut-off day, and compared with the purchases after it. Segments are
ranked by what their customers spent before that day, so that the ranking uses no later data either. For this, the same
segmentation is also made for an earlier day (one period earlier, or half of the history), and the spend after that day
is measured. Without amounts, the number of orders takes the place of spend. Simple rankings of the same customers, such
as by recency alone, are the baselines.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.config.backtest import BacktestSettings
from segcli.customers.order_history import customers_as_of
from segcli.errors import InputProblem
from segcli.evaluation.baselines import BASELINES, label_quintiles, rank_by_baselines
from segcli.evaluation.ranking import (
    MEASURE_NAMES,
    RankedOutcomes,
    bootstrap_bounds,
    draw_resamples,
)
from segcli.formatting import pluralize
from segcli.message import Message, count_message, join_messages, message
from segcli.model import Customers
from segcli.segment.confidence_intervals import mean_interval, wilson_interval
from segcli.value.outcomes import Outcomes, measure_outcomes

STRONG_CORRELATION, USEFUL_CORRELATION = 0.3, 0.1  # lower bounds of rank correlation
MIN_LEARNING_DAYS = 7  # minimum history to rank segments
MAX_DEFAULT_FOLDS = 3  # consecutive periods, if the settings name no number
DAYS_PER_YEAR = 365
LabelsBySegmentation = Mapping[str, pd.Series]
LabelFactory = Callable[[Customers, Customers], tuple[LabelsBySegmentation, LabelsBySegmentation]]


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """Result of a backtest.

    `segments` has one row per fold, segmentation and segment. `scores` has one row per fold and segmentation. `summary`
    has the means of the scores over folds, with intervals and a verdict in words; its column `baseline` marks the
    baselines.
    """

    segments: pd.DataFrame
    scores: pd.DataFrame
    summary: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Fold:
    """One test period: the rankings by name, the segment rows, and the rows of the ranked ones among all customers."""

    last_day: date
    rankings: Mapping[str, RankedOutcomes]
    segment_tables: Sequence[pd.DataFrame]
    customer_rows: npt.NDArray[np.int64]

    def locate(self, sample: npt.NDArray[np.int64], customer_count: int) -> npt.NDArray[np.int64]:
        """Return the positions in the rankings of those sampled customers who were ranked in this period."""
        positions = np.full(customer_count, -1, dtype=np.int64)
        positions[self.customer_rows] = np.arange(len(self.customer_rows))
        located = positions[sample]
        return located[located >= 0]


def run_backtest(
    all_customers: Customers, settings: BacktestSettings, seed: int, make_labels: LabelFactory
) -> BacktestResult:
    """Compare segmentations with the purchases after their cut-off days.

    Args:
        all_customers: customers with all their orders.
        settings: the periods.
        seed: seed of the random ranking and of the bootstrap samples.
        make_labels: function that labels customers at a day, and customers at an earlier day, with the same
            segmentations.

    Raises:
        InputProblem: the input is not an order export, or its history is too short.
    """
    folds = [
        _evaluate_fold(all_customers, last_day, settings, seed, make_labels)
        for last_day in _list_fold_days(all_customers, settings)
    ]
    segment_table = pd.concat(
        [
            rows.assign(fold=number, until=fold.last_day.isoformat())
            for number, fold in enumerate(folds, 1)
            for rows in fold.segment_tables
        ],
        ignore_index=True,
    )
    key_columns = ["fold", "until", "segmentation"]
    segment_table = segment_table[[*key_columns, *segment_table.columns.drop(key_columns)]]
    score_table = pd.DataFrame(
        [
            {
                "fold": number,
                "until": fold.last_day.isoformat(),
                "segmentation": name,
                **ranking.measure(settings.top),
            }
            for number, fold in enumerate(folds, 1)
            for name, ranking in fold.rankings.items()
        ]
    )
    summary = _summarise_folds(folds, len(all_customers.table), settings.top, seed)
    notes = (*_describe_verdicts(summary, all_customers, settings), *_build_notes(all_customers, folds, settings))
    return BacktestResult(segment_table, score_table, summary, notes)


def _list_fold_days(all_customers: Customers, settings: BacktestSettings) -> list[date]:
    """Return the cut-off day of each fold, latest first.

    Without a number of folds, these are up to three consecutive periods with a full period of history before, and the
    same season of the year before.
    """
    if all_customers.transactions is None or all_customers.as_of is None:
        raise InputProblem(
            "contains no individual orders",
            source=all_customers.input_reports[0].input.name,
            remedy="pass an order export, not a customer table",
        )
    last_day, period = all_customers.as_of - timedelta(days=1), timedelta(days=settings.period_days)
    latest_day = date.fromisoformat(settings.until) if settings.until else last_day - period
    if latest_day > last_day - period:
        raise InputProblem(
            f"orders end on {last_day.isoformat()}, before {pluralize(settings.period_days, 'day')} after "
            f"{latest_day.isoformat()} have passed",
            source=all_customers.input_reports[0].input.name,
            remedy=f"set backtest.until to {(last_day - period).isoformat()} or earlier, or lower backtest.period_days",
        )
    fold_days = [latest_day - period * fold for fold in range(settings.folds or MAX_DEFAULT_FOLDS)]
    first_order_day: date = all_customers.table[columns.FIRST_ORDER].min().date()
    if settings.folds is None:
        fold_days = [day for day in fold_days if day == latest_day or day - 2 * period >= first_order_day]
        year_before = latest_day - timedelta(days=DAYS_PER_YEAR)
        if year_before + period <= fold_days[-1] and year_before - 2 * period >= first_order_day:
            fold_days.append(year_before)
    if (fold_days[-1] - first_order_day).days < 2 * MIN_LEARNING_DAYS:
        raise InputProblem(
            f"orders from {first_order_day.isoformat()} to {last_day.isoformat()} do not cover "
            f"{pluralize(len(fold_days), 'period')} of {pluralize(settings.period_days, 'day')}, "
            "plus a training period before",
            source=all_customers.input_reports[0].input.name,
            remedy="lower backtest.period_days or backtest.folds",
        )
    return fold_days


def _evaluate_fold(
    all_customers: Customers, last_day: date, settings: BacktestSettings, seed: int, make_labels: LabelFactory
) -> _Fold:
    """Rank the customers of a day by each segmentation and baseline, and measure what they bought afterwards."""
    learning_days = _count_learning_days(all_customers, last_day, settings)
    learning_end = last_day - timedelta(days=learning_days)
    customers_then, customers_earlier = (
        customers_as_of(all_customers, known_day + timedelta(days=1)) for known_day in (last_day, learning_end)
    )
    ids = customers_then.table[columns.CUSTOMER_ID]
    later = measure_outcomes(all_customers, ids, last_day, settings.period_days)
    learning = measure_outcomes(
        all_customers, customers_earlier.table[columns.CUSTOMER_ID], learning_end, learning_days
    )
    labels, earlier_labels = make_labels(customers_then, customers_earlier)
    scores_by_name = {
        name: _predict_outcomes(segment_labels, earlier_labels[name], _select_outcome(learning, all_customers))
        for name, segment_labels in labels.items()
    }
    recent = measure_outcomes(all_customers, ids, last_day - timedelta(days=settings.period_days), settings.period_days)
    baselines = rank_by_baselines(customers_then, recent, seed + last_day.toordinal())  # another chance in each period
    all_labels = {**labels, **{name: label_quintiles(scores) for name, scores in baselines.items()}}
    scores_by_name |= baselines
    outcome = _select_outcome(later, all_customers)
    return _Fold(
        last_day,
        {
            name: RankedOutcomes.from_scores(scores, outcome, later.has_bought)
            for name, scores in scores_by_name.items()
        },
        [
            _summarise_segments(all_labels[name], scores, later, has_money=_has_money(all_customers)).assign(
                segmentation=name
            )
            for name, scores in scores_by_name.items()
        ],
        pd.Index(all_customers.table[columns.CUSTOMER_ID]).get_indexer(pd.Index(ids)).astype(np.int64),
    )


def _has_money(customers: Customers) -> bool:
    return columns.REVENUE in customers.table


def _select_outcome(outcomes: Outcomes, customers: Customers) -> FloatArray:
    """Return what decides the ranking: money, or orders if the export has no amounts."""
    return outcomes.revenue if _has_money(customers) else outcomes.orders


def _predict_outcomes(labels: pd.Series, earlier_labels: pd.Series, learning_outcome: FloatArray) -> FloatArray:
    """Return for each customer what the customers of the same segment did on average in the learning period.

    A segment that did not exist then gets the mean of all customers.
    """
    segment_means = pd.Series(learning_outcome).groupby(earlier_labels.to_numpy()).mean()
    return np.asarray(labels.map(segment_means).fillna(learning_outcome.mean()), dtype=np.float64)


def _count_learning_days(all_customers: Customers, last_day: date, settings: BacktestSettings) -> int:
    """Return the number of days before a cut-off day that determine the ranking of segments."""
    first_order_day: date = all_customers.table[columns.FIRST_ORDER].min().date()
    return min(settings.period_days, (last_day - first_order_day).days // 2)


def _summarise_segments(labels: pd.Series, scores: FloatArray, later: Outcomes, *, has_money: bool) -> pd.DataFrame:
    """Summarise the purchases of each segment, the best predicted segment first."""
    base_rate, total_orders, total_revenue = later.has_bought.mean(), later.orders.sum(), later.revenue.sum()
    rows = []
    for segment_name in labels.unique():
        in_segment = (labels == segment_name).to_numpy()
        customer_count, buyer_count = int(in_segment.sum()), int(later.has_bought[in_segment].sum())
        rate_low, rate_high = wilson_interval(buyer_count, customer_count)
        row = {
            columns.SEGMENT_NAME: segment_name,
            "foretold": float(np.mean(scores[in_segment])),
            columns.CUSTOMERS: customer_count,
            "buyers": buyer_count,
            "buyer_rate": buyer_count / customer_count,
            "buyer_rate_low": rate_low,
            "buyer_rate_high": rate_high,
            "lift": buyer_count / customer_count / base_rate if base_rate else np.nan,
            columns.ORDERS: float(later.orders[in_segment].sum()),
            "orders_a_head": float(later.orders[in_segment].mean()),
            "order_share": float(later.orders[in_segment].sum() / total_orders) if total_orders else np.nan,
        }
        if has_money:
            revenue_low, revenue_high = mean_interval(later.revenue[in_segment])
            row |= {
                columns.REVENUE: float(later.revenue[in_segment].sum()),
                columns.REVENUE_SHARE: float(later.revenue[in_segment].sum() / total_revenue)
                if total_revenue
                else np.nan,
                "revenue_a_head": float(later.revenue[in_segment].mean()),
                "revenue_a_head_low": revenue_low,
                "revenue_a_head_high": revenue_high,
            }
        rows.append(row)
    table = pd.DataFrame(rows).sort_values(["foretold", columns.SEGMENT_NAME], ascending=[False, True])
    # Customers who bought nothing rank below all others by minus infinity, which is no number of a table.
    return table.assign(foretold=table["foretold"].where(np.isfinite(table["foretold"])))


def _summarise_folds(folds: Sequence[_Fold], customer_count: int, top_share: float, seed: int) -> pd.DataFrame:
    """Return the mean scores over folds, with bootstrap intervals over customers and verdicts.

    A bootstrap sample has the same customers in all folds and rankings, so that differences are compared in pairs.
    """
    samples, scale = draw_resamples(customer_count, seed)
    names = [name for name in folds[0].rankings if all(name in fold.rankings for fold in folds)]
    estimates = {
        name: dict(zip(MEASURE_NAMES, _average([fold.rankings[name] for fold in folds], top_share), strict=True))
        for name in names
    }
    sampled_rows = [[fold.locate(sample, customer_count) for fold in folds] for sample in samples]
    resampled = {
        name: np.array(
            [
                _average(
                    [fold.rankings[name].select(rows) for fold, rows in zip(folds, fold_rows, strict=True)], top_share
                )
                for fold_rows in sampled_rows
            ]
        )
        for name in names
    }
    best_name = max((name for name in names if name in BASELINES), key=lambda name: estimates[name]["rank_correlation"])
    rows = [_summarise_ranking(name, best_name, estimates, resampled, scale) for name in names]
    summary = pd.DataFrame(rows)
    summary["verdict"] = pd.Series([row["verdict"] for row in rows], dtype=object)  # keeps the messages
    return summary


def _average(rankings: Sequence[RankedOutcomes], top_share: float) -> list[float]:
    """Return the mean of each measure over folds; NaN if a fold has no buyers."""
    measures = [list(ranking.measure(top_share).values()) for ranking in rankings if len(ranking.outcomes)]
    averages: list[float] = np.mean(measures, axis=0).tolist() if measures else [np.nan] * len(MEASURE_NAMES)
    return averages


def _summarise_ranking(
    name: str,
    best_name: str,
    estimates: Mapping[str, Mapping[str, float]],
    resampled: Mapping[str, FloatArray],
    scale: float,
) -> dict[str, Any]:
    """Return the row of one segmentation or baseline: its scores, their intervals, and the verdict."""
    row: dict[str, Any] = {"segmentation": name}
    for position, measure in enumerate(MEASURE_NAMES):
        row[measure] = estimates[name][measure]
        bounds = bootstrap_bounds(row[measure], resampled[name][:, position], scale)
        row[f"{measure}_low"], row[f"{measure}_high"] = bounds
    position = MEASURE_NAMES.index("rank_correlation")
    difference = row["rank_correlation"] - estimates[best_name]["rank_correlation"]
    low, high = bootstrap_bounds(difference, resampled[name][:, position] - resampled[best_name][:, position], scale)
    row |= {
        "baseline": name in BASELINES,
        "best_baseline": best_name,
        "difference": difference,
        "difference_low": low,
        "difference_high": high,
    }
    return {**row, "verdict": _describe_correlation(row)}


def _describe_correlation(row: Mapping[str, Any]) -> str:
    if row["baseline"]:
        return message("best baseline") if row["segmentation"] == row["best_baseline"] else message("baseline")
    if row["rank_correlation"] < USEFUL_CORRELATION or row["rank_correlation_low"] <= 0:
        return message("barely predicts future spending; use it for other purposes")
    is_strong = row["rank_correlation"] >= STRONG_CORRELATION
    return message(
        "{strength}, {comparison} {baseline}",
        strength=message("separates future spenders well") if is_strong else message("useful"),
        comparison=_compare_with_baseline(row),
        baseline=BASELINES[row["best_baseline"]],
    )


def _compare_with_baseline(row: Mapping[Any, Any]) -> Message:
    if row["difference_low"] > 0:
        return message("better than")
    return message("weaker than") if row["difference_high"] < 0 else message("as good as")


def _describe_verdicts(summary: pd.DataFrame, customers: Customers, settings: BacktestSettings) -> Iterator[str]:
    """Yield one plain sentence per segmentation."""
    for row in summary[~summary["baseline"]].to_dict("records"):
        yield message(
            "{name}: the top {top:.0%} of customers bought {lift:.1f}x as often as average and brought {captured:.0%} "
            "of the {outcome}; to sort customers, it is {comparison} the best simple ranking, {baseline} (rank "
            "correlation {correlation:.2f}, {baseline_correlation:.2f})",
            name=row["segmentation"],
            top=settings.top,
            lift=row["lift"],
            captured=row["captured"],
            outcome=message("revenue") if _has_money(customers) else message("orders"),
            comparison=_compare_with_baseline(row),
            baseline=BASELINES[row["best_baseline"]],
            correlation=row["rank_correlation"],
            baseline_correlation=_read_correlation(summary, row["best_baseline"]),
        )


def _read_correlation(summary: pd.DataFrame, name: str) -> float:
    """Return the rank correlation of one segmentation or baseline."""
    return float(summary.loc[summary["segmentation"] == name, "rank_correlation"].iloc[0])


def _build_notes(all_customers: Customers, folds: Sequence[_Fold], settings: BacktestSettings) -> Iterator[str]:
    fold_days = [fold.last_day for fold in folds]
    yield count_message(
        "built on orders to {days}, measured on the next {count} day",
        "built on orders to {days}, measured on the next {count} days",
        settings.period_days,
        days=join_messages(", ", [message("{day}", day=day) for day in fold_days]),
    )
    learning_days = min(_count_learning_days(all_customers, day, settings) for day in fold_days)
    if _has_money(all_customers):
        yield count_message(
            "segments are ordered by the spending of their customers in the {count} day before",
            "segments are ordered by the spending of their customers in the {count} days before",
            learning_days,
        )
    else:
        yield count_message(
            "no amounts: segments are ordered by the orders of their customers in the {count} day before",
            "no amounts: segments are ordered by the orders of their customers in the {count} days before",
            learning_days,
        )
    if (fold_days[0] - fold_days[-1]).days < DAYS_PER_YEAR:
        yield message("the history is too short to test the same season of an earlier year")
    if len(all_customers.input_reports) > 1:
        yield message("customer attributes and survey answers are as of today; later answers may reveal the outcome")
