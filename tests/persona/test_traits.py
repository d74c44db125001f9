"""Traits recomputed by hand."""

from statistics import fmean, pstdev
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segcli.model import Customers, Segmentation, Trait
from segcli.persona.traits import compute_traits, list_trait_columns, salient_traits
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

LABELS = ["A"] * 5 + ["B"] * 5
AGES = [20.0, 22, 24, 26, 28, 40, 42, 44, 46, 48]
CITIES = ["Bonn", "Bonn", "Bonn", "Bonn", "Ulm", "Ulm", "Ulm", "Ulm", "Ulm", "Bonn"]


def segmented(**more: Any) -> Segmentation:
    text = {name: pd.Series(values, dtype="str") for name, values in more.items() if isinstance(values[0], str)}
    labels = {"x_segment": pd.Series(LABELS, dtype="str")}
    return read_segmentation(from_columns({**more, **text, **labels}), "x_segment")


def trait(found: list[Trait], name: str, level: str | None = None) -> Trait:
    return next(t for t in found if (t.name, t.level) == (name, level))


def test_index_and_difference_of_a_number_recomputed_by_hand() -> None:
    told = trait(compute_traits(segmented(age=AGES))["A"], "age")
    assert (told.value, told.base, told.n) == (24, fmean(AGES), 5)
    assert told.index == pytest.approx(100 * 24 / 34)
    assert told.difference == pytest.approx((24 - 34) / pstdev(AGES))


def test_index_and_difference_of_a_level_compare_shares() -> None:
    """Four of five in A live in Bonn, five of ten in all."""
    told = trait(compute_traits(segmented(city=CITIES))["A"], "city", "Bonn")
    assert (told.value, told.base, told.n) == (0.8, 0.5, 5)
    assert told.index == pytest.approx(160)
    assert told.difference == pytest.approx(0.3 / 0.5)


def test_shares_are_among_those_for_whom_it_is_known() -> None:
    """Of the six answers in B one is yes; blanks are neither yes nor no."""
    answers = pd.Series(["yes"] * 5 + ["no"] * 5 + ["yes"] + [None] * 4, dtype="str")
    labels = pd.Series(["A"] * 5 + ["B"] * 10, dtype="str")
    found = compute_traits(read_segmentation(from_columns({"answer": answers, "x_segment": labels}), "x_segment"))
    told = trait(found["B"], "answer", "yes")
    assert (told.n, told.value, told.base) == (6, pytest.approx(1 / 6), pytest.approx(6 / 11))


def test_a_fact_known_of_fewer_than_five_is_not_told() -> None:
    assert not compute_traits(segmented(age=[None, *AGES[1:]]))["A"]
    assert compute_traits(segmented(age=[None, *AGES[1:]]))["B"]


def test_the_most_distinguishing_come_first() -> None:
    found = compute_traits(segmented(age=AGES, income=[1.0, 9, 1, 9, 1, 9, 1, 9, 1, 9], city=CITIES))
    for told in found.values():
        sizes = [abs(t.difference) for t in told]
        assert sizes == sorted(sizes, reverse=True)
        assert told[0].name == "age"


def test_numbers_that_can_be_negative_have_no_index() -> None:
    told = trait(compute_traits(segmented(balance=[-1.0, *AGES[1:]]))["A"], "balance")
    assert told.index is None


def test_what_is_the_same_for_everybody_is_no_trait() -> None:
    assert compute_traits(segmented(age=[30.0] * 10)) == {"A": [], "B": []}


def test_ids_dates_scores_segments_and_minor_measures_are_no_traits() -> None:
    dates = pd.to_datetime(["2024-01-01", "2024-01-02"] * 5)
    found = segmented(
        email=[f"{i}@example.com" for i in range(10)],
        postcode=CITIES,
        last_order=dates,
        r_score=range(10),
        rfm_segment=CITIES,
        median_order_value=AGES,
        age=AGES,
    )
    assert list_trait_columns(found) == ["age"]


def test_a_text_with_a_value_per_customer_is_no_trait() -> None:
    many = pd.Series([f"street {i}" for i in range(40)], dtype="str")
    labels = pd.Series(["A", "B"] * 20, dtype="str")
    assert list_trait_columns(read_segmentation(from_columns({"street": many, "x_segment": labels}), "x_segment")) == []


def test_the_order_of_customers_changes_no_trait() -> None:
    one = segmented(age=AGES, city=CITIES)
    turned = (
        one.customers.table.iloc[::-1].reset_index(drop=True).assign(customer_id=one.customers.table["customer_id"])
    )
    other = read_segmentation(Customers(turned, one.customers.as_of, one.customers.input_reports), "x_segment")
    for name, told in compute_traits(one).items():
        again = compute_traits(other)[name]
        assert [(t.name, t.level) for t in told] == [(t.name, t.level) for t in again]
        assert [t.difference for t in told] == pytest.approx([t.difference for t in again])


def test_segments_drawn_by_chance_have_no_traits_and_planted_differences_are_found() -> None:
    """In 100 shops of 400 customers, segments by chance have a trait in about 5 % of shops and segments at most."""
    false_count = segment_count = 0
    for seed in range(100):
        chance = np.random.default_rng(seed)
        made = from_columns(
            {
                "orders": chance.poisson(3, 400),
                "revenue": np.exp(chance.normal(3, 1, 400)).round(2),
                "city": chance.choice(["Ulm", "Bonn", "Kiel"], 400).tolist(),
                "x_segment": chance.choice(["a", "b", "c", "d", "e", "f", "g", "h"], 400).tolist(),
            }
        )
        traits_by_segment = salient_traits(read_segmentation(made, "x_segment"), 0.2)
        false_count += sum(bool(traits) for traits in traits_by_segment.values())
        segment_count += len(traits_by_segment)
    assert false_count / segment_count < 0.08
    planted = from_columns({"orders": [1, 2] * 45 + [9] * 10, "x_segment": ["a"] * 90 + ["b"] * 10})
    (found,) = salient_traits(read_segmentation(planted, "x_segment"), 0.2)["b"]
    mean, sd = np.mean([1, 2] * 45 + [9] * 10), np.std([1, 2] * 45 + [9] * 10)
    assert found.difference == pytest.approx((9 - mean) / sd)
    assert found.z == pytest.approx((9 - mean) / (sd * np.sqrt(90 / 99 / 10)))
    assert found.n == 10
