"""Names of columns that speak of something, by the word lists of every language."""

import re
from collections.abc import Iterable

from segcli.ingest.languages import words

LONG = 6  # letters from which a word counts at the beginning of a longer one, too: Gesundheitszustand
_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")  # inside MntWines
_WORDS = re.compile(r"[^\W\d_]+")


def speaking(names: Iterable[str], of: str, *, beginning: bool = False) -> list[str]:
    """The names in which a word of a list stands.

    Args:
        names: of columns.
        of: the list, as files of words call it.
        beginning: whether it is enough that a long word begins another.
    """
    return [name for name in names if _speaks(name, of, beginning=beginning)]


def _speaks(name: str, of: str, *, beginning: bool) -> bool:
    parts = _WORDS.findall(_HUMP.sub(" ", name).casefold())
    text = " ".join(parts)
    for word in words(of):
        if " " in word or not word.isascii():
            if word in text:
                return True
        elif any(part == word or (beginning and len(word) >= LONG and part.startswith(word)) for part in parts):
            return True
    return False
