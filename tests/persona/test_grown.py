"""What personas tell besides traits: portrait by family, reach, time, stage, an example without a name, confidence."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata

from segcli.config.persona import PersonaSettings
from segcli.io.secret_key import PseudonymKey
from segcli.model import Persona, Segmentation
from segcli.persona import build_personas, playbook, touchpoints
from segcli.persona.personas import PersonaContext, find_medoid
from segcli.persona.purchase_times import find_channels, find_purchase_times
from segcli.persona.traits import TRAIT_FAMILIES, trait_family
from segcli.segment.bases import list_bases as bases
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns


def made_of(labels: list[str], **columns: Any) -> Segmentation:
    return read_segmentation(from_columns({**columns, "x_segment": labels}), "x_segment")


def described(made: Segmentation, **asked: Any) -> dict[str, Persona]:
    around = PersonaContext(touchpoints.load_touchpoints(None, {}), consent_words=["yes"], **asked)
    return {one.segment: one for one in build_personas(made, PersonaSettings(), playbook.load_playbook(None), around)}


def test_traits_stand_in_the_portrait_by_what_kind_of_thing_they_are() -> None:
    made = made_of(
        ["a"] * 20 + ["b"] * 20,
        age=[30] * 20 + [60] * 20,
        city=["Bonn"] * 20 + ["Köln"] * 20,
        attitude_quality=[1.0] * 20 + [-1.0] * 20,
        device=["mobile"] * 20 + ["desktop"] * 20,
        top_category=["toys"] * 20 + ["books"] * 20,
        orders=[1] * 20 + [9] * 20,
        shoe_size=[40] * 20 + [44] * 20,
    )
    found = {name: [one.name for one in told] for name, told in described(made)["a"].portrait.items()}
    assert found["demographic"] == ["age"]
    assert set(found["geographic"]) == {"city"}
    assert found["psychographic"] == ["attitude_quality"]
    assert set(found["technographic"]) == {"device"}
    assert set(found["needs"]) == {"top_category"}
    assert found["behavioural"] == ["orders"]
    assert found["other"] == ["shoe_size"]


def test_every_trait_of_a_portrait_has_index_difference_and_n() -> None:
    made = made_of(["a"] * 10 + ["b"] * 30, age=[30.0] * 9 + [np.nan] + [60.0] * 30)
    (age,) = described(made)["a"].portrait["demographic"]
    mean, spread = np.mean([30.0] * 9 + [60.0] * 30), np.std([30.0] * 9 + [60.0] * 30)
    assert (age.n, age.index) == (9, pytest.approx(100 * 30 / mean))
    assert age.difference == pytest.approx((30 - mean) / spread)


@pytest.mark.parametrize("base", bases())
def test_every_built_in_base_has_a_family(base: str) -> None:
    assert trait_family(base, {}) in TRAIT_FAMILIES
    assert trait_family("mine", {"mine": base}) == trait_family(base, {})


def test_levels_of_single_people_are_not_told() -> None:
    made = made_of(["a"] * 20 + ["b"] * 20, plan=["pro"] * 6 + ["basic"] * 14 + ["basic"] * 20)
    assert any(one.name == "plan" for one in described(made, min_cell_size=6)["a"].more)
    assert not described(made, min_cell_size=7)["a"].more
    # nor where all but six have it, nor in a column of 0 and 1
    yes = made_of(["a"] * 20 + ["b"] * 20, app=[1] * 6 + [0] * 34)
    assert not described(yes, min_cell_size=7)["a"].more
    assert described(yes, min_cell_size=3)["a"].more


def test_the_example_is_the_medoid_on_ranks() -> None:
    rng = np.random.default_rng(5)
    orders, revenue = rng.integers(1, 30, 51), rng.gamma(2, 50, 51)
    made = made_of(["a"] * 51, orders=orders.tolist(), revenue=revenue.tolist())
    found = find_medoid(made, np.ones(51, dtype=bool), ("orders", "revenue"))
    assert found is not None
    ranks = np.column_stack([rankdata(orders), rankdata(revenue)]) / 51
    away = np.abs(ranks[:, None, :] - ranks[None, :, :]).sum(axis=(1, 2))  # to all others, the slow way
    nearest = int(away.round(9).argmin())
    assert found.measures == {"orders": orders[nearest], "revenue": pytest.approx(revenue[nearest])}


def test_an_example_has_no_name_unless_it_is_a_pseudonym() -> None:
    made = made_of(["a"] * 5, orders=[1, 2, 3, 4, 5])
    one = described(made)["a"].example
    assert one is not None
    assert one.pseudonym is None
    assert one.measures == {"orders": 3.0}
    key = PseudonymKey(bytes(32))
    table = made.customers.table.assign(customer_id=sorted(key.pseudonymise_text(i) for i in "vwxyz"))
    under_key = find_medoid(
        read_segmentation(from_columns({n: table[n].tolist() for n in table}), "x_segment"),
        np.ones(5, bool),
        ("orders",),
    )
    assert under_key is not None
    assert under_key.pseudonym is not None
    assert described(made, allows_example=False)["a"].example is None


def test_consent_stage_next_touchpoint_and_what_not_to_do() -> None:
    made = made_of(["New"] * 4, orders=[1] * 4, email_consent=["yes", "yes", "yes", "no"])
    one = described(made)["New"]
    assert one.consent == 0.75
    assert one.stage == "activate"
    assert one.next_touchpoint.startswith("e-mail: Help with what they bought")
    assert one.avoid == "Selling before the first order has arrived."


def test_confidence_is_by_size_and_by_being_found_again() -> None:
    sizes = {"many": 120, "some": 50, "few": 10}
    made = made_of([name for name, size in sizes.items() for _ in range(size)], orders=[1] * 180)
    told = {name: one.confidence for name, one in described(made).items()}
    assert told == {"many": "high: 120 customers", "some": "medium: 50 customers", "few": "low: 10 customers"}
    made.profile["jaccard"] = [0.9, 0.7, 0.5]
    assert described(made)["many"].confidence in {
        "high: 120 customers, stability 0.90 of 1",
        "low: 120 customers, stability 0.50 of 1",
        "medium: 120 customers, stability 0.70 of 1",
    }


def test_the_time_that_stands_out_is_told_with_the_base(customers_of: Callable[..., Any]) -> None:
    """40 orders of a on Tuesday evenings, 40 of b on Friday mornings."""
    rows = ["customer_id,order_id,order_date,amount,channel"]
    rows += [f"a{n % 35},a{n},2026-01-{6 + 7 * (n % 4):02} 19:30:00,5,app" for n in range(40)]  # Tuesdays
    rows += [f"b{n % 35},b{n},2026-01-{2 + 7 * (n % 4):02} 09:30:00,5,store" for n in range(40)]  # Fridays
    of = customers_of("\n".join(rows) + "\n")
    of.table["x_segment"] = of.table["customer_id"].str[0]
    made = read_segmentation(of, "x_segment")
    found = find_purchase_times(made)
    assert (found["a"].name, found["a"].share, found["a"].base, found["a"].n) == ("Tuesday evening", 1.0, 0.5, 40)
    assert found["b"].name == "Friday morning"
    assert {name: one.name for name, one in find_channels(made).items()} == {"a": "app", "b": "store"}


def test_times_that_are_as_usual_are_not_told(customers_of: Callable[..., Any]) -> None:
    rows = ["customer_id,order_id,order_date,amount"]
    rows += [f"{n % 2}{n},{n},2026-01-{1 + n % 28:02},5" for n in range(280)]
    of = customers_of("\n".join(rows) + "\n")
    of.table["x_segment"] = of.table["customer_id"].str[0]
    assert set(find_purchase_times(read_segmentation(of, "x_segment"))) <= {"0", "1"}
    assert all(one.share >= 1.2 * one.base for one in find_purchase_times(read_segmentation(of, "x_segment")).values())
