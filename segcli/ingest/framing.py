"""What the user declares around and inside the records: lines to leave out, no header, other quotes."""

import csv
import io
import re

from segcli.config.ingest import Source
from segcli.errors import InputProblem

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
