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
from segcli.counting import counted
from segcli.files.formulas import GUARDED
from segcli.ingest import plain
from segcli.ingest.cells import Cells
from segcli.ingest.coded import Coded
from segcli.ingest.identity import unified

_FORMULA = re.compile(r'="([^"=]+)"')  # by which spreadsheets keep digits as text
_DECIMALS = re.compile(r"([0-9]+)\.00?")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_AT_A_TIME = 1 << 16  # bytes that stay in the processor's cache


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


def respell(text: str, settings: IngestSettings) -> str:
    """Return a customer id in the form in which ids are compared.

    >>> [respell(text, IngestSettings()) for text in (" '00123", "17850.0", "Ann@Example.org", "A1", "'tHof")]
    ['00123', '17850', 'ann@example.org', 'A1', "'tHof"]
    """
    return _fold_case(_drop_decimals(_drop_apostrophe(unified(text), settings), settings), settings)


def respell_ids(ids: pa.StringArray, settings: IngestSettings) -> pa.StringArray:
    """Return customer ids in the form in which they are compared; the array itself where it has that form."""
    if has_one_spelling(ids, settings):
        return ids
    return pa.array([respell(text, settings) for text in ids.to_pylist()], pa.string())


def has_one_spelling(ids: pa.StringArray, settings: IngestSettings) -> bool:
    """Whether the bytes of ids show that `respell` changes none of them."""
    if settings.id_case in {"upper", "lower"} or not plain.is_bare(ids):
        return False
    body = plain.data(ids)
    characters = body.tobytes()  # in which bytes are found faster than in an array
    if settings.id_apostrophes == "drop" and (b"'" in characters or b'="' in characters):
        return False
    if b"." not in characters:
        return True  # neither decimals nor e-mail addresses
    if settings.id_decimals == "drop" and _has_point_zero(body) and pc.any(_end_in_zeros(ids)).as_py():
        return False
    if settings.id_case == "keep" or b"@" not in characters:
        return True
    return not _has_capitals(body)


def respell_lines(column: Coded, settings: IngestSettings) -> tuple[Coded, frozenset[str], IdChanges]:
    """Bring the customer ids of lines to one spelling.

    Args:
        column: the ids as written.
        settings: the policies of ids.

    Returns:
        The ids, those that were in another Unicode form or had invisible characters, and what was changed.
    """
    if has_one_spelling(column.texts, settings):
        return column, frozenset(), IdChanges()
    again = pc.dictionary_encode(column.texts)
    codes = np.asarray(again.indices, dtype=np.int32)[column.codes]
    before = again.dictionary.to_pylist()
    lines = np.bincount(codes, minlength=len(before))
    after = pa.array([respell(text, settings) for text in before], pa.string())
    rewritten = frozenset(text for text in before if text.strip(" \t") != unified(text))
    return Coded(again.dictionary, codes).mapped(lambda _: after), rewritten, count_changes(before, lines, settings)


def fill_blank_ids(cells: Cells, name: str, fallbacks: Sequence[str]) -> tuple[pa.ChunkedArray, Counter[str]]:
    """Take the customer id of another column where there is none.

    Args:
        cells: of the file.
        name: the column of customer ids.
        fallbacks: further columns, in the order in which they are tried.

    Returns:
        The ids, and the number of rows that took theirs from each column.
    """
    ids, filled = cells.columns[name], Counter[str]()
    for fallback in fallbacks:
        blank = pc.equal(pc.utf8_trim_whitespace(ids), "")
        others = cells.columns[fallback]
        taken = pc.and_(blank, pc.not_equal(pc.utf8_trim_whitespace(others), ""))
        filled[fallback] += int(pc.sum(taken).as_py() or 0)
        ids = pc.if_else(taken, others, ids)
    return ids, filled


def notes(changes: IdChanges) -> Iterator[str]:
    """Yield a note for each kind of change, with its lines and the setting that decides."""
    if changes.apostrophes:
        lines = counted(changes.apostrophes, "line")
        yield f"{lines} with an apostrophe before the customer id: it is dropped; ingest.id_apostrophes: keep keeps it"
    if changes.decimals:
        lines = counted(changes.decimals, "line")
        yield f"{lines} with .0 behind the customer id: it is dropped; ingest.id_decimals: keep keeps it"
    if changes.capitals:
        lines = counted(changes.capitals, "line")
        yield f"{lines} with capitals in an e-mail address as customer id: folded; ingest.id_case: keep keeps them"
    for name, count in changes.filled.items():
        if count:
            yield f"{counted(count, 'line')} without a customer id: column '{name}' is used instead"


def count_changes(before: Sequence[str], lines: npt.NDArray[np.int64], settings: IngestSettings) -> IdChanges:
    """Count what one spelling changes.

    Args:
        before: distinct ids as written.
        lines: with each of them.
        settings: the policies of ids.
    """
    apostrophes = decimals = capitals = 0
    for text, count in zip(before, lines.tolist(), strict=True):
        plain_text = unified(text)
        bare = _drop_apostrophe(plain_text, settings)
        whole = _drop_decimals(bare, settings)
        apostrophes += count * (bare != plain_text)
        decimals += count * (whole != bare)
        capitals += count * (settings.id_case == "auto" and _fold_case(whole, settings) != whole)
    return IdChanges(apostrophes, decimals, capitals)


def _drop_apostrophe(text: str, settings: IngestSettings) -> str:
    formula = _FORMULA.fullmatch(text) if settings.id_apostrophes == "drop" else None
    if formula:
        return formula[1]
    return text[1:] if settings.id_apostrophes == "drop" and GUARDED.fullmatch(text) else text


def _drop_decimals(text: str, settings: IngestSettings) -> str:
    number = _DECIMALS.fullmatch(text) if settings.id_decimals == "drop" else None
    return number[1] if number else text


def _fold_case(text: str, settings: IngestSettings) -> str:
    if settings.id_case == "upper":
        return text.upper()
    is_folded = settings.id_case == "lower" or (settings.id_case == "auto" and _MAIL.fullmatch(text))
    return text.lower() if is_folded else text


def _has_capitals(body: npt.NDArray[np.uint8]) -> bool:
    """Whether ASCII text has capitals: bytes below A become large ones when A is subtracted."""
    return any(bool((block - np.uint8(ord("A")) < 26).any()) for block in _blocks(body))  # noqa: PLR2004 - letters


def _has_point_zero(body: npt.NDArray[np.uint8]) -> bool:
    """Whether a point stands before a zero."""
    return any(bool(((block[:-1] == ord(".")) & (block[1:] == ord("0"))).any()) for block in _blocks(body))


def _blocks(body: npt.NDArray[np.uint8]) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield short pieces, each with the first byte of the next."""
    return (body[start : start + _AT_A_TIME + 1] for start in range(0, len(body), _AT_A_TIME))


def _end_in_zeros(ids: pa.StringArray) -> pa.BooleanArray:
    return pc.or_(pc.ends_with(ids, ".0"), pc.ends_with(ids, ".00"))
