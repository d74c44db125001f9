"""Coverage of intervals of campaigns, and power of planned holdouts: the quick form of benchmarks/experiments.py."""

from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are not here, as in a source archive")


@pytest.fixture
def experiments(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import experiments

    return experiments


def test_intervals_cover_the_planted_effects(experiments: Any) -> None:
    """Of eight comparisons with 250 campaigns each; a share of 95 % of all 2,000 has a standard error of 0.5."""
    shares = list(experiments.coverage(250, seed=1).values())
    assert len(shares) == 8
    for effect in experiments.EFFECTS:
        assert 0.93 <= sum(share[effect] for share in shares) / len(shares) <= 0.97
        assert all(share[effect] >= 0.91 for share in shares)


@pytest.mark.parametrize(("rate", "effect", "contacts"), [(0.05, 0.0125, 12_000), (0.2, 0.05, 5_000), (0.4, 0.1, 600)])
def test_planned_holdouts_have_the_power(experiments: Any, rate: float, effect: float, contacts: int) -> None:
    """A share of 80 % of 1,500 tests has a standard error of 1.03 %: two of them are allowed."""
    assert experiments.planned_power(rate, effect, contacts, 1500, seed=2) >= 0.8 - 2 * 0.0103
