"""What a long step is at is said to who is looking, and to nobody else."""

import gzip
import io
import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from segcli import progress
from segcli.cli import terminal
from segcli.cli.options import CommonOptions
from segcli.config.cluster import ClusterSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.segment import methods
from segcli.segment.clustering.k_selection import select_k

TAKEN_BACK = "\x1b[?25h\r\x1b[1A\x1b[2K"  # the cursor is shown again, and the line is gone
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def plain(screen: "Screen") -> str:
    """What was shown, without controls of the terminal."""
    return CONTROLS.sub("\n", COLOURS.sub("", screen.getvalue()))


class Screen(io.StringIO):
    """A terminal that keeps what was shown."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    made = Screen()
    monkeypatch.setattr(terminal, "sys", SimpleNamespace(stderr=made))  # pytest swaps sys.stderr itself
    monkeypatch.setattr(terminal, "FIRST_DELAY_SECONDS", 0.05)
    monkeypatch.setattr(terminal, "UPDATE_SECONDS", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    return made


def test_a_long_step_is_named_with_its_seconds_and_the_line_is_taken_back(screen: Screen) -> None:
    with terminal.show_progress("finding segments", CommonOptions()):
        time.sleep(0.2)
    shown = [line for line in plain(screen).splitlines() if line.strip()]
    assert len(shown) >= 1
    assert all(re.search(r"^finding segments \S+ +0:00:0\d *$", line) for line in shown), shown
    assert screen.getvalue().endswith(TAKEN_BACK)


def test_a_step_with_expected_work_shows_its_share_and_the_time_left(screen: Screen) -> None:
    with terminal.show_progress("reading", CommonOptions()):
        progress.expect_work(200)
        for _ in range(10):
            progress.advance(10)
            time.sleep(0.05)
    shares = [int(share) for share in re.findall(r"reading \S* *(\d+)%", plain(screen))]
    assert shares == sorted(shares)
    assert 40 <= shares[-1] <= 50
    assert re.search(r" 0:00:0\d left", plain(screen))
    assert screen.getvalue().endswith(TAKEN_BACK)


def test_reading_a_large_file_counts_its_bytes(tmp_path: Path) -> None:
    rows = "".join(f"c{n % 97},{n},2026-01-{1 + n % 28:02d},{n % 50}.25\n" for n in range(60_000))
    for name, pack in (("orders.csv", bytes), ("orders.csv.gz", gzip.compress)):
        path = tmp_path / name
        path.write_bytes(pack(("customer_id,order_id,order_date,amount\n" + rows * 12).encode()))
        progress.start_step()
        load_customers(IngestSettings(transactions=Source(path=str(path))))
        assert progress.read_share() == 1


def test_a_sweep_over_k_counts_its_fits() -> None:
    matrix = np.random.default_rng(1).normal(size=(80, 2))
    progress.start_step()
    select_k(matrix, [2, 3, 4], methods.load_method("kmeans"), ClusterSettings(pairs=4), 1)
    assert progress.read_share() == 1


def _interrupted() -> None:
    with terminal.show_progress("reading", CommonOptions()):
        time.sleep(0.2)
        raise KeyboardInterrupt


def test_a_short_step_says_nothing(screen: Screen) -> None:
    with terminal.show_progress("reading", CommonOptions()):
        pass
    assert screen.getvalue() == ""


def test_a_step_that_fails_takes_its_line_back_and_hands_on_the_error(screen: Screen) -> None:
    with pytest.raises(KeyboardInterrupt):
        _interrupted()
    assert screen.getvalue().endswith(TAKEN_BACK)


@pytest.mark.parametrize(
    ("asked", "term"),
    [({"quiet": True}, "xterm"), ({"log_format": "json"}, "xterm"), ({}, "dumb"), ({}, "")],
    ids=["quiet", "json", "dumb", "no terminal type"],
)
def test_who_does_not_want_it_gets_none(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], term: str
) -> None:
    if term:
        monkeypatch.setenv("TERM", term)
    else:
        monkeypatch.delenv("TERM")
    with terminal.show_progress("reading", CommonOptions(**asked)):
        time.sleep(0.2)
    assert screen.getvalue() == ""


@pytest.mark.usefixtures("screen")
def test_a_pipe_or_a_log_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr(terminal, "sys", SimpleNamespace(stderr=log))
    with terminal.show_progress("reading", CommonOptions()):
        time.sleep(0.2)
    assert log.getvalue() == ""
