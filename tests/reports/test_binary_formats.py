"""Arrow files and workbooks keep types and values, are read again, and replace only their own files."""

import io
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, ipc

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import EnvironmentProblem, UsageProblem
from segcli.exporters.person_forms import list_person_forms
from segcli.formatting import format_money, format_share
from segcli.io import overwrite_guard
from segcli.io.erasure import find_person
from segcli.message import message
from segcli.reports.blocks import Column, Heading, RatedText, Result, Table
from segcli.reports.formats import Page, encode_result, load_format, xlsx

calamine = pytest.importorskip("python_calamine")
pytest.importorskip("xlsxwriter")

ROWS = pd.DataFrame(
    {
        "customer_id": ["007", "=1+1", "ü"],
        "last_order": pd.to_datetime(["2026-01-05", "2026-01-06", None]).astype("datetime64[s]"),
        "orders": [1, 2, 9007199254740993],
        "last_gap_days": pd.array([3, None, 5], dtype="Int64"),
        "revenue": [0.1, None, 1e300],
        "rfm_segment": [str(message("{name}", name="Best")), "two\nlines", "https://example.com"],
        "mixed": [1, "@a", None],
        "is_new": [True, False, True],
    }
)
PLAIN_COLUMNS = ["customer_id", "last_order", "orders", "revenue", "rfm_segment"]
SEGMENTS = Table(
    [Column("Segment"), Column("Revenue"), Column("Share", is_bar=True), Column("Churn")],
    [
        ["=cmd|' /C calc'!A0", format_money(8911407.9), 0.25, RatedText(format_share(0.456), "bad")],
        ["Best", format_money(2.5), 0.75, "-"],
    ],
)


def encode(name: str, rows: pd.DataFrame, *blocks: Any) -> bytes:
    return b"".join(encode_result(load_format(name), Result(rows, dict, blocks), Page()))


def read_sheets(body: bytes) -> dict[str, list[list[Any]]]:
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(body))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_arrow_keeps_types_and_values() -> None:
    with ipc.open_file(io.BytesIO(encode("arrow", ROWS))) as reader:
        table = reader.read_all()
    types = {field.name: field.type for field in table.schema}
    assert types["last_order"] == pa.date32()
    assert types["orders"] == types["last_gap_days"] == pa.int64()
    assert table.to_pydict()["last_order"] == [date(2026, 1, 5), date(2026, 1, 6), None]
    assert table.to_pydict()["orders"] == [1, 2, 9007199254740993]
    assert table.to_pydict()["mixed"] == ["1", "@a", None]
    assert feather.read_table(io.BytesIO(encode("arrow", ROWS.iloc[:0]))).column_names == list(ROWS)


def test_a_workbook_has_numbers_days_and_texts() -> None:
    sheets = read_sheets(encode("xlsx", ROWS))
    assert sheets == {
        "Customers": [
            list(ROWS),
            ["007", date(2026, 1, 5), 1.0, 3.0, 0.1, "Best", 1.0, True],
            ["=1+1", date(2026, 1, 6), 2.0, "", "", "two\nlines", "@a", False],
            ["ü", "", "9007199254740993", 5.0, 1e300, "https://example.com", "", True],
        ]
    }


def test_a_workbook_has_a_sheet_for_each_table_with_its_values() -> None:
    body = encode(
        "xlsx", ROWS, Heading("a/b: [c]"), SEGMENTS, Heading("A B  C "), SEGMENTS, Heading("x" * 40), SEGMENTS
    )
    sheets = read_sheets(body)
    assert list(sheets) == ["Customers", "a b   c", "A B  C", "x" * 31]
    assert sheets["a b   c"] == [
        ["Segment", "Revenue", "Share", "Churn"],
        ["=cmd|' /C calc'!A0", 8911407.9, 0.25, 0.456],
        ["Best", 2.5, 0.75, "-"],
    ]


def test_names_of_sheets_differ_in_more_than_case_and_are_not_reserved() -> None:
    tables = [
        part for title in ("Best", "BEST", "history", "'", "y" * 40, "Y" * 40) for part in (Heading(title), SEGMENTS)
    ]
    names = list(read_sheets(encode("xlsx", ROWS, *tables)))
    assert names == ["Customers", "Best", "BEST 2", "history 2", "Table", "y" * 31, "Y" * 29 + " 2"]


def test_no_cell_of_a_workbook_is_a_formula_or_a_link() -> None:
    with zipfile.ZipFile(io.BytesIO(encode("xlsx", ROWS, SEGMENTS))) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode()
            assert "<f>" not in text
            assert "<hyperlink " not in text


@pytest.mark.parametrize("name", ["arrow", "xlsx"])
def test_the_same_rows_give_the_same_bytes(name: str) -> None:
    assert encode(name, ROWS, SEGMENTS) == encode(name, ROWS.copy(), SEGMENTS)


@pytest.mark.parametrize("name", ["arrow", "xlsx"])
def test_a_table_is_read_again_as_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"scored.{name}"
    path.write_bytes(encode(name, ROWS[PLAIN_COLUMNS].assign(orders=[1, 2, 3]), SEGMENTS))
    customers = load_customers(IngestSettings(transactions=Source(path=str(path))))
    assert customers.table["customer_id"].tolist() == ["007", "=1+1", "ü"]
    assert customers.table["rfm_segment"].tolist() == ["Best", "two\nlines", "https://example.com"]
    assert customers.table["orders"].tolist() == [1, 2, 3]


def make_foreign(name: str) -> bytes:
    body = io.BytesIO()
    if name == "arrow":
        feather.write_feather(pa.table({"customer_id": ["a"]}), body)
    else:
        import xlsxwriter

        with xlsxwriter.Workbook(body) as workbook:
            workbook.add_worksheet()
    return body.getvalue()


@pytest.mark.parametrize("name", ["arrow", "xlsx"])
def test_only_an_earlier_result_is_replaced(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{name}"
    path.write_bytes(encode(name, ROWS))
    overwrite_guard.refuse_foreign_file(str(path))
    for body in (make_foreign(name), b"PK\x03\x04" + bytes(20), b"ARROW1" + bytes(20)):
        path.write_bytes(body)
        with pytest.raises(UsageProblem, match="not an earlier output"):
            overwrite_guard.refuse_foreign_file(str(path))


@pytest.mark.parametrize("name", ["arrow", "xlsx"])
@pytest.mark.parametrize("customer", ["C-7", "5"])
def test_a_person_in_a_result_is_found(name: str, customer: str, tmp_path: Path) -> None:
    rows = pd.DataFrame({"customer_id": [f"{customer}1", customer, f"2{customer}"], "orders": [5, 3, 5]})
    path = tmp_path / f"out.{name}"
    path.write_bytes(encode(name, rows))
    (trace,) = find_person(tmp_path, list_person_forms([customer], IngestSettings(), None))
    assert (trace.path, trace.body) == (path, None)
    assert trace.place
    path.write_bytes(encode(name, rows.iloc[[0, 2]]))
    assert find_person(tmp_path, list_person_forms([customer], IngestSettings(), None)) == []


@pytest.mark.parametrize("name", ["arrow", "xlsx"])
def test_a_terminal_gets_no_binary(name: str) -> None:
    with pytest.raises(UsageProblem, match=rf"hint: write a file with -o FILE\.{name}"):
        load_format(name).render(Result(ROWS, dict, ()), Page())


def test_limits_of_a_workbook_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageProblem, match=r"a text of 40,000 characters; a cell has at most 32,767; hint: use -f csv"):
        encode("xlsx", pd.DataFrame({"a": ["x" * 40_000]}))
    monkeypatch.setattr(xlsx, "MAX_ROWS", 3)
    with pytest.raises(UsageProblem, match=r"3 rows; a sheet has at most 2; hint: use -f csv"):
        encode("xlsx", ROWS)


def test_the_extra_is_named_if_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(EnvironmentProblem, match=r"hint: pip install 'segcli\[excel\]'"):
        encode("xlsx", ROWS)
