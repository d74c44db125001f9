"""Check quotes against RFC 4180 over a whole file at once, and remove records with invalid quotes.

A stray quote is the most dangerous damage of a CSV file: a lenient parser treats it as an opening quote and swallows
the lines up to the next one. Here, a quote that begins a field must close it, and must be doubled inside it. A field
that begins otherwise may contain quotes, such as 12" or 37°36'37.8"N; such records are counted.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from segcli.errors import InputProblem

QUOTE_BYTE, LINE_FEED, CARRIAGE_RETURN = b'"', b"\n", b"\r"
MASK_BLOCK_SIZE = 1 << 17  # bytes per mask; fits into the processor's cache
MAX_FIELD_BYTES = 1_000_000  # bytes within a pair of quotes; a longer field has an unclosed quote


@dataclass(frozen=True)
class RepairedQuotes:
    """Body without the lines in `broken_lines` (line numbers in the file, ascending).

    `literal_quote_records` counts records with quotes inside fields that do not begin with a quote.
    """

    body: bytes
    broken_lines: tuple[int, ...] = ()
    literal_quote_records: int = 0


def repair_quotes(body: bytes, delimiter: str, file_name: str, first_line: int = 1) -> RepairedQuotes:
    """Remove the lines of records with invalid quotes; `first_line` is the body's first line number in the file.

    Raises:
        InputProblem: if a quote is never closed, which indicates a truncated file.
    """
    if QUOTE_BYTE not in body or has_valid_quotes(body, delimiter):
        return RepairedQuotes(body)
    return scan_records(body, delimiter, file_name, first_line)


def scan_records(body: bytes, delimiter: str, file_name: str, first_line: int = 1) -> RepairedQuotes:
    """Repair quotes record by record, for files with invalid quotes; raises the errors of `repair_quotes`."""
    record_pattern, unclosed_pattern = _record_patterns(delimiter)
    valid_records, broken_lines, literal_quote_records = [], [], 0
    position, line = 0, first_line
    while position < len(body):
        match = record_pattern.match(body, position)
        if match:
            end = match.end()
            valid_records.append(body[position:end])
            literal_quote_records += not has_valid_quotes(valid_records[-1], delimiter)
        else:
            if unclosed_pattern.match(body, position):
                raise InputProblem(
                    "unclosed quote; the file may be truncated",
                    source=file_name,
                    line=line,
                    remedy="close the quote, or download the file again",
                )
            end = _find_line_end(body, position)
            broken_lines.append(line)
        line += count_line_ends(body[position:end])
        position = end
    return RepairedQuotes(b"".join(valid_records), tuple(broken_lines), literal_quote_records)


def has_valid_quotes(body: bytes, delimiter: str) -> bool:
    """Return whether every quote opens a field, closes it, or is doubled inside it."""
    characters = np.frombuffer(body, dtype=np.uint8)
    quotes = np.flatnonzero(characters == ord(QUOTE_BYTE))
    if len(quotes) % 2:
        return False
    is_border = np.zeros(1 << 8, dtype=bool)
    is_border[list(delimiter.encode() + LINE_FEED + CARRIAGE_RETURN)] = True
    opening, closing = quotes[0::2], quotes[1::2]
    # The first half of a doubled quote closes and the second half opens again: each makes the other valid.
    is_doubled = np.zeros(len(quotes) + 1, dtype=bool)
    is_doubled[1:-1] = np.diff(quotes) == 1
    is_opened_well = is_border[characters[np.maximum(opening - 1, 0)]] | (opening == 0) | is_doubled[0:-1][0::2]
    last = len(characters) - 1
    is_closed_well = is_border[characters[np.minimum(closing + 1, last)]] | (closing == last) | is_doubled[1:][1::2]
    return bool(is_opened_well.all() and is_closed_well.all())


@cache
def _record_patterns(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return patterns of a valid record, including its line end, and of a record with an unclosed quote."""
    delimiter_pattern = re.escape(delimiter.encode())
    inside = rb'(?:[^"]|""){0,%d}+' % MAX_FIELD_BYTES
    field = rb'(?:"%b"|(?![ \t]*")[^%b\r\n]*+)' % (inside, delimiter_pattern)
    end = rb"(?:\r\n|\n|\r|\Z)"
    record_pattern = re.compile(rb"%b(?:%b%b)*+%b" % (field, delimiter_pattern, field, end))
    unclosed_pattern = re.compile(rb'(?:%b%b)*+"(?:[^"]|"")*+\Z' % (field, delimiter_pattern))
    return record_pattern, unclosed_pattern


def _find_line_end(body: bytes, position: int) -> int:
    """Return the end of the physical line at `position`, including its line end."""
    match = re.compile(rb"\r\n|\n|\r|\Z").search(body, position)
    assert match
    return match.end() if match.end() > position else len(body)


def count_line_ends(body: bytes) -> int:
    """Count line ends of all kinds."""
    characters = np.frombuffer(body, dtype=np.uint8)
    blocks = (characters[start : start + MASK_BLOCK_SIZE] for start in range(0, len(characters), MASK_BLOCK_SIZE))
    newlines = sum(int(np.count_nonzero(block == ord(LINE_FEED))) for block in blocks)
    return (
        newlines + body.count(CARRIAGE_RETURN) - body.count(CARRIAGE_RETURN + LINE_FEED)
        if CARRIAGE_RETURN in body
        else newlines
    )
