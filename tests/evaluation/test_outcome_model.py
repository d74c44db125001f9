"""Outcomes of a customer table: as good as another library, calibrated, independent of order, and refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from segcli.config.churn import ChurnSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem, UsageProblem
from segcli.evaluation.outcome_model import OutcomeForecast, predict_outcome
from segcli.model import Customers
from segcli.value.classification import LabelledRows, calibration_slope, compare_auc, fit_calibrated, hold_out_rows
from tests.oracles.telco import telephone_customers

CHURN = ChurnSettings(outcome="Churn", model="logistic")


def read(people: pd.DataFrame, path: Path) -> Customers:
    people.to_csv(path, index=False)
    return load_customers(IngestSettings(transactions=Source(path=str(path))))


@pytest.fixture(scope="module")
def telephone(tmp_path_factory: pytest.TempPathFactory) -> Customers:
    return read(telephone_customers(), tmp_path_factory.mktemp("telephone") / "c.csv")


@pytest.fixture(scope="module")
def forecast(telephone: Customers) -> OutcomeForecast:
    return predict_outcome(telephone, CHURN, (), 1)


def test_it_ranks_as_another_library_does(tmp_path: Path) -> None:
    """Over two tables: mean AUC within 0.01 of scikit-learn's, for customers held out and for all customers."""
    aucs = []
    for seed in range(2):
        people = telephone_customers(5000, seed)
        found = predict_outcome(read(people, tmp_path / "c.csv"), ChurnSettings(outcome="Churn"), (), seed)
        x = pd.get_dummies(people.drop(columns=["customerID", "Churn", "TotalCharges"]), drop_first=True).astype(float)
        x["total"] = pd.to_numeric(people["TotalCharges"], errors="coerce").fillna(0)
        y = people["Churn"] == "Yes"
        train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=0.3, random_state=seed, stratify=y)
        other = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        theirs = roc_auc_score(test_y, other.fit(train_x, train_y).predict_proba(test_x)[:, 1])
        theirs_of_all = roc_auc_score(y, cross_val_predict(other, x, y, cv=5, method="predict_proba")[:, 1])
        aucs.append((found.scores["auc"] - theirs, roc_auc_score(y, found.probability) - theirs_of_all))
        assert found.scores["auc_low"] < found.scores["auc"] < found.scores["auc_high"]
    assert np.mean(aucs, axis=0) == pytest.approx(0, abs=0.01), "held out, and each customer"


def test_its_probabilities_are_calibrated_for_customers_held_out() -> None:
    """Over eight tables: mean slope from 0.9 to 1.1, and mean probability as the share of those who left."""
    slopes, gaps = [], []
    for seed in range(8):
        people = telephone_customers(5000, seed)
        x = pd.get_dummies(people.drop(columns=["customerID", "Churn", "TotalCharges"])).to_numpy(dtype=float)
        rows = LabelledRows(x, (people["Churn"] == "Yes").to_numpy(), np.arange(5000))
        training_rows, test_rows = hold_out_rows(rows, 0.3, seed)
        probabilities = fit_calibrated("logistic", training_rows, seed).predict(test_rows.features)
        slopes.append(calibration_slope(probabilities, test_rows.outcomes))
        gaps.append(probabilities.mean() - test_rows.outcomes.mean())
    assert 0.9 < np.mean(slopes) < 1.1
    assert np.mean(gaps) == pytest.approx(0, abs=0.01)


def test_scores_and_deciles_are_those_of_slow_recomputations(forecast: OutcomeForecast, telephone: Customers) -> None:
    assert forecast.test_customers == 1500
    assert forecast.deciles["customers"].sum() == 1500
    assert forecast.deciles["predicted"].is_monotonic_decreasing
    assert np.abs(forecast.deciles["predicted"] - forecast.deciles["actual"]).mean() < 0.04
    rate = (forecast.deciles["actual"] * forecast.deciles["customers"]).sum() / 1500
    assert forecast.scores["brier_of_mean"] == pytest.approx(rate * (1 - rate))
    assert forecast.scores["lift_top_tenth"] == pytest.approx(forecast.deciles["lift"].iloc[0])
    assert forecast.scores["brier"] < 0.9 * forecast.scores["brier_of_mean"]
    left = (telephone.table["Churn"] == "Yes").to_numpy()
    assert forecast.probability[left].mean() > 1.5 * forecast.probability[~left].mean(), "who leaves has the higher one"


def test_drivers_are_those_that_were_planted(forecast: OutcomeForecast) -> None:
    assert forecast.drivers is not None
    effects = forecast.drivers.table.set_index(["driver", "level"])["effect"]
    assert effects["Contract", "Two year"] == pytest.approx(-1.9, abs=0.3)
    assert effects["TechSupport", "Yes"] == pytest.approx(-0.5, abs=0.25)
    assert forecast.notes[0].startswith("Churn = Yes: ")
    assert any("OnlineBackup = No internet service is left out" in note for note in forecast.notes)


def test_the_order_of_rows_has_no_effect(forecast: OutcomeForecast, telephone: Customers, tmp_path: Path) -> None:
    again = read(telephone_customers().sample(frac=1, random_state=5), tmp_path / "c.csv")
    found = predict_outcome(again, CHURN, (), 1)
    assert found.scores == pytest.approx(forecast.scores, rel=1e-6)
    one, other = (
        pd.Series(result.probability, index=of.table["customer_id"].astype("str")).sort_index()
        for result, of in ((forecast, telephone), (found, again))
    )
    assert one.to_numpy() == pytest.approx(other.to_numpy(), abs=2e-6)


def test_customers_without_an_outcome_are_predicted_and_not_learned_from(tmp_path: Path) -> None:
    people = telephone_customers(3000, 2)
    hidden = np.arange(3000) % 5 == 0
    found = predict_outcome(
        read(people.assign(Churn=people["Churn"].mask(hidden, "")), tmp_path / "c.csv"), CHURN, (), 1
    )
    assert found.test_customers == round(2400 * 0.3)
    assert roc_auc_score(people["Churn"][hidden] == "Yes", found.probability[hidden]) > 0.7


def test_a_pair_of_texts_needs_no_yes(tmp_path: Path, forecast: OutcomeForecast) -> None:
    people = telephone_customers()
    people["Churn"] = people["Churn"].map({"Yes": "perdu", "No": "fidèle"})
    named = ChurnSettings(outcome="Churn", positive="Perdu", model="logistic")
    found = predict_outcome(read(people, tmp_path / "c.csv"), named, (), 1)
    assert found.outcome == "Churn = Perdu"
    assert found.probability == pytest.approx(forecast.probability, abs=1e-6)


def test_a_column_that_knows_the_outcome_is_noted(tmp_path: Path) -> None:
    people = telephone_customers(1000, 3)
    people["Status"] = np.where(people["Churn"] == "Yes", "closed", "open")
    of = read(people, tmp_path / "c.csv")
    found = predict_outcome(of, CHURN, (), 1)
    assert any(note.startswith("Status alone predicts the outcome almost perfectly") for note in found.notes)
    without = predict_outcome(of, ChurnSettings(outcome="Churn", model="logistic", among=["tenure", "Contract"]), (), 1)
    assert not any("almost perfectly" in note for note in without.notes)


def test_what_cannot_be_predicted(telephone: Customers, tmp_path: Path) -> None:
    for settings, audited, problem in [
        (ChurnSettings(outcome="Gone"), (), "churn.outcome: no column 'Gone'; available: gender"),
        (ChurnSettings(outcome="Contract"), (), "'Contract' has 3 values, not yes and no; hint: --positive Month"),
        (ChurnSettings(outcome="Churn", positive="Maybe"), (), "'Churn' has no value 'Maybe'; values: No, Yes"),
        (ChurnSettings(outcome="Churn", among=["gender"]), ("gender",), "gender is reserved for audits"),
        (ChurnSettings(outcome="Churn", among=["mood"]), (), "churn.among: no column mood"),
    ]:
        with pytest.raises(UsageProblem, match=problem):
            predict_outcome(telephone, settings, audited, 1)
    few = read(telephone_customers(150, 4), tmp_path / "c.csv")
    with pytest.raises(InputProblem, match="a model needs at least 50 of each"):
        predict_outcome(few, CHURN, (), 1)


def test_the_difference_of_aucs_has_the_error_of_resampling() -> None:
    """DeLong's standard error against the spread of 400 bootstrap samples; the difference pair by pair."""
    chance = np.random.default_rng(6)
    outcomes = chance.random(400) < 0.3
    one = np.round(chance.normal(size=400) + outcomes, 1)
    other = np.round(one + chance.normal(size=400), 1)
    difference, error = compare_auc(one, other, outcomes)
    assert difference == pytest.approx(roc_auc_score(outcomes, one) - roc_auc_score(outcomes, other))
    samples = []
    for _ in range(400):
        rows = chance.integers(0, 400, 400)
        samples.append(roc_auc_score(outcomes[rows], one[rows]) - roc_auc_score(outcomes[rows], other[rows]))
    assert error == pytest.approx(np.std(samples), rel=0.15)


def test_a_calibration_slope_is_that_of_what_was_planted() -> None:
    chance = np.random.default_rng(9)
    log_odds = chance.normal(-1, 1, 20_000)
    outcomes = chance.random(20_000) < 1 / (1 + np.exp(-log_odds))
    assert calibration_slope(1 / (1 + np.exp(-log_odds)), outcomes) == pytest.approx(1.0, abs=0.05)
    assert calibration_slope(1 / (1 + np.exp(-2 * log_odds)), outcomes) == pytest.approx(0.5, abs=0.03)
