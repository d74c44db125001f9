"""Numbers as people read them."""

from collections.abc import Callable
from typing import Self

from segcli import columns as c
from segcli.columns import Kind

MILLION = 1_000_000


class Figure(str):
    """A number as people read it, which still knows its value: tables are sorted by it.

    >>> figure = Figure("8.91 M", 8911407.9)
    >>> figure, figure.number
    ('8.91 M', 8911407.9)
    """

    __slots__ = ("number",)
    number: float

    def __new__(cls, text: str, number: float) -> Self:
        """A text and the number it tells."""
        made = super().__new__(cls, text)
        made.number = float(number)
        return made


def count(value: float) -> Figure:
    """A whole number with thousands marked.

    >>> count(541909)
    '541,909'
    """
    return Figure(f"{value:,.0f}", value)


def money(value: float) -> Figure:
    """Money, to the cent while small.

    >>> money(8911407.9), money(2054.27), money(4.5)
    ('8.91 M', '2,054', '4.50')
    """
    if abs(value) >= MILLION:
        return Figure(f"{value / MILLION:,.2f} M", value)
    enough = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"  # noqa: PLR2004 - three digits are enough
    return Figure(enough, value)


def share(value: float) -> Figure:
    """A share of one as per cent; small shares are not rounded to nothing.

    >>> share(0.19), share(0.004), share(0.0)
    ('19%', '0.4%', '0%')
    """
    if 0 < value < 0.001:  # noqa: PLR2004 - a tenth of one per cent
        return Figure("<0.1%", value)
    return Figure(f"{value:.1%}" if 0 < abs(value) < 0.01 else f"{value:.0%}", value)  # noqa: PLR2004 - one per cent


def days(value: float) -> Figure:
    """Days.

    >>> days(93.06)
    '93 d'
    """
    return Figure(f"{value:,.0f} d", value)


def plain(value: float) -> Figure:
    """Any other number, to three digits.

    >>> plain(4.2720), plain(12.0)
    ('4.27', '12')
    """
    whole = abs(value) >= 100 or value == round(value)  # noqa: PLR2004
    return Figure(f"{value:,.0f}" if whole else f"{value:.3g}", value)


def decimal(value: float, digits: int = 2) -> Figure:
    """A number to so many decimals.

    >>> decimal(0.4567), decimal(1234.5, 1)
    ('0.46', '1,234.5')
    """
    return Figure(f"{value:,.{digits}f}", value)


_BY_KIND: dict[Kind, Callable[[float], Figure]] = {Kind.MONEY: money, Kind.DAYS: days, Kind.COUNT: plain}


def of(column: str, value: float) -> Figure:
    """A value of a column, in the column's unit."""
    return _BY_KIND.get(c.kind(column), plain)(value)


def label(column: str) -> str:
    """A column's name as people say it."""
    known = column in c.CUSTOMER_TABLE or column.startswith(c.TOP)
    return column.removesuffix("_days").replace("_", " ") if known else column
