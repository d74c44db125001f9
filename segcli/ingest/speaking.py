"""Names of columns that speak of something, by the word lists of every language."""

import re
from collections.abc import Iterable

from segcli.ingest.languages import words

STEM = "*"  # ends a word that counts at the beginning of a longer one, too: gesundheit* finds Gesundheitszustand
_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")  # inside MntWines
_WORDS = re.compile(r"[^\W\d_]+")


def speaking(names: Iterable[str], of: str) -> list[str]:
    """The names in which a word of a list stands.

    Args:
        names: of columns.
        of: the list, as files of words call it.
    """
    return [name for name in names if matching_word(name, of)]


def matching_word(name: str, of: str) -> str:
    """Return the word of a list that stands in a name as a whole word; blank where none does.

    Words of several words, and those with letters beyond ASCII, may stand anywhere.
    """
    parts = _WORDS.findall(_HUMP.sub(" ", name).casefold())
    text = " ".join(parts)
    for word in sorted(words(of)):
        stem = word.removesuffix(STEM)
        if " " in stem or not stem.isascii():
            if stem in text:
                return stem
            continue
        is_stem = word != stem
        match = next((part for part in parts if part == stem or (is_stem and part.startswith(stem))), "")
        if match:
            return str(match)
    return ""
