"""Open any supported file as a stream of text: decompressed, and converted to CSV if it is another kind of table."""

import io
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import IO

from segcli.io import archive, arrow_files, databases, json_records, workbook
from segcli.io.compression import UNPACK_ERRORS, detect_packing, open_packed, peek_start, unpacking_problem

JSON_KIND, EXCEL_KIND = "JSON", "an Excel workbook"
SQLITE_KIND, DUCKDB_KIND = "an SQLite database", "a DuckDB database"
_KIND_PATTERNS: Mapping[str, re.Pattern[bytes]] = MappingProxyType(
    {
        arrow_files.ARROW_KIND: re.compile(rb"ARROW1|\xff{4}"),
        archive.ZIP_KIND: re.compile(rb"PK(?:\x03\x04|\x05\x06)"),
        EXCEL_KIND: re.compile(rb"\xd0\xcf\x11\xe0"),
        SQLITE_KIND: re.compile(rb"SQLite format 3\0"),
        DUCKDB_KIND: re.compile(rb".{8}DUCK", re.DOTALL),
        JSON_KIND: json_records.START_PATTERN,
    }
)
_WORKBOOK_KINDS = (archive.ZIP_KIND, EXCEL_KIND)


def detect_table_kind(start: bytes) -> str:
    """Return the kind of a table that is not CSV, from the first bytes of a file; blank for text."""
    return next((kind for kind, pattern in _KIND_PATTERNS.items() if pattern.match(start)), "")


def needs_conversion(start: bytes) -> bool:
    """Return whether a file with these first bytes is compressed or another kind of table than CSV."""
    return bool(detect_packing(start) or detect_table_kind(start))


def is_workbook(stream: IO[bytes]) -> bool:
    """Return whether a file, positioned at its start, is a workbook, which is never read in chunks."""
    kind = detect_table_kind(peek_start(stream))
    return kind == EXCEL_KIND or (kind == archive.ZIP_KIND and archive.is_workbook_archive(stream))


def open_text(stream: IO[bytes], name: str, size: int) -> IO[bytes]:
    """Open a file as text; a plain text file is returned unchanged.

    Args:
        stream: the file, positioned at its start.
        name: path of the file with the table in it, for messages.
        size: size of the stored file in bytes.

    Raises:
        InputProblem: if it cannot be read as a table.
    """
    packing = detect_packing(peek_start(stream))
    unpacked = open_packed(stream, name, size)
    try:
        kind = detect_table_kind(peek_start(unpacked))
    except UNPACK_ERRORS:
        raise unpacking_problem(name, packing) from None
    if not kind:
        return unpacked
    if kind != JSON_KIND and not unpacked.seekable():
        unpacked = io.BytesIO(unpacked.read())
    return _convert(kind, unpacked, name, size)


def _convert(kind: str, stream: IO[bytes], name: str, size: int) -> IO[bytes]:
    if kind == archive.ZIP_KIND:
        opened_archive = archive.open_archive(stream, name)
        if not archive.has_workbook(opened_archive):
            try:
                return archive.zip_to_text(opened_archive, name, size, _open_member)
            except UNPACK_ERRORS:
                raise archive.archive_problem(name) from None
        stream.seek(0)
    if kind in _WORKBOOK_KINDS:
        return workbook.workbook_to_csv(stream, name, size)
    converters = {
        arrow_files.ARROW_KIND: arrow_files.arrow_to_csv,
        SQLITE_KIND: databases.sqlite_to_csv,
        DUCKDB_KIND: databases.duckdb_to_csv,
        JSON_KIND: json_records.json_to_csv,
    }
    return converters[kind](stream, name)


def _open_member(stream: IO[bytes], name: str, size: int) -> IO[bytes]:
    """Open the member of an archive, which may be any kind of table except another archive."""
    if detect_table_kind(peek_start(stream)) == archive.ZIP_KIND:
        stream = io.BytesIO(stream.read())
        if not archive.has_workbook(archive.open_archive(stream, name)):
            raise archive.nesting_problem(name)
        stream.seek(0)
    return open_text(stream, name, size)
