"""Write one table of orders in every supported format, with the least that each format needs."""

import bz2
import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
from pyarrow import feather, ipc, parquet

COLUMNS = ("customer_id", "order_id", "order_date", "amount", "category")
ROWS: list[tuple[str, int, date, float, str]] = [
    ("00042", 1, date(2026, 1, 5), 5.5, "tea, green"),
    ("00042", 2, date(2026, 2, 5), 10.0, 'the "best" & more'),
    ("00007", 3, date(2026, 3, 1), 7.25, ""),
    ("00100", 4, date(2026, 1, 20), 3.0, "Übermaß"),
    ("00100", 9007199254740993, date(2026, 2, 20), 1234567.89, "tea, green"),
]
Rows = Sequence[Sequence[object]]


def csv_text(rows: Rows = ROWS) -> str:
    cells = [[str(value).replace('"', '""') for value in row] for row in (COLUMNS, *rows)]
    return "".join(
        ",".join(f'"{cell}"' if "," in cell or '"' in cell else cell for cell in row) + "\n" for row in cells
    )


def arrow_table() -> pa.Table:
    return pa.table({name: list(column) for name, column in zip(COLUMNS, zip(*ROWS, strict=True), strict=True)})


def _records() -> list[dict[str, object]]:
    return [{name: str(v) if isinstance(v, date) else v for name, v in zip(COLUMNS, row, strict=True)} for row in ROWS]


def _zip(members: dict[str, str | bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return body.getvalue()


def zip_members(members: dict[str, str | bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(_zip(members)) and None


def write_sqlite(path: Path, *tables: str) -> None:
    connection = sqlite3.connect(path)
    for table in tables or ("orders",):
        connection.execute(
            f"CREATE TABLE {table} (customer_id TEXT, order_id INTEGER, order_date TEXT, amount REAL, category TEXT)"
        )
        rows = [(a, b, str(c), d, e) for a, b, c, d, e in ROWS]
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608
    connection.commit()
    connection.close()


def write_duckdb(path: Path, *tables: str) -> None:
    import duckdb

    connection = duckdb.connect(str(path))
    connection.register("arrow_orders", arrow_table())
    for table in tables or ("orders",):
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM arrow_orders")  # noqa: S608
    connection.close()


EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_STYLES = """<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<numFmts count="1"><numFmt numFmtId="164" formatCode="00000"/></numFmts>
<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>
<cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="164" applyNumberFormat="1"/>
</cellXfs></styleSheet>"""
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def _excel_cell(name: str, value: object, *, is_id: bool) -> str:
    if is_id:
        return f'<c r="{name}" s="2"><v>{int(str(value))}</v></c>'
    if isinstance(value, date):
        return f'<c r="{name}" s="1"><v>{(value - EXCEL_EPOCH).days}</v></c>'
    if isinstance(value, str):
        return f'<c r="{name}" t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else ""
    return f'<c r="{name}"><v>{value}</v></c>'


def _excel_sheet(rows: Rows, *, numeric_ids: bool) -> str:
    lines = []
    for number, row in enumerate(rows, 1):
        cells = [
            _excel_cell(f"{'ABCDE'[index]}{number}", value, is_id=numeric_ids and number > 1 and index == 0)
            for index, value in enumerate(row)
        ]
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f'<worksheet xmlns="{_SHEETS}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def excel_bytes(
    sheets: dict[str, Rows], *, numeric_ids: bool = False, extra: dict[str, str | bytes] | None = None
) -> bytes:
    """A workbook; with numeric ids, 42 is displayed as 00042."""
    numbers = range(1, len(sheets) + 1)
    entries = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in zip(numbers, sheets, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    return _zip(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
            "xl/styles.xml": EXCEL_STYLES,
            **{
                f"xl/worksheets/sheet{n}.xml": _excel_sheet(rows, numeric_ids=numeric_ids)
                for n, rows in zip(numbers, sheets.values(), strict=True)
            },
            **(extra or {}),
        }
    )


def _ods_cell(value: object, *, is_id: bool) -> str:
    if is_id:
        return f'<table:table-cell office:value-type="float" office:value="{int(str(value))}"><text:p>{value}</text:p></table:table-cell>'
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value}"><text:p>{value:%d/%m/%y}</text:p></table:table-cell>'
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'


def ods_bytes(rows: Rows, *, numeric_ids: bool = False) -> bytes:
    lines = [
        "<table:table-row>"
        + "".join(_ods_cell(value, is_id=numeric_ids and number > 0 and index == 0) for index, value in enumerate(row))
        + "</table:table-row>"
        for number, row in enumerate(rows)
    ]
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    return _zip(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            "content.xml": f'<office:document-content{names}><office:body><office:spreadsheet><table:table table:name="Orders">{"".join(lines)}</table:table></office:spreadsheet></office:body></office:document-content>',
        }
    )


def write_arrow_stream(path: Path) -> None:
    with ipc.new_stream(path, arrow_table().schema) as writer:
        writer.write_table(arrow_table())


def _orders(*, texts: bool = False) -> list[Sequence[object]]:
    """The rows with their header; big order ids as text, as a spreadsheet needs them."""
    return [COLUMNS, *[[row[0], str(row[1]) if texts else row[1], *row[2:]] for row in ROWS]]


def _parquet_bytes() -> bytes:
    body = io.BytesIO()
    parquet.write_table(arrow_table(), body)
    return body.getvalue()


NDJSON = "".join(json.dumps(record) + "\n" for record in _records())
HALVES = csv_text(ROWS[:2]), csv_text(ROWS[2:]).rstrip("\n")

# A function that writes each format to a path, and the path to read, given the folder
WRITERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "csv": ("o.csv", lambda path: path.write_text(csv_text(), encoding="utf-8")),
    "csv.gz": ("o.csv.gz", lambda path: path.write_bytes(gzip.compress(csv_text().encode()))),
    "zip": ("o.zip", zip_members({"orders.csv": csv_text()})),
    "zip of two": (
        "o.zip",
        zip_members(
            {"a/1.csv": HALVES[0], "a/2.csv": "\ufeff" + HALVES[1], "__MACOSX/a/._1.csv": b"\0", "note.txt": "hi"}
        ),
    ),
    "zip of parquet": ("o.zip", zip_members({"o.parquet": _parquet_bytes()})),
    "zip of xlsx": ("o.zip", zip_members({"o.xlsx": excel_bytes({"A": _orders(texts=True)})})),
    "xlsx": ("o.xlsx", lambda path: path.write_bytes(excel_bytes({"A": _orders(texts=True)}))),
    "xlsx with numeric ids": (
        "o.xlsx",
        lambda path: path.write_bytes(excel_bytes({"A": _orders(texts=True)}, numeric_ids=True)),
    ),
    "xlsx with a title": (
        "o.xlsx",
        lambda path: path.write_bytes(excel_bytes({"A": [["Orders of the shop"], [], *_orders(texts=True)]})),
    ),
    "ods": ("o.ods", lambda path: path.write_bytes(ods_bytes(_orders(texts=True)))),
    "ods with numeric ids": ("o.ods", lambda path: path.write_bytes(ods_bytes(_orders(texts=True), numeric_ids=True))),
    "ndjson": ("o.ndjson", lambda path: path.write_text(NDJSON, encoding="utf-8")),
    "ndjson.bz2": ("o.ndjson.bz2", lambda path: path.write_bytes(bz2.compress(NDJSON.encode()))),
    "json": ("o.json", lambda path: path.write_text(json.dumps(_records(), indent=1), encoding="utf-8")),
    "json in an object": (
        "o.json",
        lambda path: path.write_text(json.dumps({"count": 5, "orders": _records()}), encoding="utf-8"),
    ),
    "parquet": ("o.parquet", lambda path: parquet.write_table(arrow_table(), path)),
    "arrow": ("o.arrow", lambda path: feather.write_feather(arrow_table(), path)),
    "arrow stream": ("o.arrows", write_arrow_stream),
    "sqlite": ("o.db", write_sqlite),
    "sqlite table": ("sqlite:o.db?table=orders", lambda path: write_sqlite(path, "people", "orders")),
    "duckdb": ("o.duckdb", write_duckdb),
    "duckdb table": ("duckdb:o.duckdb?table=orders", lambda path: write_duckdb(path, "people", "orders")),
}
