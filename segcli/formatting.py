"""Format numbers and escape text; input text must not control a terminal or become markup."""

import re
import unicodedata
from collections.abc import Callable
from typing import Self

from segcli import columns
from segcli.columns import ColumnKind
from segcli.message import message


# Counts with nouns, and unique texts
def pluralize(count: float, singular: str, plural: str = "") -> str:
    """Format a count, with thousands separators, and its noun in the right number; the noun may include a verb.

    >>> pluralize(1, "order"), pluralize(18532, "order")
    ('1 order', '18,532 orders')
    >>> pluralize(1, "line repeats", "lines repeat"), pluralize(2, "line repeats", "lines repeat")
    ('1 line repeats', '2 lines repeat')
    """
    return f"{count:,.0f} {singular if count == 1 else plural or f'{singular}s'}"


# Formatted numbers
MILLION = 1_000_000


class FormattedNumber(str):
    """Formatted number that keeps its value, so that tables can be sorted by it.

    >>> figure = FormattedNumber("8.91 M", 8911407.9)
    >>> figure, figure.number
    ('8.91 M', 8911407.9)
    """

    __slots__ = ("number",)
    number: float

    def __new__(cls, text: str, number: float) -> Self:
        """Create the formatted text with its value."""
        formatted = super().__new__(cls, text)
        formatted.number = float(number)
        return formatted


def format_count(value: float) -> FormattedNumber:
    """Format an integer with thousands separators.

    >>> format_count(541909)
    '541,909'
    """
    return FormattedNumber(f"{value:,.0f}", value)


def format_money(value: float) -> FormattedNumber:
    """Format money: with cents below 100, in millions from one million.

    >>> format_money(8911407.9), format_money(2054.27), format_money(4.5)
    ('8.91 M', '2,054', '4.50')
    """
    if abs(value) >= MILLION:
        return FormattedNumber(f"{value / MILLION:,.2f} M", value)
    digits = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"  # noqa: PLR2004 - three digits are enough
    return FormattedNumber(digits, value)


def format_total(value: float, currency: str) -> str:
    """Format money with its currency, if it is known.

    >>> format_total(2054.27, "EUR"), format_total(2054.27, "")
    ('2,054 EUR', '2,054')
    """
    amount = format_money(value)
    return message("{amount} {currency}", amount=amount, currency=currency) if currency else amount


def format_share(value: float) -> FormattedNumber:
    """Format a share (0 to 1) as a percentage; small shares are not rounded to zero.

    >>> format_share(0.19), format_share(0.004), format_share(0.0)
    ('19%', '0.4%', '0%')
    """
    if 0 < value < 0.001:  # noqa: PLR2004 - 0.1%
        return FormattedNumber("<0.1%", value)
    return FormattedNumber(f"{value:.1%}" if 0 < abs(value) < 0.01 else f"{value:.0%}", value)  # noqa: PLR2004 - 1%


def format_change(change: float) -> FormattedNumber:
    """Format a relative change with its sign.

    >>> format_change(-0.084), format_change(0.0)
    ('-8%', '0%')
    """
    text = f"{change:+.1%}" if 0 < abs(change) < 0.01 else f"{change:+.0%}"  # noqa: PLR2004 - 1%
    return FormattedNumber("0%" if text in {"+0%", "-0%", "+0.0%", "-0.0%"} else text, change)


def format_ratio(value: float) -> FormattedNumber:
    """Format a ratio to one decimal.

    >>> format_ratio(2.04)
    '2.0x'
    """
    return FormattedNumber(f"{value:,.1f}x", value)


def format_index(index: float) -> FormattedNumber:
    """Format an index, which is 100 at the average, as a multiple of the average.

    >>> format_index(231.0)
    '2.3x'
    """
    return FormattedNumber(f"{index / 100:.2g}x", index / 100)


def format_days(value: float) -> FormattedNumber:
    """Format a number of days.

    >>> format_days(93.06)
    '93 d'
    """
    return FormattedNumber(f"{value:,.0f} d", value)


def format_number(value: float) -> FormattedNumber:
    """Format any other number to three significant digits.

    >>> format_number(4.2720), format_number(12.0)
    ('4.27', '12')
    """
    is_whole = abs(value) >= 100 or value == round(value)  # noqa: PLR2004
    return FormattedNumber(f"{value:,.0f}" if is_whole else f"{value:.3g}", value)


def format_decimal(value: float, digits: int = 2) -> FormattedNumber:
    """Format a number to a fixed number of decimals.

    >>> format_decimal(0.4567), format_decimal(1234.5, 1)
    ('0.46', '1,234.5')
    """
    return FormattedNumber(f"{value:,.{digits}f}", value)


_FORMATTERS: dict[ColumnKind, Callable[[float], FormattedNumber]] = {
    ColumnKind.MONEY: format_money,
    ColumnKind.DAYS: format_days,
    ColumnKind.COUNT: format_number,
}


def format_value(column: str, value: float) -> FormattedNumber:
    """Format a value of a column, in the column's unit."""
    return _FORMATTERS.get(columns.column_kind(column), format_number)(value)


# Labels of columns that segcli computes or knows by name; other columns are labelled with their own names.
_TRANSLATED_LABELS = (
    message("recency"),
    message("tenure"),
    message("orders"),
    message("order lines"),
    message("items"),
    message("revenue"),
    message("refunds"),
    message("average order value"),
    message("median order value"),
    message("largest order"),
    message("mean days between orders"),
    message("cv days between orders"),
    message("last gap"),
    message("distinct products"),
    message("distinct categories"),
    message("distinct devices"),
    message("discount share"),
    message("top category"),
    message("top channel"),
    message("top device"),
    message("top payment"),
    message("top os"),
    message("gender"),
    message("age"),
    message("income"),
    message("education"),
    message("occupation"),
    message("marital status"),
    message("children"),
    message("city"),
    message("region"),
    message("country"),
    message("device"),
    message("email consent"),
    message("phone consent"),
)
_LABELS = {str(label): label for label in _TRANSLATED_LABELS}


def column_label(column: str) -> str:
    """Return the label of a column, as printed for people."""
    if column not in columns.CUSTOMER_TABLE_COLUMNS and not column.startswith(columns.TOP_PREFIX):
        return column
    label = column.removesuffix("_days").replace("_", " ")
    return _LABELS.get(label, label)


_WORD_STARTS = re.compile(
    r"(?<=[^\W_])_+(?=[^\W_])|(?<=[^\W\d_])\.(?=[^\W\d_])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
)


def spell_out_name(name: str) -> str:
    """Return the name of a column with blanks between its words; a single word or a question stays as it is.

    >>> spell_out_name("income_band"), spell_out_name("NumWebVisits"), spell_out_name("Vacation.Behaviour")
    ('income band', 'num web visits', 'vacation behaviour')
    >>> spell_out_name("CustomerID"), spell_out_name("NPS"), spell_out_name("How often do you ski?")
    ('customer ID', 'NPS', 'How often do you ski?')
    """
    if " " in name.strip():
        return name
    words = _WORD_STARTS.split(name)
    if len(words) == 1:
        return name
    return " ".join(word.lower() if word[1:].islower() else word for word in words)


MAX_CELL_LENGTH = 200
_BIDI_CHARACTERS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Characters that are active anywhere; underscores in words, colons before blanks and dots before digits are not.
_ACTIVE_MARKDOWN = re.compile(
    r"[\\`*\[\]<>&|~$@]|(?<![^\W_])_|_(?![^\W_])|:(?=\S)|#(?=\w)|#(?=#*\s*$)|(?<=\w)\.(?=[^\W\d])"
)
_ACTIVE_LINE_START = re.compile(r"^(\s*)([#+=-])(?=[\s#=-]|$)|^(\s*\d+)([.)])(?=\s|$)")


def escape_unprintable(text: object) -> str:
    r"""Replace control, bidirectional and line-separating characters; the result is one line.

    >>> escape_unprintable("a\x1b[31mb\n")
    'a\\x1b[31mb '
    """
    return "".join(_escape_character(character) for character in str(text))


def escape_cell(text: object) -> str:
    """Return printable text of limited length, so that one value cannot make a table too wide."""
    escaped = escape_unprintable(text)
    return escaped if len(escaped) <= MAX_CELL_LENGTH else escaped[: MAX_CELL_LENGTH - 1] + "…"


def _escape_character(character: str) -> str:
    if character in "\t\n\r\u2028\u2029":
        return " "
    if character in _BIDI_CHARACTERS or unicodedata.category(character) in {"Cc", "Cs"}:
        return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"  # noqa: PLR2004
    return character


def escape_markdown(text: object) -> str:
    r"""Escape text so that it renders literally in Markdown and in its tables: no link, image, tag or mention.

    Only active characters are escaped, so that the source remains readable.

    >>> escape_markdown("<b>|x| 2026-07-01: +0.5 sd (n = 3)")
    '&lt;b&gt;\\|x\\| 2026-07-01: +0.5 sd (n = 3)'
    """
    escaped = _ACTIVE_MARKDOWN.sub(_escape_match, escape_unprintable(text).strip())
    return _ACTIVE_LINE_START.sub(lambda m: f"{m[1] or m[3] or ''}\\{m[2] or m[4]}", escaped)


def _escape_match(match: re.Match[str]) -> str:
    """Return an HTML entity for tag characters, and a backslash escape for the rest."""
    return {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", ":": "&#58;"}.get(match[0], f"\\{match[0]}")
