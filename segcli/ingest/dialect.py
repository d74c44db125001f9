"""How a CSV file is written: encoding and delimiter, by rule and by trial, never by a statistical guess."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from segcli.config.ingest import Source
from segcli.counting import pluralize
from segcli.errors import InputProblem
from segcli.files.read import FileContent
from segcli.ingest.encoding import decode_content
from segcli.ingest.framing import add_generated_header, convert_to_double_quotes, drop_descriptions, drop_outer_lines
from segcli.ingest.preamble import find_header_row
from segcli.ingest.quotes import repair_quotes
from segcli.ingest.recognise import count_known_names

if TYPE_CHECKING:
    import _csv

DELIMITERS = ",;\t|"
SAMPLE_RECORDS = 1000
SAMPLE_CHARACTERS = 300_000
HEAD_BYTES = 1_000_000  # bytes from which the first records are taken
FIRST_TRY_BYTES = 50_000  # bytes that nearly always hold as many
_SEP_LINE_PATTERN = re.compile(r"sep=([\t -!#-~])\r?\n", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """A file's text as UTF-8 bytes, the header first, and how its records are written.

    `skipped_lines` stood above the header (above the first record, where the body is not `has_header`) and
    `hidden_lines` below it, where they described the columns; the lines in `broken_lines` (numbers in the file, from 1)
    are taken out because their quotes break the rules.
    """

    body: bytes
    encoding: str
    delimiter: str
    skipped_lines: int = 0
    hidden_lines: int = 0
    broken_lines: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    has_header: bool = True

    def __str__(self) -> str:
        """As shown to people, such as `utf-8  ','`."""
        return f"{self.encoding}  {self.delimiter!r}"

    def to_file_line(self, line: int) -> int:
        """The number in the file of a line of the body."""
        line += self.skipped_lines
        if self.hidden_lines and line > self.skipped_lines + self.header_line_count:
            line += self.hidden_lines
        for broken_line in self.broken_lines:
            line += broken_line <= line
        return line

    @property
    def has_single_line_records(self) -> bool:
        """Whether every record surely is one line: nothing is quoted, and no line is empty."""
        return b'"' not in self.body and b"\n\n" not in self.body and b"\r" not in self.body.replace(b"\r\n", b"")

    @property
    def header_line_count(self) -> int:
        """Lines of the body down to the end of the header."""
        reader = csv.reader(
            io.StringIO(self.body[:HEAD_BYTES].decode(errors="ignore"), newline=""), delimiter=self.delimiter
        )
        return next((reader.line_num for record in reader if record), 0)

    @property
    def has_no_records(self) -> bool:
        """Whether nothing stands below the header."""
        return len(self.body) <= HEAD_BYTES and not b"".join(self.body.splitlines()[self.header_line_count :]).strip()

    def read_first_records(self, count: int) -> list[list[str]]:
        """The first records that are not empty, as lists of text, the header first."""
        records, is_cut = self._read_head(min(FIRST_TRY_BYTES, HEAD_BYTES), count)
        if is_cut:
            records, is_cut = self._read_head(HEAD_BYTES, count)
        return [record for record in (records[:-1] if is_cut and len(records) > 1 else records) if record]

    def _read_head(self, byte_count: int, count: int) -> tuple[list[list[str]], bool]:
        """The first records of so many characters, and whether the last of them is cut there."""
        head = io.StringIO(self.body[:byte_count].decode(errors="ignore"), newline="")
        records = list(islice(csv.reader(head, delimiter=self.delimiter), count))
        return records, len(self.body) > byte_count and not head.read(1)

    def iterate_records(self) -> "_csv.Reader":
        """All records as lists of text, the header first; `line_num` is the line within the body."""
        return csv.reader(io.StringIO(self.body.decode(), newline=""), delimiter=self.delimiter)


def detect_dialect(content: FileContent, source: Source) -> Dialect:
    """Decide encoding and delimiter; what `source` declares is obeyed.

    Raises:
        InputProblem: the file is empty, or its text cannot be decoded.
    """
    decoded_text = decode_content(content, source)
    body, notes = drop_outer_lines(decoded_text.body, source), decoded_text.notes
    if _is_blank_text(body):
        raise InputProblem("file is empty", source=content.name, remedy="Name one that has lines in it")
    sep_line = _SEP_LINE_PATTERN.match(body[:10].decode(errors="replace"))
    if sep_line:
        body = body[body.index(b"\n") + 1 :]
    delimiter = source.delimiter or (sep_line[1] if sep_line else _infer_delimiter(body))
    body = convert_to_double_quotes(body, delimiter, source, content.name)
    preamble_lines = find_header_row(body, delimiter) if source.header and not source.skip_rows else 0
    if preamble_lines:
        body = b"".join(body.splitlines(keepends=True)[preamble_lines:])
        notes = (*notes, f"{pluralize(preamble_lines, 'line')} above the header skipped")
    if source.skip_rows or source.skip_footer:
        notes = (
            *notes,
            f"left out as asked: {pluralize(source.skip_rows, 'line')} at the top, {source.skip_footer} at the end",
        )
    skipped_lines = source.skip_rows + preamble_lines + bool(sep_line)
    if not source.header:
        body, skipped_lines = add_generated_header(body, delimiter), skipped_lines - 1
    repair = repair_quotes(body, delimiter, content.name, first_line=skipped_lines + 1)
    if _is_blank_text(repair.body):
        raise InputProblem(
            f"no record reads with the delimiter {delimiter!r} and double quotes",
            source=content.name,
            remedy="Check --delimiter and how the file quotes its fields",
        )
    if repair.literal_quote_records:
        records_with_quotes = pluralize(repair.literal_quote_records, "record has", "records have")
        notes = (*notes, f"{records_with_quotes} quotes inside unquoted fields, which are kept as they are")
    records, hidden_lines = drop_descriptions(repair.body, delimiter)
    if hidden_lines:
        notes = (*notes, f"{pluralize(hidden_lines, 'line')} below the header that describe its columns skipped")
    return Dialect(records, decoded_text.encoding, delimiter, skipped_lines, hidden_lines, repair.broken_lines, notes)


def _is_blank_text(body: bytes) -> bool:
    """Whether there is nothing but blanks; a look at the beginning nearly always tells."""
    return not body[:1000].strip() and not body.strip()


def _infer_delimiter(body: bytes) -> str:
    sample_text = body[:SAMPLE_CHARACTERS].decode(errors="ignore")
    return max(
        DELIMITERS, key=lambda delimiter: (*_score_delimiter(sample_text, delimiter), -DELIMITERS.index(delimiter))
    )


def _score_delimiter(sample_text: str, delimiter: str) -> tuple[int, float, int]:
    """How well a delimiter fits, from the header on: names known, share of records as wide as the header, width."""
    preamble_lines = find_header_row(sample_text.encode(), delimiter)
    if preamble_lines:
        sample_text = "".join(sample_text.splitlines(keepends=True)[preamble_lines:])
    records = csv.reader(io.StringIO(sample_text, newline=""), delimiter=delimiter)
    try:
        rows = [row for row in islice(records, SAMPLE_RECORDS) if row]
    except csv.Error:
        return 0, 0.0, 0
    width = len(rows[0])
    if width == 1:
        return count_known_names(rows[0]), 0.0, 1
    return count_known_names(rows[0]), Counter(map(len, rows))[width] / len(rows), width
