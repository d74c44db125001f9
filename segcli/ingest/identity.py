"""What customer ids say about themselves: damage by spreadsheets, people behind one id, one person behind several."""

import unicodedata
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.counting import counted
from segcli.ingest import plain
from segcli.ingest.languages import words

INVISIBLE = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})  # Unicode categories

DOMINANT = 0.1  # share of lines from which one id is suspected to stand for many people
MOST = 0.5
REPEATED_SHARE = 1 / 3  # of lines that look repeated, from which more is suspected than alike articles of an order
ENOUGH = 20  # customers below which one of them may well have a tenth of the lines
_ROUNDED = r"[0-9](\.[0-9]+)?[Ee]\+[0-9]{2}"
_FLOAT = r"[0-9]+\.0"
_UPPER, _LOWER = slice(ord("A"), ord("Z") + 1), slice(ord("a"), ord("z") + 1)
_MAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"


def unified(text: str) -> str:
    r"""An id in one Unicode form, without blanks and invisible characters at its ends.

    >>> unified(" 007 "), unified("\u200bJose\u0301\u00a0") == "Jos\u00e9"
    ('007', True)
    """
    if text.isascii():
        return text.strip()
    composed = unicodedata.normalize("NFC", text)
    visible = [place for place, mark in enumerate(composed) if unicodedata.category(mark) not in INVISIBLE]
    return composed[visible[0] : visible[-1] + 1] if visible else ""


def rewritten(count: int) -> Iterator[str]:
    """A note on ids that changed by more than plain blanks."""
    if count:
        were = counted(count, "customer id was", "customer ids were")
        yield f"{were} written with invisible characters or in another Unicode form; now as the others"


def repeated(count: int, *, exact: bool = True) -> str:
    """A note on lines that repeat another.

    >>> repeated(1)
    '1 line repeats another in every column used and is kept; ingest.dedupe: lines ignores exact repeats'
    """
    what = counted(
        count,
        "line repeats another in every column used and is kept",
        "lines repeat another in every column used and are kept",
    )
    return f"{'' if exact else 'at least '}{what}; ingest.dedupe: lines ignores exact repeats"


def possibly_repeated(count: int, lines: int) -> Iterator[str]:
    """Yield a note where a third of the lines look repeated: the export may hold its orders twice.

    Args:
        count: lines that repeat another in the columns that were read; others may differ.
        lines: of the export.
    """
    if count >= REPEATED_SHARE * lines:
        yield f"{counted(count, 'line')} may repeat another, by the columns read; segcli check compares whole lines"


def notes(ids: pa.StringArray, lines: npt.NDArray[np.int64], *, told: bool = True) -> Iterator[str]:
    """What is worth knowing about the ids.

    Args:
        ids: distinct.
        lines: order lines of each.
        told: whether ids may be named.

    Yields:
        Sentences with counts; ids themselves only where one stands for a tenth of the lines.
    """
    marks = plain.bytes_of(ids)  # by which most ids are seen to have nothing of the kind
    alike = _alike(ids) if (marks[_UPPER].any() and marks[_LOWER].any()) or marks[0x80:].any() else 0
    if alike:
        yield f"{alike:,} customer ids differ from another only by case; ingest.id_case: upper makes them one"
    rounded = _matching(ids, _ROUNDED) if marks[ord("+")] else 0
    if rounded:
        look = counted(rounded, "customer id looks", "customer ids look")
        yield f"{look} like 1.23457E+11, rounded by a spreadsheet; export again without it"
    zeros = _count_lost_zeros(ids)
    if zeros:
        also = counted(zeros, "customer id also stands", "customer ids also stand")
        yield f"{also} without leading zeros, as spreadsheets write them; they are kept apart"
    twins = _twins(ids) if marks[ord(".")] else 0
    if twins:
        stand = counted(twins, "customer id stands", "customer ids stand")
        yield f"{stand} with and without .0 behind; ingest.id_decimals: drop makes them one"
    if marks[ord("@")] and _matching(ids, _MAIL) > MOST * len(ids):
        yield "customer ids are e-mail addresses, so results name people; privacy.pseudonymise gives them pseudonyms"
    yield from _dominant(ids, lines, told=told)
    yield from _nobody(ids, lines)


def _alike(ids: pa.StringArray) -> int:
    return int(pd.Series([text.casefold() for text in ids.to_pylist()]).duplicated(keep=False).sum())


def _matching(ids: pa.StringArray, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(ids, rf"\A(?:{pattern})\z")).as_py() or 0)


def _twins(ids: pa.StringArray) -> int:
    """Ids with .0 behind that are there without as well."""
    floats = ids.filter(pc.match_substring_regex(ids, rf"\A(?:{_FLOAT})\z"))
    bare = pc.utf8_slice_codeunits(floats, 0, -2)
    return int(pc.sum(pc.is_in(bare, value_set=ids)).as_py() or 0)


def _count_lost_zeros(ids: pa.StringArray) -> int:
    """Count the ids of digits with leading zeros that are there without them as well."""
    zeros = ids.filter(pc.starts_with(ids, "0"))
    numbers = zeros.filter(pc.match_substring_regex(zeros, r"\A0+[1-9][0-9]*\z"))
    return int(pc.sum(pc.is_in(pc.utf8_ltrim(numbers, "0"), value_set=ids)).as_py() or 0) if len(numbers) else 0


def _nobody(ids: pa.StringArray, lines: npt.NDArray[np.int64]) -> Iterator[str]:
    """Ids that programs write where there is no customer; they may be customers all the same."""
    nobody = {word.casefold() for word in words("nobody")}
    places = np.flatnonzero(np.asarray(pc.is_in(pc.utf8_lower(ids), value_set=pa.array(sorted(nobody)))))
    found = sorted((ids[int(place)].as_py(), int(lines[place])) for place in places)
    if found:
        names = ", ".join(f"{name} ({counted(count, 'line')})" for name, count in found)
        yield f"ids that can mean nobody: {names}; ingest.exclude_ids leaves them out"


def _dominant(ids: pa.StringArray, lines: npt.NDArray[np.int64], *, told: bool) -> Iterator[str]:
    most = int(lines.argmax())
    share = float(lines[most] / lines.sum())
    if share >= DOMINANT and len(lines) >= ENOUGH:
        name = f"customer '{ids[most].as_py()}'" if told else "one customer"
        yield f"{name} has {share:.0%} of all lines; an id that many share belongs in ingest.exclude_ids"
