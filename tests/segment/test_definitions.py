"""Sizes and changes of defined segments: a count customer by customer agrees, and every change is accounted for."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from segcli.config.rules import RulesSettings
from segcli.segment.definitions import FLOW_COLUMNS, check_sizes, count_changes, describe_range, measure_sizes

CUSTOMERS = st.frozensets(st.sampled_from("abcdefgh"))
MEMBERS = st.dictionaries(st.sampled_from([("x", "A"), ("x", "B"), ("y", "A")]), CUSTOMERS)


class Labelled:
    """The parts of a segmentation that sizes use."""

    column = "tier"

    def __init__(self, *labels: str) -> None:
        self.labels = pd.Series(labels, dtype="str")


def definitions(expected_size: Any, **more: Any) -> list[RulesSettings]:
    segment = {"segment": "gold", "when": "orders > 3", "expected_size": expected_size, **more}
    return [RulesSettings.model_validate({"name": "tier", "segments": [segment]})]


@pytest.mark.parametrize(
    ("limits", "range_text", "passed"),
    [
        ([2, 3], "2 to 3", True),
        ([3, None], "at least 3", False),
        ([None, 1], "at most 1", False),
        ([None, 2], "at most 2", True),
        (["40%", "50%"], "2 to 2.5", True),  # of five customers
        (["41%", "50%"], "2.05 to 2.5", False),
    ],
)
def test_a_size_is_compared_with_its_limits_included(limits: list[Any], range_text: str, *, passed: bool) -> None:
    made: Any = [Labelled("gold", "gold", "Others", "Others", "Others")]
    sizes = measure_sizes(definitions(limits, owner="crm"), made)
    (check,) = check_sizes(sizes)
    assert (check.passed, check.section, check.rule) == (passed, "rules", "expected_size")
    assert check.what == f"segment 'gold': 2 customers, expected {range_text}"
    assert sizes.loc[0, ["customers", "share", "owner"]].tolist() == [2, 0.4, "crm"]


def test_segments_without_limits_have_no_check() -> None:
    made: Any = [Labelled("gold")]
    assert list(check_sizes(measure_sizes(definitions(None), made))) == []
    assert describe_range(float("nan"), float("nan")) == ""


@pytest.mark.parametrize(
    "limits", [[1], [2, 1], ["5%", "1%"], [None, None], ["5", 9], [True, 4], [-1, 4], "5%", ["200%", None]]
)
def test_impossible_limits_are_refused(limits: Any) -> None:
    with pytest.raises(ValidationError):
        definitions(limits)


@given(before=MEMBERS, reapplied=MEMBERS, now=MEMBERS)
def test_changes_agree_with_a_count_of_each_customer(before: Any, reapplied: Any, now: Any) -> None:
    changes = count_changes(before, reapplied, now)
    assert set(map(tuple, changes[["segmentation", "segment"]].to_numpy())) == {*before, *now}
    for row in changes.to_dict("records"):
        key = (row["segmentation"], row["segment"])
        slow = dict.fromkeys(FLOW_COLUMNS, 0)
        for customer in "abcdefgh":
            was, would_be, is_in = (customer in members.get(key, ()) for members in (before, reapplied, now))
            slow["entered_by_data"] += would_be and not was
            slow["left_by_data"] += was and not would_be
            slow["entered_by_definition"] += is_in and not would_be
            slow["left_by_definition"] += would_be and not is_in
        assert {name: row[name] for name in FLOW_COLUMNS} == slow
        entered = row["entered_by_data"] + row["entered_by_definition"]
        assert row["size_before"] + entered - row["left_by_data"] - row["left_by_definition"] == row["size_after"]
