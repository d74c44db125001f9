"""Special categories of personal data: columns whose names speak of health, belief, origin, politics or sexual life."""

import re
from collections.abc import Iterable

from segcli.ingest.languages import words

LONG = 6  # letters from which a word counts at the beginning of a longer one, too: Gesundheitszustand
_WORDS = re.compile(r"[^\W\d_]+")


def special(names: Iterable[str]) -> list[str]:
    """The names that speak of a special category (GDPR, Art. 9), by the word lists of every language.

    >>> special(["orders", "health_note", "trade union member", "Gesundheitszustand", "wealth"])
    ['health_note', 'trade union member', 'Gesundheitszustand']
    """
    return [name for name in names if _speaks(name)]


def _speaks(name: str) -> bool:
    text = name.casefold().replace("_", " ")
    parts = _WORDS.findall(text)
    for word in words("special"):
        if " " in word or not word.isascii():
            if word in text:
                return True
        elif any(part == word or (len(word) >= LONG and part.startswith(word)) for part in parts):
            return True
    return False
