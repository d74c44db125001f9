"""What the user declares around and inside the records: lines to leave out, no header, other quotes."""

import csv
import io
import re
from itertools import islice

from segcli.config.ingest import Source
from segcli.errors import InputProblem

DESCRIPTION_HEAD_BYTES = 1_000_000  # bytes that hold the first records
IMPORT_ID_MARKER = b"ImportId"
IMPORT_ID_PATTERN = re.compile(r"\s*\{\s*\W*ImportId")
MAX_DESCRIPTION_RECORDS = 3  # records below the header among which the one with ImportIds is
_LINE_END_PATTERN = re.compile(rb"\r\n|\n|\r")


def drop_outer_lines(body: bytes, source: Source) -> bytes:
    """The body without the first and last lines that are to be left out; empty lines at the end do not count."""
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
    """The body with a line of names on top: column_1, column_2, ..."""
    first_record = next(
        csv.reader(io.StringIO(body[:1_000_000].decode(errors="ignore"), newline=""), delimiter=delimiter), []
    )
    names = [f"column_{number}" for number in range(1, len(first_record) + 1)]
    return delimiter.join(names).encode() + b"\n" + body


def drop_descriptions(body: bytes, delimiter: str) -> tuple[bytes, int]:
    """Return a survey export without the records below its header that describe columns, and how many lines these are.

    Qualtrics writes the question of each column there, and a record of JSON with an ImportId for each column.
    """
    if IMPORT_ID_MARKER not in body[:DESCRIPTION_HEAD_BYTES]:
        return body, 0
    lines = body[:DESCRIPTION_HEAD_BYTES].splitlines(keepends=True)
    reader = csv.reader((line.decode(errors="ignore") for line in lines), delimiter=delimiter)
    header_end = 0
    for number, record in enumerate(islice(reader, MAX_DESCRIPTION_RECORDS + 1)):
        if number == 0:
            header_end = reader.line_num
        elif any(IMPORT_ID_PATTERN.match(cell) for cell in record):
            description_lines = lines[header_end : reader.line_num]
            header = b"".join(lines[:header_end])
            return header + body[len(header) + sum(map(len, description_lines)) :], len(description_lines)
    return body, 0


def convert_to_double_quotes(body: bytes, delimiter: str, source: Source, file_name: str) -> bytes:
    """The same records on the same lines, quoted with double quotes that are doubled within.

    Raises:
        InputProblem: the declared quotes are not closed.
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
            f"cannot be read as declared ({error})",
            source=file_name,
            line=records.line_num,
            remedy="Look at what is declared: delimiter, quote, escape, skip_rows",
        ) from None
    return buffer.getvalue().encode()
