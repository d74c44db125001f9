"""Predict which customers will buy in the next period: train on past periods, test on the latest one, then predict.

A training row is a customer as of a past day, and whether it bought in the period after that day. Rows of several days
are pooled, one period apart, and one year before the predicted period. The test predicts the latest period from periods
before it. The final model also learns from the latest period. Features of a customer at a day never use later data.
Probabilities are calibrated (Platt 1999) on the latest period that trained the model, since shares of buyers shift.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.config.churn import ChurnSettings
from segcli.customers.order_history import ORDER_DAY, customers_as_of, list_orders
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.message import count_message, message, tabulate_messages
from segcli.model import Customers
from segcli.parallel import limit_blas_threads
from segcli.segment.clustering.column_roles import find_column_roles
from segcli.segment.clustering.feature_encoding import signed_log1p
from segcli.value.classification import (
    DECILE_COUNT,
    MIN_CLASS_SIZE,
    MODEL_TEXTS,
    LabelledRows,
    classification_metrics,
    compare_auc,
    fit_calibrated,
    lift_by_decile,
    select_classifier,
)
from segcli.value.outcomes import measure_outcomes

DAYS_PER_YEAR = 365
CERTAIN_ERRORS = 2.0  # standard errors from which a difference of AUCs is no chance
FEATURE_COLUMNS = (
    *(
        columns.RECENCY_DAYS,
        columns.TENURE_DAYS,
        columns.ORDERS,
        columns.REVENUE,
        columns.AVERAGE_ORDER_VALUE,
        columns.LARGEST_ORDER,
        columns.REFUNDS,
    ),
    *(
        columns.MEAN_DAYS_BETWEEN_ORDERS,
        columns.CV_DAYS_BETWEEN_ORDERS,
        columns.LAST_GAP_DAYS,
        columns.DISTINCT_PRODUCTS,
    ),
    *(columns.DISTINCT_CATEGORIES, columns.DISCOUNT_SHARE),
)
RECENCY_IN_GAPS = "recency in own gaps"
RFM_RANKING, RECENCY_RANKING = "rfm ranks", "recency ranks"
RANKING_LABELS = {RFM_RANKING: message("RFM ranks"), RECENCY_RANKING: message("recency ranks")}


@dataclass(frozen=True, eq=False)
class PastPeriod:
    """Customers as of a day: features, whether they bought in the period after it, and their rank by RFM and recency.

    All have the customers of the day in the order of their ids.
    """

    day: date
    ids: pd.Series
    features: FloatArray
    has_bought: npt.NDArray[np.bool_]
    rankings: dict[str, FloatArray]

    @property
    def buyer_share(self) -> float:
        """Share of customers who bought."""
        return float(self.has_bought.mean())


@dataclass(frozen=True, eq=False)
class ChurnForecast:
    """Probabilities to buy in the next period, and how well the model did in the test period.

    `purchase_probability` has shape (n,), in the row order of the table. `scores` holds AUC, Brier score and lift of
    the top tenth, for the model and for two simple rankings; `recommended` is the one of these to use. `deciles` is the
    result of `lift_by_decile`, with the share of buyers by RFM ranks. `periods` has one row per period: its day, its
    use, customers and share of buyers.
    """

    model: str
    purchase_probability: FloatArray
    scores: pd.DataFrame
    recommended: str
    deciles: pd.DataFrame
    periods: pd.DataFrame
    notes: tuple[str, ...]


def predict_churn(all_customers: Customers, settings: ChurnSettings, seed: int) -> ChurnForecast:
    """Train and test the model, then predict the purchases of the next period.

    Raises:
        InputProblem: the input is not an order export, or a period has too few buyers or too few non-buyers.
    """
    if all_customers.as_of is None or all_customers.transactions is None:
        file_name = all_customers.input_reports[0].input.name
        outcomes = find_column_roles(all_customers.table, [], allow_special=False).outcomes
        command = shlex.join(["segcli", "churn", file_name, "--outcome", *(outcomes[:1] or ["COLUMN"])])
        raise InputProblem(
            "contains no individual orders",
            source=file_name,
            remedy=f"pass an order export, or name the outcome of the customer table: {command}",
        )
    last_day = all_customers.as_of - timedelta(days=1)
    test_day = last_day - timedelta(days=settings.period_days)
    first_day = list_orders(all_customers)[ORDER_DAY].min().date()
    test_period = _require_period(all_customers, test_day, settings)
    training_periods = [_require_period(all_customers, test_day - timedelta(days=settings.period_days), settings)]
    training_periods += _collect_periods(all_customers, test_day, first_day, settings, training_periods)
    with limit_blas_threads():  # the last bits of a sum depend on the number of threads
        training_rows = _pool_periods(training_periods)
        model_name = select_classifier(settings.model, training_rows, seed)
        test_probabilities = _predict(model_name, training_periods, test_period.features, seed)
        final_periods = [test_period, *training_periods]
        final_periods += _collect_periods(all_customers, last_day, first_day, settings, final_periods)
        probabilities = _predict(model_name, final_periods, _build_features(all_customers), seed)
    scores = _score_rankings(model_name, test_probabilities, test_period)
    recommended, recommendation = _recommend(scores, test_probabilities, test_period)
    periods = _describe_periods(test_period, training_periods)
    return ChurnForecast(
        model_name,
        np.round(probabilities, 6),
        scores,
        recommended,
        _add_rfm_deciles(lift_by_decile(test_probabilities, test_period.has_bought), test_period),
        periods,
        (
            *_list_notes(model_name, scores, test_period, training_periods, settings, last_day),
            recommendation,
            *_note_shift(test_probabilities, test_period, training_periods),
        ),
    )


def _collect_periods(
    all_customers: Customers,
    next_day: date,
    first_day: date,
    settings: ChurnSettings,
    known_periods: Sequence[PastPeriod],
) -> Iterator[PastPeriod]:
    """Yield further past periods that end by `next_day`: earlier ones, and the same season of the year before."""
    period = timedelta(days=settings.period_days)
    days = [next_day - period * periods_back for periods_back in range(1, settings.windows + 1)]
    if settings.period_days <= DAYS_PER_YEAR:
        days.append(next_day - timedelta(days=DAYS_PER_YEAR))
    known_days = [past_period.day for past_period in known_periods]
    for day in days:
        if day < first_day + period or any(abs(day - known_day) < period / 2 for known_day in known_days):
            continue  # too early, or nearly the same period
        known_days.append(day)
        past_period = _build_period(all_customers, day, settings)
        if _smaller_class(past_period) >= MIN_CLASS_SIZE:
            yield past_period


def _require_period(all_customers: Customers, day: date, settings: ChurnSettings) -> PastPeriod:
    """Return the period after a day.

    Raises:
        InputProblem: the period has too few buyers or too few non-buyers.
    """
    past_period = _build_period(all_customers, day, settings)
    buyer_count = int(past_period.has_bought.sum())
    if _smaller_class(past_period) < MIN_CLASS_SIZE:
        raise InputProblem(
            f"in the {settings.period_days} days after {day.isoformat()} "
            f"{pluralize(buyer_count, 'customer')} bought and "
            f"{len(past_period.has_bought) - buyer_count:,} did not; a model needs at least {MIN_CLASS_SIZE} of each",
            source=all_customers.input_reports[0].input.name,
            remedy="change churn.period_days",
        )
    return past_period


def _smaller_class(past_period: PastPeriod) -> int:
    return int(min(past_period.has_bought.sum(), (~past_period.has_bought).sum()))


def _build_period(all_customers: Customers, day: date, settings: ChurnSettings) -> PastPeriod:
    customers_then = customers_as_of(all_customers, day + timedelta(days=1))
    ids = customers_then.table[columns.CUSTOMER_ID]
    has_bought = measure_outcomes(all_customers, ids, day, settings.period_days).has_bought
    recency = customers_then.table[columns.RECENCY_DAYS].to_numpy(dtype=np.float64)
    rankings = {RFM_RANKING: rfm_ranks(customers_then), RECENCY_RANKING: -recency}
    return PastPeriod(day, ids, _build_features(customers_then), has_bought, rankings)


def _build_features(customers: Customers) -> FloatArray:
    """Return the logarithms of the features, shape (n, features), NaN where unknown.

    Recency is also expressed in units of the customer's own mean gap between orders.
    """
    table = customers.table
    features = {
        name: table[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in FEATURE_COLUMNS if name in table
    }
    mean_gap = features[columns.MEAN_DAYS_BETWEEN_ORDERS]
    features[RECENCY_IN_GAPS] = np.divide(
        features[columns.RECENCY_DAYS], mean_gap, out=np.full(len(table), np.nan), where=mean_gap > 0
    )
    return signed_log1p(np.column_stack(list(features.values())))


def rfm_ranks(customers: Customers) -> FloatArray:
    """Return the sum of the ranks of recency, orders and revenue; the best customer has the highest sum."""
    table = customers.table
    ranks = table[columns.ORDERS].rank() - table[columns.RECENCY_DAYS].rank()
    if columns.REVENUE in table:
        ranks += table[columns.REVENUE].rank()
    return np.asarray(ranks, dtype=np.float64)


def _pool_periods(past_periods: Sequence[PastPeriod]) -> LabelledRows:
    """Pool the rows of several periods; a customer has one code in all of them."""
    codes, _ = pd.factorize(pd.concat([past_period.ids.astype("str") for past_period in past_periods]))
    return LabelledRows(
        np.concatenate([past_period.features for past_period in past_periods]),
        np.concatenate([past_period.has_bought for past_period in past_periods]),
        np.asarray(codes, dtype=np.int64),
    )


def _predict(model_name: str, past_periods: Sequence[PastPeriod], features: FloatArray, seed: int) -> FloatArray:
    """Train on past periods, calibrate on the latest one, and predict."""
    latest_day = max(past_period.day for past_period in past_periods)
    is_latest = np.repeat(
        [past_period.day == latest_day for past_period in past_periods],
        [len(past_period.has_bought) for past_period in past_periods],
    )
    return fit_calibrated(model_name, _pool_periods(past_periods), seed, is_latest).predict(features)


def _score_rankings(model_name: str, probabilities: FloatArray, test_period: PastPeriod) -> pd.DataFrame:
    rows = [{"score": model_name, **classification_metrics(probabilities, test_period.has_bought)}]
    for name, ranking in test_period.rankings.items():
        shares = (ranking - ranking.min()) / max(float(np.ptp(ranking)), 1.0)
        ranking_metrics = classification_metrics(shares, test_period.has_bought)
        rows.append({"score": name, **ranking_metrics, "brier": np.nan})  # ranks are not probabilities
    return pd.DataFrame(rows)


def _recommend(scores: pd.DataFrame, probabilities: FloatArray, test_period: PastPeriod) -> tuple[str, str]:
    """Return the score to rank customers by, and the reason in words; a ranking wins unless the model is better."""
    model_row, *ranking_rows = scores.to_dict("records")
    best_ranking = max(ranking_rows, key=lambda row: row["auc"])
    difference, error = compare_auc(probabilities, test_period.rankings[best_ranking["score"]], test_period.has_bought)
    values = {
        "column": columns.P_NEXT,
        "ranking": RANKING_LABELS[best_ranking["score"]],
        "auc": model_row["auc"],
        "ranking_auc": best_ranking["auc"],
    }
    if difference > CERTAIN_ERRORS * error:
        return model_row["score"], message(
            "{column} ranks buyers better than {ranking}: use it to sort customers "
            "(AUC {auc:.3f}, {ranking} {ranking_auc:.3f})",
            **values,
        )
    if difference < -CERTAIN_ERRORS * error:
        return best_ranking["score"], message(
            "{ranking} rank buyers better than {column}: use them to sort customers "
            "(AUC {auc:.3f}, {ranking} {ranking_auc:.3f})",
            **values,
        )
    return best_ranking["score"], message(
        "{ranking} rank buyers as well as {column}: use them to sort customers "
        "(AUC {auc:.3f}, {ranking} {ranking_auc:.3f})",
        **values,
    )


def _add_rfm_deciles(deciles: pd.DataFrame, test_period: PastPeriod) -> pd.DataFrame:
    """Add the share of buyers by tenth of the RFM ranks."""
    rows_by_rank = np.argsort(-test_period.rankings[RFM_RANKING], kind="stable")
    shares = [test_period.has_bought[rows].mean() for rows in np.array_split(rows_by_rank, DECILE_COUNT)]
    return deciles.assign(actual_by_rfm=shares)


def _describe_periods(test_period: PastPeriod, training_periods: Sequence[PastPeriod]) -> pd.DataFrame:
    training = message("training")
    uses = [(test_period, message("test")), *((past_period, training) for past_period in training_periods)]
    rows = [
        (past_period.day.isoformat(), use, len(past_period.has_bought), past_period.buyer_share)
        for past_period, use in uses
    ]
    periods = tabulate_messages(rows, ["after", "use", columns.CUSTOMERS, "buyer_share"])
    return periods.sort_values("after", ascending=False, ignore_index=True)


def _list_notes(  # noqa: PLR0913, PLR0917 - the notes report all of these
    model_name: str,
    scores: pd.DataFrame,
    test_period: PastPeriod,
    training_periods: Sequence[PastPeriod],
    settings: ChurnSettings,
    last_day: date,
) -> Iterator[str]:
    model_scores, rank_scores, *_ = scores.to_dict("records")
    yield count_message(
        "{model}, trained on {count} period with {rows} rows, tested on {tested} customers in the {days} days to "
        "{day}: AUC {auc:.2f} (RFM ranks {rank_auc:.2f}), Brier {brier:.3f}, "
        "top tenth {lift:.1f}x (RFM ranks {rank_lift:.1f}x)",
        "{model}, trained on {count} periods with {rows} rows, tested on {tested} customers in the {days} days to "
        "{day}: AUC {auc:.2f} (RFM ranks {rank_auc:.2f}), Brier {brier:.3f}, "
        "top tenth {lift:.1f}x (RFM ranks {rank_lift:.1f}x)",
        len(training_periods),
        model=MODEL_TEXTS[model_name],
        rows=sum(len(past_period.has_bought) for past_period in training_periods),
        tested=len(test_period.has_bought),
        days=settings.period_days,
        day=last_day,
        auc=model_scores["auc"],
        rank_auc=rank_scores["auc"],
        brier=model_scores["brier"],
        lift=model_scores["lift_top_tenth"],
        rank_lift=rank_scores["lift_top_tenth"],
    )
    base_rate = test_period.buyer_share
    if model_scores["brier"] >= base_rate * (1 - base_rate):
        yield message("it predicts no better than the overall mean; do not use its probabilities")


def _note_shift(
    test_probabilities: FloatArray, test_period: PastPeriod, training_periods: Sequence[PastPeriod]
) -> Iterator[str]:
    """Yield how the share of buyers changed between periods."""
    shares = [past_period.buyer_share for past_period in training_periods]
    yield message(
        "buyers: {lowest:.0%} to {highest:.0%} in the training periods, {tested:.0%} in the test "
        "({predicted:.0%} predicted); probabilities are calibrated on the latest period",
        lowest=min(shares),
        highest=max(shares),
        tested=test_period.buyer_share,
        predicted=float(test_probabilities.mean()),
    )
