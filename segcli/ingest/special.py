"""Special categories of personal data: columns whose names speak of health, belief, origin, politics or sexual life."""

from collections.abc import Iterable

from segcli.ingest.speaking import speaking


def special(names: Iterable[str]) -> list[str]:
    """The names that speak of a special category (GDPR, Art. 9), by the word lists of every language.

    >>> special(["orders", "health_note", "trade union member", "Gesundheitszustand", "wealth"])
    ['health_note', 'trade union member', 'Gesundheitszustand']
    """
    return speaking(names, "special", beginning=True)
