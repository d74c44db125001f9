"""Segments in files of their own: run together, sizes as a gate, and changes by data and by definition apart."""

import csv
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]

DAYS = [date(2026, 1, 1) + timedelta(days=(37 * number) % 180) for number in range(150)]
ORDERS = [(f"c{(7 * number) % 41:02}", day, 5 + (13 * number) % 90) for number, day in enumerate(DAYS)]
BIG = """name: big spenders
description: For the autumn catalogue
owner: crm
rule: sum(orders.amount) > 150
expected_size: [5, 60%]
"""
RECENT = "name: recent\nrule: any(orders within 30 days)\nexclusive_group: rhythm\npriority: 1\n"
FREQUENT = "name: frequent\nrule: count(orders) >= 4\nexclusive_group: rhythm\n"


@pytest.fixture
def shop(folder: Path) -> Path:
    lines = [f"{number},{customer},{day},{amount}" for number, (customer, day, amount) in enumerate(ORDERS)]
    (folder / "many.csv").write_text("\n".join(["order_id,customer_id,order_date,amount", *lines]))
    (folder / "segments" / "rhythm").mkdir(parents=True)
    (folder / "segments" / "big-spenders.yaml").write_text(BIG)
    (folder / "segments" / "rhythm" / "frequent.yaml").write_text(FREQUENT)
    (folder / "segments" / "rhythm" / "recent.yml").write_text(RECENT)
    (folder / "files.yaml").write_text("ingest: {transactions: {path: many.csv}}\nrules: [{folder: segments}]\n")
    return folder


def spent(as_of: date, limit: int) -> set[str]:
    """Return who spent more than the limit until a day, order by order."""
    totals: dict[str, int] = {}
    for customer, day, amount in ORDERS:
        totals[customer] = totals.get(customer, 0) + (amount if day <= as_of else 0)
    return {customer for customer, total in totals.items() if total > limit}


@pytest.mark.usefixtures("shop")
def test_files_become_columns_and_groups_share_one(segcli: Run) -> None:
    done = segcli("rules", "many.csv", "--folder", "segments", "--as-of", "2026-06-30", "-f", "csv", "-q")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert {row["customer_id"] for row in rows if row["big_spenders"] == "big spenders"} == spent(
        date(2026, 6, 30), 150
    )
    recent = {customer for customer, day, _ in ORDERS if date(2026, 5, 31) <= day <= date(2026, 6, 30)}
    assert {row["customer_id"] for row in rows if row["rhythm"] == "recent"} == recent  # of higher priority
    assert {row["rhythm"] for row in rows} == {"recent", "frequent", "Others"}
    same = segcli("rules", "-c", "files.yaml", "--as-of", "2026-06-30", "-f", "csv", "-q")
    assert same.stdout == done.stdout


def test_a_size_outside_the_expected_range_is_a_gate(segcli: Run, shop: Path) -> None:
    (shop / "segments" / "big-spenders.yaml").write_text(BIG.replace("[5, 60%]", "[null, 3]"))
    count = len(spent(date(2026, 6, 30), 150))
    problem = f"segment 'big spenders': {count} customers, expected at most 3"
    for command in ("rules many.csv --folder segments -f md", "run files.yaml"):
        done = segcli(*command.split(), "--as-of", "2026-06-30")
        assert done.returncode == 4, done.stderr
        assert f"error     big_spenders: {problem}" in done.stderr
        assert done.stderr.splitlines()[-1] == f"segcli: big_spenders: rules gate: {problem} (rules.expected_size)"
        assert "big spenders" in done.stdout
        assert segcli(*command.split(), "--as-of", "2026-06-30", "--fail-on", "never").returncode == 0
    (gate,) = [
        gate
        for gate in json.loads((shop / "runs" / "files" / "run.json").read_text())["gates"]
        if gate["rule"] == "expected_size"
    ]
    assert (gate["passed"], gate["what"]) == (False, problem)


@pytest.mark.usefixtures("shop")
def test_the_table_shows_owner_size_and_expected_size(segcli: Run) -> None:
    done = segcli("rules", "many.csv", "--folder", "segments", "--as-of", "2026-06-30", "-f", "md", "-q")
    count = len(spent(date(2026, 6, 30), 150))
    row = f"| big spenders | crm | {count} | {count / 41:.0%} | 5 to 24.6 | For the autumn catalogue |"
    assert row in done.stdout


def test_changes_by_data_and_by_definition_are_apart(segcli: Run, shop: Path) -> None:
    (shop / "segments" / "big-spenders.yaml").write_text(BIG.replace("60%", "100%"))
    assert segcli("run", "files.yaml", "-o", "june", "--as-of", "2026-04-30").returncode == 0
    (shop / "segments" / "big-spenders.yaml").write_text(BIG.replace("60%", "100%").replace("150", "120"))
    (shop / "segments" / "rhythm" / "frequent.yaml").unlink()
    asked = ("rules", "many.csv", "--folder", "segments", "--as-of", "2026-06-30", "-q", "--diff", "june")
    done = segcli(*asked, "-f", "csv")
    assert done.returncode == 0, done.stderr
    rows = {row.pop("segment"): row for row in csv.DictReader(done.stdout.splitlines())}
    stages = spent(date(2026, 4, 30), 150), spent(date(2026, 6, 30), 150), spent(date(2026, 6, 30), 120)
    assert list(rows["big spenders"].values()) == [
        "big_spenders",
        *(
            str(len(part))
            for part in (
                stages[0],
                *(stages[1] - stages[0], stages[0] - stages[1]),
                *(stages[2] - stages[1], stages[1] - stages[2]),
                stages[2],
            )
        ),
    ]
    assert rows["recent"]["entered_by_definition"] == rows["recent"]["left_by_definition"] == "0"
    assert rows["frequent"]["size_after"] == rows["frequent"]["entered_by_definition"] == "0"
    hidden = segcli(*asked, "-f", "csv", "--set", "privacy.minimum_cell=30").stdout
    assert all(row["size_after"] == "" or int(row["size_after"]) >= 30 for row in csv.DictReader(hidden.splitlines()))
    assert "big_spenders,big spenders,,,,,," in hidden


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: x\nrul: orders > 3\n", "segments/bad.yaml:2:1: rul: unknown key; did you mean 'rule'?"),
        ("name: x\nrule: orders > 'many'\n", "segments/bad.yaml:2:16: "),
        ("name: x\nrule: any(ordrs)\n", "no table 'ordrs'; did you mean 'orders'?"),
        (
            "name: x\nrule: orders > 3\nexpected_size: [9, 2]\n",
            "segments/bad.yaml:3:1: expected_size: the lower limit 9",
        ),
        ("- a\n", "segments/bad.yaml:1:1: a segment must be `key: value` lines"),
        ("name: x\nrule: orders > 3\nexclusive_group: 2x\n", "segments/bad.yaml:3:1: exclusive_group: "),
    ],
)
def test_a_mistake_in_a_file_is_shown_with_its_place(segcli: Run, shop: Path, text: str, problem: str) -> None:
    (shop / "segments" / "bad.yaml").write_text(text)
    done = segcli("rules", "nowhere.csv", "--folder", "segments")
    assert done.returncode == 2
    assert problem in done.stderr


def test_a_folder_without_segments_and_a_run_without_rules_are_refused(segcli: Run, shop: Path) -> None:
    (shop / "empty").mkdir()
    done = segcli("rules", "many.csv", "--folder", "empty")
    assert done.returncode == 2
    assert done.stderr.startswith("segcli: empty: no segment file (.yaml or .yml) in this folder")
    (shop / "none.yaml").write_text("ingest: {transactions: {path: many.csv}}\nrules:\n  - folder: none\n")
    assert "none.yaml:3:5: none: not a folder; hint: " in segcli("run", "none.yaml").stderr
    (shop / "plain.yaml").write_text("ingest: {transactions: {path: many.csv}}\nrfm: {bins: 5}\n")
    assert segcli("run", "plain.yaml", "-o", "plain").returncode == 0
    done = segcli("rules", "many.csv", "--folder", "segments", "--diff", "plain")
    assert done.returncode == 3
    assert "plain/run.json: the run has no segments of your own to compare; hint: " in done.stderr
