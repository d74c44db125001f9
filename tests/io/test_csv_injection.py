"""Cells a spreadsheet would run are written so that none runs them, and read back as they were."""

import re
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcli.io.csv_injection import escape_cell, escape_table, unescape_cell, unescape_table

RUNS = ["=1+1", "@SUM(1)", "+1+1+cmd", "-2+3+cmd", "\t=1", "\r=1", "  =1", "\u200b=1", "＝1", "=cmd|' /C calc'!A0"]  # noqa: RUF001


@pytest.mark.parametrize("text", RUNS)
def test_what_would_run_gets_an_apostrophe(text: str) -> None:
    assert escape_cell(text) == f"'{text}"
    assert unescape_cell(f"'{text}") == text


@pytest.mark.parametrize("text", ["", "x", "it's", "'tis", "-12.50", "+49 30 1234-56", "-5", "a=1", "12-3", "'"])
def test_what_cannot_run_stays_as_it_is(text: str) -> None:
    assert escape_cell(text) == text


@pytest.mark.bad_input(80)
@given(st.text(st.sampled_from("'=+-@ \t\n\rab1\u200b"), max_size=6) | st.text(max_size=12))
def test_the_way_back_is_exact_and_nothing_that_runs_is_left(text: str) -> None:
    written = escape_cell(text)
    assert unescape_cell(written) == text
    harmless = re.fullmatch(r"[+-]?[0-9][0-9 .,()/-]*", written)
    assert harmless or not re.match(r"[\t\r\n\0]|[\s\u200b-\u200f\ufeff]*[=+\-@]", written)


def test_a_table_counts_its_cells_and_keeps_numbers() -> None:
    table = pd.DataFrame({"id": ["=a", "b", None], "-x": [-1.5, 2.0, 3.0], "t": ["'=c", "-7", "d"]})
    written, changed = escape_table(table)
    assert changed == 3
    assert written["id"].tolist()[:2] == ["'=a", "b"]
    assert written["'-x"].tolist() == [-1.5, 2.0, 3.0]
    back, taken_off = unescape_table(written)
    pd.testing.assert_frame_equal(back, table, check_dtype=False)
    assert taken_off == changed


def test_texts_among_other_values_are_escaped_and_the_others_left() -> None:
    values = ["=1", 5, None, date(2026, 1, 1), True, Decimal("-1.5"), "é", "-7", "\t", "\uff1d1", "x"]
    table = pd.DataFrame({"o": pd.Series(values, dtype=object)})
    written, changed = escape_table(table)
    assert written["o"].tolist() == ["'=1", *values[1:8], "'\t", "'\uff1d1", "x"]
    assert changed == 3
    pd.testing.assert_frame_equal(unescape_table(written)[0], table)


@given(
    st.lists(st.none() | st.text(st.sampled_from("'=+-@\uff1d \t\n\0a1é\u200b~!\x7f"), max_size=4), max_size=9),
    st.data(),
)
def test_a_column_is_escaped_as_its_texts_are_one_by_one(texts: list[str | None], draws: st.DataObject) -> None:
    cut = draws.draw(st.integers(0, len(texts)))
    pieces = [pd.Series(part, dtype="str") for part in (texts[:cut], texts[cut:])]
    column = pd.concat([piece for piece in pieces if len(piece)] or pieces, ignore_index=True)
    for table in (pd.DataFrame({"t": column}), pd.DataFrame({"t": column})[::-1], pd.DataFrame({"t": column})[1:]):
        written, changed = escape_table(table)
        expected = [text if pd.isna(text) else escape_cell(text) for text in table["t"]]
        pd.testing.assert_series_equal(written["t"], pd.Series(expected, table.index, name="t", dtype="str"))
        assert changed == sum(old != new for old, new in zip(table["t"], expected, strict=True) if not pd.isna(old))
        pd.testing.assert_frame_equal(unescape_table(written)[0], table)
