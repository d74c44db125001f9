"""The same orders in every format give the same customers; what cannot be read is refused with a remedy."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.config.loader import build_dotted_layer, load_settings, parse_yaml_layer
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.io import chunk_reader, compression
from segcli.io.read import read_json
from segcli.location import change_file, locate_file, split_location
from segcli.model import Customers
from tests.io.tables import (
    COLUMNS,
    HALVES,
    ROWS,
    WRITERS,
    csv_text,
    excel_bytes,
    write_duckdb,
    write_sqlite,
    zip_members,
)

NEEDED_MODULES = {"xlsx": "python_calamine", "ods": "python_calamine", "duckdb": "duckdb"}


def load(path: Path | str) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=str(path))))


def write_format(folder: Path, name: str) -> str:
    """Write the orders in a format, and return the path to read."""
    for word, module in NEEDED_MODULES.items():
        if word in name:
            pytest.importorskip(module)
    path, write = WRITERS[name]
    scheme, file_name, _ = split_location(path)
    write(folder / file_name)
    return change_file(path, str(folder / file_name)) if scheme else str(folder / path)


@pytest.fixture(scope="module")
def expected() -> pd.DataFrame:
    """The customer table, computed by hand from the rows."""
    orders = pd.DataFrame(ROWS, columns=list(COLUMNS))
    orders["order_date"] = pd.to_datetime(orders["order_date"])
    return orders.groupby("customer_id").agg(
        last_order=("order_date", "max"), orders=("order_id", "nunique"), revenue=("amount", "sum")
    )


@pytest.mark.parametrize("large", [1, 1 << 30], ids=["chunks", "whole"])
@pytest.mark.parametrize("name", WRITERS)
def test_the_same_orders_in_each_format_give_the_same_customers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: pd.DataFrame, name: str, large: int
) -> None:
    monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", large)
    (tmp_path / "as.csv").write_text(csv_text(), encoding="utf-8")
    table = load(write_format(tmp_path, name)).table
    pd.testing.assert_frame_equal(table, load(tmp_path / "as.csv").table)
    found = table.set_index("customer_id")[["last_order", "orders", "revenue"]]
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_index_type=False)


@pytest.mark.parametrize("name", [name for name in WRITERS if "duckdb" not in name and "table" not in name])
def test_each_format_can_be_piped(tmp_path: Path, name: str) -> None:
    path = write_format(tmp_path, name)
    with Path(path).open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "segcli", "ingest", "-q"], stdin=file, capture_output=True, check=False, text=True
        )
    assert done.returncode == 0, done.stderr
    assert [line.partition(",")[0] for line in done.stdout.splitlines()] == ["customer_id", "00007", "00042", "00100"]


def notes_of(path: Path) -> str:
    return "\n".join(load(path).input_reports[0].notes)


def test_the_sheet_with_most_rows_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    rows: Any = [COLUMNS, *[[row[0], str(row[1]), *row[2:]] for row in ROWS]]
    sheets = {"Read me": [["Orders", "of 2026"]], "May": rows, "Empty": []}
    (tmp_path / "book.xlsx").write_bytes(excel_bytes(sheets))
    assert "segcli reads the sheet 'May', the longest one (other sheets: Read me, Empty)" in notes_of(
        tmp_path / "book.xlsx"
    )
    assert len(load(f"{tmp_path / 'book.xlsx'}?sheet=May").table) == 3
    with pytest.raises(InputProblem, match="no sheet 'June'; available: Read me, May, Empty"):
        load(f"{tmp_path / 'book.xlsx'}?sheet=June")


def test_a_macro_in_a_workbook_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    rows: Any = [COLUMNS, *[[row[0], str(row[1]), *row[2:]] for row in ROWS]]
    (tmp_path / "book.xlsm").write_bytes(excel_bytes({"May": rows}, extra={"xl/vbaProject.bin": b"Sub Auto_Open()"}))
    assert len(load(tmp_path / "book.xlsm").table) == 3


def test_lines_of_messages_are_rows_of_the_sheet(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    rows: Any = [
        ["Orders"],
        [],
        COLUMNS,
        *[[row[0], str(row[1]), *row[2:]] for row in ROWS],
        ["", "8", "soon", "5", ""],
    ]
    (tmp_path / "book.xlsx").write_bytes(excel_bytes({"A": rows}))
    settings = IngestSettings(transactions=Source(path=str(tmp_path / "book.xlsx")), rejects="r.csv")
    assert [reject.line for reject in load_customers(settings).input_reports[0].rejects] == [3 + len(ROWS) + 1]


def test_a_workbook_without_the_extra_is_refused_with_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "book.xlsx").write_bytes(excel_bytes({"A": [COLUMNS]}))
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(InputProblem, match=r"pip install 'segcli\[excel\]'"):
        load(tmp_path / "book.xlsx")


def test_files_of_an_archive_are_named(tmp_path: Path) -> None:
    zip_members({"1.csv": HALVES[0], "2.csv": HALVES[1]})(tmp_path / "o.zip")
    assert "2 files of the archive are read as one: 1.csv, 2.csv" in notes_of(tmp_path / "o.zip")
    assert len(load(f"{tmp_path / 'o.zip'}?file=1.csv").table) == 1


def encrypted_zip() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("o.csv", csv_text())
    stored = bytearray(body.getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        stored[stored.index(signature) + offset] |= 1
    return bytes(stored)


def zip_bytes(folder: Path, members: dict[str, str | bytes]) -> bytes:
    zip_members(members)(folder / "made.zip")
    return (folder / "made.zip").read_bytes()


@pytest.mark.bad_input(45)
@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"o.csv": csv_text(), "p.csv": "id,age\n1,2\n"},
            r"files with different columns: o\.csv and p\.csv; hint: choose",
        ),
        ({"readme.pdf": b"%PDF"}, r"no file in the archive ends in \.csv"),
        ({"__MACOSX/._o.csv": b"\0"}, r"no file in the archive ends in \.csv"),
        ({"1.csv": csv_text().encode("utf-16"), "2.csv": csv_text().encode("utf-16")}, "is not plain text"),
        ({"o.csv": b"%PDF-1.7"}, "a PDF, not CSV"),
    ],
    ids=["columns", "no export", "only hidden", "utf-16", "pdf"],
)
def test_an_archive_without_one_table_is_refused(tmp_path: Path, members: dict[str, str | bytes], message: str) -> None:
    zip_members(members)(tmp_path / "o.zip")
    with pytest.raises(InputProblem, match=message):
        load(tmp_path / "o.zip")


@pytest.mark.bad_input(45)
def test_archives_that_cannot_be_unpacked_are_refused(tmp_path: Path) -> None:
    whole = zip_bytes(tmp_path, {"o.csv": csv_text()})
    damaged = bytearray(whole)
    damaged[whole.index(b"o.csv") + 12] ^= 0xFF
    cases = {
        "protected by a password; hint: unpack": encrypted_zip(),
        "cannot be decompressed; the file may be truncated": whole[: len(whole) // 2],
        "cannot be (decompressed|unpacked)": bytes(damaged),
        "a zip archive inside a zip archive; hint: unpack": zip_bytes(tmp_path, {"inner.zip": whole}),
    }
    for message, body in cases.items():
        (tmp_path / "o.zip").write_bytes(body)
        with pytest.raises(InputProblem, match=message):
            load(tmp_path / "o.zip")


@pytest.mark.bad_input(44)
@pytest.mark.parametrize("count", [1, 2])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(compression, "UNCHECKED_BYTES", 1 << 20)
    bomb = csv_text() + "00042,1,2026-01-05,5.5,tea\n" * 400_000
    zip_members({f"{number}.csv": bomb for number in range(count)})(tmp_path / "o.zip")
    with pytest.raises(InputProblem, match="after decompression, more than 250 times"):
        load(tmp_path / "o.zip")


@pytest.mark.bad_input(44)
def test_a_bomb_in_a_workbook_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("python_calamine")
    monkeypatch.setattr(compression, "UNCHECKED_BYTES", 1 << 20)
    (tmp_path / "o.xlsx").write_bytes(excel_bytes({"A": [COLUMNS]}, extra={"xl/media/a.bin": bytes(10 << 20)}))
    with pytest.raises(InputProblem, match="after decompression"):
        load(tmp_path / "o.xlsx")


@pytest.mark.bad_input(45)
@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
def test_a_broken_workbook_is_refused(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("python_calamine")
    broken_sheet: dict[str, str | bytes] = {"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row"}
    broken = excel_bytes({"A": [COLUMNS]}, extra=broken_sheet) if suffix == "xlsx" else b"\xd0\xcf\x11\xe0" + bytes(600)
    (tmp_path / f"o.{suffix}").write_bytes(broken)
    with pytest.raises(InputProblem, match="looks like a spreadsheet, but cannot be read"):
        load(tmp_path / f"o.{suffix}")


@pytest.mark.parametrize("write", [write_sqlite, write_duckdb])
def test_a_table_has_to_be_named_among_several(tmp_path: Path, write: Any) -> None:
    if write is write_duckdb:
        pytest.importorskip("duckdb")
    path = tmp_path / "shop.db"
    write(path, "orders", "people")
    with pytest.raises(
        InputProblem, match=r"several; available: orders, people; hint: name the table, .*\?table=orders"
    ):
        load(path)
    with pytest.raises(InputProblem, match="no table 'nope'"):
        load(f"{path}?table=nope")
    assert len(load(f"{path}?table=ORDERS").table) == 3


@pytest.mark.bad_input(45)
def test_a_broken_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(b"SQLite format 3\0" + bytes(200))
    with pytest.raises(InputProblem, match="looks like an SQLite database, but cannot be read"):
        load(tmp_path / "shop.db")
    pytest.importorskip("duckdb")
    (tmp_path / "shop.db").write_bytes(bytes(8) + b"DUCK" + bytes(200))
    with pytest.raises(InputProblem, match="looks like a DuckDB database, but cannot be read"):
        load(tmp_path / "shop.db")


def test_a_view_reads_no_other_files(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    (tmp_path / "secret.csv").write_text(csv_text(), encoding="utf-8")
    connection = duckdb.connect(str(tmp_path / "shop.db"))
    connection.execute(f"CREATE VIEW orders AS SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')")  # noqa: S608
    connection.close()
    with pytest.raises(InputProblem, match="looks like a DuckDB database, but cannot be read"):
        load(tmp_path / "shop.db")


LINE = '{"customer_id": "a", "order_date": "2026-01-05", "amount": 5.10}\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LINE + '{"customer_id": \n', r"o\.json:2: not valid JSON"),
        (LINE + "[1]\n", r"o\.json:2: not a JSON object"),
        (LINE + '{"customer_id": "b", "tags": ["x"]}\n', r"o\.json:2: column 'tags': list of values"),
        ('[{"a": 1}, 2]', "no array of objects"),
        ('{"a": [{"b": 1}], "c": [{"d": 1}]}', "several arrays of objects: a, c"),
        ('{"schema": "segcli.personas/1", "personas": []}', r"a result without customers \(segcli\.personas/1\)"),
        ('[{"a": ' + "[" * 100_000, "not readable JSON"),
        ("[\n{", r"o\.json:2: not valid JSON"),
    ],
)
def test_json_without_records_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "o.json").write_text(text)
    with pytest.raises(InputProblem, match=message):
        load(tmp_path / "o.json")


def test_keys_may_come_later_and_nested_objects_are_columns(tmp_path: Path) -> None:
    orders = [
        {"customer": {"id": 12345678901234567890}, "order_date": "2026-01-05", "amount": 0.10},
        {"customer": {"id": 2}, "order_date": "2026-01-06", "amount": 5, "paid": True},
    ]
    (tmp_path / "o.ndjson").write_text("".join(json.dumps(order) + "\n" for order in orders))
    settings = IngestSettings(
        transactions=Source(path=str(tmp_path / "o.ndjson"), columns={"customer_id": "customer.id"})
    )
    table = load_customers(settings).table
    assert table["customer_id"].tolist() == ["12345678901234567890", "2"]
    assert table["revenue"].sum() == pytest.approx(5.1)


def run(*arguments: str, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "segcli", *arguments], input=stdin, capture_output=True, check=False, text=True
    )


@pytest.mark.parametrize("layout", ["csv", "ndjson", "json"])
def test_commands_read_their_own_json(tmp_path: Path, layout: str) -> None:
    (tmp_path / "o.csv").write_text(
        "customer_id,order_date,amount\n" + "".join(f"c{n % 9},2026-0{1 + n % 5}-11,{n}.5\n" for n in range(60))
    )
    scored = run("rfm", str(tmp_path / "o.csv"), "-q", "-f", layout)
    clusters = run("cluster", "-", "-q", "-k", "2", "-f", "csv", stdin=scored.stdout)
    assert clusters.returncode == 0, clusters.stderr
    as_csv = run("cluster", "-", "-q", "-k", "2", "-f", "csv", stdin=run("rfm", str(tmp_path / "o.csv"), "-q").stdout)
    assert clusters.stdout == as_csv.stdout


def test_settings_and_models_in_json_are_not_tables(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('[{"a": 1}]')
    assert read_json(str(tmp_path / "model.json"), "") == [{"a": 1}]


def test_a_table_in_a_config_is_found_beside_the_config() -> None:
    layer = parse_yaml_layer("ingest: {transactions: {path: 'sqlite:shop.db?table=orders'}}", "a/b.yaml", "a")
    source = load_settings([layer]).settings.ingest.transactions
    assert source.path == "sqlite:a/shop.db?table=orders"
    flag = build_dotted_layer([("ingest.transactions.path", "~/o.xlsx?sheet=A")], "x")
    path = load_settings([flag]).settings.ingest.transactions.path
    assert path == str(Path("~/o.xlsx?sheet=A").expanduser())


def test_a_file_with_such_a_name_is_a_file(tmp_path: Path) -> None:
    odd = tmp_path / "o.csv?table=x"
    odd.write_text(csv_text(), encoding="utf-8")
    assert locate_file(str(odd)) == odd
    assert len(load(odd).table) == 3
