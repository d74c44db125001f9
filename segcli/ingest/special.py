"""Special categories of personal data: columns whose names speak of health, belief, origin, politics or sexual life."""

import re
from collections.abc import Iterable

from segcli.ingest.languages import word_list
from segcli.ingest.speaking import find_matching_word

GOODS_WORD_LIST = "special_goods"  # phrases of these words that name goods and not people


def special_category_columns(header: Iterable[str]) -> list[str]:
    """The names that speak of a special category (GDPR, Art. 9), by the word lists of every language.

    >>> special_category_columns(["orders", "health_note", "trade union member", "Gesundheitszustand", "wealth"])
    ['health_note', 'trade union member', 'Gesundheitszustand']
    >>> special_category_columns(["healthy", "Health & Beauty", "health food"])
    []
    """
    return [name for name in header if find_special_word(name)]


def find_special_word(name: str) -> str:
    """Return the word by which a name speaks of a special category; blank where it does not.

    Goods and what they are like are no facts about a person: healthy, health food.
    """
    text = re.sub(r"[\W_]+", " ", name).strip()
    for phrase in word_list(GOODS_WORD_LIST):
        text = re.sub(rf"(?i)\b{re.escape(phrase)}\b", " ", text)
    return find_matching_word(text, "special")


def describe_special_columns(header: Iterable[str]) -> str:
    """List names with the evidence.

    >>> describe_special_columns(["health_note", "Religion"])
    "health_note (the word 'health'), Religion (the word 'religion')"
    """
    return ", ".join(f"{name} (the word '{find_special_word(name)}')" for name in header)
