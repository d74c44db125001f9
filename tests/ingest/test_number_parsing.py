"""Numbers are read right, or not at all: no value is ever read as another."""

import math
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcli.config.ingest import Source
from segcli.ingest import locales
from segcli.ingest.number_parsing import (
    AmbiguousDecimalError,
    DecimalEvidence,
    MixedDecimalError,
    decimal_evidence,
    looks_like_numbers,
    parse_numbers,
    read_numbers,
)


def read(values: list[str], decimal: str | None = None) -> list[float | None]:
    parsed = parse_numbers(pa.chunked_array([pa.array(values, pa.string())]), decimal)
    return [None if math.isnan(value) else float(value) for value in parsed.values]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["1.5", "2", " 3 "], [1.5, 2, 3]),
        (["1,5", "2"], [1.5, 2]),
        (["1,234.50", "+7", "+1,234"], [1234.5, 7, 1234]),
        (["1.234,50", "7"], [1234.5, 7]),
        (["1 234,50", "1\u202f234,50", "1\u00a0234,50", "1'234,50"], [1234.5] * 4),
        (["1,234,567"], [1234567]),
        (["0.125"], [0.125]),
        (["0,125"], [0.125]),
        (["1.234", "2.5"], [1.234, 2.5]),
        (["$5", "5 EUR", "€5.50", "EUR 5", "$-5", "-$5"], [5, 5, 5.5, 5, -5, -5]),
        (["(12.00)", "(17)", "3-", "\u22124", "-5", "+6"], [-12, -17, -3, -4, -5, 6]),
        (["1,23,456.00", "12,34,567.00", "950.00"], [123456, 1234567, 950]),
        (["Rs. 1,23,456", "\u20b9950.50"], [123456, 950.5]),
        (["R$ 12,50", "12,50 kr", "12,50 z\u0142", "CHF 1'234.50".replace(".", ",")], [12.5, 12.5, 12.5, 1234.5]),
        (["40.00 Cr", "25.00CR", "7.00 Dr."], [-40, -25, 7]),
        (["'-75.63", "'12.50"], [-75.63, 12.5]),
        (
            ["\u20ac(63.12)", "(\u20ac63.12)", "(63.12) EUR", "5.00-", "-5.00 \u20ac", "5.00 \u20ac-"],
            [-63.12] * 3 + [-5] * 3,
        ),
        ([".5", "5."], [0.5, 5]),
        ([".5", "5.", "$4"], [0.5, 5, 4]),
        (["1. 234", "1.2.3", "5"], [None, None, 5]),
    ],
)
def test_written_forms(written: list[str], meant: list[float | None]) -> None:
    assert read(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        *("1e3", "inf", "1_000", "0x1F", "\u0661", "12,3x", "1,23,4", "--5", "1.2.3", "five"),
        *("(12.00", "12.00)", "1. 234", "1 .234", "-(5)", "5-5", "EUR 5 USD", "1,2,345", "cr", "EUR"),
    ],
)
def test_what_is_no_plain_number_is_unreadable(text: str) -> None:
    parsed = parse_numbers(pa.chunked_array([[text, "7.5"]]))
    assert parsed.unreadable.tolist() == [True, False]
    assert parsed.values[1] == 7.5


@pytest.mark.parametrize("text", ["", " ", "-", "n/a", "NA", "None", "NULL", "nan"])
def test_nothing_written_is_missing_not_unreadable(text: str) -> None:
    parsed = parse_numbers(pa.chunked_array([[text, "7.5"]]))
    assert (parsed.missing.tolist(), parsed.unreadable.tolist()) == ([True, False], [False, False])


@pytest.mark.parametrize("values", [["1,234"], ["1.234"], ["1,234", "5"], ["1.234", "999"]])
def test_a_mark_that_nothing_explains_is_refused(values: list[str]) -> None:
    with pytest.raises(
        AmbiguousDecimalError, match=rf"^ambiguous number '{values[0]}': thousands separator or decimal mark"
    ):
        parse_numbers(pa.chunked_array([values]))


def test_a_declared_mark_settles_it() -> None:
    assert read(["1,234"], ",") == [1.234]
    assert read(["1,234"], ".") == [1234]
    assert read(["1.234"], ",") == [1234]
    assert read(["1.234"], ".") == [1.234]


def test_the_other_mark_is_not_swallowed() -> None:
    """12.50 in a column with decimal commas is a mistake to reject, not 1250."""
    assert read(["12.50", "1,5"], ",") == [None, 1.5]


def test_two_decimal_marks_in_one_column_are_refused() -> None:
    with pytest.raises(
        MixedDecimalError, match=r"^mixed decimal marks: '1\.5' has a decimal point and '1,5' a decimal comma"
    ):
        parse_numbers(pa.chunked_array([["1,5", "1.5"]]))


def test_a_power_of_ten_is_a_number_only_where_a_program_wrote_it() -> None:
    texts = pa.chunked_array([["1e-05", "2E3", "7"]])
    assert read_numbers(texts, Source(), exponents=True).values.tolist() == [1e-05, 2000, 7]
    assert read_numbers(texts, Source()).unreadable.tolist() == [True, True, False]
    assert parse_numbers(pa.chunked_array([["1.234"]]), exponents=True).values.tolist() == [1.234], (
        "programs write a point"
    )


def test_a_locale_decides_only_what_no_value_proves() -> None:
    german = Source(locale="de")
    assert read_numbers(pa.chunked_array([["1.234", "5"]]), german).values.tolist() == [1234, 5]
    with pytest.raises(AmbiguousDecimalError):
        read_numbers(pa.chunked_array([["1.234", "5"]]), Source())
    assert read_numbers(pa.chunked_array([["12.50", "5"]]), german).values.tolist() == [12.5, 5]
    assert read_numbers(pa.chunked_array([["1.234", "5"]]), Source(locale="de", decimal=".")).values.tolist() == [
        1.234,
        5,
    ]


def test_a_locale_reads_the_digits_of_any_script() -> None:
    assert read_numbers(pa.chunked_array([["\u0661\u0662", "5"]]), Source(locale="de")).values.tolist() == [12, 5]
    assert read_numbers(pa.chunked_array([["\u0661.\u0662\u0663\u0664"]]), Source(locale="de")).values.tolist() == [
        1234
    ]
    assert looks_like_numbers(["\u0661\u0662"], locales.load_locale("de"))
    assert not looks_like_numbers(["\u0661\u0662"])


def test_what_pieces_of_a_column_prove_is_put_together() -> None:
    """1,234 is open until another piece has 2,5; what is no number, such as 1. 234, proves and opens nothing."""
    left_open, comma, point = (
        decimal_evidence(pa.array(texts)) for texts in (["1,234", "x"], ["2,5", "$1.234.567"], ["12.50"])
    )
    assert left_open == DecimalEvidence(frozenset(), is_undecided=True)
    assert comma == DecimalEvidence(frozenset(","), is_undecided=False)
    assert left_open | comma == comma | left_open == DecimalEvidence(frozenset(","), is_undecided=True)
    assert comma | point == DecimalEvidence(frozenset(".,"), is_undecided=False)
    assert (
        decimal_evidence(pa.array(["1. 234", "5", ""]))
        == DecimalEvidence()
        == DecimalEvidence(frozenset(), is_undecided=False)
    )


def test_an_empty_column_has_no_numbers() -> None:
    assert read([]) == []


@given(
    st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=2), min_size=1, max_size=30),
    st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'")]),
)
def test_money_written_with_groups_reads_as_itself(amounts: list[Decimal], marks: tuple[str, str]) -> None:
    decimal, group = marks
    swap = str.maketrans({".": decimal, ",": group})
    written = [f"{amount:,.2f}".translate(swap) for amount in amounts]
    assert read(written) == [float(amount) for amount in amounts]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8))
def test_any_text_is_read_missing_or_unreadable(texts: list[str]) -> None:
    """Whatever a column holds, there is no other exception, and a number only where Python reads the same."""
    clean = [text.encode("utf-8", "ignore").decode() for text in texts]
    try:
        parsed = parse_numbers(pa.chunked_array([pa.array(clean, pa.string())]))
    except (AmbiguousDecimalError, MixedDecimalError):
        return
    for text, value, missing, unreadable in zip(clean, parsed.values, parsed.missing, parsed.unreadable, strict=True):
        assert math.isnan(value) == (missing or unreadable), text


def test_looks_numeric_needs_half_of_the_values() -> None:
    assert looks_like_numbers(["1", "2,5", "x"])
    assert looks_like_numbers(["", "n/a"])
    assert not looks_like_numbers(["1", "x", "y"])
