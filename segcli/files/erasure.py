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
from segcli.files.erasure_json import Erased, erase_json, erase_json_lines
from segcli.files.erasure_text import find_mention, unpack
from segcli.files.overwrite import REJECTS
from segcli.files.person import FORGOTTEN, Person, column_kind
from segcli.files.unpack import packing
from segcli.files.write import write

TABLES = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".ndjson", ".jsonl")
PARQUET = ".parquet"
DELIMITERS = ",;\t|"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
HEAD = 64  # bytes in which a file shows how it is packed


@dataclass(frozen=True)
class Trace:
    """A file that names a person: the rows to remove, the mentions to replace, and its body without them.

    Without a body the file cannot be rewritten; `place` is where it names the person.
    """

    path: Path
    rows: int = 0
    mentions: int = 0
    body: bytes | None = None
    place: str = ""
    contacts: frozenset[str] = field(default_factory=frozenset)


def find_person(folder: Path, person: Person, kept: Collection[Path] = ()) -> list[Trace]:
    """Return every file of a folder that names a person, in the order of names.

    Args:
        folder: with the results of runs, also in folders below it.
        person: how results may name the person.
        kept: files that stay as they are, such as the suppression list.
    """
    stays = {path.resolve() for path in kept}
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != lock.NAME)
    found = [_find_in_file(path, person) for path in files if path.resolve() not in stays]
    linked_folders = sorted(path for path in folder.rglob("*") if path.is_symlink() and path.is_dir())
    unread = [Trace(path, place="a symbolic link to a folder, which is not searched") for path in linked_folders]
    return [*(_not_through_link(trace) for trace in found if trace is not None), *unread]


def _not_through_link(trace: Trace) -> Trace:
    """Leave a file behind a symbolic link as it is: it may belong to somebody else."""
    if not trace.path.is_symlink():
        return trace
    return replace(trace, body=None, place=f"a symbolic link to {trace.path.resolve()}, which is not rewritten")


def find_with_contacts(
    folder: Path, person: Person, expand: Callable[[str], Person], kept: Collection[Path] = ()
) -> tuple[list[Trace], Person]:
    """Find a person also by the addresses and numbers that their own rows have; return the files and all identities.

    Args:
        folder: with the results of runs.
        person: as given.
        expand: the forms in which results write an address or a number.
        kept: files that stay as they are.
    """
    known = set[str]()
    while True:
        found = find_person(folder, person, kept)
        fresh = frozenset[str]().union(*(trace.contacts for trace in found)) - known
        if not fresh:
            return found, person
        known |= fresh
        for contact in sorted(fresh):
            person |= expand(contact)


def erase(found: Sequence[Trace]) -> None:
    """Write the files without the person, and the digests in their run.json, which is there only if all files are."""
    rewritten = {trace.path: trace.body for trace in found if trace.body is not None}
    folders = list(dict.fromkeys(path.parent for path in rewritten))
    runs = [folder for folder in folders if _has_manifest(folder)]
    for folder in runs:
        manifest.load(folder)  # a damaged one is refused before anything is written
    for folder in folders:
        bodies = {path.name: body for path, body in rewritten.items() if path.parent == folder}
        if folder in runs:
            manifest.replace(folder, bodies)
            continue
        for name, body in bodies.items():
            write(str(folder / name), body, follows_links=False)


def _has_manifest(folder: Path) -> bool:
    path = folder / manifest.NAME
    return path.is_file() and not path.is_symlink()


def _find_in_file(path: Path, person: Person) -> Trace | None:
    if person.mentions.search(path.stem):
        return Trace(path, mentions=1, place="its name")
    with path.open("rb") as file:
        is_packed = bool(packing(file.read(HEAD)))
    try:
        bodies = unpack(path)
    except ValueError as error:
        return Trace(path, mentions=1, place=f"cannot be searched: {error}")
    suffix = _suffix_inside(path) if is_packed else path.suffix.lower()
    traces = [_find_in_body(path, body, suffix, person) for body in bodies]
    trace = next((trace for trace in traces if trace is not None), None)
    if trace is None or not is_packed or trace.place:
        return trace
    return replace(trace, body=None, place="a row" if trace.rows else "a mention")


def _suffix_inside(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return ".csv" if suffixes[-1:] == [PARQUET] else (suffixes[-2] if len(suffixes) > 1 else "")


def _find_in_body(path: Path, body: bytes, suffix: str, person: Person) -> Trace | None:
    text = body.decode("utf-8", errors="surrogateescape")
    erased = None
    try:
        if suffix in TABLES:
            erased = _erase_table(text, person, TABLES[suffix])
        elif suffix in JSON_LINES:
            erased = erase_json_lines(text, person)
        elif suffix == ".json":
            erased = erase_json(text, person)
    except (csv.Error, ValueError, RecursionError):
        pass  # it is not what its name says
    if erased is None or body.startswith(UTF_16):
        place = find_mention(text, suffix, person) or _place_in_table(text, person)
        return Trace(path, mentions=1, place=place) if place else None
    if erased.is_changed:
        rewritten = erased.value.encode("utf-8", errors="surrogateescape")
        return Trace(path, erased.rows, erased.mentions, rewritten, contacts=erased.contacts)
    return Trace(path, mentions=1, place=erased.place) if erased.place else None


def _place_in_table(text: str, person: Person) -> str:
    """Return where a person has a row in a table whose file is not named like one."""
    first = text.partition("\n")[0]
    if not any(column_kind(name) == "id" for name in first.split(_delimiter(first, ","))):
        return ""
    return "a row" if _erase_table(text, person, ",").rows else ""


def _erase_table(text: str, person: Person, usual: str) -> Erased:
    delimiter = _delimiter(text, usual)
    header: list[str] | None = None
    kept, total = list[str](), Erased(None)
    for number, (raw, record) in enumerate(_records(text, delimiter), 1):
        row = list(zip(header or [], record, strict=False))
        if header is not None and (person.owns(row) or _is_reject_of(person, row)):
            contacts = frozenset(cell for column, cell in row if cell and column_kind(column) == "contact")
            total = total.plus(Erased(None, rows=1, contacts=contacts))
            continue
        if header is not None and (person.may_own(row) or _may_be_reject_of(person, row)):
            total = total.plus(Erased(None, place=f"record {number:,}, which may be of this person"))
        is_header = header is None and any(column_kind(name) for name in record)  # and no name of the person
        written, count = (raw, 0) if is_header else _without_mentions(raw, record, header or [], person, delimiter)
        total = total.plus(Erased(None, mentions=count))
        kept.append(written)
        header = (record or None) if header is None else header
    return replace(total, value="".join(kept))


def _is_reject_of(person: Person, row: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a rejected line names the person by what nobody else has."""
    return _is_reject(row) and any(person.is_named_by(cell, "") for cell in _fields(row[-1][1]))


def _may_be_reject_of(person: Person, row: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a rejected line, of which no columns are known, has the id in any field."""
    return _is_reject(row) and any(person.has_id(cell) for cell in _fields(row[-1][1]))


def _is_reject(row: Sequence[tuple[str, str]]) -> bool:
    return [column for column, _ in row] == REJECTS.decode().split(",")


def _fields(line: str) -> list[str]:
    delimiter = max(DELIMITERS, key=line.count)
    return [cell.strip(' "') for cell in line.split(delimiter)]


def _records(text: str, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each record as written and as cells. Only line feeds and carriage returns end lines, as for readers."""
    taken = list[str]()

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    limit = csv.field_size_limit(sys.maxsize)  # of the process: other readers refuse fields beyond theirs
    try:
        for record in csv.reader(lines(), delimiter=delimiter):
            yield "".join(taken), record
            taken.clear()
    finally:
        csv.field_size_limit(limit)


def _without_mentions(
    raw: str, record: Sequence[str], header: Sequence[str], person: Person, delimiter: str
) -> tuple[str, int]:
    """Return a record of somebody else without mentions of the person, byte for byte where there are none."""
    cells, count = list(record), 0
    for place, cell in enumerate(record):
        column = header[place] if place < len(header) else ""
        if person.is_named_by(cell, column):
            cells[place], count = FORGOTTEN, count + 1
        else:
            cells[place], replaced = person.without_mentions(cell)
            count += replaced
    if not count:
        return raw, 0
    end = raw[len(raw.rstrip("\r\n")) :]
    return delimiter.join(quote_cell(cell, delimiter) for cell in cells) + end, count


def quote_cell(cell: str, delimiter: str) -> str:
    """Return a cell in quotes where it needs them, also around a lone carriage return, which `csv` leaves bare."""
    if any(mark in cell for mark in (delimiter, '"', "\r", "\n")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _delimiter(text: str, usual: str) -> str:
    first = text.partition("\n")[0]
    return usual if usual in first else max(DELIMITERS, key=lambda mark: (first.count(mark), mark == usual))
