"""In what segments differ: tests and adjustments against slow recomputations, marker variables by hand."""

from collections import Counter
from math import exp, lgamma, log

import numpy as np
import pytest

from segcli.config.cluster import ClusterSettings
from segcli.model import Segmentation
from segcli.persona.markers import find_markers
from segcli.segment.clustering import pipeline
from tests.oracles.tables import table


@pytest.fixture(scope="module")
def made() -> Segmentation:
    """Two kinds by spend; the plan goes with them, the shoe size does not."""
    chance = np.random.default_rng(8)
    spend = np.concatenate([chance.normal(10, 1, 60), chance.normal(50, 5, 40)])
    plan = ["free"] * 40 + ["pro"] * 20 + ["free"] * 4 + ["pro"] * 36
    return pipeline.cluster_customers(
        table(spend=spend, plan=plan, shoe_size=[40.0, 42, 43, 45] * 25, visits=np.r_[0:60, 30:70] + 1.0),
        ClusterSettings(features=["spend"], k=2, pairs=4),
        1,
    )


def survival_of_chi_square(x: float, freedom: int) -> float:
    """1 - the regularised lower incomplete gamma function, by its series."""
    a, z = freedom / 2, x / 2
    term = exp(a * log(z) - z - lgamma(a + 1)) if z else 0.0
    total = term
    for step in range(1, 2000):
        term *= z / (a + step)
        total += term
    return 1 - total


def test_tests_are_those_of_slow_recomputations(made: Segmentation) -> None:
    found = {one.column: one for one in find_markers(made).differences}
    of, labels = made.customers.table, made.labels.tolist()
    values = of["visits"].tolist()
    ranks = [sum(o < v for o in values) + (values.count(v) + 1) / 2 for v in values]
    n = len(values)
    sums = {name: sum(r for r, one in zip(ranks, labels, strict=True) if one == name) for name in set(labels)}
    h = 12 / (n * (n + 1)) * sum(total**2 / labels.count(name) for name, total in sums.items()) - 3 * (n + 1)
    ties = 1 - sum(count**3 - count for count in Counter(values).values()) / (n**3 - n)
    assert found["visits"].statistic == pytest.approx(h / ties)
    assert found["visits"].effect == pytest.approx(h / ties / (n - 1))
    assert found["visits"].p == pytest.approx(survival_of_chi_square(h / ties, 1))
    pairs, plans, sizes = Counter(zip(labels, of["plan"], strict=True)), Counter(of["plan"]), Counter(labels)
    chi = sum(
        (pairs[one, plan] - sizes[one] * plans[plan] / n) ** 2 / (sizes[one] * plans[plan] / n)
        for one in sizes
        for plan in plans
    )
    assert found["plan"].statistic == pytest.approx(chi)
    assert found["plan"].effect == pytest.approx((chi / n) ** 0.5)
    assert found["plan"].p == pytest.approx(survival_of_chi_square(chi, 1), rel=1e-4)


def test_p_values_are_adjusted_for_their_number_and_features_are_told(made: Segmentation) -> None:
    tests = find_markers(made).differences
    plain = sorted(one.p for one in tests)
    for one in tests:
        slow = min(p * len(plain) / rank for rank, p in enumerate(plain, 1) if p >= one.p)
        assert one.p_adjusted == pytest.approx(min(slow, 1))
    assert [one.column for one in tests if one.feature] == ["spend"]
    differ = {one.column for one in tests if one.p_adjusted < 0.05}
    assert differ == {"spend", "plan", "visits"}, "the shoe size is the same in both"


def test_marker_variables_are_those_far_from_the_base(made: Segmentation) -> None:
    found = find_markers(made)
    high, low = made.segments if made.labels[99] == made.segments[0] else made.segments[::-1]
    assert {(one.name, one.level) for one in found.list_markers(high)} >= {("spend", None), ("plan", "pro")}
    assert {(one.name, one.level) for one in found.list_markers(low)} == {("spend", None), ("plan", "free")}, (
        "33 and 56 % are near"
    )
    spend = next(one for one in found.traits_by_segment[low] if one.name == "spend")
    values = made.customers.table["spend"]
    assert abs(spend.value - spend.base) >= min(0.25 * (values.max() - values.min()), 0.5 * spend.base)


def test_the_example_of_a_segment_is_nearest_its_centre_and_has_no_id(made: Segmentation) -> None:
    values = made.customers.table["spend"].to_numpy()
    assert set(made.method["examples"]) == set(made.labels)
    for name, example in made.method["examples"].items():
        inside = values[(made.labels == name).to_numpy()]
        assert set(example) == {"spend"}
        assert abs(example["spend"] - inside.mean()) == pytest.approx(np.abs(inside - inside.mean()).min(), abs=0.2)
