"""Claims of names against purchases counted by hand, in shops whose truth is known."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from segcli.config.rfm import RfmSettings
from segcli.customers.order_history import customers_as_of
from segcli.evaluation.name_claims import CONTRADICTED, OPEN, SUPPORTED, check_claims, find_contradictions
from segcli.model import Customers, Segmentation
from segcli.persona.touchpoints import assign_stages, load_touchpoints
from segcli.segment import maps, rfm

AS_OF = date(2024, 1, 1)


def shop_of(customers_of: Callable[..., Any], groups: Mapping[str, tuple[int, int, int]]) -> Customers:
    """Groups of customers by name: how many, how many of them buy in the last 90 days, and orders before."""
    lines = ["customer_id,order_date,amount"]
    for name, (size, buyers, orders) in groups.items():
        for number in range(size):
            days = [200 + 30 * order for order in range(orders)] + ([40] if number < buyers else [])
            lines += [f"{name}{number:03},{AS_OF - timedelta(days=day)},10" for day in days]
    found: Customers = customers_of("\n".join(lines) + "\n", as_of=AS_OF)
    return found


def named_by_id(customers: Customers, claims: Mapping[str, Mapping[str, str]]) -> Segmentation:
    """A segmentation by the first letter of the id, now and at any earlier day."""

    def segment(known: Customers) -> Segmentation:
        plain = rfm.segment_by_rfm(known, RfmSettings(), maps.load_map("default"), 1)
        labels = known.table["customer_id"].str[0]
        profile = labels.value_counts().sort_index().rename("customers").rename_axis("segment").reset_index()
        return replace(plain, column="letter_segment", labels=labels, profile=profile, method={"claims": claims})

    def earlier(days: int) -> Segmentation:
        return segment(customers_as_of(customers, AS_OF - timedelta(days=days)))

    return replace(segment(customers), segment_earlier=earlier)


CLAIMS = {
    "a": {"buys": "more"},
    "b": {"buys": "less"},
    "c": {"buys": "hardly"},
    "d": {"buys": "still"},
    "e": {"orders": "one"},
}


@pytest.mark.parametrize(
    ("groups", "contradicted"),
    [
        # a buys most, b half as often, c and d as they claim, e has one order
        ({"a": (100, 80, 3), "b": (100, 40, 3), "c": (100, 5, 2), "d": (100, 40, 3), "e": (100, 30, 1)}, set()),
        # b buys as often as a, c half as often as all, d not at all, e has several orders
        ({"a": (100, 60, 3), "b": (100, 60, 3), "c": (100, 40, 2), "d": (100, 0, 3), "e": (100, 30, 2)}, {*"bcde"}),
        # nobody differs: a is no better than average, b as good as a, c buys
        ({"a": (100, 30, 3), "b": (100, 30, 3), "c": (100, 30, 2), "d": (100, 30, 3), "e": (100, 30, 1)}, {*"abc"}),
        # too few to decide
        ({"a": (20, 0, 3), "b": (20, 20, 3), "c": (20, 20, 2), "d": (20, 0, 3), "e": (20, 0, 4)}, set()),
    ],
)
def test_claims_are_contradicted_where_the_purchases_say_so(
    customers_of: Callable[..., Any], groups: dict[str, tuple[int, int, int]], contradicted: set[str]
) -> None:
    segmentation = named_by_id(shop_of(customers_of, groups), CLAIMS)
    assert set(find_contradictions(segmentation)) == contradicted
    for check in check_claims(segmentation):
        size, buyers, _ = groups[check.segment]
        if check.claim[0] == "buys":
            total = sum(b for _, b, _ in groups.values()) / sum(n for n, _, _ in groups.values())
            active = groups["a"][1] / groups["a"][0]
            reference = f"active customers: {active:.0%}" if check.segment == "b" else f"all customers: {total:.0%}"
            assert check.reason == f"{buyers / size:.0%} of {size} bought in the last 90 days ({reference})"
        assert (check.verdict == CONTRADICTED) == bool(check.mark)
        assert check.customers == size
        if size < 30:
            assert check.verdict == OPEN


def test_the_stage_of_a_segment_follows_its_purchases_unless_the_settings_assign_it(
    customers_of: Callable[..., Any],
) -> None:
    letters = {"activate": ["e"], "win back": ["b", "c"], "retain": ["a", "f"]}
    groups = {"a": (100, 60, 3), "b": (100, 60, 3), "c": (100, 5, 2), "e": (100, 30, 2), "f": (100, 0, 3)}
    segmentation = named_by_id(shop_of(customers_of, groups), {**CLAIMS, "f": {"buys": "more"}})
    declared = load_touchpoints(None, {name.replace(" ", "_"): names for name, names in letters.items()})
    by_name = replace(declared, declared_segments=frozenset())
    declared_stages = {name: stage.name for name, stage in assign_stages(segmentation, declared).items()}
    assert declared_stages == {"a": "retain", "b": "win back", "c": "win back", "e": "activate", "f": "retain"}
    stages = {name: stage.name for name, stage in assign_stages(segmentation, by_name).items()}
    assert stages == {"a": "retain", "b": "retain", "c": "win back", "e": "retain", "f": "win back"}


def test_customers_who_should_buy_more_and_hardly_buy_are_called_so(customers_of: Callable[..., Any]) -> None:
    groups = {"a": (100, 80, 3), "b": (100, 35, 3), "f": (100, 0, 3)}
    claims = {name: {"buys": "more"} for name in groups}
    contradictions = find_contradictions(named_by_id(shop_of(customers_of, groups), claims))
    assert {name: [check.claim for check in checks] for name, checks in contradictions.items()} == {
        "b": [("buys", "more")],
        "f": [("buys", "still")],
    }


def test_without_an_earlier_day_only_facts_are_checked(customers_of: Callable[..., Any]) -> None:
    customers = shop_of(customers_of, {"a": (40, 20, 2), "e": (40, 10, 3)})
    segmentation = replace(named_by_id(customers, CLAIMS), segment_earlier=None)
    assert [(check.segment, check.verdict) for check in check_claims(segmentation)] == [("e", CONTRADICTED)]


def test_new_customers_with_long_tenure_are_contradicted(customers_of: Callable[..., Any]) -> None:
    customers = shop_of(customers_of, {"a": (60, 30, 1), "n": (60, 10, 4)})
    segmentation = named_by_id(customers, {"n": {"orders": "one", "tenure": "short"}, "a": {"revenue": "high"}})
    checks = {(check.segment, check.claim[0]): check for check in check_claims(segmentation)}
    assert checks["n", "tenure"].verdict == CONTRADICTED
    assert checks["n", "tenure"].reason == "median tenure 290 days (all customers: 245 days)"
    assert checks["n", "orders"].reason == "0% of 60 have one order"
    assert checks["a", "revenue"].verdict == CONTRADICTED


def test_names_in_a_shop_with_dropout_are_borne_out_and_in_a_shop_of_chance_are_not(
    customers_of: Callable[..., Any],
) -> None:
    marks = {}
    for kind in ("dropout", "chance"):
        chance = np.random.default_rng(4)
        lines = ["customer_id,order_date,amount"]
        for number in range(600):
            gap = float(chance.gamma(3, 15)) if kind == "dropout" else 60.0
            day = float(chance.integers(0, 500)) if kind == "dropout" else -1000.0 + chance.exponential(gap)
            stop = day + (chance.exponential(250) if kind == "dropout" else 1e9)
            while day < min(stop, 720):
                if day >= 0:
                    lines.append(f"c{number:03},{AS_OF - timedelta(days=720 - int(day))},{10 + number % 9}")
                day += max(chance.exponential(gap), 1.0)
        customers = customers_of("\n".join(lines) + "\n", as_of=AS_OF)
        settings, default = RfmSettings(), maps.load_map("default")
        today = rfm.segment_by_rfm(customers, settings, default, 1)

        def earlier(days: int, known: Customers = customers) -> Segmentation:
            return rfm.segment_by_rfm(
                customers_as_of(known, AS_OF - timedelta(days=days)), RfmSettings(), maps.load_map("default"), 1
            )

        checks = check_claims(replace(today, segment_earlier=earlier))
        marks[kind] = {check.segment: check.verdict for check in checks if check.claim[0] == "buys"}
    assert marks["dropout"]["Champions"] == SUPPORTED
    assert marks["dropout"]["Hibernating"] == SUPPORTED
    assert marks["dropout"]["At risk"] == SUPPORTED
    assert marks["chance"]["At risk"] == CONTRADICTED
    assert marks["chance"]["Hibernating"] == CONTRADICTED
    assert SUPPORTED not in {marks["chance"].get(name) for name in ("At risk", "About to sleep")}
