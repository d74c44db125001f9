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
from segcli.ingest.characters import contains_any_of
from segcli.ingest.coded import EncodedColumn, dictionary_encode
from segcli.ingest.digits import to_half_width, to_half_width_array
from segcli.ingest.locales import Locale

_PLAIN_NUMBER = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)$"
_NUMBER_WITH_EXPONENT = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$"
_INDIAN_GROUPING = "[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"  # 12,34,567: thousands, then hundreds of them
_GROUPED_NUMBER = re.compile(
    rf"[-+]?([0-9]{{1,3}}([ ,.'\u00a0\u202f\u2019][0-9]{{3}})+|{_INDIAN_GROUPING}|[0-9]+)([.,][0-9]+)?"
)
_GROUPED_INTEGER = re.compile(
    rf"[-+]?(?:[0-9]{{1,3}}(?:([ ,.'\u00a0\u202f\u2019])[0-9]{{3}})(?:\1[0-9]{{3}})*|{_INDIAN_GROUPING}|[0-9]+)"
)
_AMBIGUOUS_NUMBER = re.compile(r"[-+]?[1-9][0-9]{0,2}([.,])[0-9]{3}")  # 1,234 and 1.234: a thousand, or one and a bit
_SCIENTIFIC_NUMBER = re.compile(
    r"[-+]?[0-9]([.,])[0-9]+[eE][-+][0-9]{1,3}"
)  # as programs write it; 1E5 is a product code
_DECIMAL_MARK_PATTERN = re.compile(r"[.,]")
QUANTITY_WITH_UNIT = r"^\s*([-+]?[0-9]+(?:[.,][0-9]+)?)\s*\pL{1,6}\.?\s*$"
DECIMAL_MARKS = (".", ",")
CURRENCIES_WITHOUT_DECIMALS = {"JPY", "KRW", "VND", "IDR", "CLP", "HUF"}  # currencies whose amounts are whole
MAX_UNPARSED_SHARE = 0.5
_MISSING_WORDS = frozenset({"", "-", "n/a", "na", "null", "none", "nan"})


class AmbiguousDecimalError(ValueError):
    """Every value with a mark can be read with either decimal mark; `example` is one of them."""

    def __init__(self, example: str) -> None:
        super().__init__(f"'{example}' can be a thousand or a decimal")
        self.example = example


class MixedDecimalError(ValueError):
    """Some values prove a decimal point and others a decimal comma."""

    def __init__(self, point: str, comma: str) -> None:
        super().__init__(f"'{point}' has a decimal point and '{comma}' a decimal comma")


@dataclass(frozen=True)
class ParsedNumbers:
    """`values` (float64, NaN where not readable), `missing` (nothing was written) and `unreadable` masks."""

    values: npt.NDArray[np.float64]
    missing: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]


def read_numbers(texts: pa.ChunkedArray | EncodedColumn, source: Source, *, exponents: bool = False) -> ParsedNumbers:
    """Read a column as the source says its numbers are written; errors as of `parse_numbers`.

    The locale's decimal mark decides only where no value proves either: months in German go with 12.50, too.
    """
    locale = locales.get_locale(source)
    try:
        return parse_numbers(texts, source.decimal, exponents=exponents, locale=locale)
    except AmbiguousDecimalError:
        if locale is None:
            raise
        return parse_numbers(texts, locale.decimal, exponents=exponents, locale=locale)


def parse_numbers(
    texts: pa.ChunkedArray | EncodedColumn,
    decimal: str | None = None,
    *,
    exponents: bool = False,
    locale: Locale | None = None,
) -> ParsedNumbers:
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
        simple_numbers = plain.parse_simple_numbers(texts)
        if simple_numbers is not None:
            if decimal is None and not exponents:
                _require_decimal_point(texts)
            return ParsedNumbers(*simple_numbers, np.zeros(len(texts), dtype=bool))
    column = dictionary_encode(texts).without_outer_blanks
    distinct_texts = to_half_width_array(column.categories)
    if locale:
        distinct_texts = pa.array([locale.convert_digits(text) for text in distinct_texts.to_pylist()], pa.string())
    values, is_missing = _parse_distinct(distinct_texts, decimal, exponents=exponents)
    codes = column.codes
    return ParsedNumbers(values[codes], is_missing[codes], (np.isnan(values) & ~is_missing)[codes])


def strip_units(quantities: pa.StringArray) -> pa.StringArray:
    """Return quantities such as `2 pcs` and `3x` without their unit.

    >>> strip_units(pa.array(["2 pcs", "1,5 kg", "3x", "many", "-1 Stk."])).to_pylist()
    ['2', '1,5', '3', 'many', '-1']
    """
    return pc.replace_substring_regex(quantities, QUANTITY_WITH_UNIT, r"\1")


def suggest_decimal(encoded_column: EncodedColumn, source: Source, declared_mark: str | None = None) -> str:
    """Return the options for the decimal mark that read most values, as a hint; each is tried.

    Args:
        encoded_column: a column of numbers.
        source: how the file is read.
        declared_mark: the mark that is declared already, if it does not read them.
    """
    parsed_counts = {}
    for mark in DECIMAL_MARKS:
        parsed_numbers = parse_numbers(encoded_column, mark, locale=locales.get_locale(source))
        if mark != declared_mark and parsed_numbers.unreadable.mean() <= MAX_UNPARSED_SHARE:
            parsed_counts[mark] = len(parsed_numbers.values) - int(parsed_numbers.unreadable.sum())
    if not parsed_counts:
        return "" if declared_mark else "Export all amounts with one decimal mark"
    best = [mark for mark, count in parsed_counts.items() if count == max(parsed_counts.values())]
    return f"Try {'   or   '.join(f'--decimal {mark!r}' for mark in best)}"


def _parse_distinct(
    distinct_texts: pa.StringArray, decimal: str | None, *, exponents: bool
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The number of each text, and which texts are none because nothing is written there."""
    pattern = _NUMBER_WITH_EXPONENT if exponents else _PLAIN_NUMBER
    if decimal != "," and pc.all(pc.match_substring_regex(_drop_blanks(distinct_texts), pattern)).as_py():
        if decimal is None and not exponents:
            _require_decimal_point(distinct_texts)
        filled_texts = pc.if_else(pc.equal(distinct_texts, ""), pa.scalar(None, pa.string()), distinct_texts)
        values = np.asarray(pc.cast(filled_texts, pa.float64()).fill_null(float("nan")), dtype=np.float64)
        return values, np.asarray(pc.equal(distinct_texts, ""), dtype=bool)
    amounts = [split_amount(text) for text in distinct_texts.to_pylist()]
    mark_by_currency = _marks_by_currency(amounts, decimal)
    values = np.array(
        [_parse_amount(amount.digits_with_sign, mark_by_currency[amount.currency]) for amount in amounts],
        dtype=np.float64,
    )
    return values, np.array([text.lower() in _MISSING_WORDS for text in distinct_texts.to_pylist()], dtype=bool)


@dataclass(frozen=True)
class DecimalEvidence:
    """Which decimal marks values prove, and whether one could be either: a thousand, or a number and its decimals."""

    proven_marks: frozenset[str] = frozenset()
    is_undecided: bool = False

    def __or__(self, other: "DecimalEvidence") -> "DecimalEvidence":
        return DecimalEvidence(self.proven_marks | other.proven_marks, self.is_undecided or other.is_undecided)


def decimal_evidence(distinct_texts: pa.StringArray) -> DecimalEvidence:
    """What trimmed texts say of their decimal mark."""
    distinct_texts = to_half_width_array(distinct_texts)
    texts_with_marks = distinct_texts.filter(pc.match_substring_regex(distinct_texts, "[.,]"))
    amounts = [split_amount(text).digits_with_sign for text in texts_with_marks.to_pylist()]
    mark_by_text = {text: _find_proven_mark(text) for text in amounts}
    is_undecided = any(
        not proven_mark and _AMBIGUOUS_NUMBER.fullmatch(text) for text, proven_mark in mark_by_text.items()
    )
    return DecimalEvidence(frozenset(filter(None, mark_by_text.values())), is_undecided)


def looks_like_numbers(cell_values: list[str], locale: Locale | None = None) -> bool:
    """Whether at least half of the given values (blank ones aside) can be numbers."""
    cell_values = [locale.convert_digits(text) if locale else to_half_width(text) for text in cell_values]
    filled_values = [text for text in cell_values if text.strip().lower() not in _MISSING_WORDS]
    return sum(_is_number_text(split_amount(text).digits_with_sign) for text in filled_values) * 2 >= len(filled_values)


def _is_number_text(text: str) -> bool:
    return bool(_GROUPED_NUMBER.fullmatch(text) or _SCIENTIFIC_NUMBER.fullmatch(text))


def _drop_blanks(distinct_texts: pa.StringArray) -> pa.StringArray:
    return distinct_texts.filter(pc.not_equal(distinct_texts, ""))


def _require_decimal_point(number_texts: pa.StringArray | pa.ChunkedArray) -> None:
    """Refuse plain numbers none of which proves a decimal point, where one could be a thousand.

    The same as `_infer_decimal_mark`, at the speed of the column.
    """
    if not contains_any_of(number_texts, "[.]"):
        return
    is_ambiguous = pc.match_substring_regex(number_texts, rf"^(?:{_AMBIGUOUS_NUMBER.pattern})$")
    is_proof = pc.and_not(pc.match_substring_regex(number_texts, r"^[-+]?[0-9]+\.[0-9]+$"), is_ambiguous)
    if pc.any(is_ambiguous).as_py() and not pc.any(is_proof).as_py():
        raise AmbiguousDecimalError(number_texts.filter(is_ambiguous)[0].as_py())


def _marks_by_currency(spellings: Sequence[AmountSpelling], declared_mark: str | None) -> dict[str, str]:
    """Return the decimal mark of the amounts in each currency: the same for all, or else what those of each prove."""
    texts: dict[str, list[str]] = {amount.currency: [] for amount in spellings}
    for amount in spellings:
        if _DECIMAL_MARK_PATTERN.search(amount.digits_with_sign):
            texts[amount.currency].append(amount.digits_with_sign)
    try:
        mark = _infer_decimal_mark([text for amount_texts in texts.values() for text in amount_texts], declared_mark)
    except AmbiguousDecimalError as error:
        if not set(texts) <= CURRENCIES_WITHOUT_DECIMALS:
            raise
        mark = "," if "." in error.example else "."  # the mark in 236.000 groups thousands
    except MixedDecimalError:
        if len(texts) == 1:
            raise
        return {currency: _infer_decimal_mark(amount_texts, declared_mark) for currency, amount_texts in texts.items()}
    return dict.fromkeys(texts, mark)


def _infer_decimal_mark(amount_texts: list[str], declared_mark: str | None) -> str:
    """The decimal mark that the values prove."""
    if declared_mark:
        return declared_mark
    proofs: dict[str, str] = {}
    ambiguous_text = ""
    for text in amount_texts:
        proven_mark = _find_proven_mark(text)
        if proven_mark:
            proofs.setdefault(proven_mark, text)
        elif _AMBIGUOUS_NUMBER.fullmatch(text):
            ambiguous_text = ambiguous_text or text
    if len(proofs) > 1:
        raise MixedDecimalError(proofs["."], proofs[","])
    if ambiguous_text and not proofs:
        raise AmbiguousDecimalError(ambiguous_text)
    return next(iter(proofs), ".")


def _find_proven_mark(text: str) -> str | None:
    """Which decimal mark a single value proves, if any: 1.234,5 a comma, 12.50 a point, 1,234 neither."""
    scientific = _SCIENTIFIC_NUMBER.fullmatch(text)
    if scientific:
        return scientific[1]
    if not _GROUPED_NUMBER.fullmatch(text):
        return None
    written_marks = _DECIMAL_MARK_PATTERN.findall(text)
    if len(written_marks) > 1:
        return "," if written_marks[0] == "." else "."
    if not written_marks or _AMBIGUOUS_NUMBER.fullmatch(text):
        return None
    return str(written_marks[0])


def _parse_amount(text: str, decimal: str) -> float:
    """A value with its group marks taken out, or NaN; 12.50 under a decimal comma is neither 12.5 nor 1250."""
    value = float(_to_plain_number(text, decimal) or math.nan)
    return value if math.isfinite(value) else math.nan


def parse_exact_number(text: str, decimal: str, source: Source) -> Decimal | None:
    """Return the number of one text with all its digits; None where this decimal mark does not read it."""
    locale = locales.get_locale(source)
    amount = split_amount(locale.convert_digits(text) if locale else to_half_width(text).strip())
    plain_text = _to_plain_number(amount.digits_with_sign, decimal)
    return Decimal(plain_text) if plain_text else None


def _to_plain_number(text: str, decimal: str) -> str:
    """A value as programs write it; blank where it is no number."""
    if decimal == "." and re.fullmatch(_PLAIN_NUMBER, text):
        return text
    scientific = _SCIENTIFIC_NUMBER.fullmatch(text)
    if scientific and scientific[1] == decimal:
        return text.replace(",", ".")
    integer_part, _, fraction = text.partition(decimal)
    if not _GROUPED_INTEGER.fullmatch(integer_part) or not re.fullmatch(r"[0-9]*", fraction):
        return ""
    return re.sub(r"[^0-9+-]", "", integer_part) + "." + (fraction or "0")
