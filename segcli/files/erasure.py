"""Take a person out of the results of earlier runs: rows of tables, objects of JSON, and mentions in either.

Tables are rewritten record by record and JSON value by value. Formats for reading, such as Markdown, and packed files
are not rewritten, because their text does not show which parts describe the person: such a file is reported instead.
"""

import csv
import io
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from segcli.files import lock, manifest
from segcli.files.erasure_json import ErasureResult, erase_json, erase_json_lines
from segcli.files.erasure_text import find_mention, unpack_members
from segcli.files.overwrite import REJECTS_HEADER
from segcli.files.person import FORGOTTEN_TEXT, Person, classify_column
from segcli.files.unpack import detect_packing
from segcli.files.write import write_file

TABLE_DELIMITERS = {".csv": ",", ".tsv": "\t"}
JSON_LINES_SUFFIXES = (".ndjson", ".jsonl")
PARQUET_SUFFIX = ".parquet"
CELL_DELIMITERS = ",;\t|"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
PACKING_BYTES = 64  # bytes in which a file shows how it is packed


@dataclass(frozen=True)
class PersonTrace:
    """A file that names a person: the rows to remove, the mentions to replace, and its body without them.

    Without a body the file cannot be rewritten; `place` is where it names the person.
    """

    path: Path
    rows: int = 0
    mentions: int = 0
    body: bytes | None = None
    place: str = ""
    contacts: frozenset[str] = field(default_factory=frozenset)


def find_person(folder: Path, person: Person, kept_paths: Collection[Path] = ()) -> list[PersonTrace]:
    """Return every file of a folder that names a person, in the order of names.

    Args:
        folder: with the results of runs, also in folders below it.
        person: how results may name the person.
        kept_paths: files that stay as they are, such as the suppression list.
    """
    resolved_kept = {path.resolve() for path in kept_paths}
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != lock.LOCK_FILE)
    traces = [_find_in_file(path, person) for path in files if path.resolve() not in resolved_kept]
    linked_folders = sorted(path for path in folder.rglob("*") if path.is_symlink() and path.is_dir())
    unread_traces = [
        PersonTrace(path, place="a symbolic link to a folder, which is not searched") for path in linked_folders
    ]
    return [*(_keep_link_target(trace) for trace in traces if trace is not None), *unread_traces]


def _keep_link_target(trace: PersonTrace) -> PersonTrace:
    """Leave a file behind a symbolic link as it is: it may belong to somebody else."""
    if not trace.path.is_symlink():
        return trace
    return replace(trace, body=None, place=f"a symbolic link to {trace.path.resolve()}, which is not rewritten")


def find_person_and_contacts(
    folder: Path, person: Person, expand: Callable[[str], Person], kept_paths: Collection[Path] = ()
) -> tuple[list[PersonTrace], Person]:
    """Find a person also by the addresses and numbers that their own rows have; return the files and all identities.

    Args:
        folder: with the results of runs.
        person: as given.
        expand: the forms in which results write an address or a number.
        kept_paths: files that stay as they are.
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
    """Write the files without the person, and the digests in their run.json, which is there only if all files are."""
    new_bodies = {trace.path: trace.body for trace in traces if trace.body is not None}
    folders = list(dict.fromkeys(path.parent for path in new_bodies))
    run_folders = [folder for folder in folders if _has_manifest(folder)]
    for folder in run_folders:
        manifest.load_manifest(folder)  # a damaged one is refused before anything is written
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
        return PersonTrace(path, mentions=1, place="its name")
    with path.open("rb") as file:
        is_packed = bool(detect_packing(file.read(PACKING_BYTES)))
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
    return ".csv" if suffixes[-1:] == [PARQUET_SUFFIX] else (suffixes[-2] if len(suffixes) > 1 else "")


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
        pass  # it is not what its name says
    if erasure is None or body.startswith(UTF16_MARKS):
        place = find_mention(text, suffix, person) or _locate_in_table(text, person)
        return PersonTrace(path, mentions=1, place=place) if place else None
    if erasure.is_changed:
        new_body = erasure.value.encode("utf-8", errors="surrogateescape")
        return PersonTrace(path, erasure.rows, erasure.mentions, new_body, contacts=erasure.contacts)
    return PersonTrace(path, mentions=1, place=erasure.place) if erasure.place else None


def _locate_in_table(text: str, person: Person) -> str:
    """Return where a person has a row in a table whose file is not named like one."""
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
            result = result.add_counts(ErasureResult(None, place=f"record {number:,}, which may be of this person"))
        is_header = header is None and any(classify_column(name) for name in record)  # and no name of the person
        new_record, count = (raw, 0) if is_header else _replace_mentions(raw, record, header or [], person, delimiter)
        result = result.add_counts(ErasureResult(None, mentions=count))
        kept_records.append(new_record)
        header = (record or None) if header is None else header
    return replace(result, value="".join(kept_records))


def _is_reject_of(person: Person, named_cells: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a rejected line names the person by what nobody else has."""
    return _is_reject(named_cells) and any(person.is_named_by(cell, "") for cell in _split_fields(named_cells[-1][1]))


def _may_be_reject_of(person: Person, named_cells: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a rejected line, of which no columns are known, has the id in any field."""
    return _is_reject(named_cells) and any(person.has_id(cell) for cell in _split_fields(named_cells[-1][1]))


def _is_reject(named_cells: Sequence[tuple[str, str]]) -> bool:
    return [column for column, _ in named_cells] == REJECTS_HEADER.decode().split(",")


def _split_fields(line: str) -> list[str]:
    delimiter = max(CELL_DELIMITERS, key=line.count)
    return [cell.strip(' "') for cell in line.split(delimiter)]


def _iterate_records(text: str, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each record as written and as cells. Only line feeds and carriage returns end lines, as for readers."""
    read_lines = list[str]()

    def iterate_lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            read_lines.append(line)
            yield line

    limit = csv.field_size_limit(sys.maxsize)  # of the process: other readers refuse fields beyond theirs
    try:
        for record in csv.reader(iterate_lines(), delimiter=delimiter):
            yield "".join(read_lines), record
            read_lines.clear()
    finally:
        csv.field_size_limit(limit)


def _replace_mentions(
    raw: str, record: Sequence[str], header: Sequence[str], person: Person, delimiter: str
) -> tuple[str, int]:
    """Return a record of somebody else without mentions of the person, byte for byte where there are none."""
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
    """Return a cell in quotes where it needs them, also around a lone carriage return, which `csv` leaves bare."""
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
