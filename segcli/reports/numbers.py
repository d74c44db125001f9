"""Numbers as people read them."""

from collections.abc import Callable

from segcli import columns as c
from segcli.columns import Kind

MILLION = 1_000_000


def count(value: float) -> str:
    """A whole number with thousands marked.

    >>> count(541909)
    '541,909'
    """
    return f"{value:,.0f}"


def counted(value: float, noun: str) -> str:
    """A whole number of things.

    >>> counted(1, "order"), counted(18532, "order")
    ('1 order', '18,532 orders')
    """
    return f"{count(value)} {noun}" if value == 1 else f"{count(value)} {noun}s"


def money(value: float) -> str:
    """Money, to the cent while small.

    >>> money(8911407.9), money(2054.27), money(4.5)
    ('8.91 M', '2,054', '4.50')
    """
    if abs(value) >= MILLION:
        return f"{value / MILLION:,.2f} M"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"  # noqa: PLR2004 - three digits are enough


def share(value: float) -> str:
    """A share of one as per cent; small shares are not rounded to nothing.

    >>> share(0.19), share(0.004), share(0.0)
    ('19%', '0.4%', '0%')
    """
    if 0 < value < 0.001:  # noqa: PLR2004 - a tenth of one per cent
        return "<0.1%"
    return f"{value:.1%}" if 0 < abs(value) < 0.01 else f"{value:.0%}"  # noqa: PLR2004 - one per cent


def days(value: float) -> str:
    """Days.

    >>> days(93.06)
    '93 d'
    """
    return f"{value:,.0f} d"


def plain(value: float) -> str:
    """Any other number, to three digits.

    >>> plain(4.2720), plain(12.0)
    ('4.27', '12')
    """
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"  # noqa: PLR2004


_BY_KIND: dict[Kind, Callable[[float], str]] = {Kind.MONEY: money, Kind.DAYS: days, Kind.COUNT: plain}


def of(column: str, value: float) -> str:
    """A value of a column, in the column's unit."""
    return _BY_KIND.get(c.kind(column), plain)(value)


def label(column: str) -> str:
    """A column's name as people say it."""
    known = column in c.CUSTOMER_TABLE or column.startswith(c.TOP)
    return column.removesuffix("_days").replace("_", " ") if known else column
