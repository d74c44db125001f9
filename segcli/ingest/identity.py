"""What customer ids say about themselves: damage by spreadsheets, people behind one id, one person behind several."""

import unicodedata
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.counting import pluralize
from segcli.ingest import plain
from segcli.ingest.languages import word_list

INVISIBLE_CATEGORIES = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})  # Unicode categories

DOMINANT_LINE_SHARE = 0.1  # share of lines from which one id is suspected to stand for many people
MOST_IDS_SHARE = 0.5
REPEATED_SHARE = 1 / 3  # of lines that look repeated, from which more is suspected than alike articles of an order
MIN_CUSTOMERS = 20  # customers below which one of them may well have a tenth of the lines
_ROUNDED_NUMBER = r"[0-9](\.[0-9]+)?[Ee]\+[0-9]{2}"
_WHOLE_FLOAT = r"[0-9]+\.0"
_UPPERCASE_BYTES, _LOWERCASE_BYTES = slice(ord("A"), ord("Z") + 1), slice(ord("a"), ord("z") + 1)
_EMAIL_REGEX = r"[^@\s]+@[^@\s]+\.[^@\s]+"


def normalise_unicode(text: str) -> str:
    r"""An id in one Unicode form, without blanks and invisible characters at its ends.

    >>> normalise_unicode(" 007 "), normalise_unicode("\u200bJose\u0301\u00a0") == "Jos\u00e9"
    ('007', True)
    """
    if text.isascii():
        return text.strip()
    nfc_text = unicodedata.normalize("NFC", text)
    visible = [
        index for index, character in enumerate(nfc_text) if unicodedata.category(character) not in INVISIBLE_CATEGORIES
    ]
    return nfc_text[visible[0] : visible[-1] + 1] if visible else ""


def note_rewritten_ids(count: int) -> Iterator[str]:
    """A note on ids that changed by more than plain blanks."""
    if count:
        subject = pluralize(count, "customer id was", "customer ids were")
        yield f"{subject} written with invisible characters or in another Unicode form; now as the others"


def describe_repeated_lines(count: int, *, is_exact: bool = True) -> str:
    """A note on lines that repeat another.

    >>> describe_repeated_lines(1)
    '1 line repeats another in every column used and is kept; ingest.dedupe: lines ignores exact repeats'
    """
    sentence = pluralize(
        count,
        "line repeats another in every column used and is kept",
        "lines repeat another in every column used and are kept",
    )
    return f"{'' if is_exact else 'at least '}{sentence}; ingest.dedupe: lines ignores exact repeats"


def note_possible_repeats(count: int, line_count: int) -> Iterator[str]:
    """Yield a note where a third of the lines look repeated: the export may hold its orders twice.

    Args:
        count: lines that repeat another in the columns that were read; others may differ.
        line_count: of the export.
    """
    if count >= REPEATED_SHARE * line_count:
        yield f"{pluralize(count, 'line')} may repeat another, by the columns read; segcli check compares whole lines"


def id_notes(ids: pa.StringArray, line_counts: npt.NDArray[np.int64], *, may_name_ids: bool = True) -> Iterator[str]:
    """What is worth knowing about the ids.

    Args:
        ids: distinct.
        line_counts: order lines of each.
        may_name_ids: whether ids may be named.

    Yields:
        Sentences with counts; ids themselves only where one stands for a tenth of the lines.
    """
    used_bytes = plain.byte_usage_mask(ids)  # by which most ids are seen to have nothing of the kind
    case_variants = (
        _count_case_variants(ids)
        if (used_bytes[_UPPERCASE_BYTES].any() and used_bytes[_LOWERCASE_BYTES].any()) or used_bytes[0x80:].any()
        else 0
    )
    if case_variants:
        yield f"{case_variants:,} customer ids differ from another only by case; ingest.id_case: upper makes them one"
    rounded_ids = _count_matches(ids, _ROUNDED_NUMBER) if used_bytes[ord("+")] else 0
    if rounded_ids:
        subject = pluralize(rounded_ids, "customer id looks", "customer ids look")
        yield f"{subject} like 1.23457E+11, rounded by a spreadsheet; export again without it"
    lost_zeros = _count_lost_zeros(ids)
    if lost_zeros:
        zeros_subject = pluralize(lost_zeros, "customer id also stands", "customer ids also stand")
        yield f"{zeros_subject} without leading zeros, as spreadsheets write them; they are kept apart"
    float_twins = _count_float_twins(ids) if used_bytes[ord(".")] else 0
    if float_twins:
        twins_subject = pluralize(float_twins, "customer id stands", "customer ids stand")
        yield f"{twins_subject} with and without .0 behind; ingest.id_decimals: drop makes them one"
    if used_bytes[ord("@")] and _count_matches(ids, _EMAIL_REGEX) > MOST_IDS_SHARE * len(ids):
        yield "customer ids are e-mail addresses, so results name people; privacy.pseudonymise gives them pseudonyms"
    yield from _dominant_id_notes(ids, line_counts, may_name_ids=may_name_ids)
    yield from _placeholder_id_notes(ids, line_counts)


def _count_case_variants(ids: pa.StringArray) -> int:
    return int(pd.Series([text.casefold() for text in ids.to_pylist()]).duplicated(keep=False).sum())


def _count_matches(ids: pa.StringArray, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(ids, rf"\A(?:{pattern})\z")).as_py() or 0)


def _count_float_twins(ids: pa.StringArray) -> int:
    """Ids with .0 behind that are there without as well."""
    floats = ids.filter(pc.match_substring_regex(ids, rf"\A(?:{_WHOLE_FLOAT})\z"))
    without_decimals = pc.utf8_slice_codeunits(floats, 0, -2)
    return int(pc.sum(pc.is_in(without_decimals, value_set=ids)).as_py() or 0)


def _count_lost_zeros(ids: pa.StringArray) -> int:
    """Count the ids of digits with leading zeros that are there without them as well."""
    zeros = ids.filter(pc.starts_with(ids, "0"))
    numbers = zeros.filter(pc.match_substring_regex(zeros, r"\A0+[1-9][0-9]*\z"))
    return int(pc.sum(pc.is_in(pc.utf8_ltrim(numbers, "0"), value_set=ids)).as_py() or 0) if len(numbers) else 0


def _placeholder_id_notes(ids: pa.StringArray, line_counts: npt.NDArray[np.int64]) -> Iterator[str]:
    """Ids that programs write where there is no customer; they may be customers all the same."""
    placeholder_words = {word.casefold() for word in word_list("nobody")}
    indices = np.flatnonzero(np.asarray(pc.is_in(pc.utf8_lower(ids), value_set=pa.array(sorted(placeholder_words)))))
    placeholders = sorted((ids[int(index)].as_py(), int(line_counts[index])) for index in indices)
    if placeholders:
        names = ", ".join(f"{name} ({pluralize(count, 'line')})" for name, count in placeholders)
        yield f"ids that can mean nobody: {names}; ingest.exclude_ids leaves them out"


def _dominant_id_notes(ids: pa.StringArray, line_counts: npt.NDArray[np.int64], *, may_name_ids: bool) -> Iterator[str]:
    largest = int(line_counts.argmax())
    share = float(line_counts[largest] / line_counts.sum())
    if share >= DOMINANT_LINE_SHARE and len(line_counts) >= MIN_CUSTOMERS:
        name = f"customer '{ids[largest].as_py()}'" if may_name_ids else "one customer"
        yield f"{name} has {share:.0%} of all lines; an id that many share belongs in ingest.exclude_ids"
