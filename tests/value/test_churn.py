"""Who buys next: planted leavers are told, probabilities hold, nothing of the future is known, thin data refused."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segcli.config.churn import ChurnSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.value.churn import ChurnForecast, predict_churn

SETTINGS = ChurnSettings(period_days=60, model="logistic")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Customers:
    """600 customers who order every three weeks on average, until they leave; a third leave early."""
    chance = np.random.default_rng(3)
    rows = ["customer_id,order_date,amount"]
    for n in range(600):
        day = date(2024, 1, 1) + timedelta(days=int(chance.integers(0, 120)))
        leaves = date(2024, 1, 1) + timedelta(days=int(chance.integers(150, 900)))
        while day < min(leaves, date(2025, 1, 1)):
            rows.append(f"C{n:03},{day},{chance.gamma(4, 10):.2f}")
            day += timedelta(days=1 + int(chance.exponential(20)))
    path = tmp_path_factory.mktemp("churn") / "o.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return load_customers(IngestSettings(transactions=Source(path=str(path))))


@pytest.fixture(scope="module")
def left(shop: Customers) -> ChurnForecast:
    return predict_churn(shop, SETTINGS, 1)


def test_leavers_are_told_and_probabilities_hold(left: ChurnForecast) -> None:
    model, ranks = left.scores.to_dict("records")
    assert model["auc"] > 0.8
    assert model["auc"] >= ranks["auc"] - 0.01
    assert model["brier"] < 0.15
    assert left.deciles["foretold"].is_monotonic_decreasing
    assert np.abs(left.deciles["foretold"] - left.deciles["bought"]).mean() < 0.07
    assert left.deciles["bought"].iloc[0] > 0.85
    assert left.deciles["bought"].iloc[-1] < 0.2


def test_scores_are_those_of_slow_recomputations(shop: Customers, left: ChurnForecast) -> None:
    """The AUC of RFM ranks counted pair by pair, the share of buyers from the file."""
    day = date.fromisoformat(str(shop.as_of)) - timedelta(days=61)
    table = shop.transactions.lines  # type: ignore[union-attr]
    known = table[table["order_date"] <= pd.Timestamp(day)]
    groups = known.groupby("customer_id", observed=True)
    before = pd.DataFrame(
        {"last": groups["order_date"].max(), "orders": groups.size(), "money": groups["amount"].sum()}
    )
    after = table[table["order_date"] > pd.Timestamp(day)]["customer_id"].astype("str")
    bought = np.asarray(before.index.astype("str").isin(after))
    score = (before["orders"].rank() + before["last"].rank() + before["money"].rank()).to_numpy()
    wins = (score[bought][:, None] > score[~bought]).mean() + 0.5 * (score[bought][:, None] == score[~bought]).mean()
    assert left.scores["auc"][1] == pytest.approx(float(wins))
    assert left.deciles["customers"].sum() == len(before)
    weighted = (left.deciles["bought"] * left.deciles["customers"]).sum() / len(before)
    assert weighted == pytest.approx(bought.mean())


def test_those_overdue_are_the_least_likely(shop: Customers, left: ChurnForecast) -> None:
    recency = shop.table["recency_days"].to_numpy()
    assert len(left.purchase_probability) == len(shop.table)
    assert left.purchase_probability[recency < 10].mean() > 0.85
    assert left.purchase_probability[recency > 150].mean() < 0.1


def test_the_same_seed_gives_the_same_bits(shop: Customers) -> None:
    boosting = ChurnSettings(period_days=60, model="boosting")
    one, other = predict_churn(shop, boosting, 1), predict_churn(shop, boosting, 1)
    assert one.purchase_probability.tobytes() == other.purchase_probability.tobytes()
    assert one.model == "boosting"


def test_training_knows_nothing_of_the_period_it_is_tested_on(shop: Customers) -> None:
    """With another future, what was foretold for it is the same."""
    lines = shop.transactions
    assert lines is not None
    day = pd.Timestamp(str(shop.as_of)) - pd.Timedelta(days=61)
    gone = lines.lines["order_date"] > day
    gone &= np.random.default_rng(2).random(len(gone)) < 0.3
    other = replace(shop, transactions=replace(lines, load_lines=lambda: lines.lines[~gone].reset_index(drop=True)))
    one, two = predict_churn(shop, SETTINGS, 1), predict_churn(other, SETTINGS, 1)
    assert one.deciles["foretold"].tolist() == pytest.approx(two.deciles["foretold"].tolist())
    assert one.deciles["bought"].tolist() != two.deciles["bought"].tolist()


def test_too_few_events_are_refused(tmp_path: Path) -> None:
    rows = [f"C{n},{date(2024, 1, 1) + timedelta(days=k * 30)},5" for n in range(60) for k in range(13)]
    (tmp_path / "o.csv").write_text("customer_id,order_date,amount\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(InputProblem, match=r"60 customers bought and 0 did not; a model needs at least 50 of each"):
        predict_churn(load_customers(IngestSettings(transactions=Source(path=str(tmp_path / "o.csv")))), SETTINGS, 1)
