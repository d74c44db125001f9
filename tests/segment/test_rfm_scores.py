"""Scores against an independent recomputation, other libraries and brute force."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jenkspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.rfm import Bins, FixedEdges, RfmSettings
from segcli.errors import UsageProblem
from segcli.segment import rfm_scores, scoring
from segcli.segment.rfm_dimensions import read_dimensions
from segcli.segment.rfm_scores import BinEdges
from segcli.segment.scoring import BinScores, ScoreRequest, quantile_edges
from segcli.segment.scoring.jenks import class_starts
from tests.oracles import scoring as oracle
from tests.oracles.tables import rfm_table

counts = st.lists(st.one_of(st.integers(1, 4), st.integers(0, 500)), min_size=1, max_size=60)
cents = st.lists(st.integers(-500, 10**6).map(lambda c: c / 100), min_size=1, max_size=60)
numbers = st.one_of(counts, cents)
bin_counts = st.integers(2, 9)
oracles = settings(max_examples=50, deadline=None)


def scored(method: str, values: list[float], bins: int, **more: Any) -> list[int]:
    more = {"low_is_best": False, "tie_order": np.arange(len(values)), **more}
    return (
        scoring.load_scoring_method(method)
        .score_values(ScoreRequest(np.array(values, dtype=np.float64), bins=bins, **more))
        .tolist()
    )


@oracles
@given(
    values=numbers,
    bins=st.integers(2, 10),
    low_is_best=st.booleans(),
    ties=st.sampled_from(["mid", "same-bin", "next"]),
)
def test_quantile_scores_are_the_rank_shares_of_the_definition(
    values: list[float], bins: int, ties: str, *, low_is_best: bool
) -> None:
    ours = scored("quantile", values, bins, low_is_best=low_is_best, ties=ties)
    assert ours == oracle.quantile(values, bins, low_is_best=low_is_best, ties=ties)


@pytest.mark.parametrize(
    ("values", "scores"),
    [
        ([1.0] * 40 + [7.0] * 60, [1] * 40 + [5] * 60),  # most have the best value: with the lowest rank it had score 3
        ([1.0] * 70 + [2.0] * 20 + [3.0] * 10, [1] * 70 + [5] * 20 + [5] * 10),
        ([1.0] * 50 + [2.0] * 20 + [3.0] * 30, [1] * 50 + [4] * 20 + [5] * 30),
        ([4.0] * 10, [3] * 10),
    ],
)
def test_a_large_tie_at_an_end_has_the_score_of_that_end(values: list[float], scores: list[int]) -> None:
    assert scored("quantile", values, 5) == scores


@pytest.mark.parametrize("ties", ["same-bin", "next"])
@pytest.mark.parametrize("values", ["many", "few", "one"])
def test_scores_of_many_are_their_rank_shares_each_counted_by_itself(values: str, ties: str) -> None:
    chance = np.random.default_rng(5)
    goodness = {
        "many": chance.normal(size=30_011),
        "few": chance.integers(-4, 5, 30_011) / 4 * np.where(chance.random(30_011) < 0.5, 1.0, -0.0),
        "one": np.full(30_011, 7.5),
    }[values]
    ascending = np.sort(goodness)
    below = np.searchsorted(ascending, goodness, side="left" if ties == "same-bin" else "right") - (ties == "next")
    for bins in range(2, 11):
        asked = ScoreRequest(goodness, low_is_best=False, bins=bins, tie_order=np.arange(len(goodness)), ties=ties)
        ours = scoring.load_scoring_method("quantile").score_values(asked)
        assert (ours == bins * below // len(goodness) + 1).all()
        assert ours.dtype == np.int64


@oracles
@given(values=numbers, bins=st.integers(2, 10), seed=st.integers(0, 99))
def test_random_ties_stay_between_same_bin_and_next(values: list[float], bins: int, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(values))
    ours = scored("quantile", values, bins, ties="random", tie_order=order)
    lowest = oracle.quantile(values, bins, ties="same-bin")
    highest = oracle.quantile(values, bins, ties="next")
    assert all(low <= score <= high for low, score, high in zip(lowest, ours, highest, strict=True))


@oracles
@given(values=numbers, bins=bin_counts, low_is_best=st.booleans())
def test_edge_scores_are_those_of_exact_type_7_quantiles(values: list[float], bins: int, *, low_is_best: bool) -> None:
    assert scored("edges", values, bins, low_is_best=low_is_best) == oracle.edges(values, bins, low_is_best=low_is_best)


def test_edge_scores_are_exact_where_a_cut_falls_on_a_value() -> None:
    values = [float(i) for i in range(91)]
    assert scored("edges", values, 10) == oracle.edges(values, 10)


@given(values=numbers, bins=bin_counts)
@oracles
def test_cut_points_are_type_7_quantiles(values: list[float], bins: int) -> None:
    exact = [float(oracle.type7(values, Fraction(k, bins))) for k in range(1, bins)]
    assert quantile_edges(np.array(values, dtype=np.float64), bins).tolist() == pytest.approx(
        exact, rel=1e-12, abs=1e-12
    )


@oracles
@given(values=numbers, edges=st.sets(st.integers(-5, 300), min_size=1, max_size=9), low_is_best=st.booleans())
def test_fixed_scores_count_the_edges_reached(values: list[float], edges: set[int], *, low_is_best: bool) -> None:
    ascending = tuple(float(edge) for edge in sorted(edges))
    ours = scored("fixed", values, 5, edges=ascending, low_is_best=low_is_best)
    assert ours == oracle.fixed(values, ascending, low_is_best=low_is_best)


def test_fixed_without_edges_says_what_it_needs() -> None:
    with pytest.raises(UsageProblem, match=r"rfm\.edges"):
        scored("fixed", [1.0, 2.0], 5)


@oracles
@given(values=numbers, bins=st.integers(2, 10), low_is_best=st.booleans())
def test_ntile_scores_are_those_of_sql(values: list[float], bins: int, *, low_is_best: bool) -> None:
    assert scored("ntile", values, bins, low_is_best=low_is_best) == oracle.ntile(values, bins, low_is_best=low_is_best)


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.one_of(st.integers(0, 30), st.integers(0, 10**5)), min_size=1, max_size=9),
    classes=st.integers(2, 5),
)
def test_jenks_does_as_well_as_the_best_of_all_cuts(values: list[int], classes: int) -> None:
    scores = scored("jenks", [float(v) for v in values], classes)
    ours = oracle.within_deviation(oracle.grouped(values, scores))
    assert float(ours) == pytest.approx(float(oracle.least_deviation(values, classes)), rel=1e-9, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.integers(0, 10**6), min_size=12, max_size=60, unique=True),
    repeats=st.integers(1, 3),
    classes=st.integers(2, 6),
)
def test_jenks_does_as_well_as_jenkspy(values: list[int], repeats: int, classes: int) -> None:
    """The deviation is compared, since several cuts may be equally good."""
    many = [float(v) for place, v in enumerate(values) for _ in range(1 + place % repeats)]
    breaks = jenkspy.jenks_breaks(many, n_classes=classes)
    theirs = [sum(v > upper for upper in breaks[1:-1]) for v in many]
    ours = oracle.within_deviation(oracle.grouped(many, scored("jenks", many, classes)))
    assert float(ours) == pytest.approx(float(oracle.within_deviation(oracle.grouped(many, theirs))), rel=1e-9)


def test_jenks_finds_the_gaps_that_anybody_sees() -> None:
    starts = class_starts(np.array([1, 2, 3, 50, 51, 52, 900, 901.0]), 3)
    assert starts.tolist() == [1, 50, 900]


def test_jenks_finds_the_same_gaps_far_from_zero() -> None:
    """Squares of values around a trillion have no digits left for the gaps between them."""
    starts = class_starts(np.array([1, 2, 3, 50, 51, 52, 900, 901.0]) + 1e12, 3)
    assert (starts - 1e12).tolist() == [1, 50, 900]


def test_jenks_gives_few_distinct_values_the_upper_scores() -> None:
    assert scored("jenks", [1.0, 1.0, 2.0, 3.0], 5) == [3, 3, 4, 5]


@settings(max_examples=30, deadline=None)
@given(
    people=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6), st.integers(0, 3000)), min_size=1, max_size=80),
    bins=st.integers(2, 10),
)
def test_nested_scores_cut_frequency_inside_recency_and_monetary_inside_both(
    people: list[tuple[int, int, int]], bins: int
) -> None:
    recency, orders, amounts = (list(column) for column in zip(*people, strict=True))
    found = all_scores(recency, orders, [a / 100 for a in amounts], RfmSettings(method="nested", bins=bins))
    assert found == oracle.nested(recency, orders, amounts, bins)


def test_each_dimension_may_have_its_own_number_of_scores() -> None:
    settings_ = RfmSettings(bins=Bins(r=2, f=3, m=10))
    found = all_scores(range(100), range(1, 101), [float(v) for v in range(100)], settings_)
    assert [len(set(column)) for column in zip(*found, strict=True)] == [2, 3, 10]


@pytest.mark.parametrize("method", ["quantile", "edges", "ntile", "nested"])
@pytest.mark.parametrize("bins", [3, 5, 10])
def test_online_retail_scores_are_those_of_the_recomputation(
    method: str, bins: int, online_retail: Callable[[], Any]
) -> None:
    compare(online_retail(), method, bins)


@pytest.mark.parametrize("method", ["quantile", "edges", "ntile", "nested"])
def test_cdnow_scores_are_those_of_the_recomputation(method: str, cdnow: Callable[[], Any]) -> None:
    compare(cdnow(), method, 5)


def test_jenks_copes_with_a_real_export(cdnow: Callable[[], Any]) -> None:
    """All 23,570 customers, 84 % of them within two orders and money from 0 to 13,990."""
    customers = cdnow()
    found = np.array(score_table(customers, RfmSettings(method="jenks")))
    revenue = customers.table["revenue"].to_numpy()
    means = [revenue[found[:, 2] == score].mean() for score in range(1, 6)]
    assert means == sorted(means)


def compare(customers: Any, method: str, bins: int) -> None:
    recency, orders, revenue = (customers.table[name].tolist() for name in ("recency_days", "orders", "revenue"))
    ours = score_table(customers, RfmSettings(method=method, bins=bins))
    if method == "nested":
        assert ours == oracle.nested(recency, orders, revenue, bins)
        return
    slow = getattr(oracle, method)
    theirs = [slow(recency, bins, low_is_best=True), slow(orders, bins), slow(revenue, bins)]
    assert ours == list(zip(*theirs, strict=True))


def all_scores(recency: Any, orders: Any, revenue: Any, wanted: RfmSettings) -> list[tuple[int, int, int]]:
    return score_table(rfm_table(list(recency), list(orders), list(revenue)), wanted)


def score_table(customers: Any, wanted: RfmSettings) -> list[tuple[int, int, int]]:
    found = rfm_scores.score_dimensions(read_dimensions(customers, "sum"), wanted, 1).scores
    columns: list[BinScores] = [found["r"], found["f"], found["m"]]
    return [(int(r), int(f), int(m)) for r, f, m in zip(*columns, strict=True)]


def test_ties_broken_at_random_depend_on_the_seed_alone() -> None:
    wanted = RfmSettings(ties="random")
    measured = read_dimensions(rfm_table([5] * 50, [1] * 50, [9.99] * 50), "sum")
    first, again, other = (
        rfm_scores.score_dimensions(measured, wanted, seed).scores["f"].tolist() for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert sorted(first) == sorted([1, 2, 3, 4, 5] * 10)


def test_the_counts_per_score_add_up_to_the_customers() -> None:
    measured = read_dimensions(rfm_table([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 2, 9], [1.0] * 6), "sum")
    found = rfm_scores.score_dimensions(measured, RfmSettings(), 1)
    assert [sum(found.count_scores(letter)) for letter in "rfm"] == [6, 6, 6]
    assert found.count_scores("f") == [4, 0, 0, 1, 1]


def test_the_edges_of_method_fixed_are_the_ones_given() -> None:
    given_edges = FixedEdges(recency=[30, 90], frequency=[2, 5], monetary=[100, 500])
    found = rfm_scores.score_dimensions(
        read_dimensions(rfm_table([10, 30, 90], [1, 2, 5], [99.99, 100.0, 500.0]), "sum"),
        RfmSettings(method="fixed", edges=given_edges),
        1,
    )
    assert {letter: values.tolist() for letter, values in found.scores.items()} == {
        "r": [3, 2, 1],
        "f": [1, 2, 3],
        "m": [1, 2, 3],
    }
    assert found.cuts["m"][""].edges == (100, 500)


def test_counts_have_a_place_for_every_score() -> None:
    assert rfm_scores.RfmScores({"f": np.array([1, 1, 3])}, {}, {"f": 5}).count_scores("f") == [2, 0, 1, 0, 0]


def test_edges_are_told_as_defined_and_not_as_observed() -> None:
    given_edges = FixedEdges(recency=[30, 90], frequency=[2, 5], monetary=[100, 500])
    measured = read_dimensions(rfm_table([10, 40, 99], [1, 3, 9], [50.0, 200.0, 900.0]), "sum")
    fixed = rfm_scores.score_dimensions(measured, RfmSettings(method="fixed", edges=given_edges), 1).cuts
    assert fixed["r"][""] == BinEdges((30.0, 90.0), (3, 2, 1), is_strict=False)
    assert fixed["m"][""] == BinEdges((100.0, 500.0), (1, 2, 3), is_strict=False)
    halves = rfm_scores.score_dimensions(measured, RfmSettings(method="edges", bins=2), 1).cuts
    assert halves["r"][""] == BinEdges((40.0,), (2, 1), is_strict=True)
    assert halves["f"][""] == BinEdges((3.0,), (1, 2), is_strict=True)
    observed = rfm_scores.score_dimensions(measured, RfmSettings(bins=3), 1).cuts
    assert observed["r"][""] == BinEdges((10.0, 40.0), (3, 2, 1), is_strict=True)
    assert observed["f"][""] == BinEdges((3.0, 9.0), (1, 2, 3), is_strict=False)


def test_equal_values_are_split_in_the_order_of_ids_unless_at_random() -> None:
    measured = read_dimensions(rfm_table([5] * 6, [1] * 6, [9.99] * 6), "sum")
    assert rfm_scores.score_dimensions(measured, RfmSettings(method="ntile", bins=3), 1).scores["f"].tolist() == [
        1,
        1,
        2,
        2,
        3,
        3,
    ]


def test_a_parent_that_was_never_seen_takes_the_cuts_of_the_nearest() -> None:
    """Nearest by the sum of differences between scores; of two as near the one with the lower scores."""

    def always(score: int) -> BinEdges:
        return BinEdges((), (score,), is_strict=False)

    table = {
        "r": {"": BinEdges((10.0, 20.0, 30.0), (4, 3, 2, 1), is_strict=True)},
        "f": {"1": always(5), "2": always(1), "4": always(7)},
        "m": {"1-1": always(5), "2-2": always(6), "4-1": always(7)},
    }
    found = rfm_scores.apply_edges(
        read_dimensions(rfm_table([15, 5, 99], [1, 1, 1], [1.0, 1.0, 1.0]), "sum"), table, {}
    ).scores
    assert {letter: values.tolist() for letter, values in found.items()} == {
        "r": [3, 4, 1],
        "f": [1, 7, 5],  # 3 is as near to 2 as to 4
        "m": [7, 7, 5],  # 3-1 is nearest to 4-1, and so is 4-7; 1-5 is as near to 1-1 as to 2-2
    }
