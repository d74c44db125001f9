"""Parse text as numbers; the decimal mark is declared or proven by the whole column, never guessed per value."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.config import yaml_loader
from segcli.config.ingest import Source
from segcli.ingest import locales, text_columns
from segcli.ingest.locales import Locale, to_half_width, to_half_width_array
from segcli.ingest.text_columns import EncodedColumn, contains_any_of, dictionary_encode

# Notation of one amount: sign, currency and digits
# A minus is also a typographic minus, a dash, or in Japanese ledgers a triangle.
NUMBER_SIGNS = {**dict.fromkeys("-\u2212\u2013\u25b2\u25b3", True), "+": False}
LEDGER_MARKS = {"cr": True, "dr": False}  # credit and debit after an amount, as in ledgers
_OPTIONAL_SPACE = "[ \u00a0\u202f\t]*"
_TEXT_APOSTROPHE = re.compile(r"^'(?=[-+(\u2212]|[0-9.,]+$)")  # hidden by spreadsheets: the cell is text
# 49.- and 49,-- have no cents; 1,250/- and 1,250/= end an amount in India and East Africa
_EMPTY_DECIMALS = re.compile(r"(?<=[0-9])(?:[.,](?:-{1,2}|[\u2013\u2014])|/[-=])(?=[^0-9]*$)")
_DIRECTION_MARKS = dict.fromkeys([0x200E, 0x200F, 0x061C, *range(0x2066, 0x206A)])  # around Arabic and Hebrew amounts
_CURRENCY_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class AmountSpelling:
    """Parts of an amount: `digits` with group and decimal marks, whether it is negative, and its currency.

    `currency` is an ISO 4217 code, the symbol itself if it is unknown, or blank.
    """

    digits: str
    negative: bool = False
    currency: str = ""

    @property
    def digits_with_sign(self) -> str:
        """Amount without its currency, with a minus in front if it is negative."""
        return f"-{self.digits}" if self.negative else self.digits


def split_amount(amount: str) -> AmountSpelling:
    """Split an amount into its parts; a text that does not match is returned whole as digits, which do not parse.

    >>> [split_amount(text).digits_with_sign for text in ("-€1.234,50", "40.00 Cr", "Rs. 1,23,456")]
    ['-1.234,50', '-40.00', '1,23,456']
    >>> [split_amount(text).digits_with_sign for text in ('49.-', 'CHF 1200.--', '49,- €', '49.00-', 'Rs. 1,250/-')]
    ['49', '1200', '49', '-49.00', '1,250']
    >>> [split_amount(text).digits_with_sign for text in ('▲4,900', '△¥1,200', 'JPY 4,900-')]
    ['-4,900', '-1,200', '-4,900']
    >>> split_amount("EUR(63.12)"), split_amount("'-75.63").digits_with_sign
    (AmountSpelling(digits='63.12', negative=True, currency='EUR'), '-75.63')
    """
    text = amount.translate(_DIRECTION_MARKS).strip()
    match = _amount_pattern().fullmatch(_TEXT_APOSTROPHE.sub("", _EMPTY_DECIMALS.sub("", text), count=1))
    if match is None:
        return AmountSpelling(amount)
    signs = [match[name] for name in ("sign_1", "sign_2", "sign_3", "sign_4", "sign_5") if match[name]]
    is_bracketed = bool(match["open"])
    currencies = [match[name] for name in ("currency_1", "currency_2", "currency_3", "currency_4") if match[name]]
    if (
        len(signs) > 1
        or (signs and is_bracketed)
        or is_bracketed != bool(match["close"])
        or len(set(map(currency_code, currencies))) > 1
    ):
        return AmountSpelling(amount)
    ledger = match["ledger"]
    is_negative = (
        is_bracketed or (bool(signs) and NUMBER_SIGNS[signs[0]]) or (bool(ledger) and LEDGER_MARKS[ledger.lower()])
    )
    digits = match["digits"].strip()
    keeps_plus = signs == ["+"] and not currencies  # a plain +7 stays as it is written
    return AmountSpelling(
        f"+{digits}" if keeps_plus else digits, is_negative, currency_code(currencies[0]) if currencies else ""
    )


def is_currency(value: str) -> bool:
    """Return whether a text is exactly the code or symbol of a known currency."""
    return value in _load_currency_codes() or (value.upper() in _load_currency_codes().values())


def list_currency_symbols() -> list[str]:
    """Return the codes and symbols of known currencies."""
    return list(_load_currency_codes())


def currency_code(symbol: str) -> str:
    """Return the code of a currency symbol; another text is unchanged."""
    return _load_currency_codes().get(symbol, symbol)


@cache
def _load_currency_codes() -> Mapping[str, str]:
    """Load the currency code of each symbol."""
    text = resources.files("segcli.ingest").joinpath("currencies.yaml").read_text(encoding="utf-8")
    return {symbol: code for code, symbols in yaml_loader.load_text_values(text).items() for symbol in symbols}


@cache
def _amount_pattern() -> re.Pattern[str]:
    symbols = "|".join(re.escape(symbol) for symbol in sorted(_load_currency_codes(), key=len, reverse=True))
    currency = rf"(?:{symbols}|{_CURRENCY_CODE.pattern})"
    sign = f"[{re.escape(''.join(NUMBER_SIGNS))}]"
    groups = [
        f"(?P<sign_1>{sign})?",
        f"(?P<currency_1>{currency})?",
        f"(?P<sign_2>{sign})?",
        r"(?P<open>\()?",
        f"(?P<sign_3>{sign})?",
        f"(?P<currency_2>{currency})?",
        f"(?P<sign_4>{sign})?",
        "(?P<digits>[0-9.,][0-9 ,.'\u00a0\u202f\u2019]*)",
        f"(?P<currency_3>{currency})?",
        r"(?P<close>\))?",
        f"(?P<currency_4>{currency})?",
        "(?P<sign_5>[-\u2212])?",
        r"(?P<ledger>(?i:cr|dr))?\.?",
    ]
    return re.compile(_OPTIONAL_SPACE.join(groups))


_PLAIN_NUMBER = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)$"
_NUMBER_WITH_EXPONENT = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$"
_INDIAN_GROUPING = "[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"  # 12,34,567: a group of three digits, then groups of two
_GROUPED_NUMBER = re.compile(
    rf"[-+]?([0-9]{{1,3}}([ ,.'\u00a0\u202f\u2019][0-9]{{3}})+|{_INDIAN_GROUPING}|[0-9]+)([.,][0-9]+)?"
)
_GROUPED_INTEGER = re.compile(
    rf"[-+]?(?:[0-9]{{1,3}}(?:([ ,.'\u00a0\u202f\u2019])[0-9]{{3}})(?:\1[0-9]{{3}})*|{_INDIAN_GROUPING}|[0-9]+)"
)
_AMBIGUOUS_NUMBER = re.compile(r"[-+]?[1-9][0-9]{0,2}([.,])[0-9]{3}")  # 1,234 and 1.234: a thousand, or a decimal
_SCIENTIFIC_NUMBER = re.compile(
    r"[-+]?[0-9]([.,])[0-9]+[eE][-+][0-9]{1,3}"
)  # as written by programs; 1E5 is a product code
_DECIMAL_MARK_PATTERN = re.compile(r"[.,]")
QUANTITY_WITH_UNIT = r"^\s*([-+]?[0-9]+(?:[.,][0-9]+)?)\s*\pL{1,6}\.?\s*$"
DECIMAL_MARKS = (".", ",")
CURRENCIES_WITHOUT_DECIMALS = {"JPY", "KRW", "VND", "IDR", "CLP", "HUF"}  # currencies with whole amounts
MAX_UNPARSED_SHARE = 0.5
_MISSING_WORDS = frozenset({"", "-", "n/a", "na", "null", "none", "nan"})


class AmbiguousDecimalError(ValueError):
    """Ambiguous decimal mark: every value with a mark can be read both ways; `example` is one of them."""

    def __init__(self, example: str) -> None:
        super().__init__(f"ambiguous number '{example}': thousands separator or decimal mark")
        self.example = example


class MixedDecimalError(ValueError):
    """Conflicting decimal marks: some values prove a decimal point and others a decimal comma."""

    def __init__(self, point: str, comma: str) -> None:
        super().__init__(f"mixed decimal marks: '{point}' has a decimal point and '{comma}' a decimal comma")


@dataclass(frozen=True)
class ParsedNumbers:
    """Parsed numbers: `values` (float64, NaN if unreadable), `missing` (blank) and `unreadable` masks."""

    values: npt.NDArray[np.float64]
    missing: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]


def read_numbers(texts: pa.ChunkedArray | EncodedColumn, source: Source, *, exponents: bool = False) -> ParsedNumbers:
    """Parse a column with the source's number settings; raises the errors of `parse_numbers`.

    The locale's decimal mark is used only if the values do not prove one, because German months may occur with 12.50.
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
    """Parse a column of text as numbers.

    Args:
        texts: any texts; currency symbols, accounting brackets and a trailing minus are supported.
        decimal: declared decimal mark, `.` or `,`; default: proven by the values.
        locale: locale of the digits in the texts.
        exponents: whether 1e-05 is a number, as programs write it, or an id damaged by a spreadsheet.

    Raises:
        AmbiguousDecimalError: if no value proves which mark is the decimal mark.
        MixedDecimalError: if values prove both marks.
    """
    if isinstance(texts, pa.ChunkedArray) and locale is None and decimal != ",":
        simple_numbers = text_columns.parse_simple_numbers(texts)
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
    """Strip the units of quantities such as `2 pcs` and `3x`.

    >>> strip_units(pa.array(["2 pcs", "1,5 kg", "3x", "many", "-1 Stk."])).to_pylist()
    ['2', '1,5', '3', 'many', '-1']
    """
    return pc.replace_substring_regex(quantities, QUANTITY_WITH_UNIT, r"\1")


def suggest_decimal(encoded_column: EncodedColumn, source: Source, declared_mark: str | None = None) -> str:
    """Return a hint with the decimal mark options that parse most values; each is tried.

    Args:
        encoded_column: a column of numbers.
        source: settings of the file.
        declared_mark: decimal mark that is already declared and does not fit.
    """
    parsed_counts = {}
    for mark in DECIMAL_MARKS:
        parsed_numbers = parse_numbers(encoded_column, mark, locale=locales.get_locale(source))
        if mark != declared_mark and parsed_numbers.unreadable.mean() <= MAX_UNPARSED_SHARE:
            parsed_counts[mark] = len(parsed_numbers.values) - int(parsed_numbers.unreadable.sum())
    if not parsed_counts:
        return "" if declared_mark else "export all amounts with one decimal mark"
    best = [mark for mark, count in parsed_counts.items() if count == max(parsed_counts.values())]
    return f"try {'   or   '.join(f'--decimal {mark!r}' for mark in best)}"


def _parse_distinct(
    distinct_texts: pa.StringArray, decimal: str | None, *, exponents: bool
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Parse distinct texts; return the number of each and a mask of the missing values."""
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
    """Decimal marks that values prove, and whether a value is ambiguous (a thousand, or a decimal)."""

    proven_marks: frozenset[str] = frozenset()
    is_undecided: bool = False

    def __or__(self, other: "DecimalEvidence") -> "DecimalEvidence":
        return DecimalEvidence(self.proven_marks | other.proven_marks, self.is_undecided or other.is_undecided)


def decimal_evidence(distinct_texts: pa.StringArray) -> DecimalEvidence:
    """Collect the evidence of stripped texts on their decimal mark."""
    distinct_texts = to_half_width_array(distinct_texts)
    texts_with_marks = distinct_texts.filter(pc.match_substring_regex(distinct_texts, "[.,]"))
    amounts = [split_amount(text).digits_with_sign for text in texts_with_marks.to_pylist()]
    mark_by_text = {text: _find_proven_mark(text) for text in amounts}
    is_undecided = any(
        not proven_mark and _AMBIGUOUS_NUMBER.fullmatch(text) for text, proven_mark in mark_by_text.items()
    )
    return DecimalEvidence(frozenset(filter(None, mark_by_text.values())), is_undecided)


def looks_like_numbers(cell_values: list[str], locale: Locale | None = None) -> bool:
    """Return whether at least half of the given values, not counting blank ones, can be numbers."""
    cell_values = [locale.convert_digits(text) if locale else to_half_width(text) for text in cell_values]
    filled_values = [text for text in cell_values if text.strip().lower() not in _MISSING_WORDS]
    return sum(_is_number_text(split_amount(text).digits_with_sign) for text in filled_values) * 2 >= len(filled_values)


def _is_number_text(text: str) -> bool:
    return bool(_GROUPED_NUMBER.fullmatch(text) or _SCIENTIFIC_NUMBER.fullmatch(text))


def _drop_blanks(distinct_texts: pa.StringArray) -> pa.StringArray:
    return distinct_texts.filter(pc.not_equal(distinct_texts, ""))


def _require_decimal_point(number_texts: pa.StringArray | pa.ChunkedArray) -> None:
    """Reject plain numbers if one could be a thousand and none proves a decimal point.

    Equivalent to `_infer_decimal_mark`, but vectorised.
    """
    if not contains_any_of(number_texts, "[.]"):
        return
    is_ambiguous = pc.match_substring_regex(number_texts, rf"^(?:{_AMBIGUOUS_NUMBER.pattern})$")
    is_proof = pc.and_not(pc.match_substring_regex(number_texts, r"^[-+]?[0-9]+\.[0-9]+$"), is_ambiguous)
    if pc.any(is_ambiguous).as_py() and not pc.any(is_proof).as_py():
        raise AmbiguousDecimalError(number_texts.filter(is_ambiguous)[0].as_py())


def _marks_by_currency(spellings: Sequence[AmountSpelling], declared_mark: str | None) -> dict[str, str]:
    """Infer the decimal mark of each currency: the same for all, or else proven by the amounts in that currency."""
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
    """Return the declared decimal mark, or the one that the values prove."""
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
    """Return the decimal mark that one value proves: 1.234,5 a comma, 12.50 a point, 1,234 None."""
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
    """Parse an amount without its group marks; NaN if invalid: with a decimal comma, 12.50 is neither 12.5 nor 1250."""
    value = float(_to_plain_number(text, decimal) or math.nan)
    return value if math.isfinite(value) else math.nan


def parse_exact_number(text: str, decimal: str, source: Source) -> Decimal | None:
    """Parse a text with all its digits; None if it does not parse with this decimal mark."""
    locale = locales.get_locale(source)
    amount = split_amount(locale.convert_digits(text) if locale else to_half_width(text).strip())
    plain_text = _to_plain_number(amount.digits_with_sign, decimal)
    return Decimal(plain_text) if plain_text else None


def _to_plain_number(text: str, decimal: str) -> str:
    """Convert a number to plain notation; blank if it is not a number."""
    if decimal == "." and re.fullmatch(_PLAIN_NUMBER, text):
        return text
    scientific = _SCIENTIFIC_NUMBER.fullmatch(text)
    if scientific and scientific[1] == decimal:
        return text.replace(",", ".")
    integer_part, _, fraction = text.partition(decimal)
    if not _GROUPED_INTEGER.fullmatch(integer_part) or not re.fullmatch(r"[0-9]*", fraction):
        return ""
    return re.sub(r"[^0-9+-]", "", integer_part) + "." + (fraction or "0")
