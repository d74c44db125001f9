"""Sentences for people: each keeps its template and its values, so that `segcli.i18n` can translate it.

The template is the key of the translation. A value is data: names of segments, products and columns are plain texts and
stay as they are, numbers and dates get the notation of the language, and a message within a message is translated.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from numbers import Integral, Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, Self, SupportsFloat

if TYPE_CHECKING:
    import pandas as pd

_FIELD = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_NO_VALUES: Mapping[str, object] = MappingProxyType({})


class NumberText(Protocol):
    """Text of a number that keeps the number."""

    number: float


class CustomerCount(int):
    """Number of customers in a message; reports leave out messages with a number that is too small to publish."""


class Message(str):
    """English text with its template, the plural form of the template ("" if none), and its values.

    `is_detail` marks a technical detail, which people see only on request.
    """

    __slots__ = ("is_detail", "plural", "template", "values")
    template: str
    plural: str
    values: Mapping[str, object]
    is_detail: bool

    def __new__(
        cls, text: str, template: str = "", plural: str = "", values: Mapping[str, object] = _NO_VALUES
    ) -> Self:
        """Create the English text with the parts that it was made of."""
        created = super().__new__(cls, text)
        created.template, created.plural, created.values, created.is_detail = template, plural, dict(values), False
        return created


class JoinedMessage(str):
    """English text of several parts, each a message or data, with a separator between them."""

    __slots__ = ("parts", "separator")
    separator: str
    parts: tuple[str, ...]

    def __new__(cls, text: str, separator: str = "", parts: tuple[str, ...] = ()) -> Self:
        """Create the English text with its parts."""
        created = super().__new__(cls, text)
        created.separator, created.parts = separator, parts
        return created


def message(template: str, /, **values: object) -> Message:
    """Make a message; `{name}` and `{name:format}` stand for values, and integers get thousands separators.

    >>> message("{share:.0%} of {name}", share=0.25, name="5 orders")
    '25% of 5 orders'
    """
    return Message(fill_template(template, values, format_english), template, "", values)


def count_message(singular: str, plural: str, /, count: SupportsFloat | NumberText, **values: object) -> Message:
    """Make a message with a count, in the singular for one; `{count}` is the count, with thousands separators.

    >>> count_message("{count} order", "{count} orders", 1), count_message("{count} order", "{count} orders", 18532)
    ('1 order', '18,532 orders')
    """
    all_values = {"count": _as_integer(count), **values}
    template = singular if numeric_count(count) == 1 else plural
    return Message(fill_template(template, all_values, format_english), singular, plural, all_values)


def detail_message(template: str, /, **values: object) -> Message:
    """Make a message about a technical detail, such as the edges of scores."""
    detail = message(template, **values)
    detail.is_detail = True
    return detail


def is_detail(text: str) -> bool:
    """Return whether a text is a technical detail."""
    return isinstance(text, Message) and text.is_detail


def join_messages(separator: str, parts: Iterable[str]) -> JoinedMessage:
    """Join messages and data with a separator that languages may replace.

    >>> join_messages(", ", ["a", "b"])
    'a, b'
    """
    joined_parts = tuple(parts)
    return JoinedMessage(separator.join(joined_parts), separator, joined_parts)


def list_customer_counts(text: object) -> Iterator[int]:
    """Yield the numbers of customers that a message, or a message within it, states.

    >>> list(list_customer_counts(join_messages(": ", ["7 customers", message("{n} of them", n=CustomerCount(3))])))
    [3]
    """
    if isinstance(text, CustomerCount):
        yield int(text)
    elif isinstance(text, Message | JoinedMessage):
        for part in text.values.values() if isinstance(text, Message) else text.parts:
            yield from list_customer_counts(part)


def fill_template(template: str, values: Mapping[str, object], format_value: Callable[[object, str], str]) -> str:
    """Replace the fields of a template by formatted values; a template without values is plain text."""
    if not values:
        return template
    return _FIELD.sub(lambda match: format_value(values[match[1]], match[2] or ""), template)


def list_fields(template: str) -> set[tuple[str, str]]:
    """Return the fields of a template: names and formats."""
    return set(_FIELD.findall(template))


def format_english(value: object, format_spec: str) -> str:
    """Format a value as in English text: dates as ISO dates, integers with thousands separators."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Integral) and not format_spec:
        return f"{int(value):,}"
    return format(value, format_spec)


def is_number(value: object) -> bool:
    """Return whether a value is a number or a date, which languages write differently."""
    return isinstance(value, Real | date)


def numeric_count(count: Any) -> float:  # noqa: ANN401 - a number, or a text with a number
    """Return a count as a number; a formatted number has its value in `number`."""
    return float(getattr(count, "number", count))


def _as_integer(count: object) -> object:
    return round(float(count)) if isinstance(count, float) else count


def tabulate_messages(rows: Sequence[Sequence[object]], column_names: Sequence[str]) -> "pd.DataFrame":
    """Build a table whose columns of messages keep them; text columns of pandas would turn them into plain text."""
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(column_names))
    for position, name in enumerate(column_names):
        cells = [row[position] for row in rows]
        if any(isinstance(cell, Message | JoinedMessage) for cell in cells):
            table[name] = pd.Series(cells, dtype=object)
    return table
