"""`-f json` of every command: an object of the schema and with the keys that docs/json.md names."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CLV = """calibration_factor churn converged correlation customers holdout limits model new_customer orders_by provenance
segmentations totals_expected until warnings"""
BESIDE = {"schema", "as_of", "totals", "inputs", "notes"}


@pytest.fixture
def documented(root: Path) -> dict[str, set[str]]:
    """The words in backticks of each schema's row."""
    rows = re.findall(r"^\| (`segcli\.[^|]*) \|[^|]*\|(.*)\|$", (root / "docs/json.md").read_text(), re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", row)) for names, row in rows for name in re.findall(r"`([^`]*)`", names)}


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        ("ingest ORDERS", "customers warnings"),
        ("rules ORDERS --base value_tier --base loyalty --overlap", "overlap"),
        ("rules ORDERS --base value_tier --scorecard", "scorecard"),
        ("rules ORDERS --base value_tier", "segmentations customers"),
        ("clv ORDERS --churn --set clv.bootstrap=0", CLV),
        ("churn ORDERS --set churn.model=logistic", "customers deciles model periods recommended scores"),
        ("cohort ORDERS", "cohorts"),
        ("compare ORDERS --then 2026-03-01", "drifted features migration shares"),
        ("persona ORDERS", "personas"),
        ("target ORDERS", "chosen holds parts segmentation targets weight_sets"),
        ("plan ORDERS", "calendar gaps plan segmentation"),
        ("export ORDERS --to plain", "audience counts destination left_out people"),
        ("check ORDERS", "findings"),
    ],
)
def test_it_has_its_schema_and_the_documented_keys(
    segcli: Callable[..., Any], root: Path, documented: dict[str, set[str]], command: str, keys: str
) -> None:
    orders = root / "sample_data" / "orders.csv"
    done = segcli(*(orders if word == "ORDERS" else word for word in command.split()), "-q", "-f", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["schema"] == f"segcli.{command.split(maxsplit=1)[0]}/1"
    assert set(told) - BESIDE == set(keys.split())
    assert set(keys.split()) <= documented[told["schema"]]


def test_the_runs_of_a_folder_are_listed(segcli: Callable[..., Any], documented: dict[str, set[str]]) -> None:
    assert segcli("run", "shop.yaml", "-q", "-o", "runs/first").returncode == 0
    told = json.loads(segcli("compare", "runs", "--history", "-f", "json").stdout)
    assert told["schema"] == "segcli.history/1"
    assert set(told) - BESIDE == {"runs"} <= documented["segcli.history/1"]
    assert len(told["runs"]) == 1
