"""--rejects and --max-rejects, as a user meets them."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]

ORDERS = "customer_id,order_date,amount\na,2026-01-01,5\n,2026-01-02,1\nb,soon,1\nc,2026-01-03,2\n"


def test_rejected_lines_go_to_the_file_and_the_result_to_stdout(segcli: Run, folder: Path) -> None:
    (folder / "dirty.csv").write_text(ORDERS)
    done = segcli("rfm", "dirty.csv", "--rejects", "rejected.csv")
    with (folder / "rejected.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["reason"], row["column"], row["raw"]) for row in rows] == [
        ("3", "no_customer_id", "customer_id", ",2026-01-02,1"),
        ("4", "unreadable_date", "order_date", "b,soon,1"),
    ]
    assert "wrote     rejected.csv" in done.stderr
    assert done.stdout.startswith("customer_id,")


@pytest.mark.parametrize(("limit", "code"), [("2", 0), ("1", 3), ("50%", 0), ("49.9%", 3)])
def test_a_limit_on_rejects_stops_before_any_output(segcli: Run, folder: Path, limit: str, code: int) -> None:
    (folder / "dirty.csv").write_text(ORDERS)
    (folder / "out.csv").write_text("yesterday\n")
    done = segcli("rfm", "dirty.csv", "--max-rejects", limit, "--rejects", "rejected.csv", "-o", "out.csv")
    assert done.returncode == code, done.stderr
    assert ((folder / "out.csv").read_text() == "yesterday\n") == (code == 3)
    assert (folder / "rejected.csv").exists()
    if code:
        assert f"2 of 4 lines rejected (50.0%); the limit is {limit}" in done.stderr


@pytest.mark.parametrize("limit", ["many", "-1", "5 %"])
def test_a_limit_that_is_none_is_refused(segcli: Run, limit: str) -> None:
    done = segcli("rfm", "orders.csv", f"--max-rejects={limit}")
    assert done.returncode == 2
    assert "must be a number of lines or a percentage such as 5%" in done.stderr


def test_the_rejects_file_may_not_be_the_input(segcli: Run, folder: Path) -> None:
    before = (folder / "orders.csv").read_bytes()
    assert segcli("rfm", "orders.csv", "--rejects", "orders.csv").returncode == 2
    assert (folder / "orders.csv").read_bytes() == before


def test_a_run_too_may_not_write_its_rejects_over_an_input(segcli: Run, folder: Path) -> None:
    before = (folder / "orders.csv").read_bytes()
    assert segcli("run", "shop.yaml", "--rejects", "orders.csv").returncode == 2
    assert segcli("run", "shop.yaml", "--rejects", "shop.yaml").returncode == 2
    assert (folder / "orders.csv").read_bytes() == before


def test_a_check_writes_no_rejects(segcli: Run, folder: Path) -> None:
    done = segcli("check", "orders.csv", "--rejects", "rejected.csv")
    assert done.returncode == 0, done.stderr
    assert not (folder / "rejected.csv").exists()
