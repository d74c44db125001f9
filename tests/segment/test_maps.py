"""Segment maps: every shipped one is linted here, and the linter itself is checked on maps with known faults."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.cli.segmenters import apply_rfm
from segcli.config import Settings
from segcli.errors import ConfigProblems
from segcli.segment import maps
from segcli.segment.maps import MapRule, SegmentMap, measure_coverage
from segcli.segment.rfm import _label_customers

SHIPPED = maps.list_maps()

# definitions.md, cell by cell: rows are R 1..5, columns F 1..5.
GRID = """
Hibernating    Hibernating          At risk              At risk   Can't lose
Hibernating    Hibernating          At risk              At risk   Can't lose
About to sleep About to sleep       Need attention       Loyal     Loyal
Promising      Potential loyalists  Potential loyalists  Loyal     Loyal
New            Potential loyalists  Potential loyalists  Champions Champions
"""
NAMES = ("About to sleep", "Potential loyalists", "Need attention", "Can't lose", "At risk", "Hibernating", "Loyal",
         "Promising", "New", "Champions")  # fmt: skip


def grid() -> dict[tuple[int, int], str]:
    """The default map as the definitions draw it."""
    cells = {}
    for r, row in enumerate(GRID.strip().splitlines(), 1):
        rest = row.strip()
        for f in range(1, 6):
            name = next(n for n in NAMES if rest.startswith(n))
            cells[r, f] = name
            rest = rest.removeprefix(name).strip()
        assert not rest
    return cells


def name_of(segment_map: SegmentMap, bins: int = 5, **scores: int) -> str:
    arrays = {d: np.array([score]) for d, score in scores.items()}
    return str(segment_map.name_customers(arrays, dict.fromkeys(scores, bins))[0])


def test_the_shipped_maps_are_the_four_that_are_promised() -> None:
    assert set(SHIPPED) >= {"default", "eleven", "rfm-r", "six", "three"}


def test_the_default_map_covers_25_of_25_cells_exactly_once() -> None:
    checked = measure_coverage(maps.load_map("default"))
    assert (checked.cell_count, checked.uncovered, checked.overlapping, checked.unreachable) == (25, (), (), ())
    assert checked.describe() == "25 of 25 score combinations covered"


def test_the_default_map_names_every_cell_as_defined() -> None:
    default = maps.load_map("default")
    assert {(r, f): name_of(default, r=r, f=f, m=3) for r, f in product(range(1, 6), repeat=2)} == grid()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_map_has_no_rule_that_is_never_reached(name: str) -> None:
    assert measure_coverage(maps.load_map(name)).unreachable == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_map_leaves_cells_open_only_if_its_source_does(name: str) -> None:
    """The R package's example map leaves ten of 125 cells to Others; no other map does."""
    assert len(measure_coverage(maps.load_map(name)).uncovered) == (10 if name == "rfm-r" else 0)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_linter_agrees_with_naming_every_cell(name: str) -> None:
    segment_map = maps.load_map(name)
    reached = {
        name_of(segment_map, bins=segment_map.bins, r=r, f=f, m=m)
        for r, f, m in product(range(1, segment_map.bins + 1), repeat=3)
    }
    named = {rule.segment for rule in segment_map.rules}
    assert named <= reached
    assert (segment_map.otherwise in reached) == bool(measure_coverage(segment_map).uncovered)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("bins", range(2, 11))
def test_the_best_stay_best_and_the_worst_stay_worst_for_any_number_of_scores(name: str, bins: int) -> None:
    segment_map = maps.load_map(name)
    own = segment_map.bins
    best, worst = (dict.fromkeys("rfm", score) for score in (bins, 1))
    assert name_of(segment_map, bins, **best) == name_of(segment_map, own, r=own, f=own, m=own)
    assert name_of(segment_map, own, r=own, f=own, m=own) == ("Recent" if name == "three" else "Champions")
    assert name_of(segment_map, bins, **worst) == name_of(segment_map, own, r=1, f=1, m=1)


@pytest.mark.parametrize(("bins", "stretched"), [(3, [1, 3, 5]), (4, [1, 2, 4, 5]), (2, [1, 5])])
def test_other_numbers_of_scores_are_stretched_over_the_maps_five(bins: int, stretched: list[int]) -> None:
    ladder = SegmentMap("ladder", 5, tuple(MapRule(str(s), {"r": (s, s)}) for s in range(1, 6)), "Others")
    assert [int(name_of(ladder, bins, r=score, f=1)) for score in range(1, bins + 1)] == stretched


@pytest.mark.parametrize("bins", range(2, 11))
def test_a_higher_score_is_never_stretched_below_a_lower_one(bins: int) -> None:
    ladder = SegmentMap("ladder", 5, tuple(MapRule(str(s), {"r": (s, s)}) for s in range(1, 6)), "Others")
    steps = [int(name_of(ladder, bins, r=score, f=1)) for score in range(1, bins + 1)]
    assert steps == sorted(steps)


def test_the_linter_finds_uncovered_overlapping_and_unreachable_cells() -> None:
    faulty = SegmentMap(
        "faulty",
        3,
        (
            MapRule("Top", {"r": (2, 3), "f": (3, 3)}),
            MapRule("Upper", {"r": (3, 3)}),
            MapRule("Never", {"r": (3, 3), "f": (1, 2)}),
        ),
        "Others",
    )
    checked = measure_coverage(faulty)
    assert checked.cell_count == 9
    assert checked.uncovered == ("R1F1", "R1F2", "R1F3", "R2F1", "R2F2")
    assert checked.overlapping == ("R3F1", "R3F2", "R3F3")
    assert checked.unreachable == ("Never",)
    assert checked.describe() == (
        "4 of 9 score combinations covered; 3 matched by several rules (the first wins); never reached: Never"
    )


def test_the_first_match_wins() -> None:
    both = (MapRule("First", {"r": (1, 5)}), MapRule("Second", {"r": (5, 5)}))
    assert name_of(SegmentMap("m", 5, both, "Others"), r=5, f=1) == "First"
    assert name_of(SegmentMap("m", 5, both[::-1], "Others"), r=5, f=1) == "Second"


def test_what_no_rule_matches_is_called_otherwise() -> None:
    assert name_of(SegmentMap("m", 5, (MapRule("Top", {"r": (5, 5)}),), "The rest"), r=1, f=1) == "The rest"


ranges = st.tuples(st.integers(1, 4), st.integers(1, 4)).map(lambda pair: (float(min(pair)), float(max(pair))))
rules = st.lists(st.dictionaries(st.sampled_from(["r", "f", "m"]), ranges, min_size=1), min_size=1, max_size=6)


@settings(max_examples=50, deadline=None)
@given(written=rules)
def test_the_linter_is_right_about_any_map(written: list[dict[str, tuple[float, float]]]) -> None:
    segment_map = SegmentMap("any", 4, tuple(MapRule(f"S{i}", r) for i, r in enumerate(written)), "Others")
    used = [d for d in "rfm" if any(d in rule for rule in written)]
    matching = {}
    for cell in product(range(1, 5), repeat=len(used)):
        scores = dict(zip(used, cell, strict=True))
        name = "".join(f"{d.upper()}{s}" for d, s in scores.items())
        matching[name] = [
            f"S{i}"
            for i, rule in enumerate(written)
            if all(low <= scores[d] <= high for d, (low, high) in rule.items())
        ]
    checked = measure_coverage(segment_map)
    firsts = {held[0] for held in matching.values() if held}
    assert checked.cell_count == len(matching)
    assert checked.uncovered == tuple(name for name, held in matching.items() if not held)
    assert checked.overlapping == tuple(name for name, held in matching.items() if len(held) > 1)
    assert checked.unreachable == tuple(f"S{i}" for i in range(len(written)) if f"S{i}" not in firsts)


def test_fm_is_the_mean_of_frequency_and_monetary() -> None:
    halves = SegmentMap("m", 5, (MapRule("Half", {"fm": (2.5, 2.5)}),), "Others")
    assert name_of(halves, r=1, f=2, m=3) == "Half"
    assert name_of(halves, r=1, f=3, m=3) == "Others"


def test_without_money_fm_is_frequency() -> None:
    assert name_of(maps.load_map("eleven"), r=5, f=5) == "Champions"


OWN = """
name: mine
bins: 3
otherwise: The rest
segments:
  - {segment: Top, r: 2-3, f: 3}
  - {segment: Halves, fm: 1.5-2}
"""


def test_a_map_of_ones_own_is_read_from_a_file(file_of: Callable[..., str]) -> None:
    mine = maps.load_map(file_of(OWN, "mine.yaml"))
    rules_ = (MapRule("Top", {"r": (2, 3), "f": (3, 3)}), MapRule("Halves", {"fm": (1.5, 2)}))
    assert mine == SegmentMap("mine", 3, rules_, "The rest")


def test_an_unknown_map_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigProblems, match="no map 'elven'; known: default, eleven, rfm-r, six"):
        maps.load_map("elven")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("segments: []\n", "must be a list of segments"),
        ("- a\n", "must be a list of segments"),
        ("segments: {segment: A}\n", "must be a list of segments"),
        ("segments:\n  - {r: 5}\n", ":2:5: segments: each needs a name"),
        ("segments:\n  - {segment: A, r: high}\n", ":2:5: r: must be a score or a range"),
        ("segments:\n  - {segment: A, x: 1}\n", ":2:5: x: unknown key; known: segment, r, f, m, fm"),
        ("segments:\n  - {segment: A, r: 1}\nbins: 1\n", ":3:1: bins: must be a whole number from 2 to 10; got 1"),
        ("segments:\n  - {segment: A, r: 1}\nbins: 5.5\n", "bins: must be a whole number"),
        ("segment:\n  - {segment: A, r: 1}\n", "unknown key; known: name, bins, otherwise, segments"),
    ],
)
def test_a_broken_map_is_refused_with_the_place(text: str, said: str, file_of: Callable[..., str]) -> None:
    with pytest.raises(ConfigProblems) as refused:
        maps.load_map(file_of(text, "broken.yaml"))
    assert said in str(refused.value)


def test_every_fault_of_a_map_is_told_at_once(file_of: Callable[..., str]) -> None:
    text = "bins: 99\nsegments:\n  - {segment: A, r: high}\n  - {r: 1}\n"
    with pytest.raises(ConfigProblems) as refused:
        maps.load_map(file_of(text, "faults.yaml"))
    assert len(refused.value.problems) == 3


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(SHIPPED),
    st.tuples(*[st.integers(2, 10)] * 3),
    st.lists(st.tuples(*[st.integers(1, 10)] * 3), max_size=9),
)
def test_customers_are_named_as_their_combination_of_scores_is(
    name: str, bins: tuple[int, ...], listed: list[tuple[int, ...]]
) -> None:
    segment_map = maps.load_map(name)
    sizes = dict(zip("rfm", bins, strict=True))
    scores = {d: np.array([min(row[p], bins[p]) for row in listed], dtype=np.int64) for p, d in enumerate("rfm")}
    one_by_one = segment_map._name_cells(scores, sizes).tolist()
    assert segment_map.name_customers(scores, sizes).tolist() == one_by_one
    names, places = segment_map.name_score_cells(scores, sizes)
    labels = _label_customers(names, places, pd.RangeIndex(len(listed)))
    pd.testing.assert_series_equal(labels, pd.Series(one_by_one, dtype="str"))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_claims_of_a_shipped_map_are_about_its_segments(name: str) -> None:
    segment_map = maps.load_map(name)
    assert set(segment_map.claims) <= {rule.segment for rule in segment_map.rules}
    assert any(claims.get("buys") == "more" for claims in segment_map.claims.values())


def test_a_map_of_the_user_takes_known_claims_and_may_state_its_own(file_of: Callable[..., str]) -> None:
    text = (
        "segments:\n  - {segment: champions, r: 4-5}\n  - {segment: Sleepers, r: 1-3}\n"
        "claims:\n  Sleepers: {buys: hardly}\n"
    )
    found = maps.load_map(file_of(text, "own.yaml"))
    assert found.claims == {"champions": {"buys": "more"}, "Sleepers": {"buys": "hardly"}}


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ("claims: [a]\n", ":3:1: claims: must be"),
        ("claims:\n  B: {buys: more}\n", ":4:3: claims: no segment 'B'; known: A"),
        ("claims:\n  A: {buys: often}\n", ":4:3: claims: A: known claims are buys: more | less | hardly | still"),
    ],
)
def test_a_claim_that_is_none_is_refused_with_its_place(claims: str, said: str, file_of: Callable[..., str]) -> None:
    with pytest.raises(ConfigProblems) as refused:
        maps.load_map(file_of("segments:\n  - {segment: A, r: 1-5}\n" + claims, "own.yaml"))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("customers", "one_time", "note"),
    [
        (40, 0.5, "3 segments rather than 10, because the file has 40 customers"),
        (40, 1.0, "3 segments rather than 10, because the file has 40 customers"),
        (300, 0.5, "6 segments rather than 10, because the file has 300 customers"),
        (600, 0.9, "3 segments rather than 10, because 90% of customers ordered once"),
        (600, 0.5, ""),
    ],
)
def test_thin_data_get_fewer_segments_and_are_told_why(
    customers: int, one_time: float, note: str, customers_of: Callable[..., Any]
) -> None:
    lines = [
        f"C{number},2026-{1 + (number * 7 + order * 5) % 12:02}-{1 + number % 28:02},{10 + number % 9}\n"
        for number in range(customers)
        for order in range(1 if number < one_time * customers else 3)
    ]
    shop = customers_of("customer_id,order_date,amount\n" + "".join(lines))
    found = [text for text in apply_rfm(shop, Settings()).notes if "rather than" in text]
    assert found == [note] * bool(note)
