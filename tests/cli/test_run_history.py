"""History of runs: sizes by as-of day, which `compare --history` reads."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CONFIG

Run = Callable[..., Any]
HISTORY = "history: {folder: kept, keep: 2}\n"


@pytest.fixture
def shop(folder: Path) -> Path:
    (folder / "shop.yaml").write_text(CONFIG + HISTORY, encoding="utf-8")
    return folder


def run_days(segcli: Run, *days: str) -> None:
    for day in days:
        assert segcli("run", "shop.yaml", "--as-of", day, "-q").returncode == 0


def list_days(shop: Path) -> list[str]:
    return sorted(path.name for path in (shop / "kept").iterdir())


def test_each_day_keeps_the_sizes_of_its_run(segcli: Run, shop: Path) -> None:
    run_days(segcli, "2026-03-02")
    kept = shop / "kept" / "2026-03-02"
    assert {path.name for path in kept.iterdir()} == {"segments.csv", "run.json", ".segcli-lock"}
    assert (kept / "segments.csv").read_bytes() == (shop / "out" / "segments.csv").read_bytes()
    facts, result_facts = (json.loads((folder / "run.json").read_text()) for folder in (kept, shop / "out"))
    assert [output["name"] for output in facts["outputs"]] == ["segments.csv"]
    assert {**facts, "outputs": 0} == {**result_facts, "outputs": 0}


def test_the_same_day_replaces_itself_and_old_days_are_removed(segcli: Run, shop: Path) -> None:
    run_days(segcli, "2026-03-02", "2026-03-03", "2026-03-03")
    assert list_days(shop) == ["2026-03-02", "2026-03-03"]
    (shop / "kept" / "notes").mkdir()
    (shop / "kept" / "2026-03-02" / "mine.txt").write_text("stays")
    run_days(segcli, "2026-03-04")
    assert list_days(shop) == ["2026-03-02", "2026-03-03", "2026-03-04", "notes"]
    assert [path.name for path in (shop / "kept" / "2026-03-02").iterdir()] == ["mine.txt"]
    listed = segcli("compare", "kept", "--history", "-q")
    assert [row["as_of"] for row in csv.DictReader(listed.stdout.splitlines())] == ["2026-03-03", "2026-03-04"]


@pytest.mark.parametrize("setting", ["--state=state", "--set=ingest.events.web.path=visits.csv"])
def test_states_and_events_change_no_size(segcli: Run, shop: Path, setting: str) -> None:
    (shop / "visits.csv").write_text("customer_id,time,page\nA,2026-02-01,/x\n", encoding="utf-8")
    run_days(segcli, "2026-03-02")
    plain = (shop / "kept" / "2026-03-02" / "segments.csv").read_bytes()
    for _ in range(2):
        assert segcli("run", "shop.yaml", "--as-of", "2026-03-02", "-q", setting).returncode == 0
        assert (shop / "kept" / "2026-03-02" / "segments.csv").read_bytes() == plain


def test_a_dry_run_keeps_nothing(segcli: Run, shop: Path) -> None:
    tried = segcli("run", "shop.yaml", "-n", "--as-of", "2026-03-02")
    assert f"would     keep the segment sizes in {Path('kept') / '2026-03-02'}" in tried.stderr
    assert not (shop / "kept").exists()


def test_a_history_that_cannot_be_kept_is_refused_before_anything_is_written(segcli: Run, shop: Path) -> None:
    same = segcli("run", "shop.yaml", "--set", "history.folder=out", "-q")
    assert same.returncode == 2
    assert "history.folder is the output folder, out; hint: --set history.folder=out/history" in same.stderr
    (shop / "customers.csv").write_text("customer_id,orders\nA,1\nB,2\n", encoding="utf-8")
    (shop / "shop.yaml").write_text(
        "output: out\nhistory: {folder: kept}\ningest: {customers: {path: customers.csv}}\nrules: [{base: usage}]\n"
    )
    undated = segcli("run", "shop.yaml", "-q")
    assert undated.returncode == 2
    assert "hint: set it with --as-of" in undated.stderr
    assert not (shop / "kept").exists()
    run_days(segcli, "2026-03-02")
    assert list_days(shop) == ["2026-03-02"]
