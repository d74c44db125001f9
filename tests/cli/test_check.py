"""`segcli check` lists what is wrong, worst first, and writes nothing."""

import csv
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]

FLAWED = """customer_id,order_id,order_date,amount
A,1,2026-01-01,10.00
,2,2026-01-02,5.00
A,3,soon,5.00
B,4,2026-01-03,x
B,5,2026-01-04,7.00
B,5,2026-01-04,7.00
"""


@pytest.fixture
def flawed(folder: Path) -> Path:
    """An export with one line of each common flaw."""
    (folder / "orders.csv").write_text(FLAWED)
    return folder


def test_findings_come_by_severity_with_their_count_and_first_line(segcli: Run, flawed: Path) -> None:
    (flawed / "shop.yaml").write_text("ingest: {transactions: {path: orders.csv}, dedupe: lines}\n")
    done = segcli("check", "shop.yaml", "-f", "csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(done.stdout.splitlines()))
    assert rows[0][3:] == ["code", "file", "line", "column"]
    assert [row[5] for row in rows[1:4]] == ["3", "4", "5"]
    assert [row[:3] for row in rows] == [
        ["severity", "where", "what"],
        ["warning", "orders.csv", "1 line rejected: no customer id (first: line 3)"],
        ["warning", "orders.csv", "1 line rejected: unreadable or missing date (first: line 4)"],
        ["warning", "orders.csv", "1 line rejected: unreadable or missing amount (first: line 5)"],
        [
            "warning",
            "customers",
            (
                "unreadable amounts on 1 line of 6; hint: save the lines with --rejects FILE, or "
                "limit them with quality.max_unreadable_money"
            ),
        ],
        ["note", "rfm.segments: three", "3 of 3 score combinations covered"],
        ["note", "orders.csv", "1 line ignored: exact duplicate lines (first: line 7)"],
        [
            "note",
            "customers",
            (
                "confidence low: customers 2 (500 recommended), days 3 (180 recommended), "
                "repeat buyers 0 (100 recommended), 100% bought once"
            ),
        ],
    ]
    assert done.stderr.splitlines()[-1].startswith("checked ")


@pytest.mark.parametrize(("rates", "level"), [((3, 3), "medium"), ((1, 8), "high")])
def test_confidence_is_high_only_where_segments_predict_purchases(
    segcli: Run, folder: Path, rates: tuple[int, int], level: str
) -> None:
    """Of 1,200 customers all order at the same rate, or half of them at a far higher one."""
    chance = np.random.default_rng(27)
    lines = [
        f"C{customer},{date(2025, 1, 1) + timedelta(days=int(day))},10.00"
        for customer in range(1200)
        for day in chance.choice(365, 1 + chance.poisson(rates[customer % 2]), replace=False)
    ]
    (folder / "orders.csv").write_text("\n".join(["customer_id,order_date,amount", *lines, ""]))
    done = segcli("check", "orders.csv", "-f", "csv")
    assert f"confidence {level}: customers 1,200" in done.stdout
    assert ("segments barely predict later purchases" in done.stdout) == (level == "medium")


def test_an_export_is_checked_without_any_config(segcli: Run, flawed: Path) -> None:
    done = segcli("check", flawed / "orders.csv")
    assert done.returncode == 0, done.stderr
    assert "1 line rejected: no customer id (first: line 3)" in done.stdout


def test_of_customers_without_orders_nothing_is_said_of_scores_unless_they_are_declared(
    segcli: Run, folder: Path
) -> None:
    (folder / "people.csv").write_text("id,income\na,5\nb,6\n")
    assert "rfm.segments" not in segcli("check", "people.csv").stdout
    assert "rfm.segments" in segcli("check", "people.csv", "--set", "rfm.bins=3").stdout


@pytest.mark.parametrize("target", ["shop.yaml", "orders.csv"])
def test_nothing_is_written(segcli: Run, flawed: Path, target: str) -> None:
    before = {p: p.read_bytes() for p in flawed.rglob("*")}
    assert segcli("check", target).returncode == 0
    assert {p: p.read_bytes() for p in flawed.rglob("*")} == before


def test_every_mistake_of_a_config_is_listed_at_once_with_its_place(segcli: Run, folder: Path) -> None:
    (folder / "shop.yaml").write_text("version: 1\nrfm:\n  bin: 3\n  ties: sometimes\ncluster: {k: 1}\n")
    done = segcli("check", "shop.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert sorted(done.stderr.splitlines()) == [
        "segcli: shop.yaml:3:3: rfm.bin: unknown key; did you mean 'bins'?",
        "segcli: shop.yaml:4:3: rfm.ties: must be one of mid, same-bin, next, random; got sometimes",
        "segcli: shop.yaml:5:11: cluster.k: must be a number from 2 to 50, a range such as 2-8, or auto; got 1",
    ]


def test_a_segment_map_with_holes_is_a_warning(segcli: Run, folder: Path) -> None:
    (folder / "map.yaml").write_text("segments:\n  - {segment: Best, r: 5}\n  - {segment: Never, r: 5}\n")
    done = segcli("check", "orders.csv", "--set", "rfm.segments=map.yaml", "-f", "json")
    found = json.loads(done.stdout)
    assert found["schema"] == "segcli.check/1"
    (finding,) = [f for f in found["findings"] if f["where"].startswith("rfm.segments")]
    assert finding["severity"] == "warning"
    assert "Never" in finding["what"]


def test_an_error_that_would_stop_a_run_is_counted_as_one(segcli: Run, folder: Path) -> None:
    (folder / "orders.csv").write_text("foo,bar\n1,2\n")
    done = segcli("check", "orders.csv")
    assert done.returncode == 3
    assert "error" in done.stdout
    assert "1 error," in done.stderr


def test_nothing_to_check_is_a_usage_error(segcli: Run) -> None:
    done = segcli("check")
    assert done.returncode == 2
    assert "nothing to check; pass a config or an order export" in done.stderr
