"""Customer ids in one spelling: without what spreadsheets, exports and typing add to some of them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.config.ingest import IngestSettings
from segcli.counting import pluralize
from segcli.files.formulas import APOSTROPHE_TEXT
from segcli.ingest import plain
from segcli.ingest.cells import RawTable
from segcli.ingest.coded import EncodedColumn
from segcli.ingest.identity import normalise_unicode

_TEXT_FORMULA = re.compile(r'="([^"=]+)"')  # by which spreadsheets keep digits as text
_ZERO_DECIMALS = re.compile(r"([0-9]+)\.00?")
_EMAIL_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_BLOCK_SIZE = 1 << 16  # bytes that stay in the processor's cache


@dataclass(frozen=True)
class IdChanges:
    """Lines whose customer id was changed to one spelling, by reason; lines with an id of a fallback column, by it."""

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
    """Return a customer id in the form in which ids are compared.

    >>> [normalise_id(text, IngestSettings()) for text in (" '00123", "17850.0", "Ann@Example.org", "A1", "'tHof")]
    ['00123', '17850', 'ann@example.org', 'A1', "'tHof"]
    """
    return _fold_case(_drop_decimals(_drop_apostrophe(normalise_unicode(customer_id), settings), settings), settings)


def normalise_ids(ids: pa.StringArray, settings: IngestSettings) -> pa.StringArray:
    """Return customer ids in the form in which they are compared; the array itself where it has that form."""
    if is_normalised(ids, settings):
        return ids
    return pa.array([normalise_id(text, settings) for text in ids.to_pylist()], pa.string())


def is_normalised(ids: pa.StringArray, settings: IngestSettings) -> bool:
    """Whether the bytes of ids show that `normalise_id` changes none of them."""
    if settings.id_case in {"upper", "lower"} or not plain.is_bare_text(ids):
        return False
    byte_array = plain.text_bytes(ids)
    characters = byte_array.tobytes()  # in which bytes are found faster than in an array
    if settings.id_apostrophes == "drop" and (b"'" in characters or b'="' in characters):
        return False
    if b"." not in characters:
        return True  # neither decimals nor e-mail addresses
    if settings.id_decimals == "drop" and _has_point_zero(byte_array) and pc.any(_zero_decimal_mask(ids)).as_py():
        return False
    if settings.id_case == "keep" or b"@" not in characters:
        return True
    return not _has_capitals(byte_array)


def normalise_id_column(
    id_column: EncodedColumn, settings: IngestSettings
) -> tuple[EncodedColumn, frozenset[str], IdChanges]:
    """Bring the customer ids of lines to one spelling.

    Args:
        id_column: the ids as written.
        settings: the policies of ids.

    Returns:
        The ids, those that were in another Unicode form or had invisible characters, and what was changed.
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
    """Take the customer id of another column where there is none.

    Args:
        raw_table: of the file.
        name: the column of customer ids.
        fallbacks: further columns, in the order in which they are tried.

    Returns:
        The ids, and the number of rows that took theirs from each column.
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
    """Yield a note for each kind of change, with its lines and the setting that decides."""
    if changes.apostrophes:
        lines = pluralize(changes.apostrophes, "line")
        yield f"{lines} with an apostrophe before the customer id: it is dropped; ingest.id_apostrophes: keep keeps it"
    if changes.decimals:
        lines = pluralize(changes.decimals, "line")
        yield f"{lines} with .0 behind the customer id: it is dropped; ingest.id_decimals: keep keeps it"
    if changes.capitals:
        lines = pluralize(changes.capitals, "line")
        yield f"{lines} with capitals in an e-mail address as customer id: folded; ingest.id_case: keep keeps them"
    for name, count in changes.filled.items():
        if count:
            yield f"{pluralize(count, 'line')} without a customer id: column '{name}' is used instead"


def count_id_changes(
    written_ids: Sequence[str], line_counts: npt.NDArray[np.int64], settings: IngestSettings
) -> IdChanges:
    """Count what one spelling changes.

    Args:
        written_ids: distinct ids as written.
        line_counts: with each of them.
        settings: the policies of ids.
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
    is_folded = settings.id_case == "lower" or (settings.id_case == "auto" and _EMAIL_ADDRESS.fullmatch(customer_id))
    return customer_id.lower() if is_folded else customer_id


def _has_capitals(byte_array: npt.NDArray[np.uint8]) -> bool:
    """Whether ASCII text has capitals: bytes below A become large ones when A is subtracted."""
    return any(bool((block - np.uint8(ord("A")) < 26).any()) for block in _iterate_blocks(byte_array))  # noqa: PLR2004 - letters


def _has_point_zero(byte_array: npt.NDArray[np.uint8]) -> bool:
    """Whether a point stands before a zero."""
    return any(
        bool(((block[:-1] == ord(".")) & (block[1:] == ord("0"))).any()) for block in _iterate_blocks(byte_array)
    )


def _iterate_blocks(byte_array: npt.NDArray[np.uint8]) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield short pieces, each with the first byte of the next."""
    return (byte_array[start : start + _BLOCK_SIZE + 1] for start in range(0, len(byte_array), _BLOCK_SIZE))


def _zero_decimal_mask(ids: pa.StringArray) -> pa.BooleanArray:
    return pc.or_(pc.ends_with(ids, ".0"), pc.ends_with(ids, ".00"))
