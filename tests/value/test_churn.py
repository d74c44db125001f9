"""Who buys next: planted leavers are told, probabilities hold, nothing of the future is known, thin data refused."""

import re
from collections.abc import Callable
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
    model, ranks, _recency = left.scores.to_dict("records")
    assert model["auc"] > 0.8
    assert model["auc"] >= ranks["auc"] - 0.01
    assert model["brier"] < 0.15
    assert left.deciles["predicted"].is_monotonic_decreasing
    assert np.abs(left.deciles["predicted"] - left.deciles["actual"]).mean() < 0.07
    assert left.deciles["actual"].iloc[0] > 0.85
    assert left.deciles["actual"].iloc[-1] < 0.2


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
    weighted = (left.deciles["actual"] * left.deciles["customers"]).sum() / len(before)
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
    assert one.deciles["predicted"].tolist() == pytest.approx(two.deciles["predicted"].tolist())
    assert one.deciles["actual"].tolist() != two.deciles["actual"].tolist()


def test_too_few_events_are_refused(tmp_path: Path) -> None:
    rows = [f"C{n},{date(2024, 1, 1) + timedelta(days=k * 30)},5" for n in range(60) for k in range(13)]
    (tmp_path / "o.csv").write_text("customer_id,order_date,amount\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(InputProblem, match=r"60 customers bought and 0 did not; a model needs at least 50 of each"):
        predict_churn(load_customers(IngestSettings(transactions=Source(path=str(tmp_path / "o.csv")))), SETTINGS, 1)


@pytest.fixture(scope="module")
def seasonal(tmp_path_factory: pytest.TempPathFactory) -> Customers:
    """900 customers over three years; they order three times as often in winter, by recency and nothing else."""
    chance = np.random.default_rng(5)
    rows = ["customer_id,order_date,amount"]
    days = np.arange(1096)
    season = np.where(np.cos(2 * np.pi * days / 365.25) > 0, 1.5, 0.5)
    for n in range(900):
        start, leaves = chance.integers(0, 700), chance.exponential(500)
        alive = (days >= start) & (days < start + leaves)
        rows += [
            f"C{n:03},{date(2022, 1, 1) + timedelta(days=int(day))},{chance.gamma(4, 10):.2f}"
            for day in (start, *days[alive & (chance.random(1096) < season / 70)])
        ]
    path = tmp_path_factory.mktemp("seasonal") / "o.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return load_customers(IngestSettings(transactions=Source(path=str(path))))


def test_periods_are_pooled_with_the_same_season_of_the_year_before(seasonal: Customers) -> None:
    found = predict_churn(seasonal, SETTINGS.model_copy(update={"windows": 2}), 1)
    as_of = date.fromisoformat(str(seasonal.as_of))
    test_day = as_of - timedelta(days=61)
    expected = [test_day - timedelta(days=days) for days in (60, 120, 365)]
    training = found.periods[found.periods["use"] == "training"]
    assert training["after"].tolist() == [str(day) for day in expected]
    assert found.periods.loc[0, ["after", "use"]].tolist() == [str(test_day), "test"]
    lines = seasonal.transactions.lines  # type: ignore[union-attr]
    for row in found.periods.to_dict("records"):
        day = pd.Timestamp(row["after"])
        known = lines[lines["order_date"] <= day]["customer_id"].astype("str").unique()
        inside = (lines["order_date"] > day) & (lines["order_date"] <= day + pd.Timedelta(days=60))
        bought = np.isin(known, lines[inside]["customer_id"].astype("str").unique())
        assert (row["customers"], row["buyer_share"]) == (len(known), pytest.approx(bought.mean()))
    assert any(note.startswith("buyers: ") and "in the test" in note for note in found.notes)


def test_the_better_of_model_and_rankings_is_recommended(seasonal: Customers) -> None:
    """The planted order rate depends on being there, so rankings do as well as a model with thirteen columns."""
    found = predict_churn(seasonal, SETTINGS, 1)
    best = found.scores.sort_values("auc").iloc[-1]
    assert found.recommended in {"logistic", "rfm ranks", "recency ranks"}
    if found.recommended != "logistic":
        assert any(note.startswith(f"{found.recommended} rank buyers ") for note in found.notes), found.notes
    else:
        assert best["score"] == "logistic"
    noise = replace(seasonal, as_of=seasonal.as_of)
    assert predict_churn(noise, SETTINGS, 1).recommended == found.recommended


@pytest.mark.parametrize(
    ("header", "outcome"), [("Exited", "Exited"), ("has churned", "'has churned'"), ("x", "COLUMN")]
)
def test_the_hint_for_a_customer_table_names_its_outcome(
    file_of: Callable[..., str], header: str, outcome: str
) -> None:
    path = file_of(f"customer_id,income,{header}\n" + "".join(f"c{row},{row * 7},{row % 2}\n" for row in range(20)))
    customers = load_customers(IngestSettings(transactions=Source(path=path)))
    with pytest.raises(InputProblem, match=re.escape(f"segcli churn {path} --outcome {outcome}")):
        predict_churn(customers, ChurnSettings(), 0)
