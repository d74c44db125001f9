"""Needs: benefits by shares, features by ratings, fit by weighted rules, need states by rhythm and channel; pairs."""

from collections.abc import Callable

import numpy as np
import pytest

from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers
from segcli.segment import bases
from tests.segment.bases.conftest import customers, decided, labels, texts

Bought = Callable[..., Customers]


@pytest.mark.base("benefit")
def test_the_benefit_with_the_largest_share_if_it_is_large_enough() -> None:
    table = customers(
        wine=[80.0, 25.0, 10.0, 0.0],
        fish=[15.0, 25.0, 0.0, 0.0],
        meat=[5.0, 25.0, 0.0, 0.0],
        gold=[0.0, 25.0, 30.0, None],
    )
    of = {"enjoyment": ["wine", "gold"], "health": ["fish"], "strength": ["meat"]}
    made = decided("benefit", table, columns=of, minimum=0.6)
    assert list(made.labels) == ["enjoyment", "mixed", "enjoyment", "unknown"]
    assert made.table["benefit_share"].tolist()[:3] == [0.8, 0.5, 1.0]
    shares = made.tables["Benefits"].set_index("benefit")["share_of_base"]
    assert shares.to_dict() == pytest.approx({"enjoyment": 170 / 240, "health": 40 / 240, "strength": 30 / 240})
    relative = labels("benefit", table, columns=of, minimum=0.1, relative=True)
    assert relative == ["enjoyment", "strength", "enjoyment", "unknown"]  # 0.25 of 0.125 is twice the base


@pytest.mark.base("benefit")
def test_benefits_by_category_of_what_was_bought(bought: Bought) -> None:
    lines = [("A", "2026-01-01", "30", "tea"), ("A", "2026-01-02", "10", "rum"), ("B", "2026-01-01", "1", "rum")]
    table = bought([*lines, ("B", "2026-01-02", "9", ""), ("C", "2026-01-03", "5", "")], "amount", "category")
    assert labels("benefit", table) == ["tea", "rum", "unknown"]
    with pytest.raises(InputProblem, match="no category column"):
        labels("benefit", bought([("A", "2026-01-01")]))


@pytest.mark.base("feature")
def test_the_feature_rated_furthest_above_its_mean() -> None:
    """Price: mean 4, sd 1; design: mean 2, sd 1. The first rates both a deviation above; the first one is used."""
    table = customers(price=[5.0, 3.0, 5.0, 3.0, None], design=[3.0, 3.0, 1.0, 1.0, None])
    made = decided("feature", table, ratings={"low price": "price", "looks": "design"})
    assert list(made.labels) == ["low price", "looks", "low price", "none marked", "unknown"]
    assert made.table["feature_difference"].tolist()[:4] == [1, 1, 1, -1]
    assert made.tables["Importance"]["mean"].tolist() == [4, 2]
    with pytest.raises(InputProblem, match="set at least two"):
        decided("feature", table, ratings={"low price": "price"})


@pytest.mark.base("need")
def test_fit_is_the_weight_of_the_rules_that_hold() -> None:
    needs = {
        "speed": [{"when": "orders >= 5", "weight": 3}, {"when": "city == 'Bonn'"}],
        "price": [{"when": "orders < 5"}, {"when": "discount_share > 0.5"}],
    }
    table = customers(orders=[9, 9, 1, 1], discount_share=[0.9, 0.0, 0.9, None], city=texts("Bonn", "Rom", None, "Rom"))
    made = decided("need", table, needs=needs, threshold=0.6)
    assert made.table[["need_speed", "need_price"]].to_numpy().tolist() == [[1, 0.5], [0.75, 0], [0, 1], [0, 0.5]]
    assert list(made.labels) == ["speed", "speed", "price", "unmatched"]
    assert made.notes[0] == "unmatched: 1 customer (25%) with a fit below 0.6"
    with pytest.raises(ConfigProblems, match=r"needs.speed.0.when: column 8"):
        bases.parse_options("need", {"needs": {"speed": [{"when": "orders = 5"}]}})


@pytest.mark.base("need_state")
def test_need_states_at_their_boundaries() -> None:
    table = customers(
        orders=[1, 1, 2, 3, 3, 9, 0],
        top_channel=texts("Express", "web", "web", "web", "web", "express", "web"),
        cv_days_between_orders=[np.nan, np.nan, np.nan, 0.49, 0.5, 0.1, np.nan],
    )
    expected = ["urgent", "single order", "routine", "planned", "routine", "urgent", "unknown"]
    assert labels("need_state", table) == expected
    bare = decided("need_state", customers(orders=[2]))
    assert bare.warnings == ("without top_channel and cv_days_between_orders some need states cannot be detected",)


@pytest.mark.base("need_state")
def test_a_plan_shows_in_the_gaps_between_orders(bought: Bought) -> None:
    """A every 30 days: no variation; B after 1 and after 99: sample deviation 69.3 of 50."""
    a = [("A", day) for day in ("2026-01-01", "2026-01-31", "2026-03-02")]
    b = [("B", day) for day in ("2026-01-01", "2026-01-02", "2026-04-11")]
    assert labels("need_state", bought(a + b)) == ["planned", "routine"]


@pytest.mark.base("product_affinity")
def test_pairs_of_categories_with_their_lift_for_all_and_for_segments(bought: Bought) -> None:
    """Of 6 customers 3 bought tea, 4 rum, 3 both: lift 3 x 6 / (3 x 4) = 1.5."""
    both = [(name, "2026-01-01", kind) for name in "ABC" for kind in ("tea", "rum")]
    rest = [("D", "2026-01-01", "rum"), ("E", "2026-01-01", "ale"), ("F", "2026-01-01", "ale")]
    table = bought([*both, *rest], "category")
    table = Customers(
        table.table.assign(tier=texts(*"xxxyyy")), table.as_of, table.input_reports, transactions=table.transactions
    )
    made = decided("product_affinity", table, minimum_customers=2, by=["tier"])
    assert made.tables["Pairs"].to_numpy().tolist() == [["all", "rum", "tea", 3, 0.5, 1.5, 0.75, 1.0]]
    assert made.tables["Pairs by tier"].to_numpy().tolist() == [["x", "rum", "tea", 3, 1.0, 1.0, 1.0, 1.0]]
    next_items = made.table["product_affinity_next"]
    assert next_items[3] == "tea"  # D bought rum only; the buyers of ale bought nothing else
    assert next_items.notna().sum() == 1
    assert made.segments == ["rum", "ale"]  # of as many lines, the first in the alphabet


@pytest.mark.base("hybrid")
def test_a_cross_of_three() -> None:
    table = customers(a=texts(*"xxxxyyyy"), b=texts(*"12121212"), d=texts(*"ooooppoo"))
    made = labels("hybrid", table, of=["a", "b", "d"], minimum_share=0.2)
    assert made == ["x / 1 / o", "x / 2 / o"] * 2 + ["y / other"] * 4
