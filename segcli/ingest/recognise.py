"""Which column is which: by declared name, by known names in fifteen languages, checked against the content."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from segcli import columns
from segcli.errors import InputProblem
from segcli.ingest.languages import LANGUAGES, load, words

TRANSACTIONS = frozenset(columns.TRANSACTIONS) | frozenset(columns.ATTRIBUTES)
MEASURED = frozenset(columns.CUSTOMER_TABLE)

# Where no column fits, the best-named one is taken all the same: an error about its values helps more than silence.
NEEDED = (frozenset({columns.ORDER_DATE}), frozenset({columns.AMOUNT, columns.UNIT_PRICE}))

_DROPPED = {code: None for code in range(128) if not chr(code).isalnum()}  # of ASCII names, which NFKC leaves alone

Fits = Callable[[str, str], bool]


@dataclass(frozen=True)
class Recognition:
    """standard column -> name in the file; how each was found is said in `why`."""

    columns: Mapping[str, str]
    why: Mapping[str, str]


def normalised(name: str) -> str:
    """A header name without case, blanks and punctuation.

    >>> normalised("Customer_ID "), normalised("Kunden-Nr.")
    ('customerid', 'kundennr')
    """
    if name.isascii():
        return name.lower().translate(_DROPPED)
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def known_names(names: Iterable[str]) -> int:
    """How many of the names are known in any language."""
    return len({normalised(name) for name in names} & _all_words().keys())


def means(name: str, standard: str) -> bool:
    """Whether a header name is known to mean this standard column."""
    return any(meaning == standard for meaning, _ in _all_words().get(normalised(name), ()))


def recognise(
    names: Sequence[str],
    vocabulary: frozenset[str],
    declared: Mapping[str, str],
    *,
    fits: Fits = lambda _standard, _name: True,
) -> Recognition:
    """Match header names to standard columns.

    Args:
        names: the header.
        vocabulary: the standard columns to look for; in another vocabulary the same word may mean another thing.
        declared: standard -> name in the file, which always wins.
        fits: whether the content of the named column can be that standard column.
    """
    found: dict[str, str] = dict(declared)
    why = dict.fromkeys(declared, "declared")
    candidates = sorted(_candidates(names, vocabulary), key=lambda c: (c[0], names.index(c[2])))
    for strength, standard, name in candidates:
        if standard not in found and name not in found.values() and fits(standard, name):
            found[standard] = name
            why[standard] = "its own name" if strength < 0 else "a known name"
    if columns.AMOUNT in vocabulary:
        _prefer_amount(found, why, names)
    for needed in NEEDED:
        named = [(s, n) for _, s, n in candidates if s in needed and n not in found.values()]
        if named and not needed & set(found):
            found[named[0][0]] = named[0][1]
            why[named[0][0]] = "a known name, though its content looks wrong"
    return in_order(Recognition(found, why))


def _prefer_amount(found: dict[str, str], why: dict[str, str], names: Sequence[str]) -> None:
    """Take a column whose name means a quantity or an amount as the amount, where no other column is one."""
    if columns.AMOUNT in found or why.get(columns.QUANTITY) == "declared":
        return
    either = [name for name in names if normalised(name) in {normalised(word) for word in words("quantity_or_amount")}]
    name = next((name for name in either if name not in found.values()), None)
    if name is None and columns.UNIT_PRICE not in found and found.get(columns.QUANTITY) in either:
        name = found.pop(columns.QUANTITY)
    if name is not None:
        found[columns.AMOUNT], why[columns.AMOUNT] = name, "a known name"


def in_order(found: Recognition) -> Recognition:
    """The same columns in the order in which they are always shown."""
    order = {name: place for place, name in enumerate(_order())}
    return replace(found, columns=dict(sorted(found.columns.items(), key=lambda pair: order.get(pair[0], len(order)))))


def check_declared(declared: Iterable[tuple[str, str]], names: Sequence[str], source: str) -> None:
    """Refuse a mapping to a column that the file does not have.

    Raises:
        InputProblem: with the header's names.
    """
    for standard, name in declared:
        if name not in names:
            raise InputProblem(
                f"no column '{name}' (mapped to {standard}); the header has: {', '.join(names)}",
                source=source,
                line=1,
            )


def _candidates(names: Sequence[str], vocabulary: frozenset[str]) -> Iterable[tuple[int, str, str]]:
    words = _all_words()
    for name in names:
        if name in vocabulary:
            yield -1, name, name
            continue
        for standard, strength in words.get(normalised(name), ()):
            if standard in vocabulary:
                yield strength, standard, name


@cache
def _all_words() -> Mapping[str, Sequence[tuple[str, int]]]:
    """Normalised name -> the standard columns it can mean, each with its strength (0 is strongest)."""
    words: dict[str, dict[str, int]] = {}
    for language in LANGUAGES:
        for standard, names in load(language)["columns"].items():
            for strength, name in enumerate([standard, *names]):
                meanings = words.setdefault(normalised(name), {})
                meanings[standard] = min(strength, meanings.get(standard, strength))
    return {name: tuple(meanings.items()) for name, meanings in words.items()}


@cache
def _order() -> Sequence[str]:
    return tuple(dict.fromkeys([*columns.TRANSACTIONS, *columns.CUSTOMER_TABLE]))
