"""Text -> numbers, with the decimal mark declared or proven by the whole column, never guessed per value."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.config.ingest import Source
from segcli.ingest import locales, plain
from segcli.ingest.amount_spelling import AmountSpelling, split_amount
from segcli.ingest.characters import has
from segcli.ingest.coded import Coded, coded
from segcli.ingest.digits import to_half_width, to_half_width_texts
from segcli.ingest.locales import Locale

_PLAIN = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)$"
_EXPONENT = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$"
_INDIAN = "[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"  # 12,34,567: thousands, then hundreds of them
_GROUPED = re.compile(rf"[-+]?([0-9]{{1,3}}([ ,.'\u00a0\u202f\u2019][0-9]{{3}})+|{_INDIAN}|[0-9]+)([.,][0-9]+)?")
_WHOLE = re.compile(rf"[-+]?(?:[0-9]{{1,3}}(?:([ ,.'\u00a0\u202f\u2019])[0-9]{{3}})(?:\1[0-9]{{3}})*|{_INDIAN}|[0-9]+)")
_UNDECIDED = re.compile(r"[-+]?[1-9][0-9]{0,2}([.,])[0-9]{3}")  # 1,234 and 1.234: a thousand, or one and a bit
_SCIENTIFIC = re.compile(r"[-+]?[0-9]([.,])[0-9]+[eE][-+][0-9]{1,3}")  # as programs write it; 1E5 is a product code
_MARKS = re.compile(r"[.,]")
UNITS = r"^\s*([-+]?[0-9]+(?:[.,][0-9]+)?)\s*\pL{1,6}\.?\s*$"
MARKS = (".", ",")
WITHOUT_DECIMALS = {"JPY", "KRW", "VND", "IDR", "CLP", "HUF"}  # currencies whose amounts are whole
HALF = 0.5
_MISSING = frozenset({"", "-", "n/a", "na", "null", "none", "nan"})


class AmbiguousDecimal(ValueError):
    """Every value with a mark can be read with either decimal mark; `example` is one of them."""

    def __init__(self, example: str) -> None:
        super().__init__(f"'{example}' can be a thousand or a decimal")
        self.example = example


class MixedDecimal(ValueError):
    """Some values prove a decimal point and others a decimal comma."""

    def __init__(self, point: str, comma: str) -> None:
        super().__init__(f"'{point}' has a decimal point and '{comma}' a decimal comma")


@dataclass(frozen=True)
class Numbers:
    """`values` (float64, NaN where not readable), `missing` (nothing was written) and `unreadable` masks."""

    values: npt.NDArray[np.float64]
    missing: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]


def of(texts: pa.ChunkedArray | Coded, source: Source, *, exponents: bool = False) -> Numbers:
    """Read a column as the source says its numbers are written; errors as of `parse`.

    The locale's decimal mark decides only where no value proves either: months in German go with 12.50, too.
    """
    locale = locales.of(source)
    try:
        return parse(texts, source.decimal, exponents=exponents, locale=locale)
    except AmbiguousDecimal:
        if locale is None:
            raise
        return parse(texts, locale.decimal, exponents=exponents, locale=locale)


def parse(
    texts: pa.ChunkedArray | Coded,
    decimal: str | None = None,
    *,
    exponents: bool = False,
    locale: Locale | None = None,
) -> Numbers:
    """Read a column of text as numbers.

    Args:
        texts: any text; currency marks, accounting brackets and trailing minus are understood.
        decimal: `.` or `,` when declared; otherwise proven by the values.
        locale: whose digits the texts use.
        exponents: whether 1e-05 is a number, as programs write it, or a damaged id, as spreadsheets do.

    Raises:
        AmbiguousDecimal: no value proves which mark is the decimal one.
        MixedDecimal: values prove both.
    """
    if isinstance(texts, pa.ChunkedArray) and locale is None and decimal != ",":
        found = plain.numbers(texts)
        if found is not None:
            if decimal is None and not exponents:
                _require_point(texts)
            return Numbers(*found, np.zeros(len(texts), dtype=bool))
    column = coded(texts).trimmed
    distinct = to_half_width_texts(column.texts)
    if locale:
        distinct = pa.array([locale.digits(text) for text in distinct.to_pylist()], pa.string())
    values, absent = _values(distinct, decimal, exponents=exponents)
    codes = column.codes
    return Numbers(values[codes], absent[codes], (np.isnan(values) & ~absent)[codes])


def drop_units(quantities: pa.StringArray) -> pa.StringArray:
    """Return quantities such as `2 pcs` and `3x` without their unit.

    >>> drop_units(pa.array(["2 pcs", "1,5 kg", "3x", "many", "-1 Stk."])).to_pylist()
    ['2', '1,5', '3', 'many', '-1']
    """
    return pc.replace_substring_regex(quantities, UNITS, r"\1")


def suggest_decimal(texts: Coded, source: Source, besides: str | None = None) -> str:
    """Return the options for the decimal mark that read most values, as a hint; each is tried.

    Args:
        texts: a column of numbers.
        source: how the file is read.
        besides: the mark that is declared already, if it does not read them.
    """
    read = {}
    for mark in MARKS:
        parsed = parse(texts, mark, locale=locales.of(source))
        if mark != besides and parsed.unreadable.mean() <= HALF:
            read[mark] = len(parsed.values) - int(parsed.unreadable.sum())
    if not read:
        return "" if besides else "Export all amounts with one decimal mark"
    best = [mark for mark, count in read.items() if count == max(read.values())]
    return f"Try {'   or   '.join(f'--decimal {mark!r}' for mark in best)}"


def _values(
    distinct: pa.StringArray, decimal: str | None, *, exponents: bool
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The number of each text, and which texts are none because nothing is written there."""
    pattern = _EXPONENT if exponents else _PLAIN
    if decimal != "," and pc.all(pc.match_substring_regex(_filled(distinct), pattern)).as_py():
        if decimal is None and not exponents:
            _require_point(distinct)
        written = pc.if_else(pc.equal(distinct, ""), pa.scalar(None, pa.string()), distinct)
        values = np.asarray(pc.cast(written, pa.float64()).fill_null(float("nan")), dtype=np.float64)
        return values, np.asarray(pc.equal(distinct, ""), dtype=bool)
    spelled = [split_amount(text) for text in distinct.to_pylist()]
    marks = _marks_by_currency(spelled, decimal)
    values = np.array([_number(amount.text, marks[amount.currency]) for amount in spelled], dtype=np.float64)
    return values, np.array([text.lower() in _MISSING for text in distinct.to_pylist()], dtype=bool)


@dataclass(frozen=True)
class Marks:
    """Which decimal marks values prove, and whether one could be either: a thousand, or a number and its decimals."""

    proven: frozenset[str] = frozenset()
    undecided: bool = False

    def __or__(self, other: "Marks") -> "Marks":
        return Marks(self.proven | other.proven, self.undecided or other.undecided)


def marks(distinct: pa.StringArray) -> Marks:
    """What trimmed texts say of their decimal mark."""
    distinct = to_half_width_texts(distinct)
    marked = distinct.filter(pc.match_substring_regex(distinct, "[.,]"))
    spelled = [split_amount(text).text for text in marked.to_pylist()]
    proven = {text: _proves(text) for text in spelled}
    undecided = any(not p and _UNDECIDED.fullmatch(text) for text, p in proven.items())
    return Marks(frozenset(filter(None, proven.values())), undecided)


def looks_numeric(texts: list[str], locale: Locale | None = None) -> bool:
    """Whether at least half of the given values (blank ones aside) can be numbers."""
    texts = [locale.digits(text) if locale else to_half_width(text) for text in texts]
    filled = [text for text in texts if text.strip().lower() not in _MISSING]
    return sum(_is_number(split_amount(text).text) for text in filled) * 2 >= len(filled)


def _is_number(text: str) -> bool:
    return bool(_GROUPED.fullmatch(text) or _SCIENTIFIC.fullmatch(text))


def _filled(distinct: pa.StringArray) -> pa.StringArray:
    return distinct.filter(pc.not_equal(distinct, ""))


def _require_point(texts: pa.StringArray | pa.ChunkedArray) -> None:
    """Refuse plain numbers none of which proves a decimal point, where one could be a thousand.

    The same as `_decimal_mark`, at the speed of the column.
    """
    if not has(texts, "[.]"):
        return
    undecided = pc.match_substring_regex(texts, rf"^(?:{_UNDECIDED.pattern})$")
    proves = pc.and_not(pc.match_substring_regex(texts, r"^[-+]?[0-9]+\.[0-9]+$"), undecided)
    if pc.any(undecided).as_py() and not pc.any(proves).as_py():
        raise AmbiguousDecimal(texts.filter(undecided)[0].as_py())


def _marks_by_currency(amounts: Sequence[AmountSpelling], declared: str | None) -> dict[str, str]:
    """Return the decimal mark of the amounts in each currency: the same for all, or else what those of each prove."""
    texts: dict[str, list[str]] = {amount.currency: [] for amount in amounts}
    for amount in amounts:
        if _MARKS.search(amount.text):
            texts[amount.currency].append(amount.text)
    try:
        mark = _decimal_mark([text for marked in texts.values() for text in marked], declared)
    except AmbiguousDecimal as error:
        if not set(texts) <= WITHOUT_DECIMALS:
            raise
        mark = "," if "." in error.example else "."  # the mark in 236.000 groups thousands
    except MixedDecimal:
        if len(texts) == 1:
            raise
        return {currency: _decimal_mark(marked, declared) for currency, marked in texts.items()}
    return dict.fromkeys(texts, mark)


def _decimal_mark(marked: list[str], declared: str | None) -> str:
    """The decimal mark that the values prove."""
    if declared:
        return declared
    proofs: dict[str, str] = {}
    undecided = ""
    for text in marked:
        proven = _proves(text)
        if proven:
            proofs.setdefault(proven, text)
        elif _UNDECIDED.fullmatch(text):
            undecided = undecided or text
    if len(proofs) > 1:
        raise MixedDecimal(proofs["."], proofs[","])
    if undecided and not proofs:
        raise AmbiguousDecimal(undecided)
    return next(iter(proofs), ".")


def _proves(text: str) -> str | None:
    """Which decimal mark a single value proves, if any: 1.234,5 a comma, 12.50 a point, 1,234 neither."""
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific:
        return scientific[1]
    if not _GROUPED.fullmatch(text):
        return None
    marks = _MARKS.findall(text)
    if len(marks) > 1:
        return "," if marks[0] == "." else "."
    if not marks or _UNDECIDED.fullmatch(text):
        return None
    return str(marks[0])


def _number(text: str, decimal: str) -> float:
    """A value with its group marks taken out, or NaN; 12.50 under a decimal comma is neither 12.5 nor 1250."""
    value = float(_plain_spelling(text, decimal) or math.nan)
    return value if math.isfinite(value) else math.nan


def exact(text: str, decimal: str, source: Source) -> Decimal | None:
    """Return the number of one text with all its digits; None where this decimal mark does not read it."""
    locale = locales.of(source)
    spelled = split_amount(locale.digits(text) if locale else to_half_width(text).strip())
    plainly = _plain_spelling(spelled.text, decimal)
    return Decimal(plainly) if plainly else None


def _plain_spelling(text: str, decimal: str) -> str:
    """A value as programs write it; blank where it is no number."""
    if decimal == "." and re.fullmatch(_PLAIN, text):
        return text
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific and scientific[1] == decimal:
        return text.replace(",", ".")
    whole, _, fraction = text.partition(decimal)
    if not _WHOLE.fullmatch(whole) or not re.fullmatch(r"[0-9]*", fraction):
        return ""
    return re.sub(r"[^0-9+-]", "", whole) + "." + (fraction or "0")
