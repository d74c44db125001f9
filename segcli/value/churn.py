"""Predict which customers will buy in the next period: train on one period, test on the next, then predict.

The forecast uses three days, one period apart. Customers as of the first day, with their orders up to the second,
train the model. Customers as of the second day, with their orders up to the third, test it. The model is then trained
on both sets and predicts for the period after the third day. Features of a customer at a day never use later data.
Probabilities are calibrated (Platt 1999).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.config.churn import ChurnSettings
from segcli.customers.order_history import customers_as_of
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.message import message
from segcli.model import Customers
from segcli.parallel import limit_blas_threads
from segcli.segment.clustering.feature_encoding import signed_log1p
from segcli.value.outcomes import measure_outcomes

# Quality of predicted probabilities: area under the ROC curve, Brier score, lift by tenth of customers.
DECILE_COUNT = 10

FloatArray = npt.NDArray[np.float64]


def classification_metrics(probabilities: FloatArray, has_bought: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return the AUC, the Brier score (1950) and the lift of the top tenth."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    top_tenth = np.argsort(-probabilities, kind="stable")[: max(len(probabilities) // DECILE_COUNT, 1)]
    return {
        "auc": float(roc_auc_score(has_bought, probabilities)),
        "brier": float(brier_score_loss(has_bought, probabilities)),
        "lift_top_tenth": float(has_bought[top_tenth].mean() / has_bought.mean()),
    }


def lift_by_decile(
    probabilities: FloatArray, has_bought: npt.NDArray[np.bool_], rfm_scores: FloatArray
) -> pd.DataFrame:
    """Return one row per tenth of customers, most likely buyers first.

    Columns: the mean predicted probability, the share of buyers, and the share of buyers when ranked by RFM.
    """
    probability_deciles = np.array_split(np.argsort(-probabilities, kind="stable"), DECILE_COUNT)
    rank_deciles = np.array_split(np.argsort(-rfm_scores, kind="stable"), DECILE_COUNT)
    rows = [
        {
            "decile": decile,
            columns.CUSTOMERS: len(likely_rows),
            "foretold": float(probabilities[likely_rows].mean()),
            "bought": float(has_bought[likely_rows].mean()),
            "lift": float(has_bought[likely_rows].mean() / has_bought.mean()),
            "bought_by_rfm": float(has_bought[ranked_rows].mean()),
        }
        for decile, (likely_rows, ranked_rows) in enumerate(zip(probability_deciles, rank_deciles, strict=True), 1)
    ]
    return pd.DataFrame(rows)


MIN_CLASS_SIZE = 50  # minimum number of buyers, and of non-buyers, in each period
CV_FOLDS = 5
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

LabelledCustomers = tuple[FloatArray, npt.NDArray[np.bool_], FloatArray]


@dataclass(frozen=True, eq=False)
class ChurnForecast:
    """Probabilities to buy in the next period, and how well the model did in the test period.

    `purchase_probability` has shape (n,), in the row order of the table. `scores` holds AUC, Brier score and lift of
    the top tenth, for the model and for RFM ranks. `deciles` is the result of `lift_by_decile`.
    """

    model: str
    purchase_probability: FloatArray
    scores: pd.DataFrame
    deciles: pd.DataFrame
    notes: tuple[str, ...]


def predict_churn(all_customers: Customers, settings: ChurnSettings, seed: int) -> ChurnForecast:
    """Train and test the model, then predict the purchases of the next period.

    Raises:
        InputProblem: the input is not an order export, or a period has too few buyers or too few non-buyers.
    """
    if all_customers.as_of is None or all_customers.transactions is None:
        raise InputProblem(
            "contains no individual orders",
            source=all_customers.input_reports[0].input.name,
            remedy="Pass an order export, not a customer table",
        )
    last_day, period = all_customers.as_of - timedelta(days=1), timedelta(days=settings.period_days)
    with limit_blas_threads():  # the last bits of a sum depend on the number of threads
        train_data, test_data = (
            _build_dataset(all_customers, last_day - period * periods_back, settings) for periods_back in (2, 1)
        )
        model_name = _select_classifier(train_data, settings, seed)
        test_probabilities = _fit_calibrated(model_name, train_data, seed).predict_proba(test_data[0])[:, 1]
        final_model = _fit_calibrated(model_name, test_data, seed)
        probabilities = final_model.predict_proba(_build_features(all_customers))[:, 1]
    scores = pd.DataFrame(
        [
            {"score": model_name, **classification_metrics(test_probabilities, test_data[1])},
            {"score": "rfm ranks", **classification_metrics(_scale_ranks(test_data[2]), test_data[1])},
        ]
    )
    scores.loc[1, "brier"] = np.nan  # ranks are not probabilities
    deciles = lift_by_decile(test_probabilities, test_data[1], test_data[2])
    return ChurnForecast(
        model_name,
        np.round(probabilities, 6),
        scores,
        deciles,
        tuple(_build_notes(model_name, scores, train_data, test_data, settings, last_day)),
    )


def _build_dataset(all_customers: Customers, day: date, settings: ChurnSettings) -> LabelledCustomers:
    """Return the customers as of a day: features, whether they bought in the following period, and RFM ranks."""
    customers_then = customers_as_of(all_customers, day + timedelta(days=1))
    has_bought = measure_outcomes(
        all_customers, customers_then.table[columns.CUSTOMER_ID], day, settings.period_days
    ).has_bought
    buyer_count, nonbuyer_count = int(has_bought.sum()), int((~has_bought).sum())
    if min(buyer_count, nonbuyer_count) < MIN_CLASS_SIZE:
        raise InputProblem(
            f"in the {settings.period_days} days after {day.isoformat()} "
            f"{pluralize(buyer_count, 'customer')} bought and "
            f"{nonbuyer_count:,} did not; a model needs at least {MIN_CLASS_SIZE} of each",
            source=all_customers.input_reports[0].input.name,
            remedy="Change churn.period_days",
        )
    return _build_features(customers_then), has_bought, rfm_ranks(customers_then)


def _build_features(customers: Customers) -> FloatArray:
    """Return the features, shape (n, features), NaN where unknown.

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
    return np.column_stack(list(features.values()))


def rfm_ranks(customers: Customers) -> FloatArray:
    """Return the sum of the ranks of recency, orders and revenue; the best customer has the highest sum."""
    table = customers.table
    ranks = table[columns.ORDERS].rank() - table[columns.RECENCY_DAYS].rank()
    if columns.REVENUE in table:
        ranks += table[columns.REVENUE].rank()
    return np.asarray(ranks, dtype=np.float64)


def _scale_ranks(ranks: FloatArray) -> FloatArray:
    shares: FloatArray = (ranks - ranks.min()) / max(float(np.ptp(ranks)), 1.0)
    return shares


def _fit_calibrated(model_name: str, dataset: LabelledCustomers, seed: int) -> Any:  # noqa: ANN401 - scikit-learn has no types
    """Fit a calibrated model."""
    from sklearn.calibration import CalibratedClassifierCV

    model = CalibratedClassifierCV(_make_classifier(model_name, seed), method="sigmoid", cv=_make_folds())
    return model.fit(dataset[0], dataset[1])


def _make_folds() -> Any:  # noqa: ANN401 - as above
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(CV_FOLDS, shuffle=True, random_state=0)


def _make_classifier(model_name: str, seed: int) -> Any:  # noqa: ANN401 - as above
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    if model_name == "boosting":
        return HistGradientBoostingClassifier(max_depth=3, learning_rate=0.05, max_iter=150, random_state=seed)
    logarithms = FunctionTransformer(signed_log1p)
    return make_pipeline(
        logarithms, SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression(max_iter=2000)
    )


def _select_classifier(train_data: LabelledCustomers, settings: ChurnSettings, seed: int) -> str:
    """Choose the model with the lower cross-validated log loss in the training period."""
    from sklearn.metrics import log_loss
    from sklearn.model_selection import cross_val_predict

    if settings.model != "auto":
        return settings.model
    losses = {}
    for model_name in ("logistic", "boosting"):
        probabilities = cross_val_predict(
            _make_classifier(model_name, seed), train_data[0], train_data[1], cv=_make_folds(), method="predict_proba"
        )
        losses[model_name] = log_loss(train_data[1], probabilities[:, 1])
    return min(losses, key=lambda name: (losses[name], name))


def _build_notes(  # noqa: PLR0913, PLR0917 - the notes report all of these
    model_name: str,
    scores: pd.DataFrame,
    train_data: LabelledCustomers,
    test_data: LabelledCustomers,
    settings: ChurnSettings,
    last_day: date,
) -> Iterator[str]:
    model_scores, rank_scores = scores.to_dict("records")
    yield message(
        "{model}, trained on {trained} customers, tested on {tested} in the {days} days to {day}: "
        "AUC {auc:.2f} (RFM ranks {rank_auc:.2f}), Brier {brier:.3f}, "
        "top tenth {lift:.1f}x (RFM ranks {rank_lift:.1f}x)",
        model=message("logistic regression") if model_name == "logistic" else message("gradient boosting"),
        trained=len(train_data[1]),
        tested=len(test_data[1]),
        days=settings.period_days,
        day=last_day,
        auc=model_scores["auc"],
        rank_auc=rank_scores["auc"],
        brier=model_scores["brier"],
        lift=model_scores["lift_top_tenth"],
        rank_lift=rank_scores["lift_top_tenth"],
    )
    base_rate = float(test_data[1].mean())
    if model_scores["brier"] >= base_rate * (1 - base_rate):
        yield message("it predicts no better than the overall mean; do not use its probabilities")
