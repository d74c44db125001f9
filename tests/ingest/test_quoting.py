"""Quotes obey RFC 4180, or the record is set aside by line; nothing is swallowed."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcli.errors import InputProblem
from segcli.ingest.quoting import RepairedQuotes, has_valid_quotes, repair_quotes, scan_records

TEXT = st.text(st.sampled_from('ab ",\n\r'), max_size=6)


@given(st.lists(st.lists(TEXT, min_size=2, max_size=3), min_size=1, max_size=8))
def test_what_the_csv_module_writes_obeys(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    body = text.getvalue().encode()
    assert has_valid_quotes(body, ",")
    assert repair_quotes(body, ",", "f").body == body
    assert scan_records(body, ",", "f") == RepairedQuotes(body)  # the tolerant way sees the same file as the fast one


@pytest.mark.parametrize(
    "record",
    [
        'a,"b,c',  # opened in a field that was not to be quoted
        'a,""b"',  # doubled at the start
        'a,"b"c',  # goes on after the closing quote
        'a,"b\\"c"',  # escaped by a backslash
        'a, "b"',  # a blank before the opening quote
    ],
)
def test_a_record_that_breaks_the_rules_is_taken_out_alone(record: str) -> None:
    body = f'x,y\n1,"2"\n{record}\n3,"4 ""5"""\n"6\n7",8\n'.encode()
    mended = repair_quotes(body, ",", "f")
    assert mended.body == b'x,y\n1,"2"\n3,"4 ""5"""\n"6\n7",8\n'
    assert mended.broken_lines == (3,)


@pytest.mark.parametrize("record", ['a,b"', 'a,12" x 14"', "37°36'37.8\"N,x"])
def test_quotes_inside_an_unquoted_field_are_text_and_counted(record: str) -> None:
    body = f'x,y\n{record}\n3,"4"\n'.encode()
    assert repair_quotes(body, ",", "f") == RepairedQuotes(body, (), 1)


def test_several_broken_records_keep_their_own_line_numbers() -> None:
    mended = repair_quotes(b'x,y\r\n1,"a"b\r\n2,3\r\n"4\r\n5",6\r\n7,""c"\r\n8,9\r\n', ",", "f", first_line=11)
    assert mended.broken_lines == (12, 16)
    assert mended.body == b'x,y\r\n2,3\r\n"4\r\n5",6\r\n8,9\r\n'


def test_a_quote_that_never_closes_is_refused_where_it_opens() -> None:
    with pytest.raises(InputProblem, match=r"f:3: unclosed quote"):
        repair_quotes(b'x,y\n1,2\n3,"4\n5,6\n7,8\n', ",", "f")


@given(st.binary(max_size=60).map(lambda body: body.replace(b"\0", b"")), st.sampled_from(",;\t|"))
def test_any_bytes_are_mended_or_refused(body: bytes, delimiter: str) -> None:
    """What is kept needs no more mending."""
    try:
        mended = repair_quotes(body, delimiter, "f")
    except InputProblem:
        return
    assert repair_quotes(mended.body, delimiter, "f") == RepairedQuotes(mended.body, (), mended.literal_quote_records)
