"""A quality rule that does not hold: everything is done and written, and then the command ends with exit code 4."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]
RULES = "quality:\n  columns:\n    amount: {max: 10}\n    order_id: {unique: true, severity: warning}\n"


@pytest.fixture
def ruled(folder: Path) -> Path:
    config = folder / "shop.yaml"
    config.write_text(config.read_text() + RULES)
    return folder


@pytest.mark.parametrize("command", ["ingest", "rfm", "cluster -k 2", "persona", "report"])
def test_the_output_is_written_and_the_gate_said(segcli: Run, ruled: Path, command: str) -> None:
    done = segcli(*command.split(), "-c", "shop.yaml", "-o", "out.csv", "-f", "csv")
    assert done.returncode == 4, done.stderr
    assert (ruled / "out.csv").stat().st_size > 0
    assert "error     orders.csv: column 'amount': values above 10: 1 (first: line 4)" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("segcli: orders.csv: quality gate: column 'amount': values above 10")


def test_a_run_records_every_verdict(segcli: Run, ruled: Path) -> None:
    assert segcli("run", "shop.yaml").returncode == 4
    gates = json.loads((ruled / "out" / "run.json").read_text())["gates"]
    assert {gate["rule"]: (gate["passed"], gate["failed"]) for gate in gates} == {
        "columns.amount.max": (False, True),
        "columns.order_id.unique": (True, False),
        "min_confidence": (True, False),
    }


@pytest.mark.usefixtures("ruled")
@pytest.mark.parametrize(("fail_on", "code"), [("error", 4), ("warning", 4), ("note", 4), ("never", 0)])
def test_fail_on_says_which_severity_counts(segcli: Run, fail_on: str, code: int) -> None:
    assert segcli("rfm", "-c", "shop.yaml", "-q", "--fail-on", fail_on).returncode == code
    softened = ("--set", "quality.columns.amount.severity=note")
    assert segcli("rfm", "-c", "shop.yaml", "-q", "--fail-on", fail_on, *softened).returncode == 4 * (fail_on == "note")


@pytest.mark.usefixtures("ruled")
def test_check_shows_what_is_broken_and_ends_with_4(segcli: Run) -> None:
    done = segcli("check", "shop.yaml", "-f", "csv", "-q")
    assert done.returncode == 4
    assert done.stdout.splitlines()[1] == "error,orders.csv,column 'amount': values above 10: 1 (first: line 4)"


@pytest.mark.usefixtures("ruled")
def test_a_table_of_segclis_own_was_judged_when_it_was_made(segcli: Run) -> None:
    segcli("ingest", "-c", "shop.yaml", "-o", "customers.csv")
    assert segcli("rfm", "customers.csv", "-c", "shop.yaml", "-q").returncode == 0
