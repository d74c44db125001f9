"""Erase a person from the results of earlier runs: rows of tables, objects of JSON, and mentions in either.

Tables are rewritten record by record and JSON value by value. Formats for people, such as Markdown, and compressed
files are not rewritten, because their text does not show which parts describe the person; they are reported instead.
"""

import csv
import io
import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from segcli.io import lock, manifest
from segcli.io.arrow_files import ARROW_KIND
from segcli.io.compression import detect_packing
from segcli.io.erasure_text import find_mention, unpack_members
from segcli.io.overwrite_guard import REJECTS_HEADER
from segcli.io.person import FORGOTTEN_TEXT, Person, classify_column
from segcli.io.text_stream import detect_table_kind
from segcli.io.write import write_file

# Erase a person from JSON: the person's objects, and mentions in other values; the layout is preserved.
_JSON_STYLES = tuple((indent, is_ascii) for indent in (1, None, 2, 4) for is_ascii in (True, False))
_REMOVED_VALUE = object()


@dataclass(frozen=True)
class ErasureResult:
    """JSON value or text without the person, and counts of the erased parts; `place` locates a possible mention."""

    value: Any
    rows: int = 0
    mentions: int = 0
    contacts: frozenset[str] = frozenset()
    place: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether anything was erased."""
        return bool(self.rows or self.mentions)

    def add_counts(self, other: "ErasureResult") -> "ErasureResult":
        """Return this result with the counts of another result added."""
        return ErasureResult(
            self.value,
            self.rows + other.rows,
            self.mentions + other.mentions,
            self.contacts | other.contacts,
            self.place or other.place,
        )


def erase_json_lines(text: str, person: Person) -> ErasureResult:
    """Erase a person from a text with one JSON value per line.

    Raises:
        ValueError: if the text is not in this format.
    """
    kept_lines, result = list[str](), ErasureResult(None)
    for line in text.split("\n"):
        erasure = _erase_value(json.loads(line), "", person) if line.strip() else ErasureResult(None)
        result = result.add_counts(erasure)
        if erasure.value is not _REMOVED_VALUE:
            kept_lines.append(_dump_like(line, erasure.value) if erasure.is_changed else line)
    return replace(result, value="\n".join(kept_lines))


def erase_json(text: str, person: Person) -> ErasureResult:
    """Erase a person from a JSON document.

    Raises:
        ValueError: if the text is not JSON.
    """
    erasure = _erase_value(json.loads(text), "", person)
    if erasure.value is _REMOVED_VALUE:  # the whole file is about the person
        return replace(erasure, value="{}\n")
    return replace(erasure, value=_dump_like(text, erasure.value) if erasure.is_changed else text)


def _erase_value(value: Any, key: str, person: Person) -> ErasureResult:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return _erase_object(value, person)
    if isinstance(value, list):
        return _erase_list(value, key, person)
    if isinstance(value, str) or (classify_column(key) == "id" and _is_scalar(value)):
        if person.is_named_by(str(value), key):
            return ErasureResult(FORGOTTEN_TEXT, mentions=1)
        if isinstance(value, str):
            text, count = person.replace_mentions(value)
            return ErasureResult(text if count else value, mentions=count)
    return ErasureResult(value)


def _erase_object(json_object: Mapping[str, Any], person: Person) -> ErasureResult:
    row = [(key, str(item)) for key, item in json_object.items() if _is_scalar(item)]
    if person.owns_row(row):
        contacts = frozenset(item for key, item in row if item and classify_column(key) == "contact")
        return ErasureResult(_REMOVED_VALUE, rows=1, contacts=contacts)
    place = next((f"key {key}" for key, item in row if person.may_own_row([(key, item)])), "")
    result, kept_items = ErasureResult(None, place=place), dict[str, Any]()
    for key, item in json_object.items():
        if person.is_named_by(key, ""):
            result = result.add_counts(ErasureResult(None, rows=1))
            continue
        erasure = _erase_value(item, key, person)
        result = result.add_counts(erasure)
        if erasure.value is not _REMOVED_VALUE:
            kept_items[key] = erasure.value
    return replace(result, value=kept_items)


def _erase_list(items: Sequence[Any], key: str, person: Person) -> ErasureResult:
    result, kept_items = ErasureResult(None), list[Any]()
    for item in items:
        is_row = isinstance(item, list) and any(_is_scalar(cell) and person.is_named_by(str(cell), "") for cell in item)
        erasure = ErasureResult(_REMOVED_VALUE, rows=1) if is_row else _erase_value(item, key, person)
        result = result.add_counts(erasure)
        if erasure.value is not _REMOVED_VALUE:
            kept_items.append(erasure.value)
    return replace(result, value=kept_items)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _dump_like(text: str, value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Dump a value in the JSON layout of the original text."""
    parsed = json.loads(text)
    end = text[len(text.rstrip()) :]
    styles = [style for style in _JSON_STYLES if _dump_json(parsed, *style) + end == text]
    indent, is_ascii = styles[0] if styles else (1, False)
    return _dump_json(value, indent, is_ascii) + end


def _dump_json(value: Any, indent: int | None, is_ascii: bool) -> str:  # noqa: ANN401, FBT001 - a style
    return json.dumps(value, indent=indent, ensure_ascii=is_ascii)


TABLE_DELIMITERS = {".csv": ",", ".tsv": "\t"}
JSON_LINES_SUFFIXES = (".ndjson", ".jsonl")
CONVERTED_SUFFIXES = (".parquet", ".arrow", ".feather")  # searched as CSV
CELL_DELIMITERS = ",;\t|"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
PACKING_BYTES = 64  # bytes; enough to detect the compression format


@dataclass(frozen=True)
class PersonTrace:
    """File that mentions a person: number of rows and mentions to erase, and the content without them.

    If `body` is None, the file cannot be rewritten, and `place` locates the mention.
    """

    path: Path
    rows: int = 0
    mentions: int = 0
    body: bytes | None = None
    place: str = ""
    contacts: frozenset[str] = field(default_factory=frozenset)


def find_person(folder: Path, person: Person, kept_paths: Collection[Path] = ()) -> list[PersonTrace]:
    """Find all files of a folder that mention a person, in the order of names.

    Args:
        folder: folder of results, searched recursively.
        person: the person's ids and identifiers in results.
        kept_paths: files that must not change, such as the suppression list.
    """
    resolved_kept = {path.resolve() for path in kept_paths}
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in lock.LOCK_FILES)
    traces = [_find_in_file(path, person) for path in files if path.resolve() not in resolved_kept]
    linked_folders = sorted(path for path in folder.rglob("*") if path.is_symlink() and path.is_dir())
    unread_traces = [
        PersonTrace(path, place="a symbolic link to a folder, which segcli does not search") for path in linked_folders
    ]
    return [*(_keep_link_target(trace) for trace in traces if trace is not None), *unread_traces]


def _keep_link_target(trace: PersonTrace) -> PersonTrace:
    """Mark the target of a symbolic link as not rewritable: it may belong to somebody else."""
    if not trace.path.is_symlink():
        return trace
    return replace(trace, body=None, place=f"a symbolic link to {trace.path.resolve()}, which segcli does not rewrite")


def find_person_and_contacts(
    folder: Path, person: Person, expand: Callable[[str], Person], kept_paths: Collection[Path] = ()
) -> tuple[list[PersonTrace], Person]:
    """Find a person, also by the contact details in the person's rows; return the files and all identities.

    Args:
        folder: folder of results.
        person: the person as given.
        expand: function that returns the forms of an email address or phone number in results.
        kept_paths: files that must not change.
    """
    known_contacts = set[str]()
    while True:
        traces = find_person(folder, person, kept_paths)
        new_contacts = frozenset[str]().union(*(trace.contacts for trace in traces)) - known_contacts
        if not new_contacts:
            return traces, person
        known_contacts |= new_contacts
        for contact in sorted(new_contacts):
            person |= expand(contact)


def erase_person(traces: Sequence[PersonTrace]) -> None:
    """Write the files without the person; update the digests in run.json, which is written after all other files."""
    new_bodies = {trace.path: trace.body for trace in traces if trace.body is not None}
    folders = list(dict.fromkeys(path.parent for path in new_bodies))
    run_folders = [folder for folder in folders if _has_manifest(folder)]
    for folder in run_folders:
        manifest.load_manifest(folder)  # reject a damaged manifest before anything is written
    for folder in folders:
        bodies = {path.name: body for path, body in new_bodies.items() if path.parent == folder}
        if folder in run_folders:
            manifest.replace_run_files(folder, bodies)
            continue
        for name, body in bodies.items():
            write_file(str(folder / name), body, follows_links=False)


def _has_manifest(folder: Path) -> bool:
    path = folder / manifest.MANIFEST_FILE
    return path.is_file() and not path.is_symlink()


def _find_in_file(path: Path, person: Person) -> PersonTrace | None:
    if person.mention_pattern.search(path.stem):
        return PersonTrace(path, mentions=1, place="the file name")
    with path.open("rb") as file:
        start = file.read(PACKING_BYTES)
    is_packed = bool(detect_packing(start)) or detect_table_kind(start) == ARROW_KIND
    try:
        bodies = unpack_members(path)
    except ValueError as error:
        return PersonTrace(path, mentions=1, place=f"cannot be searched: {error}")
    suffix = _inner_suffix(path) if is_packed else path.suffix.lower()
    traces = [_find_in_body(path, body, suffix, person) for body in bodies]
    trace = next((trace for trace in traces if trace is not None), None)
    if trace is None or not is_packed or trace.place:
        return trace
    return replace(trace, body=None, place="a row" if trace.rows else "a mention")


def _inner_suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return ".csv" if suffixes and suffixes[-1] in CONVERTED_SUFFIXES else (suffixes[-2] if len(suffixes) > 1 else "")


def _find_in_body(path: Path, body: bytes, suffix: str, person: Person) -> PersonTrace | None:
    text = body.decode("utf-8", errors="surrogateescape")
    erasure = None
    try:
        if suffix in TABLE_DELIMITERS:
            erasure = _erase_table(text, person, TABLE_DELIMITERS[suffix])
        elif suffix in JSON_LINES_SUFFIXES:
            erasure = erase_json_lines(text, person)
        elif suffix == ".json":
            erasure = erase_json(text, person)
    except (csv.Error, ValueError, RecursionError):
        pass  # the content does not match the suffix
    if erasure is None or body.startswith(UTF16_MARKS):
        place = find_mention(text, suffix, person) or _locate_in_table(text, person)
        return PersonTrace(path, mentions=1, place=place) if place else None
    if erasure.is_changed:
        new_body = erasure.value.encode("utf-8", errors="surrogateescape")
        return PersonTrace(path, erasure.rows, erasure.mentions, new_body, contacts=erasure.contacts)
    return PersonTrace(path, mentions=1, place=erasure.place) if erasure.place else None


def _locate_in_table(text: str, person: Person) -> str:
    """Return the place of a person's row in a file that holds a table but has no table suffix."""
    first_line = text.partition("\n")[0]
    if not any(classify_column(name) == "id" for name in first_line.split(_detect_delimiter(first_line, ","))):
        return ""
    return "a row" if _erase_table(text, person, ",").rows else ""


def _erase_table(text: str, person: Person, default_delimiter: str) -> ErasureResult:
    delimiter = _detect_delimiter(text, default_delimiter)
    header: list[str] | None = None
    kept_records, result = list[str](), ErasureResult(None)
    for number, (raw, record) in enumerate(_iterate_records(text, delimiter), 1):
        row = list(zip(header or [], record, strict=False))
        if header is not None and (person.owns_row(row) or _is_reject_of(person, row)):
            contacts = frozenset(cell for column, cell in row if cell and classify_column(column) == "contact")
            result = result.add_counts(ErasureResult(None, rows=1, contacts=contacts))
            continue
        if header is not None and (person.may_own_row(row) or _may_be_reject_of(person, row)):
            result = result.add_counts(ErasureResult(None, place=f"record {number:,}, which may belong to this person"))
        is_header = header is None and any(classify_column(name) for name in record)  # a header mentions nobody
        new_record, count = (raw, 0) if is_header else _replace_mentions(raw, record, header or [], person, delimiter)
        result = result.add_counts(ErasureResult(None, mentions=count))
        kept_records.append(new_record)
        header = (record or None) if header is None else header
    return replace(result, value="".join(kept_records))


def _is_reject_of(person: Person, named_cells: Sequence[tuple[str, str]]) -> bool:
    """Return whether a rejected line contains a distinctive identifier of the person."""
    return _is_reject(named_cells) and any(person.is_named_by(cell, "") for cell in _split_fields(named_cells[-1][1]))


def _may_be_reject_of(person: Person, named_cells: Sequence[tuple[str, str]]) -> bool:
    """Return whether a rejected line, whose columns are unknown, has the id in any field."""
    return _is_reject(named_cells) and any(person.has_id(cell) for cell in _split_fields(named_cells[-1][1]))


def _is_reject(named_cells: Sequence[tuple[str, str]]) -> bool:
    return [column for column, _ in named_cells] == REJECTS_HEADER.decode().split(",")


def _split_fields(line: str) -> list[str]:
    delimiter = max(CELL_DELIMITERS, key=line.count)
    return [cell.strip(' "') for cell in line.split(delimiter)]


def _iterate_records(text: str, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each record as raw text and as cells; only line feeds and carriage returns end lines, as for readers."""
    read_lines = list[str]()

    def iterate_lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            read_lines.append(line)
            yield line

    limit = csv.field_size_limit(sys.maxsize)  # global to the process: other readers reject fields over their limit
    try:
        for record in csv.reader(iterate_lines(), delimiter=delimiter):
            yield "".join(read_lines), record
            read_lines.clear()
    finally:
        csv.field_size_limit(limit)


def _replace_mentions(
    raw: str, record: Sequence[str], header: Sequence[str], person: Person, delimiter: str
) -> tuple[str, int]:
    """Replace mentions of the person in another person's record; without mentions, return it byte for byte."""
    cells, count = list(record), 0
    for position, cell in enumerate(record):
        column = header[position] if position < len(header) else ""
        if person.is_named_by(cell, column):
            cells[position], count = FORGOTTEN_TEXT, count + 1
        else:
            cells[position], replaced_count = person.replace_mentions(cell)
            count += replaced_count
    if not count:
        return raw, 0
    end = raw[len(raw.rstrip("\r\n")) :]
    return delimiter.join(quote_cell(cell, delimiter) for cell in cells) + end, count


def quote_cell(cell: str, delimiter: str) -> str:
    """Quote a cell if it needs quotes, also around a lone carriage return, which `csv` does not quote."""
    if any(special in cell for special in (delimiter, '"', "\r", "\n")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _detect_delimiter(text: str, default_delimiter: str) -> str:
    first_line = text.partition("\n")[0]
    return (
        default_delimiter
        if default_delimiter in first_line
        else max(CELL_DELIMITERS, key=lambda mark: (first_line.count(mark), mark == default_delimiter))
    )
