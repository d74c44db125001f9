"""Campaign read-outs: counts by hand, published intervals, lifts that were planted and none where there is none."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from segcli.errors import InputProblem
from segcli.evaluation.experiment import (
    ExperimentResult,
    difference_interval,
    evaluate_experiment,
    two_proportion_test,
    welch_interval,
)
from segcli.value.outcomes import Outcomes


def shares(one: tuple[int, int], other: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    first, second = (np.arange(trials) < yes for yes, trials in (one, other))
    return first, second


def test_the_interval_of_a_difference_is_the_published_one() -> None:
    """Newcombe 1998, table II, method 10: 56/70 - 48/80 and 9/10 - 3/10."""
    assert difference_interval(*shares((56, 70), (48, 80))) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert difference_interval(*shares((9, 10), (3, 10))) == pytest.approx((0.1705, 0.8090), abs=1e-4)


def test_the_test_is_that_of_a_pooled_share() -> None:
    """By hand: 60/100 against 40/100 is z = 0.2 / sqrt(0.5 x 0.5 x 0.02) = 2.828, p = 0.00468."""
    assert two_proportion_test(*shares((60, 100), (40, 100))) == pytest.approx(0.00468, abs=1e-5)
    assert two_proportion_test(*shares((0, 10), (0, 10))) == 1


def test_the_interval_of_means_is_welchs() -> None:
    chance = np.random.default_rng(1)
    one, other = chance.gamma(2, 5, 80), chance.gamma(2, 4, 50)
    slow = ttest_ind(one, other, equal_var=False).confidence_interval()
    assert welch_interval(one, other) == pytest.approx((slow.low, slow.high))


def campaign(gain: float, seed: int, size: int = 2000) -> ExperimentResult:
    chance = np.random.default_rng(seed)
    groups = pd.Series(chance.choice(["mail", "Holdout"], size))
    orders = (chance.random(size) < 0.1 + gain * (groups == "mail")).astype(float)
    return evaluate_experiment(groups, Outcomes(orders, orders * 20), "campaign.csv")


def test_a_planted_lift_is_seen_and_none_is_not() -> None:
    found = campaign(0.06, 1)
    mail = found.table.set_index("group").loc["mail"]
    assert mail["difference_low"] < 0.06 < mail["difference_high"]
    assert mail["p"] < 0.01
    assert "more than the holdout" in found.notes[0]
    alarms = [campaign(0.0, seed).table["p"].iloc[1] < 0.05 for seed in range(200)]
    assert np.mean(alarms) < 0.09


def test_counts_by_hand_and_groups_that_cannot_be_compared() -> None:
    after = Outcomes(np.array([1.0, 0, 0, 2, 0]), np.array([5.0, 0, 0, 9, 0]))
    found = evaluate_experiment(pd.Series(["control", "control", "a", "a", "b"]), after, "g.csv").table.set_index(
        "group"
    )
    assert found.loc["holdout", "buyers"] == 1
    assert found.loc["a", "revenue_a_head"] == 4.5
    assert found.index.tolist() == ["holdout", "a", "b"]
    with pytest.raises(InputProblem, match="needs customers in group holdout"):
        evaluate_experiment(pd.Series(["a"] * 5), after, "g.csv")
