"""segcli churn as its users run it: purchases of an order export, outcomes of a customer table, refusals."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.oracles.telco import telephone_customers


@pytest.fixture
def tables(folder: Path) -> Path:
    telephone_customers(800, 3).to_csv(folder / "c.csv", index=False)
    chance = np.random.default_rng(2)
    rows = ["customer_id,order_date,amount"]
    for n in range(300):
        day = date(2024, 1, 1) + timedelta(days=int(chance.integers(0, 60)))
        leaves = day + timedelta(days=int(chance.exponential(250)))
        while day <= min(leaves, date(2024, 12, 31)):
            rows.append(f"C{n:03},{day},{chance.gamma(4, 10):.2f}")
            day += timedelta(days=1 + int(chance.exponential(30)))
    (folder / "o.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.mark.usefixtures("tables")
def test_an_outcome_is_predicted_for_each_row(segcli: Any) -> None:
    args = ("churn", "c.csv", "--outcome", "Churn", "--set", "churn.model=logistic")
    rows = segcli(*args).stdout.splitlines()
    assert rows[0].endswith(",p_outcome")
    assert len(rows) == 801
    told = json.loads(segcli(*args, "-f", "json").stdout)
    assert told["schema"] == "segcli.churn/1"
    assert {"auc", "auc_low", "auc_high", "brier", "lift_top_tenth", "calibration_slope"} <= set(told["scores"])
    assert (told["outcome"], told["test_customers"], len(told["customers"])) == ("Churn = Yes", 240, 800)
    assert {"driver", "level", "odds_ratio", "average_effect"} <= set(told["drivers"][0])
    shown = segcli(*args, "-f", "table").stdout
    assert "tested on 240 customers held out" in shown
    assert "nan" not in shown


@pytest.mark.usefixtures("tables")
def test_purchases_are_predicted_for_each_customer(segcli: Any) -> None:
    args = ("churn", "o.csv", "--period-days", "60", "--set", "churn.model=logistic")
    rows = segcli(*args).stdout.splitlines()
    assert rows[0].endswith(",p_next")
    assert len(rows) == 301
    told = json.loads(segcli(*args, "-f", "json").stdout)
    assert {"test", "training"} == {row["use"] for row in told["periods"]}
    assert told["recommended"] in {row["score"] for row in told["scores"]}


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("args", "code", "what"),
    [
        (("c.csv",), 3, "segcli churn c.csv --outcome Churn"),
        (("o.csv", "--outcome", "amount"), 2, "'amount' needs a customer table"),
        (("c.csv", "--outcome", "Leaver"), 2, "churn.outcome: no column 'Leaver'"),
        (("c.csv", "--outcome", "Churn", "--positive", "Gone"), 2, "churn.positive: 'Churn' has no value 'Gone'"),
    ],
)
def test_what_cannot_be_predicted_is_refused(segcli: Any, args: tuple[str, ...], code: int, what: str) -> None:
    refused = segcli("churn", *args)
    assert refused.returncode == code
    assert what in refused.stderr
