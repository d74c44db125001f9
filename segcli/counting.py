"""Counts: in words that go with the number, and of equal texts."""

from collections import Counter
from collections.abc import Iterable


def pluralize(count: float, singular: str, plural: str = "") -> str:
    """A whole number with thousands marked, and what there is so much of, whose verb may come along.

    >>> pluralize(1, "order"), pluralize(18532, "order")
    ('1 order', '18,532 orders')
    >>> pluralize(1, "line repeats", "lines repeat"), pluralize(2, "line repeats", "lines repeat")
    ('1 line repeats', '2 lines repeat')
    """
    return f"{count:,.0f} {singular if count == 1 else plural or f'{singular}s'}"


def unique_texts(texts: Iterable[str]) -> frozenset[str]:
    """Return the texts that occur once.

    >>> sorted(unique_texts(["id", "note", "amount", "note"]))
    ['amount', 'id']
    """
    return frozenset(text for text, count in Counter(texts).items() if count == 1)
