"""`segcli demo` takes the tour on the data it comes with, and harms nothing."""

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.cli.demo import _fill_folder

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.long
def test_the_tour_runs_and_leaves_a_report_and_a_second_one_may_follow(segcli: Run, folder: Path) -> None:
    done = segcli("demo")
    assert done.returncode == 0, done.stderr
    made = folder / "segcli-demo"
    assert (made / "results" / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (made / "results" / "run.json").is_file()
    assert done.stdout.count("\n$ segcli ") == 4
    assert "segcli-demo/results/report.html" in done.stdout
    assert "Champions" in done.stdout
    again = _fill_folder(str(made))  # what it made itself is its own
    assert again == made


def test_what_somebody_changed_or_left_there_is_not_replaced(segcli: Run, folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "notes.txt").write_text("mine")
    done = segcli("demo", "mine")
    assert (done.returncode, done.stderr.splitlines()[-1][:30]) == (2, "segcli: mine: is not empty; no")
    assert [path.name for path in (folder / "mine").iterdir()] == ["notes.txt"]
    (folder / "mine" / "shop.yaml").write_text("version: 1\n")
    assert "mine/shop.yaml: has changed" in segcli("demo", "mine").stderr
    assert (folder / "mine" / "shop.yaml").read_text() == "version: 1\n"
    assert len(list((folder / "mine").iterdir())) == 2


def test_the_data_come_from_the_sample_data(root: Path, tmp_path: Path) -> None:
    """The rows are compared, since another zlib may pack them otherwise."""
    made = subprocess.run(
        [sys.executable, root / "sample_data" / "generate_demo.py", tmp_path], capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr
    packed = sorted(tmp_path.glob("*.gz"))
    assert len(packed) == 3
    for path in packed:
        shipped = root / "segcli" / "demo" / path.name
        assert gzip.decompress(shipped.read_bytes()) == gzip.decompress(path.read_bytes()), path.name
    assert sum(path.stat().st_size for path in (root / "segcli" / "demo").iterdir()) < 150_000
