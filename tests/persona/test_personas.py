"""Personas: what is said of a segment comes from its numbers."""

import re
from statistics import median
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.persona import PersonaSettings
from segcli.model import Persona
from segcli.persona import build_personas, playbook
from segcli.persona.playbook import Playbook
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

NO_PLAYS = Playbook({}, {}, "Otherwise.")


def described(labels: list[str], *, plays: Playbook = NO_PLAYS, wanted: Any = None, **columns: Any) -> list[Persona]:
    text = {n: pd.Series(v, dtype="str") for n, v in columns.items() if isinstance(v[0], str)}
    table = from_columns({**columns, **text, "x_segment": pd.Series(labels, dtype="str")})
    return build_personas(read_segmentation(table, "x_segment"), wanted or PersonaSettings(), plays)


def numbers_in(text: str) -> list[float]:
    found = [float(n.replace(",", "")) for n in re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?", text)]
    return found + [1.0] * text.count("one order")


def test_the_headline_is_the_median_customer() -> None:
    found = described(
        ["A"] * 3,
        recency_days=[1, 40, 400],
        orders=[1, 2, 9],
        revenue=[10.0, 50, 900],
        average_order_value=[10.0, 25, 100],
    )
    assert found[0].headline == "Typically 2 orders, 25 per order, last bought 40 days ago."


def test_one_order_and_one_day_are_said_in_the_singular() -> None:
    found = described(["A"], recency_days=[1], orders=[1], average_order_value=[12.0])
    assert found[0].headline == "Typically one order, 12 per order, last bought 1 day ago."


@settings(max_examples=30, deadline=None)
@given(
    people=st.lists(
        st.tuples(st.integers(0, 5000), st.integers(1, 99), st.integers(1, 10**6)), min_size=1, max_size=12
    ).filter(lambda people: len(people) % 2 == 1)
)
def test_every_number_of_a_headline_occurs_in_the_data(people: list[tuple[int, int, int]]) -> None:
    recency, orders, values = (list(column) for column in zip(*people, strict=True))
    headline = described(["A"] * len(people), recency_days=recency, orders=orders, average_order_value=values)[
        0
    ].headline
    assert numbers_in(headline.replace("one order", "1 order")) == [median(orders), median(values), median(recency)]


def test_a_headline_can_count_a_thousand_orders() -> None:
    assert numbers_in(described(["A"], orders=[1234])[0].headline) == [1234]


def test_a_headline_can_tell_cents() -> None:
    assert numbers_in(described(["A"], orders=[2], average_order_value=[0.4])[0].headline) == [2, 0.4]


LIVES = ["DE"] * 5 + ["FR"] * 5


def test_without_orders_the_headline_names_the_leading_traits() -> None:
    found = described(["A"] * 5 + ["B"] * 5, age=[20, 21, 22, 23, 24, 60, 61, 62, 63, 64])
    assert [persona.headline for persona in found] == [
        "Compared with the base: lower age.",
        "Compared with the base: higher age.",
    ]


def test_the_headline_keeps_the_case_of_values() -> None:
    headline = described(["A"] * 5 + ["B"] * 5, country=LIVES)[0].headline
    assert headline == "Compared with the base: more often country = DE."


def test_a_segment_like_the_base_is_said_to_be_so() -> None:
    assert described(["A"] * 5, age=[20, 21, 22, 23, 24])[0].headline == "Close to the base in every known trait."


def test_size_and_shares_are_those_of_the_profile() -> None:
    big, small = described(["A"] * 30 + ["B"] * 10, orders=[1] * 40, revenue=[1.0] * 30 + [1.0] * 10)
    assert (big.segment, big.customers, big.share, big.revenue, big.revenue_share) == ("A", 30, 0.75, 30.0, 0.75)
    assert big.warnings == ()
    assert small.warnings == ("only 10 customers: averages are imprecise",)


def test_without_money_no_revenue_is_told() -> None:
    found = described(["A"], orders=[1])[0]
    assert found.revenue is None
    assert found.revenue_share is None


def test_of_answers_yes_or_no_no_quartiles_are_told_and_nobody_is_their_example() -> None:
    found = described(["A"] * 5, likes_sports=[0, 1, 1, 0, 1], rating=[1, 2, 3, 4, 5])[0]
    assert found.typical == {"rating": (2.0, 3.0, 4.0)}
    assert described(["A"] * 5, likes_sports=[0, 1, 1, 0, 1])[0].typical == {}


def test_the_typical_customer_is_told_by_quartiles() -> None:
    assert described(["A"] * 5, orders=[1, 2, 3, 4, 5])[0].typical == {"orders": (2.0, 3.0, 4.0)}


def test_traits_below_the_minimum_difference_are_not_told_and_no_more_than_asked() -> None:
    columns = {f"answer_{i}": [float(i)] * 5 + [0.0] * 5 for i in range(1, 9)}
    labels = ["A"] * 5 + ["B"] * 5
    first = described(labels, wanted=PersonaSettings(traits=3), **columns)[0]
    assert (len(first.more), len(first.less)) == (3, 0)
    assert not described(labels, wanted=PersonaSettings(minimum_difference=1.5), **columns)[0].more


def test_more_is_above_the_base_and_less_below() -> None:
    for persona in described(["A"] * 5 + ["B"] * 5, age=list(range(10)), country=LIVES):
        assert all(t.difference > 0 for t in persona.more)
        assert all(t.difference < 0 for t in persona.less)


def test_the_action_is_the_playbooks_for_the_segment() -> None:
    plays = Playbook({"a": "Own."}, {("age", "high"): "By trait."}, "Otherwise.")
    found = described(["A"] * 5 + ["B"] * 5, plays=plays, age=[1, 2, 3, 4, 5, 11, 12, 13, 14, 15])
    assert {persona.segment: persona.action for persona in found} == {"A": "Own.", "B": "By trait."}


def test_every_name_of_every_shipped_map_has_an_action_of_its_own() -> None:
    from segcli.segment import maps

    named = {rule.segment.casefold() for name in maps.list_maps() for rule in maps.load_map(name).rules}
    assert named - set(playbook.load_playbook(None).segment_actions) == set()
