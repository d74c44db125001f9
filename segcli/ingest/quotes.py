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

QUOTE, NEWLINE, RETURN = b'"', b"\n", b"\r"
AT_A_TIME = 1 << 17  # bytes of which a mask is made: few enough to stay in the processor's cache
LONGEST_FIELD = 1_000_000  # bytes within one pair of quotes; a longer field is a quote that was never closed


@dataclass(frozen=True)
class Mended:
    """The body without the lines in `broken` (their numbers in the file, ascending).

    `literal` records hold quotes inside fields that do not begin with one.
    """

    body: bytes
    broken: tuple[int, ...] = ()
    literal: int = 0


def mend(body: bytes, delimiter: str, name: str, first_line: int = 1) -> Mended:
    """Take out the lines on which a record's quotes break the rules; the body begins at `first_line` of the file.

    Raises:
        InputProblem: a quote is opened and never closed, which is what a file that was cut short looks like.
    """
    if QUOTE not in body or obeys(body, delimiter):
        return Mended(body)
    return walked(body, delimiter, name, first_line)


def walked(body: bytes, delimiter: str, name: str, first_line: int = 1) -> Mended:
    """Record by record what `mend` sees at one glance where all quotes obey; errors as there."""
    record, unclosed = _patterns(delimiter)
    kept, broken, literal = [], [], 0
    position, line = 0, first_line
    while position < len(body):
        found = record.match(body, position)
        if found:
            end = found.end()
            kept.append(body[position:end])
            literal += not obeys(kept[-1], delimiter)
        else:
            if unclosed.match(body, position):
                raise InputProblem(
                    "a quote opens here and never closes; the file may be cut short",
                    source=name,
                    line=line,
                    remedy="Close it, or get the file again",
                )
            end = _line_end(body, position)
            broken.append(line)
        line += line_ends(body[position:end])
        position = end
    return Mended(b"".join(kept), tuple(broken), literal)


def obeys(body: bytes, delimiter: str) -> bool:
    """Whether every quote opens a field, closes it, or is doubled inside it."""
    characters = np.frombuffer(body, dtype=np.uint8)
    quotes = np.flatnonzero(characters == ord(QUOTE))
    if len(quotes) % 2:
        return False
    is_border = np.zeros(1 << 8, dtype=bool)
    is_border[list(delimiter.encode() + NEWLINE + RETURN)] = True
    opening, closing = quotes[0::2], quotes[1::2]
    # Of a doubled quote the first half closes and the second opens again: each is excused by the other.
    doubled = np.zeros(len(quotes) + 1, dtype=bool)
    doubled[1:-1] = np.diff(quotes) == 1
    before = is_border[characters[np.maximum(opening - 1, 0)]] | (opening == 0) | doubled[0:-1][0::2]
    last = len(characters) - 1
    after = is_border[characters[np.minimum(closing + 1, last)]] | (closing == last) | doubled[1:][1::2]
    return bool(before.all() and after.all())


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A record that obeys, up to and with its line end; and one with a quote that never closes."""
    mark = re.escape(delimiter.encode())
    inside = rb'(?:[^"]|""){0,%d}+' % LONGEST_FIELD
    field = rb'(?:"%b"|(?![ \t]*")[^%b\r\n]*+)' % (inside, mark)
    end = rb"(?:\r\n|\n|\r|\Z)"
    record = re.compile(rb"%b(?:%b%b)*+%b" % (field, mark, field, end))
    unclosed = re.compile(rb'(?:%b%b)*+"(?:[^"]|"")*+\Z' % (field, mark))
    return record, unclosed


def _line_end(body: bytes, position: int) -> int:
    """Where the physical line that holds `position` ends, its line end included."""
    found = re.compile(rb"\r\n|\n|\r|\Z").search(body, position)
    assert found
    return found.end() if found.end() > position else len(body)


def line_ends(piece: bytes) -> int:
    """How many line ends there are, of whatever kind."""
    characters = np.frombuffer(piece, dtype=np.uint8)
    slices = (characters[start : start + AT_A_TIME] for start in range(0, len(characters), AT_A_TIME))
    newlines = sum(int(np.count_nonzero(one == ord(NEWLINE))) for one in slices)
    return newlines + piece.count(RETURN) - piece.count(RETURN + NEWLINE) if RETURN in piece else newlines
