"""How a CSV file is written: encoding and delimiter, by rule and by trial, never by a statistical guess."""

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.files.read import Content
from segcli.ingest.preamble import lines_above_header
from segcli.ingest.quotes import mend
from segcli.ingest.recognise import known_names

if TYPE_CHECKING:
    import _csv

DELIMITERS = ",;\t|"
SAMPLE_RECORDS = 1000
SAMPLE_CHARACTERS = 300_000
HEAD = 1_000_000  # bytes from which the first records are taken
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """A file's text as UTF-8 bytes, the header first, and how its records are written.

    `skipped_lines` stood above the header; the lines in `broken_lines` (numbers in the file, from 1) are taken out
    because their quotes break the rules.
    """

    body: bytes
    encoding: str
    delimiter: str
    skipped_lines: int = 0
    broken_lines: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As shown to people, such as `utf-8  ','`."""
        return f"{self.encoding}  {self.delimiter!r}"

    def line_in_file(self, line: int) -> int:
        """The number in the file of a line of the body."""
        line += self.skipped_lines
        for broken in self.broken_lines:
            line += broken <= line
        return line

    @property
    def one_line_each(self) -> bool:
        """Whether every record surely is one line: nothing is quoted, and no line is empty."""
        return b'"' not in self.body and b"\n\n" not in self.body and b"\r" not in self.body.replace(b"\r\n", b"")

    def first_records(self, size: int) -> list[list[str]]:
        """The first records that are not empty, as lists of text, the header first."""
        head = io.StringIO(self.body[:HEAD].decode(errors="ignore"), newline="")
        found = [record for record, _ in zip(csv.reader(head, delimiter=self.delimiter), range(size), strict=False)]
        cut = len(self.body) > HEAD and len(found) > 1 and not head.read(1)
        return [record for record in (found[:-1] if cut else found) if record]

    def records(self) -> "_csv.Reader":
        """All records as lists of text, the header first; `line_num` is the line within the body."""
        return csv.reader(io.StringIO(self.body.decode(), newline=""), delimiter=self.delimiter)


def detect(content: Content, source: Source) -> Dialect:
    """Decide encoding and delimiter; what `source` declares is obeyed.

    Raises:
        InputProblem: the file is empty, or its text cannot be decoded.
    """
    body, encoding, notes = _decoded(content, source.encoding)
    if not body.strip():
        raise InputProblem("file is empty", source=content.name)
    said = _SEP_LINE.match(body[:10].decode(errors="replace"))
    if said:
        body = body[body.index(b"\n") + 1 :]
    delimiter = source.delimiter or (said[1] if said else _delimiter(body))
    above = lines_above_header(body, delimiter)
    if above:
        body = b"".join(body.splitlines(keepends=True)[above:])
        notes = (*notes, f"{above} {'line' if above == 1 else 'lines'} above the header skipped")
    skipped = above + bool(said)
    mended = mend(body, delimiter, content.name, first_line=skipped + 1)
    if not mended.body.strip():
        raise InputProblem(
            f"no record reads with the delimiter {delimiter!r} and double quotes",
            source=content.name,
            remedy="Check --delimiter and how the file quotes its fields",
        )
    if mended.literal:
        notes = (*notes, f"{mended.literal:,} records have quotes inside unquoted fields; they are kept as they are")
    return Dialect(mended.body, encoding, delimiter, skipped, mended.broken, notes)


def _decoded(content: Content, declared: str | None) -> tuple[bytes, str, tuple[str, ...]]:
    body = content.body
    if declared:
        return _as_declared(content, declared), declared, ()
    if body.startswith(_UTF16):
        return body.decode("utf-16").encode(), "utf-16", ()
    body = body.removeprefix(codecs.BOM_UTF8)
    if b"\0" in body[:SAMPLE_CHARACTERS]:
        raise InputProblem("holds NUL bytes; it looks like UTF-16", source=content.name, remedy="Try --encoding utf-16")
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return _windows(content, body, error.start)
    return body, "utf-8", ()


def _as_declared(content: Content, encoding: str) -> bytes:
    try:
        return content.body.decode(encoding).removeprefix("\ufeff").encode()
    except LookupError:
        raise InputProblem(f"unknown encoding '{encoding}'", source=content.name) from None
    except UnicodeDecodeError as error:
        line = content.body.count(b"\n", 0, error.start) + 1
        raise InputProblem(
            f"byte {error.start} is not {encoding}",
            source=content.name,
            line=line,
            remedy="Try another --encoding",
        ) from None


def _windows(content: Content, body: bytes, offset: int) -> tuple[bytes, str, tuple[str, ...]]:
    line = body.count(b"\n", 0, offset) + 1
    try:
        text = body.decode("cp1252")
    except UnicodeDecodeError:
        raise InputProblem(
            f"is neither UTF-8 nor Windows-1252 (byte {offset})",
            source=content.name,
            line=line,
            remedy="Say which with --encoding",
        ) from None
    return (
        text.encode(),
        "cp1252",
        (f"not UTF-8 (first at line {line}): read as Windows-1252; --encoding decides",),
    )


def _delimiter(body: bytes) -> str:
    sample = body[:SAMPLE_CHARACTERS].decode(errors="ignore")
    return max(DELIMITERS, key=lambda delimiter: (*_fit(sample, delimiter), -DELIMITERS.index(delimiter)))


def _fit(sample: str, delimiter: str) -> tuple[int, float, int]:
    """How well a delimiter fits: header names known, share of records as wide as the header, width."""
    records = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        rows = [row for row, _ in zip(records, range(SAMPLE_RECORDS), strict=False) if row]
    except csv.Error:
        return 0, 0.0, 0
    width = len(rows[0])
    if width == 1:
        return known_names(rows[0]), 0.0, 1
    return known_names(rows[0]), Counter(map(len, rows))[width] / len(rows), width
