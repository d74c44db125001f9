"""Customers stand in the order of their ids, each once, or are none."""

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.arrow import is_sorted
from segcli.model import Customers

IDS = st.lists(st.text(st.sampled_from("aAé\uffff😀 "), max_size=2), max_size=5)


@settings(deadline=None)
@given(IDS | IDS.map(sorted) | IDS.map(lambda ids: sorted(set(ids))))
def test_ids_are_ascending_where_each_is_greater_than_the_one_before(ids: list[str]) -> None:
    expected = all(before < after for before, after in pairwise(ids))
    assert is_sorted(pd.Series(ids, dtype="str")) == expected
    half = [pd.Series(part, dtype="str") for part in (ids[:2], ids[2:])]
    assert is_sorted(pd.concat(half)) == expected


@pytest.mark.parametrize("ids", [["b", "a"], ["a", "a"], ["a", "c", "b"]])
@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_customers_out_of_order_or_twice_are_refused(ids: list[str], kind: str) -> None:
    with pytest.raises(AssertionError, match="customer"):
        Customers(pd.DataFrame({"customer_id": pd.Series(ids, dtype=kind)}), None, ())


@pytest.mark.parametrize("kind", ["str", "object"])
def test_customers_in_order_are_taken_whatever_type_their_ids_have(kind: str) -> None:
    assert len(Customers(pd.DataFrame({"customer_id": pd.Series(["a", "b"], dtype=kind)}), None, ()).table) == 2
