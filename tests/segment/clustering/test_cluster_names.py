"""Names of found segments: words from features, each its own, never a number."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.segment.clustering.cluster_names import AVERAGE_NAME, name_segments

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


@settings(max_examples=60, deadline=None)
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
