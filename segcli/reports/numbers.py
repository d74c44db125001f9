"""Numbers as people read them."""

from collections.abc import Callable
from typing import Self

from segcli import columns
from segcli.columns import ColumnKind

MILLION = 1_000_000


class FormattedNumber(str):
    """A number as people read it, which still knows its value: tables are sorted by it.

    >>> figure = FormattedNumber("8.91 M", 8911407.9)
    >>> figure, figure.number
    ('8.91 M', 8911407.9)
    """

    __slots__ = ("number",)
    number: float

    def __new__(cls, text: str, number: float) -> Self:
        """A text and the number it tells."""
        formatted = super().__new__(cls, text)
        formatted.number = float(number)
        return formatted


def format_count(value: float) -> FormattedNumber:
    """A whole number with thousands marked.

    >>> format_count(541909)
    '541,909'
    """
    return FormattedNumber(f"{value:,.0f}", value)


def format_money(value: float) -> FormattedNumber:
    """Money, to the cent while small.

    >>> format_money(8911407.9), format_money(2054.27), format_money(4.5)
    ('8.91 M', '2,054', '4.50')
    """
    if abs(value) >= MILLION:
        return FormattedNumber(f"{value / MILLION:,.2f} M", value)
    digits = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"  # noqa: PLR2004 - three digits are enough
    return FormattedNumber(digits, value)


def format_share(value: float) -> FormattedNumber:
    """A share of one as per cent; small shares are not rounded to nothing.

    >>> format_share(0.19), format_share(0.004), format_share(0.0)
    ('19%', '0.4%', '0%')
    """
    if 0 < value < 0.001:  # noqa: PLR2004 - a tenth of one per cent
        return FormattedNumber("<0.1%", value)
    return FormattedNumber(f"{value:.1%}" if 0 < abs(value) < 0.01 else f"{value:.0%}", value)  # noqa: PLR2004 - one per cent


def format_days(value: float) -> FormattedNumber:
    """Days.

    >>> format_days(93.06)
    '93 d'
    """
    return FormattedNumber(f"{value:,.0f} d", value)


def format_number(value: float) -> FormattedNumber:
    """Any other number, to three digits.

    >>> format_number(4.2720), format_number(12.0)
    ('4.27', '12')
    """
    is_whole = abs(value) >= 100 or value == round(value)  # noqa: PLR2004
    return FormattedNumber(f"{value:,.0f}" if is_whole else f"{value:.3g}", value)


def format_decimal(value: float, digits: int = 2) -> FormattedNumber:
    """A number to so many decimals.

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
    """A value of a column, in the column's unit."""
    return _FORMATTERS.get(columns.column_kind(column), format_number)(value)


def column_label(column: str) -> str:
    """A column's name as people say it."""
    is_known = column in columns.CUSTOMER_TABLE_COLUMNS or column.startswith(columns.TOP_PREFIX)
    return column.removesuffix("_days").replace("_", " ") if is_known else column
