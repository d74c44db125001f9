"""segcli clv as its users run it: rows in a pipe, segments on a screen, models saved and used again."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def shop(folder: Path) -> Path:
    chance = np.random.default_rng(2)
    rows = ["customer_id,order_date,amount"]
    for n in range(400):
        day, left = (
            date(2024, 1, 1) + timedelta(days=int(chance.integers(0, 90))),
            int(chance.geometric(chance.beta(2, 3))),
        )
        rate, value = chance.gamma(1.0, 40.0), chance.gamma(4, 5)
        for _ in range(left):
            rows.append(f"C{n:03},{day},{chance.gamma(5, value):.2f}")
            day += timedelta(days=1 + int(chance.exponential(rate)))
    kept = [rows[0], *(row for row in rows[1:] if row[5:] < "2025-01-01")]
    (folder / "orders.csv").write_text("\n".join(kept) + "\n")
    return folder


@pytest.mark.usefixtures("shop")
def test_rows_in_a_pipe_and_json(segcli: Any) -> None:
    args = ("clv", "orders.csv", "--set", "clv.bootstrap=4")
    rows = segcli(*args).stdout.splitlines()
    assert rows[0].endswith(
        "p_alive,expected_orders,expected_order_value,clv,clv_undiscounted,clv_low,clv_high,"
        "outcome_orders_low,outcome_orders_high,outcome_value_low,outcome_value_high"
    )
    assert len(rows) == 401
    told = json.loads(segcli(*args, "--calibration-end", "2024-08-31", "-f", "json").stdout)
    assert {"bg_nbd", "mbg_nbd", "pareto_nbd", "gamma_gamma"} == set(told["model"])
    assert {"r", "alpha", "a", "b", "log_likelihood", "ended"} == set(told["model"]["bg_nbd"])
    assert told["until"] == "2024-08-31"
    assert told["holdout"]["days"] > 90
    assert [one["column"] for one in told["segmentations"]] == ["rfm_segment"]
    assert told["limits"] == [] or not told["converged"]
    assert told["converged"] == (told["limits"] == [])
    shown = segcli(*args, "-f", "table", "-v").stdout
    assert "starts reached the same parameters" in shown
    assert "Per customer" in shown


def test_saved_models_expect_the_same_again(segcli: Any, shop: Path) -> None:
    first = segcli("clv", "orders.csv", "--set", "clv.bootstrap=0", "--save-model", "m.json")
    assert first.returncode == 0, first.stderr
    again = segcli("clv", "orders.csv", "--model", "m.json")
    assert again.stdout == first.stdout
    refused = segcli("clv", "orders.csv", "--model", "m.json", "--set", "clv.period=month")
    assert refused.returncode == 3
    assert "its unit of time is the week, not the month; hint: --set clv.period=week" in refused.stderr
    (shop / "m.json").write_text((shop / "m.json").read_text().replace('"week"', '"day"'))
    changed = segcli("clv", "orders.csv", "--model", "m.json")
    assert changed.returncode == 3
    assert "checksum mismatch" in changed.stderr


@pytest.mark.parametrize(
    ("flag", "value", "what"),
    [
        ("--horizon", "soon", "must be a number of days, weeks or months"),
        ("--calibration-end", "yesterday", "must be a date such as 2026-03-31"),
        (
            "--churn",
            "--calibration-end=2024-02-01",
            "--churn predicts from the end of the data; remove clv.calibration_end",
        ),
    ],
)
def test_settings_that_mean_nothing_are_refused(segcli: Any, shop: Path, flag: str, value: str, what: str) -> None:
    assert shop
    refused = segcli("clv", "orders.csv", flag, value)
    assert refused.returncode == 2
    assert what in refused.stderr


def test_a_table_without_orders_is_refused(segcli: Any, folder: Path) -> None:
    (folder / "c.csv").write_text("customer_id,recency_days,orders,revenue\na,3,4,5\nb,5,6,7\n")
    refused = segcli("clv", "c.csv")
    assert refused.returncode == 3
    assert "c.csv" in refused.stderr
