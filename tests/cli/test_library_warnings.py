"""Warnings of libraries stay off stderr; those that matter become notes; --debug shows them all."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segcli import cli
from tests.cli.conftest import TINY

pytestmark = pytest.mark.filterwarnings("always")


class ConvergenceWarning(UserWarning):
    """Has the name of scikit-learn's."""


def warn() -> None:
    """Warn as libraries do."""
    warnings.warn("DataFrame is highly fragmented", pd.errors.PerformanceWarning, stacklevel=1)
    warnings.warn("Mean of empty slice", RuntimeWarning, stacklevel=1)
    warnings.warn("will change", FutureWarning, stacklevel=1)
    warnings.warn("did not converge.\nTry more.", ConvergenceWarning, stacklevel=1)
    assert np.isinf(np.array([1e300]) * 1e300).all()


@pytest.fixture(autouse=True)
def warning_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command warns before it begins."""
    finished = cli._run_command

    def warn_and_finish(arguments: list[str]) -> int:
        warn()
        return finished(arguments)

    monkeypatch.setattr(cli, "_run_command", warn_and_finish)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text(TINY)


def said(options: str, capfd: pytest.CaptureFixture[str]) -> str:
    """Standard error of a command that succeeds."""
    before = warnings.showwarning
    assert cli._run_arguments(["rfm", "orders.csv", "-f", "csv", *options.split()]) == 0
    assert warnings.showwarning is before
    return capfd.readouterr().err


def test_only_what_matters_becomes_a_note(capfd: pytest.CaptureFixture[str]) -> None:
    text = said("", capfd)
    assert "Warning" not in text
    assert "fragmented" not in text
    assert text.count("a computation may be imprecise") == 2
    assert "did not converge); --debug" in text
    assert "overflow encountered in multiply" in text


def test_quiet_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    assert said("-q", capfd) == ""


def test_json_stays_json(capfd: pytest.CaptureFixture[str]) -> None:
    for options in ("--log-format json", "--log-format=json --debug"):
        events = [json.loads(line) for line in said(options, capfd).splitlines()]
        assert any("overflow" in event["message"] for event in events)


def test_debug_shows_all_with_their_places(capfd: pytest.CaptureFixture[str]) -> None:
    text = said("--debug", capfd)
    assert "PerformanceWarning: DataFrame is highly fragmented" in text
    assert "test_library_warnings.py:" in text
