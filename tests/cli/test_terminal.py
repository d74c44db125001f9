"""What a long step is at is said to who is looking, and to nobody else."""

import io
import re
import time
from types import SimpleNamespace
from typing import Any

import pytest

from segcli.cli import terminal
from segcli.cli.options import CommonOptions


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
    shown = screen.getvalue().split(terminal.CLEAR_LINE)
    assert len(shown) > 3
    assert all(re.fullmatch(r"[-|/\\] finding segments \(\d+ s\)", line) for line in shown[1:-1])
    assert shown[-1] == ""


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
    assert screen.getvalue().endswith(terminal.CLEAR_LINE)


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
