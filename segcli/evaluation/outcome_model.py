"""Predict a yes-or-no outcome of a customer table, such as the end of a contract, from the other columns.

A part of the customers is held out and tests the model. Probabilities are calibrated (Platt 1999). A customer whose
outcome is known gets the probability of a model that was trained without this customer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns, formatting
from segcli.arrays import FloatArray
from segcli.config.churn import ChurnSettings
from segcli.config.drivers import DriversSettings
from segcli.errors import InputProblem, UsageProblem
from segcli.evaluation.drivers import DriverAnalysis, analyse_drivers, select_factors
from segcli.evaluation.outcome_levels import read_outcome
from segcli.formatting import pluralize
from segcli.message import count_message, message
from segcli.model import Customers
from segcli.parallel import limit_blas_threads
from segcli.segment.clustering.feature_encoding import is_skewed, signed_log1p
from segcli.segment.confidence_intervals import Z_SCORE_95
from segcli.value.classification import (
    MIN_CLASS_SIZE,
    MODEL_TEXTS,
    LabelledRows,
    calibration_slope,
    classification_metrics,
    compare_auc,
    fit_calibrated,
    hold_out_rows,
    lift_by_decile,
    make_classifier,
    predict_out_of_fold,
    select_classifier,
)

TEST_SHARE = 0.3
LEAK_AUC = 0.98  # a single column that predicts so well is probably known only after the outcome


@dataclass(frozen=True, eq=False)
class OutcomeForecast:
    """Probabilities of an outcome, and how well the model did for customers that it was not trained on.

    `probability` has shape (n,), in the row order of the table. `scores` has AUC with its interval, Brier score, that
    of the overall mean, lift of the top tenth and calibration slope. `drivers` is None if there are too few customers.
    """

    outcome: str
    model: str
    test_customers: int
    probability: FloatArray
    scores: dict[str, float]
    deciles: pd.DataFrame
    drivers: DriverAnalysis | None
    notes: tuple[str, ...]


def predict_outcome(
    customers: Customers, settings: ChurnSettings, audit_only: Sequence[str], seed: int
) -> OutcomeForecast:
    """Train and test a model of the outcome, and predict it for each customer.

    Args:
        customers: a customer table with the outcome as a column.
        settings: the outcome, its positive value, and the columns that predict it.
        audit_only: columns that no prediction may use.
        seed: random seed of the held-out part.

    Raises:
        InputProblem: too few customers with the outcome, or without it.
        UsageProblem: a column does not exist, or the outcome is not yes or no.
    """
    label, outcomes = _read_binary_outcome(customers, settings)
    feature_names = _select_features(customers, settings, audit_only)
    features, encoded_names = _encode_features(customers.table, feature_names)
    by_id = customers.table[columns.CUSTOMER_ID].astype("str").argsort(kind="stable").to_numpy()
    known_rows = by_id[~np.isnan(outcomes[by_id])]  # in the order of ids, so that the order of rows has no effect
    _require_both_kinds(customers, label, outcomes[known_rows])
    labelled_rows = LabelledRows(features[known_rows], outcomes[known_rows] == 1, np.arange(len(known_rows)))
    with limit_blas_threads():  # the last bits of a sum depend on the number of threads
        training_rows, test_rows = hold_out_rows(labelled_rows, TEST_SHARE, seed)
        model_name = select_classifier(settings.model, training_rows, seed)
        test_probabilities = fit_calibrated(model_name, training_rows, seed).predict(test_rows.features)
        final_model = fit_calibrated(model_name, labelled_rows, seed)
        probability = final_model.predict(features)
        probability[known_rows] = final_model.calibrate(
            predict_out_of_fold(make_classifier(model_name, seed), labelled_rows)
        )
    scores = _score(test_probabilities, test_rows)
    drivers, driver_notes = _analyse_outcome(customers, settings, feature_names)
    notes = (
        *_list_notes(label, model_name, labelled_rows, test_rows, scores),
        *_note_leaks(features[known_rows], labelled_rows, encoded_names),
        *driver_notes,
    )
    return OutcomeForecast(
        label,
        model_name,
        len(test_rows.outcomes),
        np.round(probability, 6),
        scores,
        lift_by_decile(test_probabilities, test_rows.outcomes),
        drivers,
        notes,
    )


def _read_binary_outcome(customers: Customers, settings: ChurnSettings) -> tuple[str, FloatArray]:
    """Return the label of the outcome and its values, 1, 0 or NaN."""
    name = settings.outcome
    assert name is not None, "the command checks it"
    if customers.transactions is not None:
        raise UsageProblem(
            f"churn.outcome: '{name}' needs a customer table, with one row per customer; without it, "
            "segcli churn predicts purchases from an order export"
        )
    if name not in customers.table:
        available = ", ".join(str(column) for column in customers.table if column != columns.CUSTOMER_ID)
        raise UsageProblem(f"churn.outcome: no column '{name}'; available: {available}")
    outcome = read_outcome(customers.table[name], name, settings.positive, "churn.positive")
    if outcome is None or not outcome.is_binary:
        values = customers.table[name].dropna().astype("str").unique()
        raise UsageProblem(
            f"churn.outcome: '{name}' has {len(values)} values, not yes and no; hint: --positive {min(values)}"
        )
    return next(iter(outcome.indicators.items()))


def _select_features(customers: Customers, settings: ChurnSettings, audit_only: Sequence[str]) -> list[str]:
    forbidden_names = [name for name in settings.among if name in audit_only]
    if forbidden_names:
        raise UsageProblem(
            f"churn.among: {', '.join(forbidden_names)} is reserved for audits (fairness.audit_only); remove it"
        )
    assert settings.outcome is not None
    factor_names = select_factors(customers, settings.outcome, settings.among, "churn.among")
    return [name for name in factor_names if name not in audit_only]


def _encode_features(table: pd.DataFrame, column_names: Sequence[str]) -> tuple[FloatArray, list[str]]:
    """Return the features, shape (n, features), and the column of each.

    Numbers are NaN where unknown, and in logarithms if they are skewed. Each value of a category is 0 or 1.
    """
    feature_columns: list[FloatArray] = []
    encoded_names: list[str] = []
    for name in column_names:
        if pd.api.types.is_numeric_dtype(table[name]):
            numbers = table[name].to_numpy(dtype=np.float64, na_value=np.nan)
            encoded_columns = [signed_log1p(numbers) if is_skewed(numbers) else numbers]
        else:
            texts = table[name].astype("str").fillna("")
            encoded_columns = [(texts == level).to_numpy(dtype=np.float64) for level in sorted(texts.unique())]
        feature_columns += encoded_columns
        encoded_names += [name] * len(encoded_columns)
    return np.column_stack(feature_columns), encoded_names


def _require_both_kinds(customers: Customers, label: str, outcomes: FloatArray) -> None:
    positive_count, negative_count = int((outcomes == 1).sum()), int((outcomes == 0).sum())
    if min(positive_count, negative_count) < MIN_CLASS_SIZE:
        raise InputProblem(
            f"{label} for {pluralize(positive_count, 'customer')}, and not for {negative_count:,}; "
            f"a model needs at least {MIN_CLASS_SIZE} of each",
            source=customers.input_reports[0].input.name,
            remedy="pass a table with more customers, or name the outcome with churn.outcome and churn.positive",
        )


def _score(probabilities: FloatArray, test_rows: LabelledRows) -> dict[str, float]:
    metrics = classification_metrics(probabilities, test_rows.outcomes)
    _, auc_error = compare_auc(probabilities, np.zeros(len(probabilities)), test_rows.outcomes)
    base_rate = float(test_rows.outcomes.mean())
    return {
        **metrics,
        "auc_low": metrics["auc"] - Z_SCORE_95 * auc_error,
        "auc_high": min(metrics["auc"] + Z_SCORE_95 * auc_error, 1.0),
        "brier_of_mean": base_rate * (1 - base_rate),
        "calibration_slope": calibration_slope(probabilities, test_rows.outcomes),
    }


def _analyse_outcome(
    customers: Customers, settings: ChurnSettings, feature_names: Sequence[str]
) -> tuple[DriverAnalysis | None, list[str]]:
    assert settings.outcome is not None
    driver_settings = DriversSettings(of=settings.outcome, positive=settings.positive, among=list(feature_names))
    try:
        drivers = analyse_drivers(customers, driver_settings)
    except UsageProblem as problem:
        return None, [str(problem)]
    return drivers, list(drivers.notes)


def _list_notes(
    label: str, model_name: str, labelled_rows: LabelledRows, test_rows: LabelledRows, scores: dict[str, float]
) -> Iterator[str]:
    yield count_message(
        "{outcome}: {share:.1%} of {count} customer; {model}, tested on {tested} customers held out",
        "{outcome}: {share:.1%} of {count} customers; {model}, tested on {tested} customers held out",
        len(labelled_rows.outcomes),
        outcome=formatting.column_label(label),
        share=labelled_rows.outcomes.mean(),
        model=MODEL_TEXTS[model_name],
        tested=len(test_rows.outcomes),
    )
    yield message(
        "AUC {auc:.3f} ({low:.3f} to {high:.3f}), Brier {brier:.3f} (overall mean {mean_brier:.3f}), "
        "top tenth {lift:.1f}x, calibration slope {slope:.2f}",
        auc=scores["auc"],
        low=scores["auc_low"],
        high=scores["auc_high"],
        brier=scores["brier"],
        mean_brier=scores["brier_of_mean"],
        lift=scores["lift_top_tenth"],
        slope=scores["calibration_slope"],
    )
    if scores["brier"] >= scores["brier_of_mean"]:
        yield message("it predicts no better than the overall mean; do not use its probabilities")


def _note_leaks(features: FloatArray, labelled_rows: LabelledRows, feature_names: Sequence[str]) -> Iterator[str]:
    """Yield a warning for each column that predicts the outcome almost perfectly on its own."""
    leaking_names = []
    for name, values in zip(feature_names, features.T, strict=True):
        difference, _ = compare_auc(
            np.nan_to_num(values, nan=float(np.nanmean(values)) if not np.isnan(values).all() else 0.0),
            np.zeros(len(values)),
            labelled_rows.outcomes,
        )
        if abs(difference) > LEAK_AUC - 0.5:
            leaking_names.append(name)
    for name in dict.fromkeys(leaking_names):
        yield message(
            "{column} alone predicts the outcome almost perfectly; if it is known only afterwards, leave it out with "
            "churn.among",
            column=formatting.column_label(name),
        )
