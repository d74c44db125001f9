"""Edges score again what they were cut from, and everything else sensibly."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.rfm import FixedEdges, RfmSettings
from segcli.segment import rfm_scores
from segcli.segment.rfm_dimensions import read_dimensions
from segcli.segment.rfm_scores import BinEdges
from tests.oracles.tables import rfm_table

KEEPS_TIES = ["quantile", "edges", "fixed", "jenks", "nested"]
EDGES = FixedEdges(recency=[30, 90], frequency=[2, 5, 9], monetary=[100, 500])
people = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 12), st.integers(-5000, 10**6)), min_size=1, max_size=50
)


@pytest.mark.parametrize("method", KEEPS_TIES)
@settings(max_examples=30, deadline=None)
@given(known=people, bins=st.integers(2, 10), ties=st.sampled_from(["mid", "same-bin", "next"]))
def test_saved_cuts_give_the_training_customers_their_scores(
    method: str, known: list[tuple[int, int, int]], bins: int, ties: str
) -> None:
    """Through JSON text and back, as a saved model goes."""
    recency, orders, amounts = zip(*known, strict=True)
    measured = read_dimensions(rfm_table(recency, orders, [a / 100 for a in amounts]), "sum")
    trained = rfm_scores.score_dimensions(measured, RfmSettings(method=method, bins=bins, ties=ties, edges=EDGES), 1)
    saved = rfm_scores.edges_from_dict(json.loads(json.dumps(rfm_scores.edges_to_dict(trained.cuts))))
    again = rfm_scores.apply_edges(measured, saved, trained.bins)
    assert {d: s.tolist() for d, s in again.scores.items()} == {d: s.tolist() for d, s in trained.scores.items()}


@pytest.mark.parametrize("method", ["quantile", "edges", "fixed", "jenks"])
@settings(max_examples=30, deadline=None)
@given(known=people, bins=st.integers(2, 10))
def test_values_beyond_the_edges_take_the_end_scores(method: str, known: list[tuple[int, int, int]], bins: int) -> None:
    recency, orders, amounts = zip(*known, strict=True)
    measured = read_dimensions(rfm_table(recency, orders, [a / 100 for a in amounts]), "sum")
    wanted = RfmSettings(method=method, bins=bins, edges=EDGES)
    trained = rfm_scores.score_dimensions(measured, wanted, 1)
    beyond = rfm_scores.apply_edges(
        read_dimensions(rfm_table([-(10**6), 10**9], [10**9, -(10**6)], [1e12, -1e12]), "sum"),
        trained.cuts,
        trained.bins,
    )
    for letter, found in beyond.scores.items():
        known_scores = trained.cuts[letter][""].scores
        assert found.tolist() == [max(known_scores), min(known_scores)]


def test_a_value_on_an_edge_belongs_where_it_was_seen() -> None:
    """Observed edges: for recency the largest value of a score, otherwise the smallest."""
    values, found = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2, 2, 1, 1])
    assert BinEdges.from_scores(values, found, low_is_best=True) == BinEdges((2.0,), (2, 1), is_strict=True)
    assert BinEdges.from_scores(values, found[::-1], low_is_best=False) == BinEdges((3.0,), (1, 2), is_strict=False)
    assert BinEdges((3.0,), (1, 2), is_strict=False).score_values(np.array([2.9, 3.0])).tolist() == [1, 2]
    assert BinEdges((2.0,), (2, 1), is_strict=True).score_values(np.array([2.0, 2.1])).tolist() == [2, 1]


def test_a_nested_parent_never_seen_takes_the_nearest_one() -> None:
    """Only R scores 1 and 5 were trained; a customer between them still gets scores."""
    trained = rfm_scores.score_dimensions(
        read_dimensions(rfm_table([1] * 4 + [400] * 6, [1, 2, 3, 4] + [1] * 6, [1.0] * 10), "sum"),
        RfmSettings(method="nested"),
        1,
    )
    assert set(trained.scores["r"]) == {1, 5}
    renamed = {**trained.cuts, "r": {"": BinEdges((10.0, 100.0), (5, 4, 1), is_strict=True)}}
    found = rfm_scores.apply_edges(read_dimensions(rfm_table([50], [4], [1.0]), "sum"), renamed, trained.bins)
    assert found.scores["f"].tolist() == [5]
