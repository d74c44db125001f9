"""What the user declares around and inside the records: lines to leave out, no header, other quotes."""

import csv
import io
import re
from itertools import islice

from segcli.config.ingest import Source
from segcli.errors import InputProblem

HEAD = 1_000_000  # bytes that hold the first records
IMPORT_ID = b"ImportId"
IMPORT_ID_CELL = re.compile(r"\s*\{\s*\W*ImportId")
MOST_DESCRIPTIONS = 3  # records below the header among which the one with ImportIds is
_LINE_END = re.compile(rb"\r\n|\n|\r")


def without_ends(body: bytes, source: Source) -> bytes:
    """The body without the first and last lines that are to be left out; empty lines at the end do not count."""
    start = 0
    for _ in range(source.skip_rows):
        found = _LINE_END.search(body, start)
        start = found.end() if found else len(body)
    end = len(body.rstrip(b"\r\n")) if source.skip_footer else len(body)
    for _ in range(source.skip_footer):
        end = max(body.rfind(b"\n", start, end), body.rfind(b"\r", start, end), start)
        end = start + len(body[start:end].rstrip(b"\r\n"))
    return body[start:end] if end < len(body) else body[start:]


def with_header(body: bytes, delimiter: str) -> bytes:
    """The body with a line of names on top: column_1, column_2, ..."""
    first = next(csv.reader(io.StringIO(body[:1_000_000].decode(errors="ignore"), newline=""), delimiter=delimiter), [])
    names = [f"column_{place}" for place in range(1, len(first) + 1)]
    return delimiter.join(names).encode() + b"\n" + body


def without_descriptions(body: bytes, delimiter: str) -> tuple[bytes, int]:
    """Return a survey export without the records below its header that describe columns, and how many lines these are.

    Qualtrics writes the question of each column there, and a record of JSON with an ImportId for each column.
    """
    if IMPORT_ID not in body[:HEAD]:
        return body, 0
    lines = body[:HEAD].splitlines(keepends=True)
    reader = csv.reader((line.decode(errors="ignore") for line in lines), delimiter=delimiter)
    header_end = 0
    for number, record in enumerate(islice(reader, MOST_DESCRIPTIONS + 1)):
        if number == 0:
            header_end = reader.line_num
        elif any(IMPORT_ID_CELL.match(cell) for cell in record):
            hidden = lines[header_end : reader.line_num]
            header = b"".join(lines[:header_end])
            return header + body[len(header) + sum(map(len, hidden)) :], len(hidden)
    return body, 0


def in_double_quotes(body: bytes, delimiter: str, source: Source, name: str) -> bytes:
    """The same records on the same lines, quoted with double quotes that are doubled within.

    Raises:
        InputProblem: the declared quotes are not closed.
    """
    if source.quote == '"' and source.escape is None:
        return body
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\n")
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
            f"cannot be read as declared ({error})",
            source=name,
            line=records.line_num,
            remedy="Look at what is declared: delimiter, quote, escape, skip_rows",
        ) from None
    return written.getvalue().encode()
