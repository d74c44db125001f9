"""Withheld segments against an attacker who tries all counts there are, and examples worked by hand."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.evaluation.disclosure_control import (
    WITHHELD_LABEL,
    find_suppressed_segments,
    group_linked,
    is_small_count,
    merge_segments,
)
from segcli.model import Segmentation
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

Pair = tuple[int, int]
Hidden = Mapping[str, tuple[str, ...]]

# Two segmentations of their own, their cross, and a union of the first's segments.
COLUMNS = ("a_segment", "b_segment", "cross_segment", "union_segment")


def label(column: str, pair: Pair) -> str:
    a, b = pair
    of = {"a": f"a{a}", "b": f"b{b}", "cross": f"a{a} / b{b}", "union": "low" if a < 2 else "high"}
    return of[column.removesuffix("_segment")]


def made(pairs: Sequence[Pair], columns: Sequence[str], revenue: Sequence[float] | None = None) -> list[Segmentation]:
    labels = {column: [label(column, pair) for pair in pairs] for column in columns}
    money = {} if revenue is None else {"revenue": list(revenue)}
    customers = from_columns({**labels, **money})
    return [read_segmentation(customers, column) for column in columns]


def many(counts: Mapping[Pair, int]) -> list[Pair]:
    return [pair for pair, count in counts.items() for _ in range(count)]


def solutions(cells: Sequence[frozenset[object]], totals: Mapping[object, int]) -> Iterator[tuple[int, ...]]:
    """All counts of cells, whole and not negative, whose rows add up to their totals."""
    last = {row: place for place, cell in enumerate(cells) for row in cell}

    def fill(place: int, left: dict[object, int]) -> Iterator[tuple[int, ...]]:
        if place == len(cells):
            yield ()
            return
        ends = {left[row] for row in cells[place] if last[row] == place}
        most = min(left[row] for row in cells[place])
        for count in (ends or range(most + 1)) if len(ends) < 2 else ():
            if count <= most:
                rest = {row: number - count * (row in cells[place]) for row, number in left.items()}
                yield from ((count, *others) for others in fill(place + 1, rest))

    if set(last) == set(totals):
        yield from fill(0, dict(totals))


def published(label: Sequence[str], names: Sequence[str], hidden: Hidden) -> frozenset[object]:
    shown = ((name, WITHHELD_LABEL if one in hidden[name] else one) for name, one in zip(names, label, strict=True))
    return frozenset({"all", *shown})


def told(segmentations: Sequence[Segmentation], hidden: Hidden, joint: Sequence[Pair]) -> set[tuple[str, str]]:
    """Withheld segments whose count is the same in all counts of joint cells that agree with what is published."""
    names = [one.column for one in segmentations]
    cells = [tuple(label(name, pair) for name in names) for pair in joint]
    totals: Counter[object] = Counter(dict.fromkeys({r for one in cells for r in published(one, names, hidden)}, 0))
    for one in zip(*(made.labels for made in segmentations), strict=True):
        totals.update(published(one, names, hidden))
    members = {
        (name, one): [place for place, cell in enumerate(cells) if cell[names.index(name)] == one]
        for name in names
        for one in hidden[name]
    }
    seen: dict[tuple[str, str], set[int]] = {cell: set() for cell in members}
    for counts in solutions([published(one, names, hidden) for one in cells], totals):
        found = {cell: sum(counts[place] for place in places) for cell, places in members.items()}
        if all(found.values()):  # every segment that is named has somebody
            for cell, count in found.items():
                seen[cell].add(count)
        if all(len(values) > 1 for values in seen.values()):
            return set()
    assert all(seen.values()), "the true counts are among them"
    return {cell for cell, values in seen.items() if len(values) == 1}


PAIRS = st.tuples(st.integers(0, 3), st.integers(0, 2))
CHOSEN = st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=4, unique=True)


# Few customers in many cells, and enough in six that some may be shown.
FEW = st.lists(PAIRS, min_size=1, max_size=9)
MORE = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 1)), st.sampled_from([1, 2, 4, 5, 6]), min_size=2, max_size=6
).map(many)


@settings(deadline=None)
@given(pairs=FEW | MORE, columns=CHOSEN, smallest=st.integers(2, 5))
def test_no_attacker_can_tell_a_withheld_count(pairs: list[Pair], columns: list[str], smallest: int) -> None:
    """By all counts there are: what stays told is told by the total and the names alone.

    The attacker knows what a cross and a union are; which pairs of segments there are, from the names of a cross.
    """
    segmentations = made(pairs, columns)
    hidden = find_suppressed_segments(segmentations, smallest)
    possible = list(product(sorted({a for a, _ in pairs}), sorted({b for _, b in pairs})))
    joint = sorted(set(pairs)) if "cross_segment" in columns else possible
    found = told(segmentations, hidden, joint)
    everything = {one.column: tuple(one.segments) for one in segmentations}
    assert not found or found <= told(segmentations, everything, joint)


@settings(max_examples=40, deadline=None)
@given(
    customers=st.lists(st.tuples(PAIRS, st.integers(-2, 40)), min_size=1, max_size=40),
    columns=CHOSEN,
    smallest=st.integers(1, 6),
    seed=st.randoms(use_true_random=False),
)
def test_what_is_published(
    customers: list[tuple[Pair, int]], columns: list[str], smallest: int, seed: "np.random.RandomState"
) -> None:
    """No row is small or dominated unless it is everybody; no order matters; counts and revenue add up."""
    pairs, revenue = zip(*customers, strict=True)
    segmentations = made(pairs, columns, revenue)
    hidden = find_suppressed_segments(segmentations, smallest)
    for one in segmentations:
        published = merge_segments(one, hidden[one.column], smallest)
        assert published.profile["customers"].sum() == len(pairs)
        assert published.profile["revenue"].sum() == sum(revenue)
        for name, spent in pd.Series(revenue).groupby(published.labels.to_numpy()):
            whole = len(spent) == len(pairs)
            assert whole or not is_small_count(len(spent), smallest), name
            assert whole or spent.sum() <= 0 or spent.max() <= 0.85 * spent.sum(), name
        assert len(hidden[one.column]) != 1 or len(one.segments) == 1
    mixed, shuffled = list(customers), list(columns)
    seed.shuffle(mixed)
    seed.shuffle(shuffled)
    pairs, revenue = zip(*mixed, strict=True)
    again = find_suppressed_segments(made(pairs, shuffled, revenue), smallest)
    assert {column: set(names) for column, names in again.items()} == {key: set(names) for key, names in hidden.items()}


def test_a_hybrid_gives_away_what_one_way_withholding_hides() -> None:
    """a0 / b0 has 2 customers. With a0 / b1 withheld it is still b0 less a1 / b0: 22 - 20 = 2; so is any of three."""
    pairs = many({(0, 0): 2, (0, 1): 20, (1, 0): 20, (1, 1): 20})
    segmentations = made(pairs, ["a_segment", "b_segment", "cross_segment"])
    joint = [(0, 0), (0, 1), (1, 0), (1, 1)]
    nothing: Hidden = {"a_segment": (), "b_segment": ()}
    for names in (("a0 / b0", "a0 / b1"), ("a0 / b0", "a1 / b0"), ("a0 / b0", "a0 / b1", "a1 / b0")):
        assert ("cross_segment", "a0 / b0") in told(segmentations, {**nothing, "cross_segment": names}, joint)
    hidden = find_suppressed_segments(segmentations, 5)
    assert {key: set(names) for key, names in hidden.items()} == {
        "a_segment": set(),
        "b_segment": set(),
        "cross_segment": {"a0 / b0", "a0 / b1", "a1 / b0", "a1 / b1"},
    }
    assert find_suppressed_segments(segmentations[:2], 5) == nothing


def test_a_rectangle_is_withheld_of_a_larger_hybrid() -> None:
    """Of 3 x 3 cells the cheapest rectangle around the small one: 2 + 11 + 12 + 13, not those with 30."""
    counts = {(a, b): 30 for a in range(3) for b in range(3)} | {(0, 0): 2, (0, 1): 11, (1, 0): 12, (1, 1): 13}
    hidden = find_suppressed_segments(made(many(counts), ["cross_segment", "b_segment", "a_segment"]), 5)
    assert set(hidden["cross_segment"]) == {"a0 / b0", "a0 / b1", "a1 / b0", "a1 / b1"}
    assert hidden["a_segment"] == hidden["b_segment"] == ()


def test_a_union_gives_away_the_rest_of_it() -> None:
    """low is a0 and a1: with a2, the smallest of the others, a0 is low less a1; with a1 it is not."""
    pairs = many({(0, 0): 3, (1, 0): 20, (2, 0): 10, (3, 0): 15})
    assert set(find_suppressed_segments(made(pairs, ["a_segment"]), 5)["a_segment"]) == {"a0", "a2"}
    linked_too = find_suppressed_segments(made(pairs, ["a_segment", "union_segment"]), 5)
    assert {"a0", "a1"} <= set(linked_too["a_segment"])
    assert linked_too["union_segment"] == ()


def test_nothing_small_nothing_withheld() -> None:
    pairs = many({(a, b): 5 for a in range(4) for b in range(3)})
    assert find_suppressed_segments(made(pairs, list(COLUMNS)), 5) == dict.fromkeys(COLUMNS, ())
    assert find_suppressed_segments(made(many({(0, 0): 1, (1, 0): 1}), ["a_segment"]), 1) == {"a_segment": ()}


def test_all_are_withheld_where_names_and_total_would_tell() -> None:
    """Two customers in two segments: the one row is small, and that is everybody."""
    assert find_suppressed_segments(made([(0, 0), (1, 0)], ["a_segment"]), 5) == {"a_segment": ("a0", "a1")}
    assert find_suppressed_segments(made([(0, 0)] * 3, ["a_segment"]), 5) == {"a_segment": ("a0",)}


def test_one_big_spender_dominates_his_segment_and_a_merged_row_that_is_too_poor() -> None:
    """a0: 90 of 99; with a1 90 of 105 (0.857) still, so a2 is withheld, too: 90 of 125."""
    pairs = many({(0, 0): 10, (1, 0): 12, (2, 0): 20, (3, 0): 30})
    revenue = [90.0, *[1.0] * 9, *[0.5] * 12, *[1.0] * 20, *[50.0] * 30]
    one = made(pairs, ["a_segment"], revenue)
    assert set(find_suppressed_segments(one, 5)["a_segment"]) == {"a0", "a1", "a2"}
    assert find_suppressed_segments(one, 5, dominance=0.95) == {"a_segment": ()}
    assert find_suppressed_segments(made(pairs, ["a_segment"]), 5) == {"a_segment": ()}, "revenue is not known"


@pytest.mark.parametrize(
    ("first", "dominated"),
    [
        ([85.0, 15.0], False),  # 85 % and not above
        ([86.0, 14.0], True),
        ([0.5], True),
        ([10.0, -10.0], False),  # there is no share of nothing, or of a loss
        ([10.0, -20.0], False),
        ([float("nan")], False),
    ],
)
def test_a_customer_dominates_with_a_share_above_the_bound_of_revenue_that_there_is(
    first: list[float], *, dominated: bool
) -> None:
    pairs = many({(0, 0): 10, (1, 0): 10, (2, 0): 10})
    revenue = [*first, *[0.0] * (10 - len(first)), *[5.0] * 20]
    assert ("a0" in find_suppressed_segments(made(pairs, ["a_segment"], revenue), 5)["a_segment"]) == dominated


def test_linked_by_definition_not_by_chance() -> None:
    """Segments of one or two customers lie inside others whatever they mean."""
    chance = np.random.default_rng(4)
    pairs = [*zip(chance.integers(0, 3, 500).tolist(), chance.integers(0, 3, 500).tolist(), strict=True), (3, 1)]
    by_column = [{one.column for one in group} for group in group_linked(made(pairs, ["b_segment", "a_segment"]))]
    assert sorted(map(sorted, by_column)) == [["a_segment"], ["b_segment"]]
    (group,) = group_linked(made(pairs, ["b_segment", "a_segment", "cross_segment"]))
    assert len(group) == 3


def test_recoded_merges_last_and_leaves_out_what_tables_and_notes_say() -> None:
    pairs = many({(0, 0): 3, (1, 0): 6, (2, 0): 10, (3, 0): 15})
    (one,) = made(pairs, ["a_segment"], [1.0] * 34)
    one = replace(
        one,
        notes=("a0: 3 customers", "A0 is small", "a01 is another", "34 customers"),
        warnings=("a1 has 6", "a1 is odd", "odd"),
        tables={
            "Rates": pd.DataFrame({"segment": ["a0", "a2", "all"], "rate": [0.1, 0.2, 0.3]}),
            "Movers": pd.DataFrame({"from": ["a2", "a2"], "to": ["a1", "a3"], "customers": [1, 9]}),
            "Rates by b": pd.DataFrame({"segment": ["b0", "b1"], "customers": [2, 32]}),
        },
    )
    found = merge_segments(one, ("a1", "a0"), 5, other_names=["b0"])
    assert found.segments == ["a3", "a2", WITHHELD_LABEL]
    assert found.profile["customers"].tolist() == [15, 10, 9]
    assert found.profile["share"].sum() == pytest.approx(1)
    assert set(found.labels) == {"a3", "a2", WITHHELD_LABEL}
    assert found.labels.index.equals(one.labels.index)
    assert found.profile.index.tolist() == [0, 1, 2]
    assert (list(found.tables["Rates"]), found.tables["Rates"].index.tolist()) == (["segment", "rate"], [0, 1])
    assert found.tables["Rates"]["segment"].tolist() == ["a2", "all"]
    assert found.tables["Movers"]["to"].tolist() == ["a3"]
    assert found.tables["Rates by b"]["segment"].tolist() == ["b1"]
    assert found.warnings == ("a1 is odd", "odd")
    why = "withheld (fewer than 5 customers, dominated by one, or complementary): a1, a0"
    assert found.notes == ("a01 is another", "34 customers", why)
    assert merge_segments(one, (), 5).notes == one.notes


def test_a_segment_that_is_called_withheld_is_not_confused_with_the_merged_one() -> None:
    labels = [*[WITHHELD_LABEL] * 9, *["x"] * 2, *["y"] * 8]
    one = read_segmentation(from_columns({"a_segment": labels}), "a_segment")
    found = merge_segments(one, find_suppressed_segments([one], 5)["a_segment"], 5)
    assert set(found.segments) == {WITHHELD_LABEL, f"{WITHHELD_LABEL}'"}
    assert found.profile.set_index("segment")["customers"].to_dict() == {WITHHELD_LABEL: 9, f"{WITHHELD_LABEL}'": 10}
