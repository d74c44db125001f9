"""Take a person out of the results of earlier runs: rows of tables, objects of JSON, and mentions in either.

Tables are rewritten record by record and JSON value by value. Formats for reading, such as Markdown, are not rewritten:
what else a page says of a person cannot be told from its text, so its file is named instead.
"""

import csv
import gzip
import hashlib
import io
import json
import re
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from segcli.files import lock, manifest
from segcli.files.write import write

FORGOTTEN = "(forgotten)"
TABLES = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".ndjson", ".jsonl")
DELIMITERS = ",;\t|"
ID_COLUMNS = frozenset(
    {"customerid", "distinctid", "externalid", "externid", "userid", "clientid", "memberid", "id", "customer"}
)
OF_OTHERS = frozenset({"referrer"})  # columns of other people's rows that may name the person
CONTACT_COLUMNS = frozenset({"email", "emailaddress", "phone", "phonenumber", "mobilephone"})
_PHONE = re.compile(r"'?\+?[0-9][0-9 ()./-]{5,24}")
_VALUE = re.compile(r"[0-9.,:+-]*|[^0-9]*")  # an id that other cells may hold by chance: a number, or a word
_STYLES = tuple((indent, is_ascii) for indent in (1, None, 2, 4) for is_ascii in (True, False))
_REMOVED = object()
LEAST_DIGITS, LEAST_CHARACTERS = 7, 3


@dataclass(frozen=True)
class Person:
    """How results name a person.

    `ids` are customer ids, `marks` are addresses, digests and pseudonyms, which name nobody else wherever they stand,
    and `phones` are numbers as digits, with and without the country code.
    """

    ids: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()

    def __or__(self, other: "Person") -> "Person":
        return Person(self.ids | other.ids, self.marks | other.marks, self.phones | other.phones)

    def is_named_by(self, cell: str, column: str) -> bool:
        """Whether a cell is an identity of the person; ids that may be other values count in columns of ids only."""
        forms = _forms(cell)
        ids = self.ids if _name(column) in ID_COLUMNS | OF_OTHERS else self._distinctive
        if not ids.isdisjoint(forms) or not self._folded.isdisjoint(form.casefold() for form in forms):
            return True
        return bool(self.phones) and _PHONE.fullmatch(cell.strip()) is not None and _digits(cell) in self.phones

    def is_mentioned_in(self, text: str) -> re.Match[str] | None:
        """Return the first mention in running text, of anything that cannot be another word or number."""
        return self.mentions.search(text)

    @cached_property
    def mentions(self) -> re.Pattern[str]:
        """Distinctive ids, marks and phone numbers as whole words."""
        names = sorted(self._distinctive | self.marks, key=lambda name: (-len(name), name))
        parts = [rf"(?<![\w@.-]){re.escape(name)}(?!\.?[\w@-])" for name in names]
        parts += [rf"(?<![\w+])\+?{'[ ()./-]{0,2}'.join(digits)}(?!\d)" for digits in sorted(self.phones)]
        return re.compile("|".join(parts) if parts else r"(?!)", re.IGNORECASE)

    @cached_property
    def _distinctive(self) -> frozenset[str]:
        return frozenset(one for one in self.ids if len(one) >= LEAST_CHARACTERS and not _VALUE.fullmatch(one))

    @cached_property
    def _folded(self) -> frozenset[str]:
        return frozenset(mark.casefold() for mark in self.marks)


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
    return [trace for trace in found if trace is not None]


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
    """Write the files without the person, each whole or not at all, then the fingerprints in their run.json."""
    rewritten = {trace.path: trace.body for trace in found if trace.body is not None}
    for folder in {path.parent for path in rewritten}:
        if (folder / manifest.NAME).is_file():
            manifest.load(folder)  # a damaged one is refused before anything is written
    for path, body in rewritten.items():
        write(str(path), body)
    for folder in dict.fromkeys(path.parent for path in rewritten):
        _refresh(folder, {path.name for path in rewritten if path.parent == folder})


def _find_in_file(path: Path, person: Person) -> Trace | None:
    suffix = path.suffix.lower()
    try:
        if suffix in TABLES:
            return _find_in_table(path, person, TABLES[suffix])
        if suffix in JSON_LINES:
            return _find_in_json_lines(path, person)
        if suffix == ".json":
            return _find_in_json(path, person)
    except (csv.Error, ValueError, RecursionError):
        pass  # it is not what its name says
    return _find_in_text(path, person)


def _find_in_table(path: Path, person: Person, usual: str) -> Trace | None:
    text = _decode(path.read_bytes())
    delimiter = _delimiter(text, usual)
    header: list[str] | None = None
    kept, rows, mentions, contacts = list[str](), 0, 0, set[str]()
    for raw, record in _records(text, delimiter):
        if header is None:
            header, own = (record or None), False
        else:
            own = any(_owns(person, cell, column) for cell, column in zip(record, header, strict=False))
        if own and header is not None:
            rows += 1
            contacts.update(
                c for c, column in zip(record, header, strict=False) if c and _name(column) in CONTACT_COLUMNS
            )
            continue
        written, count = _without_mentions(raw, record, header or [], person, delimiter)
        mentions += count
        kept.append(written)
    if not rows and not mentions:
        return None
    return Trace(path, rows, mentions, _encode("".join(kept)), contacts=frozenset(contacts))


def _owns(person: Person, cell: str, column: str) -> bool:
    return _name(column) not in OF_OTHERS and person.is_named_by(cell, column)


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
            cells[place], replaced = person.mentions.subn(FORGOTTEN, cell)
            count += replaced
    if not count:
        return raw, 0
    end = raw[len(raw.rstrip("\r\n")) :]
    return delimiter.join(_quoted(cell, delimiter) for cell in cells) + end, count


def _quoted(cell: str, delimiter: str) -> str:
    """Return a cell in quotes where it needs them, also around a lone carriage return, which `csv` leaves bare."""
    if any(mark in cell for mark in (delimiter, '"', "\r", "\n")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _delimiter(text: str, usual: str) -> str:
    first = text.partition("\n")[0]
    return usual if usual in first else max(DELIMITERS, key=lambda mark: (first.count(mark), mark == usual))


def _find_in_json_lines(path: Path, person: Person) -> Trace | None:
    kept, total = list[str](), _Erased(None)
    for line in _decode(path.read_bytes()).split("\n"):
        erased = _erase_value(json.loads(line), "", person) if line.strip() else _Erased(None)
        total = total.plus(erased)
        if erased.value is _REMOVED:
            continue
        kept.append(_dump_like(line, erased.value) if erased.is_changed else line)
    return _trace_of(path, total, "\n".join(kept))


def _find_in_json(path: Path, person: Person) -> Trace | None:
    text = _decode(path.read_bytes())
    erased = _erase_value(json.loads(text), "", person)
    if erased.value is _REMOVED:  # the whole file is about the person
        return _trace_of(path, erased, "{}\n")
    return _trace_of(path, erased, _dump_like(text, erased.value) if erased.is_changed else text)


def _trace_of(path: Path, erased: "_Erased", text: str) -> Trace | None:
    if not erased.is_changed:
        return None
    return Trace(path, erased.rows, erased.mentions, _encode(text), contacts=erased.contacts)


@dataclass(frozen=True)
class _Erased:
    """A JSON value without the person, and what was taken out of it."""

    value: Any
    rows: int = 0
    mentions: int = 0
    contacts: frozenset[str] = frozenset()

    @property
    def is_changed(self) -> bool:
        return bool(self.rows or self.mentions)

    def plus(self, other: "_Erased") -> "_Erased":
        return _Erased(
            self.value, self.rows + other.rows, self.mentions + other.mentions, self.contacts | other.contacts
        )


def _erase_value(value: Any, key: str, person: Person) -> _Erased:  # noqa: ANN401 - JSON is data of any shape
    if isinstance(value, Mapping):
        return _erase_object(value, person)
    if isinstance(value, list):
        return _erase_list(value, key, person)
    if isinstance(value, str) or (_name(key) in ID_COLUMNS and isinstance(value, int)):
        if person.is_named_by(str(value), key):
            return _Erased(FORGOTTEN, mentions=1)
        if isinstance(value, str):
            text, count = person.mentions.subn(FORGOTTEN, value)
            return _Erased(text, mentions=count)
    return _Erased(value)


def _erase_object(value: Mapping[str, Any], person: Person) -> _Erased:
    if any(_is_scalar(inner) and _owns(person, str(inner), key) for key, inner in value.items()):
        contacts = {str(inner) for key, inner in value.items() if inner and _name(key) in CONTACT_COLUMNS}
        return _Erased(_REMOVED, rows=1, contacts=frozenset(contacts))
    total, kept = _Erased(None), dict[str, Any]()
    for key, inner in value.items():
        if person.is_named_by(key, ""):
            total = total.plus(_Erased(None, rows=1))
            continue
        erased = _erase_value(inner, key, person)
        total = total.plus(erased)
        if erased.value is not _REMOVED:
            kept[key] = erased.value
    return replace(total, value=kept)


def _erase_list(values: Sequence[Any], key: str, person: Person) -> _Erased:
    total, kept = _Erased(None), list[Any]()
    for inner in values:
        is_row = isinstance(inner, list) and any(
            _is_scalar(cell) and person.is_named_by(str(cell), "") for cell in inner
        )
        erased = _Erased(_REMOVED, rows=1) if is_row else _erase_value(inner, key, person)
        total = total.plus(erased)
        if erased.value is not _REMOVED:
            kept.append(erased.value)
    return replace(total, value=kept)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _dump_like(text: str, value: Any) -> str:  # noqa: ANN401 - JSON is data of any shape
    """Write a value in the layout of the text that it came from."""
    before = json.loads(text)
    end = text[len(text.rstrip()) :]
    styles = [style for style in _STYLES if _dump(before, *style) + end == text]
    indent, is_ascii = styles[0] if styles else (1, False)
    return _dump(value, indent, is_ascii) + end


def _dump(value: Any, indent: int | None, is_ascii: bool) -> str:  # noqa: ANN401, FBT001 - a style
    return json.dumps(value, indent=indent, ensure_ascii=is_ascii)


def _find_in_text(path: Path, person: Person) -> Trace | None:
    """Find a mention in a file that is not rewritten, or in its name."""
    if person.is_mentioned_in(path.stem):
        return Trace(path, mentions=1, place="its name")
    for text in _texts(path):
        found = person.is_mentioned_in(text)
        if found is None and any(name in _name(text) for name in ("customerid", "distinctid")):
            found = _plain_id(person, text)
        if found is not None:
            return Trace(path, mentions=1, place=f"line {text.count(chr(10), 0, found.start()) + 1:,}")
    return None


def _plain_id(person: Person, text: str) -> re.Match[str] | None:
    """Find an id that may be another number or word, in a text that has a column of ids."""
    names = "|".join(re.escape(name) for name in sorted(person.ids))
    return re.search(rf"(?<![\w.,-])(?:{names})(?![\w.,-])", text) if names else None


def _texts(path: Path) -> Iterator[str]:
    """Yield what a file says, as it stands and without the escapes of HTML and Markdown."""
    import html

    for body in _bodies(path):
        text = unicodedata.normalize("NFC", body.decode("utf-8", errors="replace"))
        yield text
        yield re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", html.unescape(text))
        if b"\0" in body:
            yield body.decode("utf-16-le", errors="replace")


def _bodies(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, unpacked where it is packed."""
    body = path.read_bytes()
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        yield json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False).encode()
    elif body.startswith(b"\x1f\x8b"):
        yield gzip.decompress(body)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    else:
        yield body


def _forms(cell: str) -> set[str]:
    """Return a cell in one Unicode form without blanks, with and without an apostrophe against formulas."""
    text = unicodedata.normalize("NFC", cell).strip().strip("\u200b\ufeff\u2060")
    return {text, text.removeprefix("'")}


def _digits(text: str) -> str:
    return "".join(mark for mark in text if mark in "0123456789")


def _name(column: str) -> str:
    return "".join(mark for mark in column.casefold() if mark.isalnum())


def _decode(body: bytes) -> str:
    return body.decode("utf-8", errors="surrogateescape")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")


def _refresh(folder: Path, changed: set[str]) -> None:
    """Bring the manifest of a run up to date: fingerprints of the changed files, and how often people were erased."""
    path = folder / manifest.NAME
    if not path.is_file():
        return
    facts = manifest.load(folder)
    for output in facts["outputs"]:
        if output["name"] in changed:
            body = (folder / output["name"]).read_bytes()
            output |= {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    facts["forgotten"] = facts.get("forgotten", 0) + 1
    write(str(path), (json.dumps(facts, indent=1) + "\n").encode())
