"""Detect the encoding and delimiter of a CSV file, with rules and trials instead of statistical guesses."""

import contextlib
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.ingest.column_descriptions import DescribedBody, merge_header_rows
from segcli.ingest.column_matching import count_known_names
from segcli.ingest.encoding import decode_content
from segcli.ingest.quoting import repair_quotes
from segcli.io.read import FileContent

if TYPE_CHECKING:
    import _csv


# Declared format of the records: lines to skip, no header, other quotes
_LINE_END_PATTERN = re.compile(rb"\r\n|\n|\r")


def drop_outer_lines(body: bytes, source: Source) -> bytes:
    """Remove the declared number of lines at the start and end; empty lines at the end do not count."""
    start = 0
    for _ in range(source.skip_rows):
        line_end = _LINE_END_PATTERN.search(body, start)
        start = line_end.end() if line_end else len(body)
    end = len(body.rstrip(b"\r\n")) if source.skip_footer else len(body)
    for _ in range(source.skip_footer):
        end = max(body.rfind(b"\n", start, end), body.rfind(b"\r", start, end), start)
        end = start + len(body[start:end].rstrip(b"\r\n"))
    return body[start:end] if end < len(body) else body[start:]


def add_generated_header(body: bytes, delimiter: str) -> bytes:
    """Add a generated header line: column_1, column_2, ..."""
    first_record = next(
        csv.reader(io.StringIO(body[:1_000_000].decode(errors="ignore"), newline=""), delimiter=delimiter), []
    )
    names = [f"column_{number}" for number in range(1, len(first_record) + 1)]
    return delimiter.join(names).encode() + b"\n" + body


def convert_to_double_quotes(body: bytes, delimiter: str, source: Source, file_name: str) -> bytes:
    """Convert the declared quotes to standard quoting (doubled double quotes), with the same records on the same lines.

    Raises:
        InputProblem: if the declared quotes are not closed.
    """
    if source.quote == '"' and source.escape is None:
        return body
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    records = csv.reader(
        io.StringIO(body.decode(), newline=""),
        delimiter=delimiter,
        quotechar=source.quote,
        escapechar=source.escape,
        strict=True,
    )
    try:
        writer.writerows(records)
    except csv.Error as error:
        raise InputProblem(
            f"cannot be read with the declared format ({error})",
            source=file_name,
            line=records.line_num,
            remedy="check the declared delimiter, quote, escape and skip_rows",
        ) from None
    return buffer.getvalue().encode()


# Preamble above the header: a title, the name of a report, an empty line
HEADER_SEARCH_LIMIT = 50  # number of records in which to search for the header
PREAMBLE_HEAD_CHARACTERS = 100_000  # characters
MIN_CERTAIN_NAMES = 2  # number of known names that identify a header


def find_header_row(body: bytes, delimiter: str) -> int:
    """Return the number of physical lines above the header; 0 if the first record may be the header.

    A later record is the header only if it has known names, the first record has none, and either all records above are
    less than half as wide or all of its names are known. This avoids mistaking survey answers such as `email` and
    `phone` for a header. A row of merged cells that names groups of columns is above the header, too.
    """
    records = csv.reader(
        io.StringIO(body[:PREAMBLE_HEAD_CHARACTERS].decode(errors="ignore"), newline=""), delimiter=delimiter
    )
    with contextlib.suppress(csv.Error):  # the field is too long for a name; reading the header reports it
        return _locate_header(records)
    return 0


def _locate_header(reader: "_csv.Reader") -> int:
    widest_above, lines_before = 0, 0
    for index, record in zip(range(HEADER_SEARCH_LIMIT), reader, strict=False):
        known_count, filled_count = count_known_names(record), sum(bool(cell.strip()) for cell in record)
        if (
            (known_count and index == 0 and filled_count > 1)
            or (known_count >= MIN_CERTAIN_NAMES and widest_above * 2 < filled_count)
            or (known_count > MIN_CERTAIN_NAMES and known_count == filled_count)
        ):
            lines_through = reader.line_num
            return lines_through if _names_column_groups(record, _read_next(reader)) else lines_before
        widest_above, lines_before = max(widest_above, filled_count), reader.line_num
    return 0


def _read_next(reader: "_csv.Reader") -> list[str]:
    with contextlib.suppress(csv.Error):
        return next(reader, [])
    return []


def _names_column_groups(record: list[str], following: list[str]) -> bool:
    """Return whether a record has blanks where the next one has names, and knows fewer of its names."""
    names, names_below = (sum(bool(cell.strip()) for cell in cells) for cells in (record, following))
    return len(record) > names and names_below > names and count_known_names(following) > count_known_names(record)


DELIMITERS = ",;\t|"
SAMPLE_RECORDS = 1000
SAMPLE_CHARACTERS = 300_000
HEAD_BYTES = 1_000_000  # bytes; contain the first records
FIRST_TRY_BYTES = 50_000  # bytes; nearly always contain the same records
_SEP_LINE_PATTERN = re.compile(r"sep=([\t -!#-~])\r?\n", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """Decoded text of a file as UTF-8 bytes, beginning with the header, and the format of its records.

    `skipped_lines` counts lines above the header (above the first record, if the body has no header), and
    `hidden_lines` counts lines below it that described the columns. `broken_lines` (numbers in the file, from 1) were
    removed because of invalid quotes. `questions` are the descriptions of the columns, if the file has some.
    """

    body: bytes
    encoding: str
    delimiter: str
    skipped_lines: int = 0
    hidden_lines: int = 0
    broken_lines: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    has_header: bool = True
    questions: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the text for people, such as `utf-8  ','`."""
        return f"{self.encoding}  {self.delimiter!r}"

    def to_file_line(self, line: int) -> int:
        """Convert a line number of the body to the line number in the file."""
        line += self.skipped_lines
        if self.hidden_lines and line > self.skipped_lines + self.header_line_count:
            line += self.hidden_lines
        for broken_line in self.broken_lines:
            line += broken_line <= line
        return line

    @property
    def has_single_line_records(self) -> bool:
        """Whether every record is certainly one line: there are no quotes and no empty lines."""
        return b'"' not in self.body and b"\n\n" not in self.body and b"\r" not in self.body.replace(b"\r\n", b"")

    @property
    def header_line_count(self) -> int:
        """Number of body lines up to the end of the header."""
        reader = csv.reader(
            io.StringIO(self.body[:HEAD_BYTES].decode(errors="ignore"), newline=""), delimiter=self.delimiter
        )
        return next((reader.line_num for record in reader if record), 0)

    @property
    def has_no_records(self) -> bool:
        """Whether there are no records below the header."""
        return len(self.body) <= HEAD_BYTES and not b"".join(self.body.splitlines()[self.header_line_count :]).strip()

    def read_first_records(self, count: int) -> list[list[str]]:
        """Return the first non-empty records as lists of text, beginning with the header."""
        records, is_cut = self._read_head(min(FIRST_TRY_BYTES, HEAD_BYTES), count)
        if is_cut:
            records, is_cut = self._read_head(HEAD_BYTES, count)
        return [record for record in (records[:-1] if is_cut and len(records) > 1 else records) if record]

    def _read_head(self, byte_count: int, count: int) -> tuple[list[list[str]], bool]:
        """Return the first records of the first `byte_count` bytes, and whether the last record is cut off."""
        head = io.StringIO(self.body[:byte_count].decode(errors="ignore"), newline="")
        records = list(islice(csv.reader(head, delimiter=self.delimiter), count))
        return records, len(self.body) > byte_count and not head.read(1)

    def iterate_records(self) -> "_csv.Reader":
        """Return a reader of all records, beginning with the header; `line_num` is the line within the body."""
        return csv.reader(io.StringIO(self.body.decode(), newline=""), delimiter=self.delimiter)


def detect_dialect(content: FileContent, source: Source) -> Dialect:
    """Detect encoding and delimiter; declarations in `source` take precedence.

    Raises:
        InputProblem: if the file is empty, or its text cannot be decoded.
    """
    decoded_text = decode_content(content, source)
    body, notes = drop_outer_lines(decoded_text.body, source), (*content.notes, *decoded_text.notes)
    if _is_blank_text(body):
        raise InputProblem("file is empty", source=content.name, remedy="choose a file with data")
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
            f"skipped by request: {pluralize(source.skip_rows, 'line')} at the top, {source.skip_footer} at the end",
        )
    skipped_lines = source.skip_rows + preamble_lines + bool(sep_line)
    if not source.header:
        body, skipped_lines = add_generated_header(body, delimiter), skipped_lines - 1
    repair = repair_quotes(body, delimiter, content.name, first_line=skipped_lines + 1)
    if _is_blank_text(repair.body):
        raise InputProblem(
            f"no record can be read with the delimiter {delimiter!r} and double quotes",
            source=content.name,
            remedy="check --delimiter and the quotes of the file",
        )
    if repair.literal_quote_records:
        records_with_quotes = pluralize(repair.literal_quote_records, "record has", "records have")
        notes = (*notes, f"{records_with_quotes} quotes inside unquoted fields, which are kept unchanged")
    described = merge_header_rows(repair.body, delimiter) if source.header else DescribedBody(repair.body)
    hidden_lines = described.hidden_lines
    if hidden_lines:
        notes = (*notes, f"{pluralize(hidden_lines, 'line')} below the header skipped: column descriptions")
    return Dialect(
        described.body,
        decoded_text.encoding,
        delimiter,
        skipped_lines,
        hidden_lines,
        repair.broken_lines,
        notes,
        questions=described.questions,
    )


def _is_blank_text(body: bytes) -> bool:
    """Return whether a text is blank; the first bytes nearly always suffice."""
    return not body[:1000].strip() and not body.strip()


def _infer_delimiter(body: bytes) -> str:
    sample_text = body[:SAMPLE_CHARACTERS].decode(errors="ignore")
    return max(
        DELIMITERS, key=lambda delimiter: (*_score_delimiter(sample_text, delimiter), -DELIMITERS.index(delimiter))
    )


def _score_delimiter(sample_text: str, delimiter: str) -> tuple[int, float, int]:
    """Score a delimiter from the header on: known names, share of records as wide as the header, width."""
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
