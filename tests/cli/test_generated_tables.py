"""Customer tables of any width: init writes what runs, outcomes are no features, and stderr stays clean."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.oracles.customer_tables import render_bank, render_table

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]
QUICK = ("--set", "cluster.k=2-3", "--set", "cluster.pairs=2", "--set", "cluster.starts=1")
OUTCOMES = ("Churn", "Exited", "y", "Attrition_Flag")


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 20))])
def test_init_and_run_end_well_on_any_table_and_log_json_alone(segcli: Run, folder: Path, seed: int) -> None:
    (folder / "table.csv").write_text(render_table(seed), encoding="utf-8")
    made = segcli("init", "table.csv", "-o", "table.yaml", "--log-format", "json")
    assert made.returncode == 0, made.stderr
    ran = segcli("run", "table.yaml", "-o", "out", "--log-format", "json", *QUICK)
    assert ran.returncode == 0, ran.stderr
    events = [json.loads(line) for line in (made.stderr + ran.stderr).splitlines()]
    assert events
    model = json.loads((folder / "out" / "cluster-model.json").read_text(encoding="utf-8"))
    names = {feature["name"] for feature in model["features"]}
    assert names
    assert not names & {*OUTCOMES, "customer_id", "Surname", "last_name"}
    assert not any(name.startswith(("since", "currency", "remark", "legacy")) for name in names)
    assert any("may be an outcome and is not a feature" in event["message"] for event in events if "message" in event)


def test_the_outcome_of_a_bank_table_is_no_feature_and_said_so(segcli: Run, folder: Path) -> None:
    (folder / "bank.csv").write_text(render_bank(), encoding="utf-8")
    done = segcli("cluster", "bank.csv", "-f", "json", *QUICK)
    assert done.returncode == 0, done.stderr
    method = json.loads(done.stdout)["method"]
    names = [feature["name"] for feature in method["features"]]
    assert names == ["CreditScore", "Tenure", "Balance", "NumOfProducts", "EstimatedSalary"]
    assert method["left_out"]["Exited"] == "may be an outcome, not a trait"
    assert method["left_out"]["RowNumber"] == "numbers the customers"
    assert "Exited may be an outcome and is not a feature; drivers.of: Exited" in done.stderr
    assert "column 'Tenure': its unit (days, months or years) is not known" in done.stderr
    report = segcli("report", "bank.csv", "--sections", "drivers", "--set", "drivers.of=Exited", *QUICK)
    assert "Exited" in report.stdout, report.stderr


@pytest.mark.parametrize(
    "verbose", [["cluster", "bank.csv", "-v", *QUICK], ["check", "bank.csv"], ["init", "bank.csv", "-v"]]
)
def test_one_list_names_the_features_and_why_other_columns_are_none(
    segcli: Run, folder: Path, verbose: list[str]
) -> None:
    (folder / "bank.csv").write_text(render_bank(), encoding="utf-8")
    done = segcli(*verbose)
    assert done.returncode == 0, done.stderr
    told = done.stdout + done.stderr
    for line in (
        "features: CreditScore, Tenure, Balance, NumOfProducts, EstimatedSalary",
        "usable, not chosen: Geography, gender, age, HasCrCard, IsActiveMember",
        "no features (numbers the customers): RowNumber",
        "no features (may be an outcome, not a trait): Exited",
        "no features (identifies people): last_name",
    ):
        assert line in told


def test_measures_that_some_customers_lack_switch_scores_off(segcli: Run, folder: Path) -> None:
    rows = [f"c{row},{'' if row % 9 == 0 else row % 7},{row % 90},{10 * (row % 13)}" for row in range(120)]
    (folder / "sums.csv").write_text("\n".join(["customer_id,orders,recency,total spent", *rows, ""]))
    made = segcli("init", "sums.csv", "-o", "sums.yaml")
    assert made.returncode == 0, made.stderr
    assert "no RFM scores: " in made.stderr
    ran = segcli("run", "sums.yaml", "-o", "out", *QUICK)
    assert ran.returncode == 0, ran.stderr
