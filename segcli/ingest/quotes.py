"""Quotes that obey RFC 4180, checked over a whole file at once; records whose quotes do not are set aside by line.

A stray quote is the most dangerous damage a CSV file can have: a lenient parser takes it for an opening one and
swallows the lines up to the next. Here a quote that begins a field must close it, and be doubled inside it. A field
that begins otherwise may hold quotes as they are, such as 12" or 37°36'37.8"N; that is counted.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from segcli.errors import InputProblem

QUOTE_BYTE, LINE_FEED, CARRIAGE_RETURN = b'"', b"\n", b"\r"
MASK_BLOCK_SIZE = 1 << 17  # bytes of which a mask is made: few enough to stay in the processor's cache
MAX_FIELD_BYTES = 1_000_000  # bytes within one pair of quotes; a longer field is a quote that was never closed


@dataclass(frozen=True)
class RepairedQuotes:
    """The body without the lines in `broken_lines` (their numbers in the file, ascending).

    `literal_quote_records` records hold quotes inside fields that do not begin with one.
    """

    body: bytes
    broken_lines: tuple[int, ...] = ()
    literal_quote_records: int = 0


def repair_quotes(body: bytes, delimiter: str, file_name: str, first_line: int = 1) -> RepairedQuotes:
    """Take out the lines on which a record's quotes break the rules; the body begins at `first_line` of the file.

    Raises:
        InputProblem: a quote is opened and never closed, which is what a file that was cut short looks like.
    """
    if QUOTE_BYTE not in body or has_valid_quotes(body, delimiter):
        return RepairedQuotes(body)
    return scan_records(body, delimiter, file_name, first_line)


def scan_records(body: bytes, delimiter: str, file_name: str, first_line: int = 1) -> RepairedQuotes:
    """Record by record what `repair_quotes` sees at one glance where all quotes obey; errors as there."""
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
                    "a quote opens here and never closes; the file may be cut short",
                    source=file_name,
                    line=line,
                    remedy="Close it, or get the file again",
                )
            end = _find_line_end(body, position)
            broken_lines.append(line)
        line += count_line_ends(body[position:end])
        position = end
    return RepairedQuotes(b"".join(valid_records), tuple(broken_lines), literal_quote_records)


def has_valid_quotes(body: bytes, delimiter: str) -> bool:
    """Whether every quote opens a field, closes it, or is doubled inside it."""
    characters = np.frombuffer(body, dtype=np.uint8)
    quotes = np.flatnonzero(characters == ord(QUOTE_BYTE))
    if len(quotes) % 2:
        return False
    is_border = np.zeros(1 << 8, dtype=bool)
    is_border[list(delimiter.encode() + LINE_FEED + CARRIAGE_RETURN)] = True
    opening, closing = quotes[0::2], quotes[1::2]
    # Of a doubled quote the first half closes and the second opens again: each is excused by the other.
    is_doubled = np.zeros(len(quotes) + 1, dtype=bool)
    is_doubled[1:-1] = np.diff(quotes) == 1
    is_opened_well = is_border[characters[np.maximum(opening - 1, 0)]] | (opening == 0) | is_doubled[0:-1][0::2]
    last = len(characters) - 1
    is_closed_well = is_border[characters[np.minimum(closing + 1, last)]] | (closing == last) | is_doubled[1:][1::2]
    return bool(is_opened_well.all() and is_closed_well.all())


@cache
def _record_patterns(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A record that obeys, up to and with its line end; and one with a quote that never closes."""
    delimiter_pattern = re.escape(delimiter.encode())
    inside = rb'(?:[^"]|""){0,%d}+' % MAX_FIELD_BYTES
    field = rb'(?:"%b"|(?![ \t]*")[^%b\r\n]*+)' % (inside, delimiter_pattern)
    end = rb"(?:\r\n|\n|\r|\Z)"
    record_pattern = re.compile(rb"%b(?:%b%b)*+%b" % (field, delimiter_pattern, field, end))
    unclosed_pattern = re.compile(rb'(?:%b%b)*+"(?:[^"]|"")*+\Z' % (field, delimiter_pattern))
    return record_pattern, unclosed_pattern


def _find_line_end(body: bytes, position: int) -> int:
    """Where the physical line that holds `position` ends, its line end included."""
    match = re.compile(rb"\r\n|\n|\r|\Z").search(body, position)
    assert match
    return match.end() if match.end() > position else len(body)


def count_line_ends(body: bytes) -> int:
    """How many line ends there are, of whatever kind."""
    characters = np.frombuffer(body, dtype=np.uint8)
    blocks = (characters[start : start + MASK_BLOCK_SIZE] for start in range(0, len(characters), MASK_BLOCK_SIZE))
    newlines = sum(int(np.count_nonzero(block == ord(LINE_FEED))) for block in blocks)
    return (
        newlines + body.count(CARRIAGE_RETURN) - body.count(CARRIAGE_RETURN + LINE_FEED)
        if CARRIAGE_RETURN in body
        else newlines
    )
