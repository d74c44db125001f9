"""Killed runs tear no file and mix no results; of two runs at once one ends with 6.

`pytest -m slow tests/faults` kills 200 times and lets two runs meet 20 times.
"""

import hashlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.io import manifest

LINES = "customer_id,order_id,order_date,amount\n" + "".join(
    f"C{n % 400},{n},2026-{n % 12 + 1:02}-{n % 28 + 1:02},{n % 97}.50\n" for n in range(4000)
)
CONFIG = "output: out\ningest: {transactions: {path: orders.csv}}\nrfm: {bins: 5}\n"
CONFIG += "persona: {traits: 3}\nreport: {title: T}\n"


@pytest.fixture
def started(tmp_path: Path) -> Callable[[int], "subprocess.Popen[bytes]"]:
    """Start a run whose results depend on the number given."""
    (tmp_path / "orders.csv").write_text(LINES)
    (tmp_path / "shop.yaml").write_text(CONFIG)

    def run(bins: int) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "segcli", "run", "shop.yaml", "-q", "--set", f"rfm.bins={bins}"]
        return subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    return run


def _results(folder: Path) -> dict[str, bytes]:
    """The files of a run, but for run.json, which says how long it took."""
    return {
        path.name: path.read_bytes() for path in folder.glob("*.*") if path.name[0] != "." and path.name != "run.json"
    }


def _killed(started: Callable[[int], "subprocess.Popen[bytes]"], folder: Path, wanted: int) -> None:
    """Kill runs at random moments, until so many were killed before they had ended.

    Raises:
        AssertionError: a file is neither what one run writes nor what the other does.
    """
    whole, lasts = {}, []
    for bins in (4, 5, 4, 5):
        begun = time.monotonic()
        process = started(bins)
        process.communicate(timeout=60)
        assert process.returncode == 0
        lasts.append(time.monotonic() - begun)
        whole[bins] = _results(folder)
    assert whole[4] != whole[5]
    chance, killed = random.Random(20240607), 0  # noqa: S311 - moments, not secrets
    for turn in range(10 * wanted):
        process = started(4 + turn % 2)
        # Most of a run is starting and reading; the moments that matter are those of the writing, near its end.
        time.sleep(chance.uniform(0.5, 1.0) * min(lasts))
        killed += process.poll() is None
        process.kill()
        process.communicate()
        found = _results(folder)
        assert set(found) == set(whole[4])
        assert all(body in {whole[4][name], whole[5][name]} for name, body in found.items()), f"torn at kill {turn}"
        assert is_described(folder) or manifest.is_incomplete(folder), f"mixed at kill {turn}"
        if killed == wanted:
            break
    assert killed == wanted
    process = started(4)
    process.communicate(timeout=60)
    assert _results(folder) == whole[4]
    assert not list(folder.glob(".*segcli-part"))


def is_described(folder: Path) -> bool:
    """Tell whether run.json is there and describes exactly the results that are there."""
    if not (folder / "run.json").exists():
        return False
    outputs = json.loads((folder / "run.json").read_bytes())["outputs"]
    digests = {name: hashlib.sha256(body).hexdigest() for name, body in _results(folder).items()}
    return {output["name"]: output["sha256"] for output in outputs} == digests


def _met(started: Callable[[int], "subprocess.Popen[bytes]"], folder: Path, times: int) -> None:
    """Let two runs begin at once: one ends with 0 and its results, the other with 6 and a line that says why.

    On a busy machine one may be over before the other has begun; that was no meeting, and is tried again.
    """
    (folder.parent / "orders.csv").write_text(LINES + LINES.partition("\n")[2] * 9)
    started(4).communicate(timeout=60)
    names, meetings = set(_results(folder)), 0
    for _ in range(3 * times):
        pair = [started(4), started(5)]
        said = [process.communicate(timeout=60)[1] for process in pair]
        codes = [process.returncode for process in pair]
        assert sorted(codes) in ([0, 6], [0, 0])
        assert set(_results(folder)) == names
        if 6 in codes:
            loser = codes.index(6)
            assert said[loser].startswith(b"segcli: out: locked by another run, so this run is skipped; ")
            assert all(line.startswith(b"note ") for line in said[1 - loser].splitlines())
            meetings += 1
        if meetings == times:
            break
    assert meetings == times


@pytest.mark.bad_input(96)
def test_a_run_that_is_killed_tears_no_file(
    started: Callable[[int], "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    _killed(started, tmp_path / "out", 4)


@pytest.mark.slow
def test_two_hundred_kills_tear_no_file(started: Callable[[int], "subprocess.Popen[bytes]"], tmp_path: Path) -> None:
    _killed(started, tmp_path / "out", 200)


@pytest.mark.bad_input(100)
def test_of_two_runs_at_once_one_is_skipped(
    started: Callable[[int], "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    _met(started, tmp_path / "out", 2)


@pytest.mark.slow
def test_of_two_runs_at_once_one_is_skipped_twenty_times(
    started: Callable[[int], "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    _met(started, tmp_path / "out", 20)
