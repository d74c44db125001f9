"""How a CSV file is written: encoding and delimiter, by rule and by trial, never by a statistical guess."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from segcli.config.ingest import Source
from segcli.counting import counted
from segcli.errors import InputProblem
from segcli.files.read import Content
from segcli.ingest.encoding import decoded
from segcli.ingest.framing import in_double_quotes, with_header, without_descriptions, without_ends
from segcli.ingest.preamble import lines_above_header
from segcli.ingest.quotes import mend
from segcli.ingest.recognise import known_names

if TYPE_CHECKING:
    import _csv

DELIMITERS = ",;\t|"
SAMPLE_RECORDS = 1000
SAMPLE_CHARACTERS = 300_000
HEAD = 1_000_000  # bytes from which the first records are taken
FIRST = 50_000  # bytes that nearly always hold as many
_SEP_LINE = re.compile(r"sep=([\t -!#-~])\r?\n", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """A file's text as UTF-8 bytes, the header first, and how its records are written.

    `skipped_lines` stood above the header (above the first record, where the body is not `headed`) and `hidden_lines`
    below it, where they described the columns; the lines in `broken_lines` (numbers in the file, from 1) are taken out
    because their quotes break the rules.
    """

    body: bytes
    encoding: str
    delimiter: str
    skipped_lines: int = 0
    hidden_lines: int = 0
    broken_lines: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    headed: bool = True

    def __str__(self) -> str:
        """As shown to people, such as `utf-8  ','`."""
        return f"{self.encoding}  {self.delimiter!r}"

    def line_in_file(self, line: int) -> int:
        """The number in the file of a line of the body."""
        line += self.skipped_lines
        if self.hidden_lines and line > self.skipped_lines + self.header_lines:
            line += self.hidden_lines
        for broken in self.broken_lines:
            line += broken <= line
        return line

    @property
    def one_line_each(self) -> bool:
        """Whether every record surely is one line: nothing is quoted, and no line is empty."""
        return b'"' not in self.body and b"\n\n" not in self.body and b"\r" not in self.body.replace(b"\r\n", b"")

    @property
    def header_lines(self) -> int:
        """Lines of the body down to the end of the header."""
        reader = csv.reader(io.StringIO(self.body[:HEAD].decode(errors="ignore"), newline=""), delimiter=self.delimiter)
        return next((reader.line_num for record in reader if record), 0)

    @property
    def is_bare(self) -> bool:
        """Whether nothing stands below the header."""
        return len(self.body) <= HEAD and not b"".join(self.body.splitlines()[self.header_lines :]).strip()

    def first_records(self, size: int) -> list[list[str]]:
        """The first records that are not empty, as lists of text, the header first."""
        found, is_cut = self._within(min(FIRST, HEAD), size)
        if is_cut:
            found, is_cut = self._within(HEAD, size)
        return [record for record in (found[:-1] if is_cut and len(found) > 1 else found) if record]

    def _within(self, characters: int, size: int) -> tuple[list[list[str]], bool]:
        """The first records of so many characters, and whether the last of them is cut there."""
        head = io.StringIO(self.body[:characters].decode(errors="ignore"), newline="")
        found = list(islice(csv.reader(head, delimiter=self.delimiter), size))
        return found, len(self.body) > characters and not head.read(1)

    def records(self) -> "_csv.Reader":
        """All records as lists of text, the header first; `line_num` is the line within the body."""
        return csv.reader(io.StringIO(self.body.decode(), newline=""), delimiter=self.delimiter)


def detect(content: Content, source: Source) -> Dialect:
    """Decide encoding and delimiter; what `source` declares is obeyed.

    Raises:
        InputProblem: the file is empty, or its text cannot be decoded.
    """
    text = decoded(content, source)
    body, notes = without_ends(text.body, source), text.notes
    if _is_blank(body):
        raise InputProblem("file is empty", source=content.name, remedy="Name one that has lines in it")
    said = _SEP_LINE.match(body[:10].decode(errors="replace"))
    if said:
        body = body[body.index(b"\n") + 1 :]
    delimiter = source.delimiter or (said[1] if said else _delimiter(body))
    body = in_double_quotes(body, delimiter, source, content.name)
    above = lines_above_header(body, delimiter) if source.header and not source.skip_rows else 0
    if above:
        body = b"".join(body.splitlines(keepends=True)[above:])
        notes = (*notes, f"{counted(above, 'line')} above the header skipped")
    if source.skip_rows or source.skip_footer:
        notes = (
            *notes,
            f"left out as asked: {counted(source.skip_rows, 'line')} at the top, {source.skip_footer} at the end",
        )
    skipped = source.skip_rows + above + bool(said)
    if not source.header:
        body, skipped = with_header(body, delimiter), skipped - 1
    mended = mend(body, delimiter, content.name, first_line=skipped + 1)
    if _is_blank(mended.body):
        raise InputProblem(
            f"no record reads with the delimiter {delimiter!r} and double quotes",
            source=content.name,
            remedy="Check --delimiter and how the file quotes its fields",
        )
    if mended.literal:
        have = counted(mended.literal, "record has", "records have")
        notes = (*notes, f"{have} quotes inside unquoted fields, which are kept as they are")
    records, hidden = without_descriptions(mended.body, delimiter)
    if hidden:
        notes = (*notes, f"{counted(hidden, 'line')} below the header that describe its columns skipped")
    return Dialect(records, text.encoding, delimiter, skipped, hidden, mended.broken, notes)


def _is_blank(body: bytes) -> bool:
    """Whether there is nothing but blanks; a look at the beginning nearly always tells."""
    return not body[:1000].strip() and not body.strip()


def _delimiter(body: bytes) -> str:
    sample = body[:SAMPLE_CHARACTERS].decode(errors="ignore")
    return max(DELIMITERS, key=lambda delimiter: (*_fit(sample, delimiter), -DELIMITERS.index(delimiter)))


def _fit(sample: str, delimiter: str) -> tuple[int, float, int]:
    """How well a delimiter fits, from the header on: names known, share of records as wide as the header, width."""
    above = lines_above_header(sample.encode(), delimiter)
    if above:
        sample = "".join(sample.splitlines(keepends=True)[above:])
    records = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        rows = [row for row in islice(records, SAMPLE_RECORDS) if row]
    except csv.Error:
        return 0, 0.0, 0
    width = len(rows[0])
    if width == 1:
        return known_names(rows[0]), 0.0, 1
    return known_names(rows[0]), Counter(map(len, rows))[width] / len(rows), width
