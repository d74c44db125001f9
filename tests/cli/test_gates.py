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
    what = "column 'amount': values above 10: 1 (first: line 4)"
    assert done.stdout.splitlines()[1] == f"error,orders.csv,{what},quality.columns.max,orders.csv,4,"


@pytest.mark.usefixtures("ruled")
def test_a_table_of_segclis_own_was_judged_when_it_was_made(segcli: Run) -> None:
    segcli("ingest", "-c", "shop.yaml", "-o", "customers.csv")
    assert segcli("rfm", "customers.csv", "-c", "shop.yaml", "-q").returncode == 0


FAIR = "--set=fairness.audit_only=[gender]", "--set=fairness.fail_on=ratio", "--set=target.choose=1"


@pytest.mark.parametrize(("minimum", "code"), [(0.5, 4), (0.3, 0)])
def test_targets_that_leave_a_group_out_end_the_command_where_that_is_a_gate(
    segcli: Run, folder: Path, minimum: float, code: int
) -> None:
    """30 of 40 men and 10 of 40 women are in the segment that is chosen: their rates are as 1 to 3."""
    rows = [f"{'m' if place < 30 else 'f'},big,100" for place in range(40)]
    rows += [f"{'m' if place < 10 else 'f'},small,1" for place in range(40)]
    lines = "".join(f"C{place},{row}\n" for place, row in enumerate(rows))
    (folder / "c.csv").write_text(f"customer_id,gender,size_segment,revenue\n{lines}")
    asked = ("target", "c.csv", "--of", "size_segment", *FAIR, f"--set=fairness.minimum_ratio={minimum}")
    done = segcli(*asked, "-o", "targets.csv", "-q")
    assert done.returncode == code, done.stderr
    assert (folder / "targets.csv").read_text().splitlines()[1].startswith("big,")
    told = f"fairness gate: ratio of selection rates 0.33 by gender; at least {minimum} (fairness.fail_on)"
    assert (told in done.stderr) == (code == 4)
