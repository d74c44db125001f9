"""Names of found segments: words from features, each its own, never a number."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.segment.clustering import cluster_names
from segcli.segment.clustering.cluster_names import AVERAGE_NAME, list_feature_words, shorten_question
from segcli.segment.clustering.feature_encoding import ITEM_TRANSFORM, LEVEL_TRANSFORM, Feature
from segcli.segment.methods import Matrix


def numbers(*names: str) -> list[Feature]:
    return [Feature(name, "none", 0.0, 0, 0.0, 1.0) for name in names]


def items(*names: str) -> list[Feature]:
    return [Feature(name, ITEM_TRANSFORM, 0.0, 0, 0.0, 1.0, levels=("No", "Yes")) for name in names]


def name_segments(centres: Matrix, names: list[str]) -> list[str]:
    """The names of segments with these means of plain numbers."""
    return cluster_names.name_segments(centres, list_feature_words(numbers(*names), {}))


FEATURES = ["recency_days", "orders", "revenue", "shoe size", "Age"]


def test_a_segment_is_named_by_what_sets_it_apart_most() -> None:
    centres = np.array([[-1.0, 2.0, 0.1], [1.0, -0.5, 0.0]])
    assert name_segments(centres, ["recency_days", "orders", "revenue"]) == ["Frequent, recent", "Lapsed, rare"]


def test_a_feature_without_words_of_its_own_is_high_or_low() -> None:
    assert name_segments(np.array([[1.0], [-1.0]]), ["shoe size"]) == ["High shoe size", "Low shoe size"]


def test_nothing_notable_is_average() -> None:
    assert name_segments(np.array([[0.1, 0.2], [2.0, 0.0]]), ["orders", "revenue"]) == [AVERAGE_NAME, "Frequent"]


def test_namesakes_get_a_further_trait() -> None:
    centres = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, -1.0]])
    assert name_segments(centres, ["orders", "revenue", "recency_days"]) == [
        "Frequent, high-spend, lapsed",
        "Frequent, high-spend, recent",
    ]


def test_namesakes_in_every_trait_are_ranked_by_what_differs_most() -> None:
    centres = np.array([[1.0, 0.5], [5.0, 0.6], [2.0, 0.7]])
    assert name_segments(centres, ["orders", "revenue"]) == [
        "Frequent, high-spend (third by orders)",
        "Frequent, high-spend (first by orders)",
        "Frequent, high-spend (second by orders)",
    ]


@settings(max_examples=30, deadline=None)
@given(
    centres=st.integers(1, 5).flatmap(
        lambda width: st.lists(
            st.lists(st.one_of(st.floats(-3, 3), st.sampled_from([0.0, 1.0, -1.0])), min_size=width, max_size=width),
            min_size=2,
            max_size=12,
        )
    )
)
def test_names_are_unique_and_never_a_cluster_or_a_number(centres: list[list[float]]) -> None:
    names = name_segments(np.array(centres), FEATURES[: len(centres[0])])
    assert len(set(names)) == len(names)
    assert not [name for name in names if "cluster" in name.lower() or re.search(r"(?<!\w)\d+(?!\w)", name)]


def test_a_name_says_nothing_twice() -> None:
    names = name_segments(np.array([[1.0, 1.0], [-1.0, -1.0]]), ["average_order_value", "median_order_value"])
    assert not [name for name in names if len(set(name.lower().split(", "))) < len(name.split(", "))]


def test_items_are_named_by_what_people_chose() -> None:
    """What they did not choose is said only if they chose nothing that others did not."""
    words = list_feature_words(items("skiing", "spa", "hiking"), {"spa": "wellness"})
    found = cluster_names.name_segments(np.array([[1.0, 0.5, -2.0], [-1.0, -0.4, 0.0], [0.1, 0.2, 2.0]]), words)
    assert found == ["Skiing, wellness", "Without skiing, without wellness", "Hiking"]


def test_a_category_is_named_by_its_text() -> None:
    levels = [Feature("city", LEVEL_TRANSFORM, 0.0, 0, 0.0, 1.0, level=name) for name in ("Rome", "Oslo")]
    words = list_feature_words(levels, {})
    assert cluster_names.name_segments(np.array([[2.0, -1.0], [-1.0, 2.0]]), words) == ["Rome", "Oslo"]


def test_who_chose_everything_or_nothing_is_not_named_by_one_answer() -> None:
    words = list_feature_words(items("a1", "a2", "a3", "a4", "a5"), {})
    found = cluster_names.name_segments(np.array([[1.0, 0.9, 0.8, 0.1, 0.2], [-0.9, -0.8, -0.7, -0.6, -0.5]]), words)
    assert found == ["High on most answers", "Low on most answers"]


def test_a_name_has_at_most_three_traits() -> None:
    centres = np.array([[4.0, 3.0, 2.0, 1.0], [4.0, 3.0, 2.0, -1.0]])
    assert name_segments(centres, ["a", "b", "c", "d"]) == [
        "High a, high b, high c (first by d)",
        "High a, high b, high c (second by d)",
    ]


def test_names_of_columns_are_spelled_out_in_names_of_segments() -> None:
    centres = np.array([[1.5, -1.2], [-1.5, 1.2]])
    assert name_segments(centres, ["NumWebVisits", "store_visits"]) == [
        "High num web visits, low store visits",
        "Low num web visits, high store visits",
    ]


def test_questions_are_shortened_unless_they_become_the_same() -> None:
    assert shorten_question("What do you do on holiday? - Ski (downhill)") == "Ski"
    assert shorten_question("Preis (€)") == "Preis"
    assert shorten_question("(1-5)") == "(1-5)"
    words = list_feature_words(numbers("Score (1-5)", "Score (1-7)", "Age (years)"), {})
    assert [word.label for word in words] == ["Score (1-5)", "Score (1-7)", "Age"]
