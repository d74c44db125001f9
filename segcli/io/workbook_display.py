"""Find numbers of a workbook that are displayed with leading zeros or a fixed text, such as ids: C-00042 for 42."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO
from xml.etree import ElementTree as ET

CellTexts = dict[int, dict[int, str]]  # displayed texts by row and column, both from 0

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_LITERAL = r'(?:"[^"]*"|\\.|[-_/ ])'
_ID_FORMAT = re.compile(rf"(?P<prefix>{_LITERAL}*)(?P<zeros>0+)(?P<suffix>{_LITERAL}*)")
_DISPLAYED_ID = re.compile(r"\D*0\d+\D*|[^\d\s.,%-]+[-_/ ]?\d+")  # a leading zero, or a text before the digits
_CELL_NAME = re.compile(r"([A-Z]+)(\d+)")
CONTENT_MEMBER = "content.xml"


def find_displayed_ids(archive: zipfile.ZipFile, sheet: str) -> CellTexts:
    """Return the displayed texts of whole numbers whose format adds zeros or a text."""
    if CONTENT_MEMBER in archive.namelist():
        with archive.open(CONTENT_MEMBER) as stream:
            return _find_opendocument_ids(stream, sheet)
    formats = _read_id_formats(archive)
    path = _find_sheet_path(archive, sheet) if formats else None
    if path is None:
        return {}
    with archive.open(path) as stream:
        return _find_excel_ids(stream, formats)


def _read_id_formats(archive: zipfile.ZipFile) -> dict[str, "re.Match[str]"]:
    """Return the formats of ids by the index of the cell style."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    root = ET.fromstring(archive.read("xl/styles.xml"))  # noqa: S314 - expat limits the expansion of entities
    codes = {entry.get("numFmtId"): entry.get("formatCode", "") for entry in root.iter(f"{_MAIN}numFmt")}
    styles = root.find(f"{_MAIN}cellXfs")
    matches = {
        str(index): _ID_FORMAT.fullmatch(codes.get(style.get("numFmtId"), ""))
        for index, style in enumerate(styles if styles is not None else ())
    }
    return {
        index: match
        for index, match in matches.items()
        if match and (len(match["zeros"]) > 1 or match["prefix"] or match["suffix"])
    }


def _find_sheet_path(archive: zipfile.ZipFile, sheet: str) -> str | None:
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(archive.namelist()):
        return None
    workbook = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - expat limits the expansion of entities
    relations = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - as above
    relation_id = next(
        (entry.get(_RELATION_ID) for entry in workbook.iter(f"{_MAIN}sheet") if entry.get("name") == sheet), None
    )
    target = next((entry.get("Target", "") for entry in relations if entry.get("Id") == relation_id), "")
    path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return path if path in archive.namelist() else None


def _find_excel_ids(stream: IO[bytes], formats: Mapping[str, "re.Match[str]"]) -> CellTexts:
    texts: CellTexts = {}
    for _, cell in ET.iterparse(stream):  # noqa: S314 - expat limits the expansion of entities
        if cell.tag == f"{_MAIN}row":
            cell.clear()
        if cell.tag != f"{_MAIN}c" or cell.get("s") not in formats or cell.get("t", "n") != "n":
            continue
        name, value = _CELL_NAME.fullmatch(cell.get("r", "")), cell.findtext(f"{_MAIN}v", "")
        if name and value.isdecimal():
            column = 0
            for letter in name[1]:
                column = column * 26 + ord(letter) - ord("A") + 1
            texts.setdefault(int(name[2]) - 1, {})[column - 1] = _display(value, formats[str(cell.get("s"))])
    return texts


def _display(value: str, id_format: "re.Match[str]") -> str:
    prefix, suffix = (re.sub(r'"([^"]*)"|\\(.)', r"\1\2", id_format[part]) for part in ("prefix", "suffix"))
    return f"{prefix}{value.zfill(len(id_format['zeros']))}{suffix}"


def _find_opendocument_ids(stream: IO[bytes], sheet: str) -> CellTexts:
    texts: CellTexts = {}
    for event, table in ET.iterparse(stream, ("start", "end")):  # noqa: S314 - expat limits the expansion of entities
        if event == "end" and table.tag == f"{_TABLE}table":
            if table.get(f"{_TABLE}name") == sheet:
                for row, column, text in _iterate_opendocument_ids(table):
                    texts.setdefault(row, {})[column] = text
            table.clear()
    return texts


def _iterate_opendocument_ids(table: ET.Element) -> Iterator[tuple[int, int, str]]:
    row_number = 0
    for row in table.iter(f"{_TABLE}table-row"):
        column = 0
        for cell in row:
            repeats = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
            text = "".join(cell.itertext())
            if cell.get(f"{_OFFICE}value-type") == "float" and _DISPLAYED_ID.fullmatch(text):
                for position in range(repeats):
                    yield row_number, column + position, text
            column += repeats
        row_number += int(row.get(f"{_TABLE}number-rows-repeated", "1"))
