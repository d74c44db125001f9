"""Models that predict a yes-or-no outcome: choice by cross-validation, calibration, and quality of the predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import BoolArray, FloatArray, IntArray
from segcli.message import message

DECILE_COUNT = 10
CV_FOLDS = 5
MIN_CLASS_SIZE = 50  # minimum number of customers with the outcome, and without it, in each period
AUTO_MODEL, CLASSIFIER_NAMES = "auto", ("logistic", "boosting")
MODEL_TEXTS = {"logistic": message("logistic regression"), "boosting": message("gradient boosting")}
PROBABILITY_MARGIN = 1e-6  # keeps logits finite


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Training data: features, shape (n, features), NaN where unknown; outcomes, shape (n,).

    `customer_codes` identify customers, so that no fold of a cross-validation tests on a customer it was trained on.
    """

    features: FloatArray
    outcomes: BoolArray
    customer_codes: IntArray


def classification_metrics(probabilities: FloatArray, outcomes: BoolArray) -> dict[str, float]:
    """Return the AUC, the Brier score (1950) and the lift of the top tenth."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    top_tenth = np.argsort(-probabilities, kind="stable")[: max(len(probabilities) // DECILE_COUNT, 1)]
    return {
        "auc": float(roc_auc_score(outcomes, probabilities)),
        "brier": float(brier_score_loss(outcomes, probabilities)),
        "lift_top_tenth": float(outcomes[top_tenth].mean() / outcomes.mean()),
    }


def compare_auc(scores: FloatArray, other_scores: FloatArray, outcomes: BoolArray) -> tuple[float, float]:
    """Return the difference of two AUCs on the same customers, and its standard error (DeLong et al. 1988)."""
    placements = [_auc_placements(values, outcomes) for values in (scores, other_scores)]
    by_positive = placements[0][0] - placements[1][0]
    by_negative = placements[0][1] - placements[1][1]
    variance = by_positive.var(ddof=1) / len(by_positive) + by_negative.var(ddof=1) / len(by_negative)
    return float(by_positive.mean()), float(np.sqrt(variance))


def _auc_placements(scores: FloatArray, outcomes: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return for each positive the share of negatives below it, and for each negative the share of positives above it.

    Equal scores count half.
    """
    ranks = pd.Series(scores).rank().to_numpy()
    positive_ranks, negative_ranks = (pd.Series(scores[mask]).rank().to_numpy() for mask in (outcomes, ~outcomes))
    positives, negatives = len(positive_ranks), len(negative_ranks)
    return (
        (ranks[outcomes] - positive_ranks) / negatives,
        1 - (ranks[~outcomes] - negative_ranks) / positives,
    )


def calibration_slope(probabilities: FloatArray, outcomes: BoolArray) -> float:
    """Return the slope of the outcome on the log odds of its prediction (Cox 1958).

    1 is ideal; a lower slope means that the predictions are too extreme.
    """
    return _fit_log_odds(_to_log_odds(probabilities), outcomes)[1]


def _fit_log_odds(log_odds: FloatArray, outcomes: BoolArray) -> tuple[float, float]:
    """Return intercept and slope of a logistic regression on log odds."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=np.inf, max_iter=1000).fit(log_odds[:, None], outcomes)
    return float(model.intercept_[0]), float(model.coef_[0, 0])


def _to_log_odds(probabilities: FloatArray) -> FloatArray:
    clipped = np.clip(probabilities, PROBABILITY_MARGIN, 1 - PROBABILITY_MARGIN)
    log_odds: FloatArray = np.log(clipped / (1 - clipped))
    return log_odds


def _to_probabilities(log_odds: FloatArray) -> FloatArray:
    probabilities: FloatArray = 1 / (1 + np.exp(-log_odds))
    return probabilities


def lift_by_decile(probabilities: FloatArray, outcomes: BoolArray) -> pd.DataFrame:
    """Return one row per tenth of customers, most likely first: mean prediction, share with the outcome, lift."""
    deciles = np.array_split(np.argsort(-probabilities, kind="stable"), DECILE_COUNT)
    return pd.DataFrame(
        [
            {
                "decile": decile,
                columns.CUSTOMERS: len(rows),
                "predicted": float(probabilities[rows].mean()),
                "actual": float(outcomes[rows].mean()),
                "lift": float(outcomes[rows].mean() / outcomes.mean()),
            }
            for decile, rows in enumerate(deciles, 1)
        ]
    )


def hold_out_rows(rows: LabelledRows, test_share: float, seed: int) -> tuple[LabelledRows, LabelledRows]:
    """Split rows, one per customer, into a training and a test part with about the same share of outcomes."""
    from sklearn.model_selection import StratifiedShuffleSplit

    splitter = StratifiedShuffleSplit(1, test_size=test_share, random_state=seed)
    (split,) = splitter.split(rows.features, rows.outcomes)
    training_rows, test_rows = (
        LabelledRows(rows.features[part], rows.outcomes[part], rows.customer_codes[part])
        for part in map(np.sort, split)
    )
    return training_rows, test_rows


def select_classifier(model_name: str, training_rows: LabelledRows, seed: int) -> str:
    """Return the model of the settings, or for auto the one with the lower cross-validated log loss."""
    from sklearn.metrics import log_loss

    if model_name != AUTO_MODEL:
        return model_name
    losses = {
        name: log_loss(training_rows.outcomes, predict_out_of_fold(make_classifier(name, seed), training_rows))
        for name in CLASSIFIER_NAMES
    }
    return min(losses, key=lambda name: (losses[name], name))


def predict_out_of_fold(model: Any, training_rows: LabelledRows) -> FloatArray:  # noqa: ANN401 - scikit-learn has no types
    """Return the probability of each customer by a model trained without that customer."""
    from sklearn.model_selection import cross_val_predict

    folds = _split_folds(training_rows)
    probabilities: FloatArray = cross_val_predict(
        model, training_rows.features, training_rows.outcomes, cv=folds, method="predict_proba"
    )[:, 1]
    return probabilities


@dataclass(frozen=True, eq=False)
class CalibratedClassifier:
    """A classifier whose log odds are corrected by an intercept and a slope (Platt 1999)."""

    classifier: Any
    intercept: float
    slope: float

    def predict(self, features: FloatArray) -> FloatArray:
        """Return the probability of the outcome, shape (n,)."""
        return self.calibrate(self.classifier.predict_proba(features)[:, 1])

    def calibrate(self, probabilities: FloatArray) -> FloatArray:
        """Return corrected probabilities, shape (n,)."""
        return _to_probabilities(self.intercept + self.slope * _to_log_odds(probabilities))


def fit_calibrated(
    model_name: str, training_rows: LabelledRows, seed: int, calibration_rows: BoolArray | None = None
) -> CalibratedClassifier:
    """Fit a classifier, and correct it by predictions for customers that it was not trained on.

    Args:
        model_name: name of the classifier.
        training_rows: features and outcomes.
        seed: random seed of the classifier.
        calibration_rows: rows that the correction is fitted to, shape (n,); default: all.
    """
    classifier = make_classifier(model_name, seed)
    log_odds, outcomes = _to_log_odds(predict_out_of_fold(classifier, training_rows)), training_rows.outcomes
    rows = slice(None) if calibration_rows is None else calibration_rows
    intercept, slope = _fit_log_odds(log_odds[rows], outcomes[rows])
    return CalibratedClassifier(classifier.fit(training_rows.features, outcomes), intercept, slope)


def _split_folds(training_rows: LabelledRows) -> list[Sequence[IntArray]]:
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(CV_FOLDS, shuffle=True, random_state=0)
    return list(folds.split(training_rows.features, training_rows.outcomes, training_rows.customer_codes))


def make_classifier(model_name: str, seed: int) -> Any:  # noqa: ANN401 - as above
    """Return a classifier by its name."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if model_name == "boosting":
        return HistGradientBoostingClassifier(max_depth=3, learning_rate=0.05, max_iter=150, random_state=seed)
    return make_pipeline(SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression(max_iter=2000))
