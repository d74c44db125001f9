"""The phases that are timed are functions that there are."""

import importlib
import sys
from pathlib import Path

import pytest


def test_every_phase_is_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    phases = importlib.import_module("phases")
    for place in phases.PHASES.values():
        module, _, name = place.partition(":")
        assert callable(getattr(importlib.import_module(module), name)), place
    sys.modules.pop("phases")
