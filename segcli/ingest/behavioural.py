"""Columns of a customer file that count purchases or sum money, known by words in their names: NumWebPurchases."""

import re
from collections.abc import Iterable

from segcli.ingest.languages import words

_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")  # inside MntWines
_WORDS = re.compile(r"[^\W\d_]+")


def behavioural(names: Iterable[str]) -> list[str]:
    """The names that speak of spending or of purchases, by the word lists of every language.

    >>> behavioural(["MntWines", "sales_2023", "Anzahl Bestellungen", "last order", "Kidhome"])
    ['MntWines', 'sales_2023', 'Anzahl Bestellungen']
    """
    return [name for name in names if _speaks(name)]


def _speaks(name: str) -> bool:
    parts = _WORDS.findall(_HUMP.sub(" ", name).casefold())
    text = " ".join(parts)
    return any(word in (parts if word.isascii() and " " not in word else text) for word in words("behaviour"))
