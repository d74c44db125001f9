"""Columns that say what a line is: its status, its type, or a flag such as `Cancelled at`; by header or by values."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from segcli.ingest.languages import words
from segcli.ingest.recognise import normalised

FEW_VALUES = 20  # different values that a status column may have
HALF = 0.5  # share of a column's lines whose values must be known words
SHORTEST_BEGINNING = 3  # letters of a word that may be followed by others, such as "cancelled by customer"
NEGATIONS = {"not", "non", "no", "never", "nicht", "nie", "pas", "sin", "geen", "niet", "не", "без"}
SIGNS = {"+", "-", "\u2212"}
_HANDLING = re.compile(r"fulfil|deliver|ship|payout|review|courier|liefer|versand|livraison|entrega", re.IGNORECASE)
_PARTS = re.compile(r"\s+[-\u2013/|:]\s+|[,;:()\[\]/|_]")
_CONTINUOUS_SCRIPT = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")  # written without blanks between words


@dataclass(frozen=True)
class StatusColumns:
    """Names of the columns of an export that say what its lines are.

    `status` columns have words such as paid and cancelled, `types` words such as sale and refund, `flags` a value on
    lines that are no sale, such as the time of the cancellation, and `paid` columns no or false on unpaid lines.
    """

    status: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.status, *self.types, *self.flags, *self.paid)


def find_status_columns(
    header: Sequence[str], records: Sequence[Sequence[str]], taken: Collection[str]
) -> StatusColumns:
    """Find the columns that say what lines are, by their names, or else by the words in the first records.

    Args:
        header: names of the columns.
        records: the first records, without the header.
        taken: columns whose meaning is known otherwise.
    """
    open_names = {name for name, count in Counter(header).items() if count == 1}.difference(taken)
    status, types, flags, paid = (
        [name for name in header if name in open_names and normalised(name) in _normalised(key)]
        for key in ("status_columns", "type_columns", "void_flags", "paid_flags")
    )
    named = {*status, *types, *flags, *paid}
    for place, name in enumerate(header):
        if name in named or name not in open_names:
            continue
        counts = Counter(record[place].strip() for record in records if place < len(record) and record[place].strip())
        if "+" in counts and set(counts) <= SIGNS:
            types.append(name)
        elif 1 <= len(counts) <= FEW_VALUES and _known_share(counts) >= HALF:
            (types if any(normalised(text) in _normalised("sold") for text in counts) else status).append(name)
    return StatusColumns(tuple(status), tuple(types), tuple(flags), tuple(paid))


def is_no_sale(text: str, column: str = "") -> bool:
    """Tell whether a status means that an order came to nothing, or is not paid.

    In a column about deliveries and the like, what waits is paid all the same.

    >>> is_no_sale("Cancelled by customer"), is_no_sale("Shipped - Returned to Seller"), is_no_sale("Paid")
    (True, True, False)
    """
    if normalised(text) in _normalised("waiting") and _HANDLING.search(column):
        return False
    parts = [text, *_PARTS.split(text)]
    return any(_is_word_of_no_sale(part.strip().casefold()) for part in parts if part.strip())


def is_return(text: str) -> bool:
    """Tell whether the type of a line means that money was given back."""
    return normalised(text) in _normalised("returned") or text in SIGNS - {"+"}


def has_meaning(text: str, key: str) -> bool:
    """Tell whether a text is a word that a language file lists under a key."""
    return normalised(text) in _normalised(key)


def is_unclear_return(text: str) -> bool:
    """Tell whether a type means a refund beside sales, and otherwise something else, such as the way back."""
    return normalised(text) in _normalised("ambiguous_returns")


def is_sale_word(text: str) -> bool:
    """Tell whether the type of a line means a sale."""
    return normalised(text) in _normalised("sold") | _normalised("invoices") | _normalised("settled") or text == "+"


def is_flag(text: str) -> bool:
    """Tell whether a flag is set: anything but blank, no, false or 0."""
    return normalised(text) not in _normalised("false_words") | {""}


def _known_share(counts: Counter[str]) -> float:
    """Return the share of lines whose value is a known word, where one of them is an unmistakable status."""
    statuses = _normalised("settled") | _words_of_no_sale()
    known = {text: normalised(text) for text in counts if normalised(text) in statuses | _normalised("sold")}
    if statuses.isdisjoint(known.values()):
        return 0.0
    return sum(counts[text] for text in known) / sum(counts.values())


def _is_word_of_no_sale(text: str) -> bool:
    if normalised(text) in _words_of_no_sale():
        return True
    tokens = re.split(r"[\s-]+", text)
    if tokens[0] in NEGATIONS:
        return False
    if any(normalised(" ".join(tokens[place:])) in _words_of_no_sale() for place in range(1, len(tokens))):
        return True  # "cancelled" behind who did it
    for key in _normalised("sold"):
        if key and text.startswith(f"{key} "):  # "order cancelled"
            return _is_word_of_no_sale(text[len(key) + 1 :])
    return any(text.startswith(word) and _ends_word(text, word) for word in _beginnings() if len(word) < len(text))


def _ends_word(text: str, word: str) -> bool:
    following = text[len(word)]
    return not following.isalnum() or bool(_CONTINUOUS_SCRIPT.match(following))


@cache
def _words_of_no_sale() -> frozenset[str]:
    return _normalised("void") | _normalised("returned")


@cache
def _beginnings() -> tuple[str, ...]:
    """Return words of no sale that others may follow."""
    texts = {word.casefold() for key in ("void", "returned") for word in words(key)}
    return tuple(sorted(text for text in texts if len(text) >= SHORTEST_BEGINNING or _CONTINUOUS_SCRIPT.match(text[0])))


@cache
def _normalised(key: str) -> frozenset[str]:
    return frozenset(normalised(word) for word in words(key))
