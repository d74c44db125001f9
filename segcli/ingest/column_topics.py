"""Find columns of a topic by words in their names, such as purchase counts (NumWebPurchases)."""

import re
from collections.abc import Iterable

from segcli.ingest.locales import word_list

# Topics of column names, by the word lists of all languages
STEM_SUFFIX = "*"  # marks a stem: gesundheit* matches Gesundheitszustand
_CAMEL_CASE_BREAK = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")  # as inside MntWines
_LETTER_RUN = re.compile(r"[^\W\d_]+")


def match_words(header: Iterable[str], list_key: str) -> list[str]:
    """Return the names that contain a word of a list.

    Args:
        header: names of columns.
        list_key: key of the list in the word files.
    """
    return [name for name in header if find_matching_word(name, list_key)]


def split_words(name: str) -> list[str]:
    """Return the words of a name in lower case, without digits.

    >>> split_words("NumWebPurchases_2")
    ['num', 'web', 'purchases']
    """
    return _LETTER_RUN.findall(_CAMEL_CASE_BREAK.sub(" ", name).casefold())


def find_matching_word(name: str, list_key: str) -> str:
    """Return the first word of a list that occurs in a name as a whole word; blank if none does.

    Phrases, and words with non-ASCII letters, also match inside other words.
    """
    name_words = split_words(name)
    return next((match for word in sorted(word_list(list_key)) if (match := _match_word(name_words, word))), "")


def find_longest_word(text: str, words: Iterable[str]) -> str:
    """Return the longest of the words that occur in a text, as in `find_matching_word`; blank if none does.

    >>> find_longest_word("Too_Expensive for me", ["expensive", "too expensive", "cost*"])
    'too expensive'
    """
    text_words = split_words(text)
    return max((_match_word(text_words, word.casefold()) for word in words), key=len, default="")


def _match_word(name_words: list[str], word: str) -> str:
    """Return the word, or the longer one that a stem begins, if it is among the words of a name; blank if not."""
    stem = word.removesuffix(STEM_SUFFIX)
    if " " in stem or not stem.isascii():
        return stem if " ".join(_LETTER_RUN.findall(stem)) in " ".join(name_words) else ""
    is_stem = word != stem
    return next((found for found in name_words if found == stem or (is_stem and found.startswith(stem))), "")


# Special categories of personal data: column names about health, belief, origin, politics or sexual life
GOODS_WORD_LIST = "special_goods"  # phrases of these words that describe goods, not people


def special_category_columns(header: Iterable[str]) -> list[str]:
    """Return the names about a special category (GDPR, Art. 9), by the word lists of all languages.

    >>> special_category_columns(["orders", "health_note", "trade union member", "Gesundheitszustand", "wealth"])
    ['health_note', 'trade union member', 'Gesundheitszustand']
    >>> special_category_columns(["healthy", "Health & Beauty", "health food"])
    []
    """
    return [name for name in header if find_special_word(name)]


def find_special_word(name: str) -> str:
    """Return the word that assigns a name to a special category; blank if there is none.

    Phrases that describe goods are not about people: healthy, health food.
    """
    text = re.sub(r"[\W_]+", " ", name).strip()
    for phrase in word_list(GOODS_WORD_LIST):
        text = re.sub(rf"(?i)\b{re.escape(phrase)}\b", " ", text)
    return find_matching_word(text, "special")


def describe_special_columns(header: Iterable[str]) -> str:
    """Format names with the matching words.

    >>> describe_special_columns(["health_note", "Religion"])
    "health_note (the word 'health'), Religion (the word 'religion')"
    """
    return ", ".join(f"{name} (the word '{find_special_word(name)}')" for name in header)


def find_purchase_columns(header: Iterable[str]) -> list[str]:
    """Return the names about spending or purchases, by the word lists of all languages.

    >>> find_purchase_columns(["MntWines", "sales_2023", "Anzahl Bestellungen", "last order", "Kidhome"])
    ['MntWines', 'sales_2023', 'Anzahl Bestellungen']
    """
    return match_words(header, "behaviour")
