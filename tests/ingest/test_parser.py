"""Cells are the text of the file: nothing converted, nothing lost, every row on its line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcli.errors import InputProblem
from segcli.ingest.dialect import Dialect
from segcli.ingest.parser import RawTable, read_table

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\r"), max_size=8)


def cells(text: str, wanted: list[str] | None = None) -> RawTable:
    return read_table(Dialect(text.encode(), "utf-8", ","), "orders.csv", wanted)


def table(found: RawTable) -> list[list[str]]:
    return [list(row) for row in zip(*(column.to_pylist() for column in found.columns.values()), strict=True)]


@given(st.lists(st.lists(TEXT, min_size=3, max_size=3), min_size=1, max_size=12))
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]]) -> None:
    """Quotes, delimiters, newlines, NA, leading zeros: text in, the same text out, on its physical line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    lines = []
    writer.writerow(["a", "b", "c"])
    for row in rows:
        lines.append(text.getvalue().count("\n") + 1)
        writer.writerow(row)
    found = cells(text.getvalue())
    assert table(found) == rows
    assert found.find_line_numbers(list(range(len(rows)))) == lines


@pytest.mark.parametrize(
    "value", ["NA", "null", "None", "nan", "007", "1E5", "9007199254740993", "true", " x ", "#N/A"]
)
def test_no_value_is_special(value: str) -> None:
    assert table(cells(f"a,b\n{value},1\n")) == [[value, "1"]]


def test_only_the_wanted_columns_are_read() -> None:
    assert list(cells("a,b,c\n1,2,3\n", ["c", "a"]).columns) == ["a", "c"]


def test_records_of_the_wrong_width_are_counted_and_do_not_shift_columns() -> None:
    found = cells("a,b\n1,2\n1,2,3\n4\n5,6\n")
    assert (table(found), found.bad_rows, found.rows) == ([["1", "2"], ["5", "6"]], 2, 2)
    assert found.find_line_numbers([0, 1]) == [2, 5]


def test_a_file_whose_rows_are_all_too_long_is_refused() -> None:
    with pytest.raises(InputProblem, match="2 of 2 records do not have the header's 2 fields"):
        cells("a,b\n1,2,3\n4,5,6\n")


def test_a_name_twice_is_refused_only_where_it_is_needed() -> None:
    with pytest.raises(InputProblem, match="column 'a': duplicate column name in the header"):
        cells("a,b,a\n1,2,3\n")
    assert table(cells("a,b,a\n1,2,3\n", ["b"])) == [["2"]]


def test_an_unnamed_column_is_named_by_its_place() -> None:
    assert cells("a,,c\n1,2,3\n").header == ("a", "column_2", "c")


def test_line_ends_may_be_mixed() -> None:
    assert table(cells("a,b\r\n1,2\n3,4\r\n")) == [["1", "2"], ["3", "4"]]


def test_a_field_too_long_to_be_one_is_refused() -> None:
    with pytest.raises(InputProblem, match="field larger than field limit"):
        cells("a,b\n1," + "x" * 200_000 + "\n")
