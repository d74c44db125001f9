"""Normalise customer ids: remove additions by spreadsheets, exports and typing."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.config.ingest import IngestSettings
from segcli.formatting import pluralize
from segcli.ingest import text_columns
from segcli.ingest.locales import word_list
from segcli.ingest.parser import RawTable
from segcli.ingest.text_columns import EncodedColumn
from segcli.io.csv_injection import APOSTROPHE_TEXT
from segcli.message import count_message

# Notes on customer ids: damage by spreadsheets, ids shared by several people, people with several ids
INVISIBLE_CATEGORIES = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})  # Unicode categories

DOMINANT_LINE_SHARE = 0.1  # share of lines from which an id probably stands for many people
MOST_IDS_SHARE = 0.5
REPEATED_SHARE = 1 / 3  # share of repeated lines from which more than identical articles in an order is suspected
MIN_CUSTOMERS = 20  # with fewer customers, one of them may plausibly have a tenth of the lines
_ROUNDED_NUMBER = r"[0-9](\.[0-9]+)?[Ee]\+[0-9]{2}"
_WHOLE_FLOAT = r"[0-9]+\.0"
_UPPERCASE_BYTES, _LOWERCASE_BYTES = slice(ord("A"), ord("Z") + 1), slice(ord("a"), ord("z") + 1)
_EMAIL_REGEX = r"[^@\s]+@[^@\s]+\.[^@\s]+"


def normalise_unicode(text: str) -> str:
    r"""Return an id in Unicode form NFC, without blanks and invisible characters at its ends.

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
    """Yield a note on ids whose normalisation changed more than plain blanks."""
    if count:
        subject = pluralize(count, "customer id", "customer ids")
        yield f"{subject} normalised: invisible characters or another Unicode form"


def describe_repeated_lines(count: int, *, is_exact: bool = True) -> str:
    """Return a note on repeated lines.

    >>> describe_repeated_lines(1)
    '1 exact duplicate line kept; hint: --set ingest.dedupe=lines drops it'
    """
    if is_exact:
        return count_message(
            "{count} exact duplicate line kept; hint: --set ingest.dedupe=lines drops it",
            "{count} exact duplicate lines kept; hint: --set ingest.dedupe=lines drops them",
            count,
        )
    return count_message(
        "at least {count} exact duplicate line kept; hint: --set ingest.dedupe=lines drops it",
        "at least {count} exact duplicate lines kept; hint: --set ingest.dedupe=lines drops them",
        count,
    )


def note_possible_repeats(count: int, line_count: int) -> Iterator[str]:
    """Yield a note if at least a third of the lines look repeated: the export may contain its orders twice.

    Args:
        count: lines that repeat another line in the columns that were read; other columns may differ.
        line_count: number of lines of the export.
    """
    if count >= REPEATED_SHARE * line_count:
        yield (
            count_message(
                "{count} line may be duplicates, judged by the columns read; hint: segcli check compares whole lines",
                "{count} lines may be duplicates, judged by the columns read; hint: segcli check compares whole lines",
                count,
            )
        )


def id_notes(ids: pa.StringArray, line_counts: npt.NDArray[np.int64], *, may_name_ids: bool = True) -> Iterator[str]:
    """Yield notes on problems of customer ids.

    Args:
        ids: distinct ids.
        line_counts: number of order lines of each id.
        may_name_ids: whether notes may contain ids.

    Yields:
        Sentences with counts; an id is named only if it has a tenth of the lines, or is a placeholder.
    """
    used_bytes = text_columns.byte_usage_mask(ids)  # rules out most checks for most ids
    case_variants = (
        _count_case_variants(ids)
        if (used_bytes[_UPPERCASE_BYTES].any() and used_bytes[_LOWERCASE_BYTES].any()) or used_bytes[0x80:].any()
        else 0
    )
    if case_variants:
        yield count_message(
            "{count} customer id differs only in letter case; hint: --set ingest.id_case=upper merges it",
            "{count} customer ids differ only in letter case; hint: --set ingest.id_case=upper merges them",
            case_variants,
        )
    rounded_ids = _count_matches(ids, _ROUNDED_NUMBER) if used_bytes[ord("+")] else 0
    if rounded_ids:
        subject = pluralize(rounded_ids, "customer id looks", "customer ids look")
        yield (
            f"{subject} like 1.23457E+11 (rounded by a spreadsheet); "
            "hint: export the ids without opening them in a spreadsheet"
        )
    lost_zeros = _count_lost_zeros(ids)
    if lost_zeros:
        zeros_subject = pluralize(lost_zeros, "customer id also occurs", "customer ids also occur")
        yield f"{zeros_subject} without leading zeros, as spreadsheets write them; kept as different customers"
    float_twins = _count_float_twins(ids) if used_bytes[ord(".")] else 0
    if float_twins:
        twins_subject = pluralize(float_twins, "customer id occurs", "customer ids occur")
        yield f"{twins_subject} with and without a trailing .0; hint: --set ingest.id_decimals=drop merges them"
    if used_bytes[ord("@")] and _count_matches(ids, _EMAIL_REGEX) > MOST_IDS_SHARE * len(ids):
        yield (
            "customer ids are e-mail addresses, so results identify people; "
            "hint: privacy.pseudonymise replaces them with pseudonyms"
        )
    yield from _dominant_id_notes(ids, line_counts, may_name_ids=may_name_ids)
    yield from _placeholder_id_notes(ids, line_counts)


def _count_case_variants(ids: pa.StringArray) -> int:
    return int(pd.Series([text.casefold() for text in ids.to_pylist()]).duplicated(keep=False).sum())


def _count_matches(ids: pa.StringArray, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(ids, rf"\A(?:{pattern})\z")).as_py() or 0)


def _count_float_twins(ids: pa.StringArray) -> int:
    """Count the ids that end in .0 and also occur without it."""
    floats = ids.filter(pc.match_substring_regex(ids, rf"\A(?:{_WHOLE_FLOAT})\z"))
    without_decimals = pc.utf8_slice_codeunits(floats, 0, -2)
    return int(pc.sum(pc.is_in(without_decimals, value_set=ids)).as_py() or 0)


def _count_lost_zeros(ids: pa.StringArray) -> int:
    """Count the numeric ids with leading zeros that also occur without them."""
    zeros = ids.filter(pc.starts_with(ids, "0"))
    numbers = zeros.filter(pc.match_substring_regex(zeros, r"\A0+[1-9][0-9]*\z"))
    return int(pc.sum(pc.is_in(pc.utf8_ltrim(numbers, "0"), value_set=ids)).as_py() or 0) if len(numbers) else 0


def _placeholder_id_notes(ids: pa.StringArray, line_counts: npt.NDArray[np.int64]) -> Iterator[str]:
    """Yield a note on ids that programs write if there is no customer; they may still be customers."""
    placeholder_words = {word.casefold() for word in word_list("nobody")}
    indices = np.flatnonzero(np.asarray(pc.is_in(pc.utf8_lower(ids), value_set=pa.array(sorted(placeholder_words)))))
    placeholders = sorted((ids[int(index)].as_py(), int(line_counts[index])) for index in indices)
    if placeholders:
        names = ", ".join(f"{name} ({pluralize(count, 'line')})" for name, count in placeholders)
        yield f"ids that look like placeholders: {names}; hint: ingest.exclude_ids excludes them"


def _dominant_id_notes(ids: pa.StringArray, line_counts: npt.NDArray[np.int64], *, may_name_ids: bool) -> Iterator[str]:
    largest = int(line_counts.argmax())
    share = float(line_counts[largest] / line_counts.sum())
    if share >= DOMINANT_LINE_SHARE and len(line_counts) >= MIN_CUSTOMERS:
        name = f"customer '{ids[largest].as_py()}'" if may_name_ids else "one customer"
        yield (
            f"{name} has {share:.0%} of all lines; hint: if many customers share this id, add it to ingest.exclude_ids"
        )


_TEXT_FORMULA = re.compile(r'="([^"=]+)"')  # used by spreadsheets to keep digits as text
_ZERO_DECIMALS = re.compile(r"([0-9]+)\.00?")
_EMAIL_ADDRESS = re.compile(_EMAIL_REGEX)
_BLOCK_SIZE = 1 << 16  # bytes; fits into the processor's cache


def is_email_address(text: str) -> bool:
    """Return whether a text looks like an e-mail address."""
    return _EMAIL_ADDRESS.fullmatch(text) is not None


@dataclass(frozen=True)
class IdChanges:
    """Number of lines whose customer id was changed, by reason, or filled from a fallback column, by column."""

    apostrophes: int = 0
    decimals: int = 0
    capitals: int = 0
    filled: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "IdChanges") -> "IdChanges":
        return IdChanges(
            self.apostrophes + other.apostrophes,
            self.decimals + other.decimals,
            self.capitals + other.capitals,
            self.filled + other.filled,
        )


def normalise_id(customer_id: str, settings: IngestSettings) -> str:
    """Normalise a customer id for comparison.

    >>> [normalise_id(text, IngestSettings()) for text in (" '00123", "17850.0", "Ann@Example.org", "A1", "'tHof")]
    ['00123', '17850', 'ann@example.org', 'A1', "'tHof"]
    """
    normalised_id = _fold_case(
        _drop_decimals(_drop_apostrophe(normalise_unicode(customer_id), settings), settings), settings
    )
    return settings.merge_ids.get(normalised_id, normalised_id)


def normalise_ids(ids: pa.StringArray, settings: IngestSettings) -> pa.StringArray:
    """Normalise customer ids for comparison; return the same array if none changes."""
    if is_normalised(ids, settings):
        return ids
    return pa.array([normalise_id(text, settings) for text in ids.to_pylist()], pa.string())


def is_normalised(ids: pa.StringArray, settings: IngestSettings) -> bool:
    """Return whether the bytes of the ids prove that `normalise_id` changes none of them."""
    if settings.merge_ids or settings.id_case in {"upper", "lower"} or not text_columns.is_bare_text(ids):
        return False
    byte_array = text_columns.text_bytes(ids)
    characters = byte_array.tobytes()  # searching bytes is faster than searching an array
    if settings.id_apostrophes == "drop" and (b"'" in characters or b'="' in characters):
        return False
    if b"." not in characters:
        return True  # neither decimals nor email addresses
    if settings.id_decimals == "drop" and _has_point_zero(byte_array) and pc.any(_zero_decimal_mask(ids)).as_py():
        return False
    if settings.id_case == "keep" or b"@" not in characters:
        return True
    return not _has_capitals(byte_array)


def normalise_id_column(
    id_column: EncodedColumn, settings: IngestSettings
) -> tuple[EncodedColumn, frozenset[str], IdChanges]:
    """Normalise the customer ids of lines.

    Args:
        id_column: the ids as written.
        settings: id policies.

    Returns:
        The normalised ids, the ids with another Unicode form or invisible characters, and counts of changes.
    """
    if is_normalised(id_column.categories, settings):
        return id_column, frozenset(), IdChanges()
    dictionary_array = pc.dictionary_encode(id_column.categories)
    codes = np.asarray(dictionary_array.indices, dtype=np.int32)[id_column.codes]
    written_ids = dictionary_array.dictionary.to_pylist()
    line_counts = np.bincount(codes, minlength=len(written_ids))
    normalised_ids = pa.array([normalise_id(text, settings) for text in written_ids], pa.string())
    rewritten = frozenset(text for text in written_ids if text.strip(" \t") != normalise_unicode(text))
    return (
        EncodedColumn(dictionary_array.dictionary, codes).map_texts(lambda _: normalised_ids),
        rewritten,
        count_id_changes(written_ids, line_counts, settings),
    )


def fill_blank_ids(raw_table: RawTable, name: str, fallbacks: Sequence[str]) -> tuple[pa.ChunkedArray, Counter[str]]:
    """Fill blank customer ids from fallback columns.

    Args:
        raw_table: table of the file.
        name: column of customer ids.
        fallbacks: further columns, in order of priority.

    Returns:
        The ids, and the number of rows filled from each column.
    """
    ids, filled_counts = raw_table.columns[name], Counter[str]()
    for fallback in fallbacks:
        is_blank = pc.equal(pc.utf8_trim_whitespace(ids), "")
        fallback_ids = raw_table.columns[fallback]
        is_filled = pc.and_(is_blank, pc.not_equal(pc.utf8_trim_whitespace(fallback_ids), ""))
        filled_counts[fallback] += int(pc.sum(is_filled).as_py() or 0)
        ids = pc.if_else(is_filled, fallback_ids, ids)
    return ids, filled_counts


def id_change_notes(changes: IdChanges) -> Iterator[str]:
    """Yield a note for each kind of change, with the number of lines and the setting that controls it."""
    if changes.apostrophes:
        lines = pluralize(changes.apostrophes, "line")
        yield f"apostrophe before the customer id dropped on {lines}; hint: --set ingest.id_apostrophes=keep keeps it"
    if changes.decimals:
        lines = pluralize(changes.decimals, "line")
        yield f"trailing .0 of the customer id dropped on {lines}; hint: --set ingest.id_decimals=keep keeps it"
    if changes.capitals:
        lines = pluralize(changes.capitals, "line")
        yield (
            f"e-mail address as customer id converted to lower case on {lines}; "
            "hint: --set ingest.id_case=keep keeps the case"
        )
    for name, count in changes.filled.items():
        if count:
            yield f"{pluralize(count, 'line')} without a customer id: segcli uses column '{name}'"


def count_id_changes(
    written_ids: Sequence[str], line_counts: npt.NDArray[np.int64], settings: IngestSettings
) -> IdChanges:
    """Count the changes that normalisation makes.

    Args:
        written_ids: distinct ids as written.
        line_counts: number of lines of each id.
        settings: id policies.
    """
    apostrophes = decimals = capitals = 0
    for text, count in zip(written_ids, line_counts.tolist(), strict=True):
        plain_text = normalise_unicode(text)
        unquoted_id = _drop_apostrophe(plain_text, settings)
        integer_id = _drop_decimals(unquoted_id, settings)
        apostrophes += count * (unquoted_id != plain_text)
        decimals += count * (integer_id != unquoted_id)
        capitals += count * (settings.id_case == "auto" and _fold_case(integer_id, settings) != integer_id)
    return IdChanges(apostrophes, decimals, capitals)


def _drop_apostrophe(customer_id: str, settings: IngestSettings) -> str:
    formula = _TEXT_FORMULA.fullmatch(customer_id) if settings.id_apostrophes == "drop" else None
    if formula:
        return formula[1]
    return (
        customer_id[1:] if settings.id_apostrophes == "drop" and APOSTROPHE_TEXT.fullmatch(customer_id) else customer_id
    )


def _drop_decimals(customer_id: str, settings: IngestSettings) -> str:
    number = _ZERO_DECIMALS.fullmatch(customer_id) if settings.id_decimals == "drop" else None
    return number[1] if number else customer_id


def _fold_case(customer_id: str, settings: IngestSettings) -> str:
    if settings.id_case == "upper":
        return customer_id.upper()
    is_folded = settings.id_case == "lower" or (settings.id_case == "auto" and is_email_address(customer_id))
    return customer_id.lower() if is_folded else customer_id


def _has_capitals(byte_array: npt.NDArray[np.uint8]) -> bool:
    """Return whether ASCII text has capitals; subtracting A makes bytes below A wrap around to large values."""
    return any(bool((block - np.uint8(ord("A")) < 26).any()) for block in _iterate_blocks(byte_array))  # noqa: PLR2004 - letters


def _has_point_zero(byte_array: npt.NDArray[np.uint8]) -> bool:
    """Return whether ".0" occurs."""
    return any(
        bool(((block[:-1] == ord(".")) & (block[1:] == ord("0"))).any()) for block in _iterate_blocks(byte_array)
    )


def _iterate_blocks(byte_array: npt.NDArray[np.uint8]) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield short blocks, each with the first byte of the next block."""
    return (byte_array[start : start + _BLOCK_SIZE + 1] for start in range(0, len(byte_array), _BLOCK_SIZE))


def _zero_decimal_mask(ids: pa.StringArray) -> pa.BooleanArray:
    return pc.or_(pc.ends_with(ids, ".0"), pc.ends_with(ids, ".00"))
