"""Campaign read-outs: counts by hand, published intervals, lifts that were planted and none where there is none."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from segcli.errors import InputProblem
from segcli.evaluation.experiment import (
    ExperimentResult,
    ExperimentTerms,
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


TERMS = ExperimentTerms(margin_rate=0.5, smallest_effect=0.25)


def compared(groups: list[str], after: Outcomes, segments: list[str] | None = None, terms: Any = TERMS) -> Any:
    labels = pd.Series(segments or ["all"] * len(groups))
    return evaluate_experiment(pd.Series(groups), after, terms, labels, "g.csv")


def campaign(gain: float, seed: int, size: int = 2000) -> ExperimentResult:
    chance = np.random.default_rng(seed)
    groups = pd.Series(chance.choice(["mail", "Holdout"], size))
    orders = (chance.random(size) < 0.1 + gain * (groups == "mail")).astype(float)
    return compared(list(groups), Outcomes(orders, orders * 20))


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
    found = compared(["control", "control", "a", "a", "b"], after).table.set_index("group")
    assert found.loc["holdout", "buyers"] == 1
    assert found.loc["a", "revenue_a_head"] == 4.5
    assert found.index.tolist() == ["holdout", "a", "b"]
    with pytest.raises(InputProblem, match="needs customers in group holdout"):
        compared(["a"] * 5, after)


def test_effects_by_segment_and_arm_by_hand() -> None:
    """Gold: mail 3 of 4 bought for 60 in all, site 1 of 2 for 8, holdout 1 of 2 for 10. Tin has no holdout.

    Mail brings 60/4 - 10/2 = 10 a customer, so 40 in all, and 20 of margin; site 8/2 - 10/2 = -1, so -2 and -1.
    """
    groups = ["mail"] * 4 + ["site"] * 2 + ["holdout"] * 2 + ["mail"]
    segments = ["Gold"] * 8 + ["Tin"]
    revenue = np.array([10.0, 20, 30, 0, 8, 0, 10, 0, 7])
    made = compared(groups, Outcomes((revenue > 0).astype(float), revenue), segments)
    rows = made.segments.set_index(["segment", "group"])
    assert rows.index.tolist() == [("Gold", "mail"), ("Gold", "site"), ("Tin", "mail"), ("Tin", "site")]
    mail, site = rows.loc[("Gold", "mail")], rows.loc[("Gold", "site")]
    assert (mail["customers"], mail["buyers"], mail["holdout_customers"], mail["holdout_buyers"]) == (4, 3, 2, 1)
    assert (mail["difference"], mail["incremental_revenue"], mail["incremental_margin"]) == (0.25, 40.0, 20.0)
    assert (site["difference"], site["incremental_revenue"], site["incremental_margin"]) == (0.0, -2.0, -1.0)
    slow = ttest_ind(revenue[:4], revenue[6:8], equal_var=False).confidence_interval()
    assert mail["incremental_revenue_low"] == pytest.approx(4 * slow.low)
    assert mail["incremental_margin_high"] == pytest.approx(0.5 * 4 * slow.high)
    assert (mail["difference_low"], mail["difference_high"]) == pytest.approx(
        difference_interval(*shares((3, 4), (1, 2)))
    )
    assert rows["too_small"].tolist() == ["yes"] * 4
    counts = {"customers", "buyers", "holdout_customers", "holdout_buyers"}
    assert set(rows.columns) - counts == set(made.table.columns) - counts.union(
        *({f"{name}{bound}" for bound in ("", "_low", "_high")} for name in ("buyer_rate", "revenue_a_head")), {"group"}
    )
    assert rows.loc["Tin", "difference"].isna().all()
    assert made.table.set_index("group").loc["mail", "customers"] == 5
    assert "mail: the test was too small to show any effect" in made.notes
    assert any(note.startswith("by segment, 4 of 4 comparisons were too small") for note in made.notes)
    assert "4 comparisons at 5 %: about 0.2 differ significantly by chance alone" in made.notes


def test_money_and_margin_that_are_unknown_are_missing() -> None:
    groups, after = ["a", "a", "holdout", "holdout"], Outcomes(np.array([1.0, 0, 1, 0]), np.zeros(4))
    made = compared(groups, after, terms=ExperimentTerms(np.nan, 0.25))
    assert made.segments["incremental_margin"].isna().all()
    assert "incremental margin is unknown; hint: set target.margin, for example 0.4" in made.notes
    made = compared(groups, after, terms=ExperimentTerms(0.5, 0.25, has_money=False))
    assert made.segments["incremental_revenue"].isna().all()
    assert not any("revenue" in note for note in made.notes)


def test_a_test_is_too_small_if_it_shows_only_effects_above_the_smallest() -> None:
    """With 10% of 4,000 a side, 81% power begins at 1.985 points: 2.838 x sqrt((.1 x .9 + .1199 x .8801) / 4000)."""
    has_bought = np.tile(np.arange(10) < 1, 800)
    groups = ["mail"] * 4000 + ["holdout"] * 4000
    after = Outcomes(has_bought.astype(float), has_bought * 1.0)
    for smallest, is_small in ((0.25, "no"), (0.15, "yes")):
        made = compared(groups, after, terms=ExperimentTerms(0.5, smallest))
        row = made.segments.iloc[0]
        by_hand = 2.838 * np.sqrt((0.1 * 0.9 + 0.1199 * 0.8801) / 4000)
        assert row["detectable_effect"] == pytest.approx(by_hand, abs=0.0001)
        assert row["too_small"] == is_small
        assert any("the test was too small; with 80% power" in note for note in made.notes) == (is_small == "yes")


@pytest.mark.parametrize("segment_count", [1, 2])
def test_chance_is_mentioned_from_two_comparisons_on(segment_count: int) -> None:
    groups, segments = ["mail", "holdout"] * 10, [f"s{row // 2 % segment_count}" for row in range(20)]
    made = compared(groups, Outcomes(np.ones(20), np.ones(20)), segments)
    notes = [note for note in made.notes if "by chance alone" in note]
    expected = "2 comparisons at 5 %: about 0.1 differ significantly by chance alone"
    assert notes == ([expected] if segment_count == 2 else [])
