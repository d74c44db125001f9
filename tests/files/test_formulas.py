"""Cells a spreadsheet would run are written so that none runs them, and read back as they were."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcli.files.formulas import escape, escape_table, unescape, unescape_table

RUNS = ["=1+1", "@SUM(1)", "+1+1+cmd", "-2+3+cmd", "\t=1", "\r=1", "  =1", "\u200b=1", "＝1", "=cmd|' /C calc'!A0"]  # noqa: RUF001


@pytest.mark.parametrize("text", RUNS)
def test_what_would_run_gets_an_apostrophe(text: str) -> None:
    assert escape(text) == f"'{text}"
    assert unescape(f"'{text}") == text


@pytest.mark.parametrize("text", ["", "x", "it's", "'tis", "-12.50", "+49 30 1234-56", "-5", "a=1", "12-3", "'"])
def test_what_cannot_run_stays_as_it_is(text: str) -> None:
    assert escape(text) == text


@pytest.mark.bad_input(80)
@given(st.text(st.sampled_from("'=+-@ \t\n\rab1\u200b"), max_size=6) | st.text(max_size=12))
def test_the_way_back_is_exact_and_nothing_that_runs_is_left(text: str) -> None:
    written = escape(text)
    assert unescape(written) == text
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
