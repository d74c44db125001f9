"""Texts as numbers, against Python's own comparisons."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.arrow import hash_strings, mark_changes, rank_strings

alphabet = st.sampled_from(["", "a", "b", "0", "9", "é", "日", "\x00", "C0000001", "12345678"])
text = st.lists(alphabet, max_size=4).map("".join)
texts = st.lists(text, min_size=1, max_size=30)


@settings(max_examples=50, deadline=None)
@given(values=texts, skip=st.integers(0, 3))
def test_ranks_hashes_and_changes_are_those_of_the_texts(values: list[str], skip: int) -> None:
    column = pa.array(["x"] * skip + values, pa.string()).slice(skip)  # pieces of a longer column, too
    found = rank_strings(column)
    assert found.distinct_strings.to_pylist() == sorted(set(values))
    assert found.distinct_strings.take(pa.array(found.row_codes)).to_pylist() == values
    assert found.sorted_rows.tolist() == sorted(range(len(values)), key=lambda place: (values[place], place))
    assert [values[place] for place in found.sorted_rows[found.starts]] == sorted(set(values))
    marks = hash_strings(column)
    for one, mark in zip(values, marks, strict=True):
        assert [m == mark for m in marks] == [other == one for other in values]
    assert [hash_strings(pa.array([one], pa.string()))[0] for one in values] == list(marks)
    assert mark_changes(column).tolist() == [True, *(a != b for a, b in itertools.pairwise(values))]


@pytest.mark.parametrize("size", [0, 1])
def test_no_texts_and_one(size: int) -> None:
    column = pa.array(["a"] * size, pa.string())
    found = rank_strings(column)
    assert (len(found.distinct_strings), len(found.row_codes), len(found.starts), len(found.sorted_rows)) == (size,) * 4
    assert (len(hash_strings(column)), len(mark_changes(column)), found.row_codes.dtype) == (size, size, np.int32)
