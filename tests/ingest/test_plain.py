"""What is told of a whole column at a glance is what is told of each of its texts."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.ingest import Source
from segcli.customers import join_keys
from segcli.ingest import customer_table, number_parsing, text_columns
from segcli.ingest.text_columns import contains_any_of, dictionary_encode

CENTS = st.sampled_from(["", " ", "0", "-0", "7", "1.5", "1.234", "999.001", "-12.50", ".5", "5.", "1e-05", "+3"])
COMMAS = st.sampled_from(["1,234", "1.234,5", "-", ".", "--1", "1.2.3", "5-", "nan", "inf", "0x1F", "007", "1E+16"])
LONG = st.sampled_from(["123456789012345", "1234567890123456", "Infinity"])
NUMBERS = st.integers(-(10**18), 10**18).map(str) | st.floats(allow_nan=False).map(repr)
PRICES = st.decimals(-10_000, 10_000, places=2).map(str) | st.decimals(-10_000, 10_000, places=3).map(str)
ANY = st.text(st.sampled_from("0123456789.-+eE ,ni"), max_size=5)
COLUMNS = st.one_of(
    *(st.lists(kind | st.just(""), max_size=6) for kind in (CENTS, CENTS | COMMAS | LONG, NUMBERS, PRICES, ANY))
)


def chunked(texts: list[str], cut: int) -> pa.ChunkedArray:
    """In two chunks, each the middle of a longer one."""
    chunks = [pa.array(["x", *part, "y"], pa.string()).slice(1, len(part)) for part in (texts[:cut], texts[cut:])]
    return pa.chunked_array(chunks, pa.string())


def outcome(texts: object, decimal: str | None, *, exponents: bool) -> object:
    try:
        found = number_parsing.parse_numbers(texts, decimal, exponents=exponents)  # type: ignore[arg-type]
    except (ValueError, pa.ArrowInvalid) as error:
        return type(error), str(error)
    return found.values.view(np.int64).tolist(), found.missing.tolist(), found.unreadable.tolist()


@settings(deadline=None, max_examples=50)
@given(COLUMNS, st.integers(0, 6), st.sampled_from([None, ".", ","]), st.integers(0, 1))
def test_numbers_read_at_a_glance_are_those_read_text_by_text(
    texts: list[str], cut: int, decimal: str | None, exponents: int
) -> None:
    column = chunked(texts, cut)
    expected = outcome(dictionary_encode(column), decimal, exponents=bool(exponents))
    assert outcome(column, decimal, exponents=bool(exponents)) == expected


@settings(deadline=None)
@given(COLUMNS, st.integers(0, 6))
def test_plain_numbers_are_those_that_the_pattern_of_plain_numbers_reads(texts: list[str], cut: int) -> None:
    found = text_columns.parse_simple_numbers(chunked(texts, cut))
    expected = all(re.fullmatch(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)", text) for text in texts if text)
    assert (found is not None) == expected
    if found is not None:
        values, missing = found
        assert [float(text) for text in texts if text] == values[~missing].tolist()
        assert missing.tolist() == [text == "" for text in texts] == np.isnan(values).tolist()


@settings(deadline=None)
@given(COLUMNS, st.integers(0, 6))
def test_whole_numbers_are_told_as_text_by_text(texts: list[str], cut: int) -> None:
    expected = all(re.fullmatch(r"([-+]?[0-9]{1,15})?", text) for text in texts)
    assert text_columns.are_whole_numbers(chunked(texts, cut)) in {expected, None}
    assert customer_table._are_integer_texts(chunked(texts, cut)) == expected


@settings(deadline=None)
@given(
    st.lists(st.text(st.sampled_from("ab .\né"), max_size=3), max_size=5), st.integers(0, 5), st.sampled_from("a.\né")
)
def test_a_column_has_a_character_where_any_text_has_it(texts: list[str], cut: int, character: str) -> None:
    column = chunked(texts, cut)
    for one in (column, column.cast(pa.large_string()), column.combine_chunks()):
        assert contains_any_of(one, f"[{character}]") == any(character in text for text in texts)
        assert contains_any_of(one, f"[^{character}]") == any(set(text) - {character} for text in texts)


def test_of_nothing_no_character_is_had() -> None:
    assert not contains_any_of(pa.array([None, None], pa.string()), "[a]")
    assert not contains_any_of(pa.chunked_array([], pa.string()), "[a]")


@settings(deadline=None)
@given(st.lists(st.none() | st.text(st.sampled_from("ab é\x7f\t!~"), max_size=3), max_size=5))
def test_ids_have_their_one_form_where_each_has(ids: list[str | None]) -> None:
    expected = all(text is not None and re.fullmatch(join_keys.NORMALISED_ID, text) for text in ids)
    assert join_keys._are_normalised(pd.Series(ids, dtype="str")) == expected


def test_values_are_whole_where_nothing_is_left_beyond_the_point() -> None:
    are = {(1.0, -2.0, 0.0): True, (): True, (1.5,): False, (1.0, np.nan): False, (np.inf,): False}
    assert {values: customer_table._are_integers(np.array(values, dtype=np.float64)) for values in are} == are


def test_an_error_in_one_column_is_that_of_the_first_in_the_file() -> None:
    with pytest.raises(number_parsing.AmbiguousDecimalError, match=r"'1\.234'"):
        number_parsing.read_numbers(pa.chunked_array([["1.234", "", "2.345"]]), Source(path="x"))
