"""Audits against hand counts, scipy, and what must hold of any feature that is the group itself."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.stats.contingency import association

from segcli.evaluation.fairness import (
    compare_selection_rates,
    cramers_v,
    find_proxies,
    measure_balance,
    note_unjudged_groups,
)
from segcli.model import Segmentation
from segcli.segment.confidence_intervals import wilson_interval
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns


def made(labels: list[str]) -> Segmentation:
    return read_segmentation(from_columns({"a_segment": labels}), "a_segment")


def text(*runs: tuple[str | None, int]) -> pd.Series:
    return pd.Series([value for value, count in runs for _ in range(count)], dtype="str")


def values(table: pd.DataFrame, row: object, *columns: str) -> list[Any]:
    return [table[column].to_dict()[row] for column in columns]


def test_balance_by_hand() -> None:
    """All: f 60, m 40, 5 unknown, x 3 not judged: of 103 known. In a: f 45 of 50; in b: f 15 of 53, m 35, x 3."""
    labels = ["a"] * 52 + ["b"] * 56
    groups = text(("f", 45), ("m", 5), (None, 2), ("f", 15), ("m", 35), ("x", 3), ("", 3))
    rows = measure_balance(made(labels), groups, 5).set_index("segment")
    assert rows["customers"].to_dict() == {"a": 52, "b": 56}
    f, m = 60 / 103, 40 / 103
    assert rows.loc["a", "group"] == "m"
    assert values(rows, "a", "balance", "share", "share_of_all") == pytest.approx([0.1 / m, 0.1, m])
    assert rows.loc["b", "group"] == "f"
    assert values(rows, "b", "balance", "share", "share_of_all") == pytest.approx([15 / 53 / f, 15 / 53, f])
    assert tuple(note_unjudged_groups(groups, 5)) == (
        "not evaluated, fewer than 5 customers: x",
        "excluded, group unknown: 5 customers",
    )
    assert tuple(note_unjudged_groups(groups, 6))[1] == "excluded, group unknown: fewer than 6 customers"
    assert tuple(note_unjudged_groups(text(("f", 9)), 5)) == ()


def test_balance_is_one_where_the_mix_is_that_of_all_and_none_where_a_group_is_absent() -> None:
    groups = text(*[("f", 6), ("m", 4)] * 2)
    assert measure_balance(made(["a"] * 10 + ["b"] * 10), groups, 5)["balance"].tolist() == pytest.approx([1, 1])
    apart = measure_balance(made(["a"] * 6 + ["b"] * 4 + ["a"] * 6 + ["b"] * 4), groups, 5).set_index("segment")
    assert apart["balance"].tolist() == [0, 0]
    assert values(apart, "a", "group", "share", "share_of_all") == ["m", 0, 0.4]
    few = measure_balance(made(["a"] * 16 + ["b"] * 4), groups, 5).set_index("segment")
    assert values(few, "b", "balance") == pytest.approx([np.nan], nan_ok=True)
    assert few.loc["b", "customers"] == 4


def test_four_fifths_by_hand() -> None:
    """48 of 80 and 12 of 40: 0.6 and 0.3. Two that are too few, and one unknown, are left out."""
    groups = text(("old", 80), ("young", 40), ("x", 2), (None, 1))
    chosen = np.array([True] * 48 + [False] * 32 + [True] * 12 + [False] * 28 + [True] * 3)
    found = compare_selection_rates(chosen, groups, 5)
    assert found.ratio == 0.5
    assert not found.has_passed
    assert compare_selection_rates(chosen, groups, 5, min_ratio=0.5).has_passed
    assert found.table["group"].tolist() == ["young", "old"]
    assert found.table[["customers", "chosen", "rate"]].to_numpy().tolist() == [[40, 12, 0.3], [80, 48, 0.6]]
    assert values(found.table, 0, "low", "high") == list(wilson_interval(12, 40))
    pooled = 60 / 120
    z = (0.6 - 0.3) / np.sqrt(pooled * (1 - pooled) * (1 / 80 + 1 / 40))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(z)), "chi-square of two is the square of z"
    assert found.notes[0] == "not evaluated, fewer than 5 customers: x"


def test_exactly_four_fifths_passes() -> None:
    """24 of 100 and 30 of 100: as floats 0.24 / 0.3 is less than 0.8."""
    chosen = np.array([True] * 24 + [False] * 76 + [True] * 30 + [False] * 70)
    found = compare_selection_rates(chosen, text(("a", 100), ("b", 100)), 5)
    assert (found.ratio, found.has_passed) == (0.8, True)
    chosen[0] = False
    assert not compare_selection_rates(chosen, text(("a", 100), ("b", 100)), 5).has_passed


def test_few_are_compared_exactly_and_one_or_none_not_at_all() -> None:
    chosen = np.array([True] * 5 + [False] + [False] * 6)
    groups = text(("a", 6), ("b", 6))
    assert compare_selection_rates(chosen, groups, 5).p_value == pytest.approx(2 * 6 / 792), (
        "by hand: 2 * C(6, 5) C(6, 0) / C(12, 5)"
    )
    assert compare_selection_rates(chosen, groups, 5).ratio == 0
    for found in (compare_selection_rates(chosen, groups, 7), compare_selection_rates(chosen & False, groups, 5)):
        assert np.isnan(found.ratio)
        assert np.isnan(found.p_value)
        assert found.has_passed
    assert compare_selection_rates(chosen, groups, 7).table.empty


def test_proxies_are_those_of_scipy() -> None:
    chance = np.random.default_rng(8)
    groups = pd.Series(chance.choice(["f", "m", "d"], 500), dtype="str")
    spent = pd.Series(chance.integers(0, 20, 500) + 4 * (groups == "f"), dtype="Int64").mask(chance.random(500) < 0.1)
    colour = pd.Series(np.where(chance.random(500) < 0.6, groups, chance.choice(["f", "m", "d"], 500)), dtype="str")
    table = pd.DataFrame({"spent": spent, "colour": colour})
    found = find_proxies(table, groups, ["spent", "colour"], 5).set_index("feature")
    known = spent.notna().to_numpy()
    there = spent[known].astype("float64")
    h = stats.kruskal(*(there[groups[known] == name] for name in "fmd")).statistic
    assert found.loc["spent", "effect"] == pytest.approx(h / (known.sum() - 1))
    assert found["measure"].to_dict() == {"spent": "epsilon squared", "colour": "Cramer's V"}
    v = association(pd.crosstab(groups, colour).to_numpy(), method="cramer")
    phi, side = v**2 * 2 - 4 / 499, 3 - 4 / 499 - 1
    assert found.loc["colour", "effect"] == pytest.approx(np.sqrt(phi / side))


def test_a_feature_that_is_the_group_tells_it_and_noise_does_not() -> None:
    chance = np.random.default_rng(3)
    groups = pd.Series(chance.choice(["f", "m"], 4000), dtype="str")
    table = pd.DataFrame(
        {
            "same": groups.map({"f": "x", "m": "y"}),
            "number": (groups == "f").astype("int64"),
            "flag": groups == "f",
            "noise": chance.normal(size=4000),
            "dice": chance.choice(["1", "2", "3"], 4000),
            "name": [f"n{row % 31}" for row in range(4000)],
            "alike": ["x"] * 4000,
            "empty": pd.Series([None] * 4000, dtype="Float64"),
        }
    )
    found = find_proxies(table, groups, list(table.columns), 5).set_index("feature")
    assert found.loc[["same", "number", "flag"], "effect"].tolist() == pytest.approx([1, 1, 1])
    assert found["strength"].to_dict() == {
        **dict.fromkeys(["flag", "number", "same"], "large"),
        **dict.fromkeys(["noise", "dice"], "small"),
    }
    assert found.loc[["noise", "dice"], "effect"].max() < 0.05
    assert set(found.index[:3]) == {"flag", "number", "same"}


def test_strength_goes_before_effect() -> None:
    """Epsilon squared of 0.15 is large, Cramer's V of 0.4 medium."""
    groups = text(("f", 50), ("m", 50))
    mixed = [*["x"] * 35, *["y"] * 15, *["x"] * 15, *["y"] * 35]
    shifted = [*np.arange(50.0), *np.arange(50) + 13.5]
    found = find_proxies(pd.DataFrame({"kind": mixed, "number": shifted}), groups, ["kind", "number"], 5)
    effects = found.set_index("feature")["effect"]
    assert effects["kind"] == pytest.approx(np.sqrt((0.16 - 1 / 99) / (2 - 1 / 99 - 1)))
    assert found["strength"].tolist() == ["large", "medium"]
    assert found["feature"].tolist() == ["number", "kind"]
    assert effects["number"] < effects["kind"]


def test_groups_that_are_too_few_count_for_nothing() -> None:
    groups = text(("f", 50), ("m", 50), ("x", 2), (None, 10))
    kinds = text(*[("x", 30), ("y", 20), ("x", 15), ("y", 35)])
    all_ = find_proxies(pd.DataFrame({"k": [*kinds, *["z"] * 12]}), groups, ["k"], 5)
    only = find_proxies(pd.DataFrame({"k": kinds}), groups[:100], ["k"], 5)
    pd.testing.assert_frame_equal(all_, only)
    assert find_proxies(pd.DataFrame({"k": kinds}), groups[:100], [], 5).columns.tolist() == [
        *["feature", "measure", "effect", "strength"]
    ]
    assert np.isnan(cramers_v(kinds, text(("f", 100))))


def test_the_order_of_rows_changes_nothing() -> None:
    chance = np.random.default_rng(5)
    groups = pd.Series(chance.choice(["f", "m", ""], 300), dtype="str")
    labels, chosen = chance.choice(["a", "b", "c"], 300), chance.random(300) < 0.4
    table = pd.DataFrame({"number": chance.integers(0, 9, 300), "kind": chance.choice(["x", "y"], 300)})
    mixed = chance.permutation(300)
    pairs = [
        (measure_balance(made(list(labels)), groups, 5), measure_balance(made(list(labels[mixed])), groups[mixed], 5)),
        (
            compare_selection_rates(chosen, groups, 5).table,
            compare_selection_rates(chosen[mixed], groups[mixed], 5).table,
        ),
        (
            find_proxies(table, groups, [*table.columns], 5),
            find_proxies(table.iloc[mixed], groups[mixed], [*table.columns], 5),
        ),
    ]
    for one, other in pairs:
        pd.testing.assert_frame_equal(one, other)
