"""Names of columns that speak of something, by the word lists of every language."""

import re
from collections.abc import Iterable

from segcli.ingest.languages import word_list

STEM_SUFFIX = "*"  # ends a word that counts at the beginning of a longer one, too: gesundheit* finds Gesundheitszustand
_CAMEL_CASE_BREAK = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")  # inside MntWines
_LETTER_RUN = re.compile(r"[^\W\d_]+")


def match_words(header: Iterable[str], list_key: str) -> list[str]:
    """The names in which a word of a list stands.

    Args:
        header: of columns.
        list_key: the list, as files of words call it.
    """
    return [name for name in header if find_matching_word(name, list_key)]


def find_matching_word(name: str, list_key: str) -> str:
    """Return the word of a list that stands in a name as a whole word; blank where none does.

    Words of several words, and those with letters beyond ASCII, may stand anywhere.
    """
    name_words = _LETTER_RUN.findall(_CAMEL_CASE_BREAK.sub(" ", name).casefold())
    text = " ".join(name_words)
    for word in sorted(word_list(list_key)):
        stem = word.removesuffix(STEM_SUFFIX)
        if " " in stem or not stem.isascii():
            if stem in text:
                return stem
            continue
        is_stem = word != stem
        match = next(
            (name_word for name_word in name_words if name_word == stem or (is_stem and name_word.startswith(stem))), ""
        )
        if match:
            return str(match)
    return ""
