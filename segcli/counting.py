"""Counts: in words that go with the number, and of equal texts."""

from collections import Counter
from collections.abc import Iterable


def counted(count: float, one: str, several: str = "") -> str:
    """A whole number with thousands marked, and what there is so much of, whose verb may come along.

    >>> counted(1, "order"), counted(18532, "order")
    ('1 order', '18,532 orders')
    >>> counted(1, "line repeats", "lines repeat"), counted(2, "line repeats", "lines repeat")
    ('1 line repeats', '2 lines repeat')
    """
    return f"{count:,.0f} {one if count == 1 else several or f'{one}s'}"


def find_unique(texts: Iterable[str]) -> frozenset[str]:
    """Return the texts that occur once.

    >>> sorted(find_unique(["id", "note", "amount", "note"]))
    ['amount', 'id']
    """
    return frozenset(text for text, count in Counter(texts).items() if count == 1)
