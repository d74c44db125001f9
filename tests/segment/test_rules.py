"""Written segmentations: labels partition, priority decides, one may build on another; overlap and why are true."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations, permutations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.rules import RulesSettings
from segcli.errors import ConfigProblems, UsageProblem
from segcli.model import Customers, Input, InputReport
from segcli.segment import rules
from segcli.segment.rule_set import select_rule_sets
from segcli.segment.rules import explain_membership, segment_overlap


def customers(orders: list[int | None]) -> Customers:
    ids = pd.Series([f"{n:03}" for n in range(len(orders))], dtype="str")
    table = pd.DataFrame({"customer_id": ids, "orders": pd.Series(orders, dtype="Int64")})
    return Customers(table, date(2026, 7, 1), (InputReport(Input("c.csv", 0, "", len(orders)), "customers", "", {}),))


def spec(name: str, *segments: tuple[str, Any] | tuple[str, Any, int], otherwise: str = "Others") -> RulesSettings:
    listed = [{"segment": s[0], "when": s[1], **({"priority": s[2]} if len(s) > 2 else {})} for s in segments]
    return RulesSettings.model_validate({"name": name, "segments": listed, "otherwise": otherwise})


TIERS = spec("tier", ("gold", "orders >= 8"), ("silver", "orders >= 3"))


def labels(table: Customers, *specs: RulesSettings) -> dict[str, list[str]]:
    return {made.column: list(made.labels) for made in rules.segment_by_rules(table, rules.prepare_rule_sets(specs))}


def test_the_first_rule_that_holds_names_the_segment_and_the_rest_are_others() -> None:
    assert labels(customers([9, 8, 7, 3, 2, None]), TIERS)["tier"] == ["gold"] * 2 + ["silver"] * 2 + ["Others"] * 2


@settings(deadline=None, max_examples=30)
@given(st.lists(st.one_of(st.none(), st.integers(0, 20)), min_size=1, max_size=20))
def test_labels_partition_and_order_matters_only_through_priority(orders: list[int | None]) -> None:
    table = customers(orders)
    ranked = (("gold", "orders >= 8", 3), ("silver", "orders >= 3", 2), ("odd", "orders between 2 and 9", 1))
    expected = labels(table, spec("tier", *ranked))["tier"]
    for shuffled in permutations(ranked):
        assert labels(table, spec("tier", *shuffled))["tier"] == expected
    (made,) = rules.segment_by_rules(table, rules.prepare_rule_sets([spec("tier", *ranked)]))
    assert int(made.profile["customers"].sum()) == len(orders)
    assert set(made.labels) <= {"gold", "silver", "odd", "Others"}


def test_a_segmentation_may_build_on_another_whatever_their_order() -> None:
    best = spec("best", ("top", 'tier == "gold" and orders > 8'))
    for specs in ((best, TIERS), (TIERS, best)):
        assert labels(customers([9, 8]), *specs) == {"tier": ["gold", "gold"], "best": ["top", "Others"]}


def test_only_the_rule_sets_that_a_column_needs_are_selected() -> None:
    best = spec("best", ("top", 'tier == "gold" and orders > 8'))
    other = spec("other", ("many", "orders > 3"))
    rule_sets = rules.prepare_rule_sets([other, best, TIERS])

    def selected(column: str) -> list[str]:
        return [made.column for made in select_rule_sets(rule_sets, [column], ["customer_id", "orders"])]

    assert selected("best") == ["tier", "best"]
    assert selected("tier") == ["tier"]
    assert selected("other") == ["other"]
    assert selected("rfm_segment") == []


def test_all_earlier_rule_sets_are_selected_for_a_column_that_any_of_them_may_add() -> None:
    scored = spec("scored", ("fan", "nps_score > 8"))
    rule_sets = rules.prepare_rule_sets([TIERS, scored])
    assert select_rule_sets(rule_sets, ["scored"], ["customer_id", "orders"]) == rule_sets


def test_segmentations_that_need_each_other_are_refused() -> None:
    with pytest.raises(ConfigProblems, match=r"segmentations depend on each other: (a -> b -> a|b -> a -> b)"):
        rules.prepare_rule_sets([spec("a", ("x", "b == 'y'")), spec("b", ("y", "a == 'x'"))])


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigProblems, match="duplicate segmentation name 'tier'"):
        rules.prepare_rule_sets([TIERS, TIERS])


def test_every_rule_that_cannot_be_read_is_named_at_once() -> None:
    with pytest.raises(ConfigProblems) as refused:
        rules.prepare_rule_sets(
            [spec("a", ("x", "orders >"), ("y", "orders >= 1"), ("z", "= 1")), spec("b", ("v", ""))]
        )
    assert [line.partition(": ")[0] for line in refused.value.message_lines] == [
        "rules.0.segments.0.when (x)",
        "rules.0.segments.2.when (z)",
        "rules.1.segments.0.when (v)",
    ]


def test_every_rule_that_cannot_be_asked_is_named_at_once() -> None:
    wanted = rules.prepare_rule_sets([spec("a", ("x", "ordrs > 1"), ("y", "orders > 1"), ("z", "city > 1 / sum"))])
    with pytest.raises(ConfigProblems) as refused:
        rules.segment_by_rules(customers([1]), wanted)
    assert len(refused.value.message_lines) == 2
    assert refused.value.message_lines[0].startswith(
        "rules.0.segments.0.when (x): column 1: no column 'ordrs'; did you mean 'orders'?"
    )


def test_what_can_never_be_compared_is_refused_before_any_data_are_read() -> None:
    """Measures are numbers and days, segmentations are texts; of other columns nothing is known yet."""
    with pytest.raises(ConfigProblems) as refused:
        rules.prepare_rule_sets(
            [spec("a", ("x", "orders > 'a'"), ("y", "b > 3"), ("z", "colour > 3")), spec("b", ("v", "true"))]
        )
    assert [line.partition("column")[2] for line in refused.value.message_lines] == [
        " 10: a number cannot be compared with a text",
        " 5: a text cannot be compared with a number",
    ]


@pytest.mark.parametrize("when", ["orders >= 'a'", "\"orders >= 'a'\"", "  orders >= 'a'  # comment"])
def test_a_mistake_in_a_rule_is_shown_where_it_stands_in_the_file(when: str) -> None:
    from segcli.config import load_settings, parse_yaml_layer

    line = f"  - when: {when}"
    loaded = load_settings(
        [parse_yaml_layer(f"rules:\n- name: t\n  segments:\n{line}\n    segment: x\n", "r.yaml", ".")]
    )
    with pytest.raises(ConfigProblems) as refused:
        rules.prepare_rule_sets(loaded.settings.rules, loaded.find_place)
    column = line.index("'a'") + 1
    assert str(refused.value).startswith(f"r.yaml:4:{column}: rules.0.segments.0.when (x): column 11: ")


def test_a_base_used_twice_overwrites_nothing() -> None:
    base = RulesSettings(base="loyalty", options={"tiers": {"a": 0, "b": 8}})
    other = RulesSettings(base="loyalty", name="card", options={"tiers": {"a": 0, "b": 3}})
    made = rules.segment_by_rules(customers([9, 4, 1]), rules.prepare_rule_sets([base, other]))
    table = made[-1].table
    assert [name for name in table.columns if "_before" in name] == ["loyalty_before", "card_before"]
    assert table[["loyalty", "card"]].to_numpy().tolist() == [["b", "b"], ["a", "b"], ["a", "a"]]


def test_special_categories_need_a_reason() -> None:
    wanted = spec("group", ("x", "orders > 1 and health_note is missing"))
    with pytest.raises(ConfigProblems, match=r"group uses special categories .*: health_note .*remove"):
        rules.prepare_rule_sets([wanted])
    base = RulesSettings(base="benefit", options={"columns": {"prayer": ["Religion"], "health": ["fruit"]}})
    with pytest.raises(ConfigProblems, match="benefit uses special categories of personal data: Religion "):
        rules.prepare_rule_sets([base])
    need = {"needs": {"x": [{"when": "top_category == 'health' and orders > 1"}]}}
    rules.prepare_rule_sets([RulesSettings(base="need", options=need)])
    rules.prepare_rule_sets([wanted.model_copy(update={"special_reason": "care plan agreed with the members"})])


def test_a_ladder_of_rules_is_no_contention_and_crossing_rules_are() -> None:
    """gold is within silver: nothing to say. `odd` holds for 9, 7 and 3, gold for 9 and 8: both claim 9."""
    (ladder,) = rules.segment_by_rules(customers([9, 8, 3, 1]), rules.prepare_rule_sets([TIERS]))
    assert ladder.notes == ()
    crossing = spec("tier", ("gold", "orders >= 8"), ("odd", "orders in [9, 7, 3]"))
    (made,) = rules.segment_by_rules(customers([9, 8, 7, 3]), rules.prepare_rule_sets([crossing]))
    assert made.notes == ("customers that match several segments: 1; the first match is used",)


def test_all_memberships_are_told_where_asked() -> None:
    both = TIERS.model_copy(update={"exclusive": False})
    (made,) = rules.segment_by_rules(customers([9, 3, 1]), rules.prepare_rule_sets([both]))
    assert made.table["tier_all"].tolist() == ["gold; silver", "silver", ""]
    assert list(made.labels) == ["gold", "silver", "Others"]
    assert made.tables["Overlap"]["customers"].tolist() == [1, 1, 1, 2]


def test_overlap_is_symmetric_and_counts_what_the_rules_say() -> None:
    (one,) = rules.prepare_rule_sets([TIERS])
    table = customers([9, 8, 7, 3, 2, None])
    found = segment_overlap(rules.match_segments(table, one)).set_index(["segment", "other"])
    assert found["customers"].to_dict() == {
        ("gold", "gold"): 2,
        ("gold", "silver"): 2,
        ("silver", "gold"): 2,
        ("silver", "silver"): 4,
    }
    assert found["jaccard"]["gold", "silver"] == found["jaccard"]["silver", "gold"] == 0.5
    assert found["lift"]["gold", "silver"] == found["lift"]["silver", "gold"] == pytest.approx(2 * 6 / (2 * 4))


def test_why_shows_each_part_with_its_value_and_ends_with_the_segment() -> None:
    (one,) = rules.prepare_rule_sets(
        [spec("tier", ("gold", "orders >= 8 and not orders == 9"), ("silver", "orders >= 3"))]
    )
    (table,) = rules.segment_by_rules(customers([9, None]), [one])
    assert list(explain_membership(table, one, "000")) == [
        "gold: no",
        "  no       orders >= 8 and not orders == 9",
        "    yes      orders >= 8   [orders = 9]",
        "    no       not orders == 9   [orders = 9]",
        "silver: yes",
        "  yes      orders >= 3   [orders = 9]",
        "-> silver",
    ]
    assert list(explain_membership(table, one, "001"))[-2:] == [
        "  unknown  orders >= 3   [orders = missing]",
        "-> Others (no rule matches)",
    ]
    with pytest.raises(UsageProblem, match="no customer 'zzz'"):
        list(explain_membership(table, one, "zzz"))


def slowly_contended(segments: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """The same from the definition: each pair of segments of which none contains the other."""
    contended = np.zeros(len(segments[0]), dtype=bool)
    for one, other in combinations(segments, 2):
        both = one & other
        if (both != one).any() and (both != other).any():
            contended |= both
    return contended


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=7))
def test_contended_customers_are_those_of_the_definition(members: list[list[bool]]) -> None:
    segments = [np.array(one) for one in members]
    assert rules._find_conflicting_members(segments).tolist() == slowly_contended(segments).tolist()


def test_several_rules_of_one_segment_are_no_contention_and_an_empty_one_of_them_is_not_named() -> None:
    written = spec("tier", ("odd", "orders in [9, 7]"), ("odd", "orders in [9, 3]"), ("odd", "orders == 50"))
    (made,) = rules.segment_by_rules(customers([9, 7, 3, 2]), rules.prepare_rule_sets([written]))
    assert made.notes == ()
