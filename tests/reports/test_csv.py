"""CSV is, byte for byte, what pandas writes; in whatever slices, and whatever the columns hold."""

import csv as reader
import io
import math
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.reports.blocks import Result
from segcli.reports.formats import Page, _delimited, csv, encode_result, load_format, tsv

TEXT = st.text(st.sampled_from("abX ,\t\"\n'=é😀;"), max_size=4) | st.text(
    st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=3
)
DAYS = st.dates(date(1600, 1, 1), date(2400, 1, 1)) | st.none()
FLOATS = st.floats() | st.integers(-(10**17), 10**17).map(float) | st.decimals(-(10**6), 10**6, places=2).map(float)


def missing(kind: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return kind | st.none()


def texts(values: list[Any]) -> pd.Series:
    return pd.Series(values, dtype="str")


COLUMNS = {
    "str": (missing(TEXT), texts),
    "object": (missing(TEXT), lambda values: pd.Series(values, dtype=object)),
    "categories": (missing(TEXT), lambda values: pd.Series(values, dtype="str").astype("category")),
    "numbers as categories": (missing(st.integers(0, 3)), lambda values: pd.Series(values).astype("category")),
    "anything": (st.none() | st.booleans() | st.integers() | TEXT, lambda values: pd.Series(values, dtype=object)),
    "decimals": (st.decimals(allow_nan=False), lambda values: pd.Series(values, dtype=object)),
    "float64": (FLOATS, lambda values: pd.Series(values, dtype="float64")),
    "float32": (st.floats(width=32), lambda values: pd.Series(values, dtype="float32")),
    "Float64": (missing(st.floats(allow_nan=False)), lambda values: pd.Series(values, dtype="Float64")),
    "int64": (st.integers(-(2**63), 2**63 - 1), lambda values: pd.Series(values, dtype="int64")),
    "uint8": (st.integers(0, 255), lambda values: pd.Series(values, dtype="uint8")),
    "Int64": (missing(st.integers(-(2**63), 2**63 - 1)), lambda values: pd.Series(values, dtype="Int64")),
    "bool": (st.booleans(), lambda values: pd.Series(values, dtype="bool")),
    "boolean": (missing(st.booleans()), lambda values: pd.Series(values, dtype="boolean")),
    **{
        f"datetime64[{unit}]": (
            st.datetimes(pd.Timestamp("1678-01-01"), pd.Timestamp("2262-01-01")) | st.none(),
            lambda values, unit=unit: pd.Series(values, dtype=f"datetime64[{unit}]"),
        )
        for unit in ("s", "ms", "us", "ns")
    },
    "dates": (DAYS, lambda values: pd.Series(values, dtype=object)),
    "zoned": (st.just(pd.Timestamp("2026-03-01 23:30", tz="Europe/Berlin")), pd.Series),
    "lengths of time": (
        st.timedeltas(pd.Timedelta(days=-9), pd.Timedelta(days=9)),
        lambda values: pd.Series(values, dtype="timedelta64[us]"),
    ),
}


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Columns of any kinds, under any names, of one length."""
    kinds = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4))
    size = draw(st.integers(0, 7))
    names = draw(st.lists(TEXT, min_size=len(kinds), max_size=len(kinds), unique=True))
    made = {}
    for name, kind in zip(names, kinds, strict=True):
        values, typed = COLUMNS[kind]
        made[name] = typed(draw(st.lists(values, min_size=size, max_size=size)))
    return pd.DataFrame(made)


def by_pandas(table: pd.DataFrame, delimiter: str = ",") -> str:
    text: str = table.to_csv(index=False, lineterminator="\n", sep=delimiter, date_format="%Y-%m-%d")
    return text


def result(table: pd.DataFrame) -> Result:
    return Result(table, dict, ())


@pytest.fixture(autouse=True, scope="module")
def slices_of_three_rows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_delimited, "SLICE_ROWS", 3)
        yield


@settings(deadline=None, max_examples=30)
@given(tables())
def test_the_bytes_are_those_that_pandas_writes(table: pd.DataFrame) -> None:
    assert csv.render(result(table), Page()) == by_pandas(table)
    assert tsv.render(result(table), Page()) == by_pandas(table, "\t")


@pytest.mark.parametrize("kind", COLUMNS)
@settings(deadline=None, max_examples=20)
@given(draws=st.data())
def test_each_kind_of_column_is_written_as_pandas_does(kind: str, draws: st.DataObject) -> None:
    values, typed = COLUMNS[kind]
    column = typed(draws.draw(st.lists(values, max_size=20)))
    table = pd.DataFrame({"id": range(len(column)), "x": column})
    assert csv.render(result(table), Page()) == by_pandas(table)


@settings(deadline=None)
@given(st.lists(FLOATS, min_size=1, max_size=50))
def test_numbers_are_written_as_python_writes_them(values: list[float]) -> None:
    assert floats(values) == ["" if math.isnan(value) else repr(value) for value in values]


def floats(values: list[float]) -> list[str]:
    return _delimited.format_column(pd.Series(values, dtype="float64"), ",").fill_null("").to_pylist()  # type: ignore[union-attr]


def test_numbers_at_every_power_of_ten_and_of_two_and_beside_it_are_written_as_python_writes_them() -> None:
    powers = np.concatenate([10.0 ** np.arange(-300, 300), 2.0 ** np.arange(-1074, 1023), [5e-324, np.inf, 0.0]])
    near = np.concatenate([powers, np.nextafter(powers, 0), np.nextafter(powers, np.inf), 1.5 * powers])
    values = np.concatenate([near, -near]).tolist()
    assert floats(values) == [repr(value) for value in values]


def test_a_hundred_thousand_numbers_of_any_size_are_written_as_python_writes_them() -> None:
    chance = np.random.default_rng(7)
    any_size = chance.integers(-(2**63), 2**63, 50_000, dtype=np.int64).view(np.float64)
    usual = chance.integers(0x3F1A000000000000, 0x4203000000000000, 50_000, dtype=np.int64).view(np.float64)
    values = [
        value for value in (*any_size.tolist(), *usual.tolist(), *usual.round(6).tolist()) if not math.isnan(value)
    ]
    assert floats(values) == [repr(value) for value in values]


@pytest.mark.parametrize("text", ["a\rb", "\r", "a\r\nb", "\rb,"])
def test_a_carriage_return_is_quoted_so_that_no_reader_ends_the_record_there(text: str) -> None:
    """Python 3.11 leaves a lone one bare, later versions quote it."""
    written = csv.render(result(pd.DataFrame({"id": [1, 2], text: [text, "x"]})), Page())
    rows = list(reader.reader(io.StringIO(written, newline="")))
    assert rows == [["id", text], ["1", text], ["2", "x"]]


def test_what_pieces_hold_does_not_depend_on_how_many_rows_each_has(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame({"a": [f"{n}," if n % 7 == 0 else str(n) for n in range(1000)], "b": np.arange(1000) / 8})
    written = set()
    for rows in (1, 3, 999, 1000, 1001, 1 << 16):
        monkeypatch.setattr(_delimited, "SLICE_ROWS", rows)
        written.add(b"".join(csv.render_chunks(result(table), Page())))
    assert written == {by_pandas(table).encode()}


def test_values_that_repeat_are_written_as_those_that_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [0.0, -0.0, 1e-05, 2.5, float("nan"), 1e16, float("inf"), 7.0]
    values = pd.Series(few * 1000, dtype="float64")
    monkeypatch.setattr(_delimited, "SLICE_ROWS", 5000)
    numbers = pd.DataFrame({"a": values, "b": values[::-1].to_numpy()})
    assert csv.render(result(numbers), Page()) == by_pandas(numbers)
    days = pd.Series(pd.to_datetime(["2026-01-01", None, "1969-12-31 23:59"] * 1000, format="ISO8601"))
    counts = pd.Series([2**63 - 1, -(2**63), 0] * 1000)
    table = pd.DataFrame({"days": days, "counts": counts, "text": "x"})
    assert csv.render(result(table), Page()) == by_pandas(table)


@pytest.mark.parametrize("day", ["0999-12-31", "1000-01-01", "9999-12-31", "10000-01-01"])
def test_days_of_any_year_are_written_as_pandas_does(day: str) -> None:
    """Years of four digits at the speed of a column; others are left to pandas."""
    table = pd.DataFrame({"id": range(3), "day": np.array([day, "2026-03-01", "NaT"], dtype="datetime64[s]")})
    assert csv.render(result(table), Page()) == by_pandas(table)
    assert (_delimited.format_column(table["day"], ",") is None) == (day in {"0999-12-31", "10000-01-01"})


def test_lengths_of_time_are_as_fine_as_the_finest_in_any_slice() -> None:
    table = pd.DataFrame({"id": range(4), "long": pd.to_timedelta(["1 day", "2 days", "3 days", "1 s"])})
    assert csv.render(result(table), Page()) == by_pandas(table)


@pytest.mark.parametrize("kind", ["str", "float64", "int64", "Int64", "bool", "datetime64[s]"])
def test_what_tables_mostly_hold_is_written_at_the_speed_of_a_column(kind: str) -> None:
    values = ["a", "a", ""] if kind == "str" else [1, 1, 0]
    for some in (values, []):
        assert _delimited.format_column(COLUMNS[kind][1](some), ",") is not None


def test_lines_with_nothing_in_quotes_are_those_that_any_cells_give() -> None:
    columns = [pa.array(["a", None, ""], pa.large_string()), pa.array([None, "é", "x y"], pa.large_string())]
    assert (
        _delimited._write_arrow_csv(columns, ";") == _delimited._join_columns(columns, ";") == "a;\n;é\n;x y\n".encode()
    )
    with pytest.raises(pa.ArrowInvalid):
        _delimited._write_arrow_csv([pa.array(['"a"'], pa.large_string())] * 2, ",")


def test_pieces_of_a_format_without_them_are_its_whole_output() -> None:
    shown = result(pd.DataFrame({"a": [1]}))
    assert b"".join(encode_result(load_format("ndjson"), shown, Page())) == b'{"a": 1}\n'
    assert b"".join(encode_result(load_format("csv"), shown, Page())) == b"a\n1\n"


def test_a_reader_that_leaves_ends_the_writing() -> None:
    """The rest is neither written nor waited for."""
    table = pd.DataFrame({"a": range(3000), "b": range(3000)})
    parts = csv.render_chunks(result(table), Page())
    assert next(parts) == b"a,b\n"
    assert next(parts) == b"0,0\n1,1\n2,2\n"
    parts.close()  # type: ignore[attr-defined]
    assert list(parts) == []


def test_values_that_only_pandas_knows_are_left_to_it() -> None:
    for values in ([Decimal("1.50"), Decimal(2)], [b"a", b"b"], [(1, 2), [3]], [True, "x"]):
        table = pd.DataFrame({"a": [1, 2], "b": pd.Series(values, dtype=object)})
        assert csv.render(result(table), Page()) == by_pandas(table)
