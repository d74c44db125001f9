"""Find columns with the status or type of a line, or flags such as `Cancelled at`, by name or by values."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from segcli.ingest.column_matching import normalise_name, unique_texts
from segcli.ingest.locales import word_list

MAX_STATUS_VALUES = 20  # maximum number of distinct values of a status column
MIN_KNOWN_SHARE = 0.5  # share of a column's lines whose values must be known words
MIN_STEM_LENGTH = 3  # letters of a word that may be followed by other words, as in "cancelled by customer"
NEGATION_WORDS = {"not", "non", "no", "never", "nicht", "nie", "pas", "sin", "geen", "niet", "не", "без"}
TYPE_SIGNS = {"+", "-", "\u2212"}
_FULFILMENT_PATTERN = re.compile(
    r"fulfil|deliver|ship|payout|review|courier|liefer|versand|livraison|entrega", re.IGNORECASE
)
_STATUS_SEPARATOR = re.compile(r"\s+[-\u2013/|:]\s+|[,;:()\[\]/|_]")
_CONTINUOUS_SCRIPT = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")  # scripts without blanks between words


@dataclass(frozen=True)
class StatusColumns:
    """Names of the columns of an export that describe its lines.

    `status` columns have words such as paid and cancelled. `types` columns have words such as sale and refund. `flags`
    are set on lines that are not sales, for example to the time of cancellation. `paid` columns are no or false on
    unpaid lines.
    """

    status: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()

    @property
    def all_columns(self) -> tuple[str, ...]:
        """All status columns."""
        return (*self.status, *self.types, *self.flags, *self.paid)


def find_status_columns(
    header: Sequence[str], records: Sequence[Sequence[str]], used_columns: Collection[str]
) -> StatusColumns:
    """Find the columns that describe lines, by their names, or else by the words in the first records.

    Args:
        header: names of the columns.
        records: the first records, without the header.
        used_columns: columns that already have a meaning.
    """
    unused_columns = unique_texts(header) - set(used_columns)
    status, types, flags, paid = (
        [name for name in header if name in unused_columns and normalise_name(name) in _load_normalised_words(key)]
        for key in ("status_columns", "type_columns", "void_flags", "paid_flags")
    )
    matched_columns = {*status, *types, *flags, *paid}
    for index, name in enumerate(header):
        if name in matched_columns or name not in unused_columns:
            continue
        counts = Counter(record[index].strip() for record in records if index < len(record) and record[index].strip())
        if "+" in counts and set(counts) <= TYPE_SIGNS:
            types.append(name)
        elif 1 <= len(counts) <= MAX_STATUS_VALUES and _share_of_known_words(counts) >= MIN_KNOWN_SHARE:
            (
                types if any(normalise_name(text) in _load_normalised_words("sold") for text in counts) else status
            ).append(name)
    return StatusColumns(tuple(status), tuple(types), tuple(flags), tuple(paid))


def is_void_status(status: str, column: str = "") -> bool:
    """Return whether a status means that an order was not completed or not paid.

    In a column about fulfilment, a waiting status is not void, because the order is paid.

    >>> is_void_status("Cancelled by customer"), is_void_status("Shipped - Returned to Seller"), is_void_status("Paid")
    (True, True, False)
    """
    if normalise_name(status) in _load_normalised_words("waiting") and _FULFILMENT_PATTERN.search(column):
        return False
    phrases = [status, *_STATUS_SEPARATOR.split(status)]
    return any(_is_void_word(phrase.strip().casefold()) for phrase in phrases if phrase.strip())


def is_return_type(text: str) -> bool:
    """Return whether the type of a line means that money was refunded."""
    return normalise_name(text) in _load_normalised_words("returned") or text in TYPE_SIGNS - {"+"}


def is_listed_word(text: str, list_key: str) -> bool:
    """Return whether a text is listed under a key in any language file."""
    return normalise_name(text) in _load_normalised_words(list_key)


def is_ambiguous_return(text: str) -> bool:
    """Return whether a type means a refund only if other types are sales, such as the way back of a trip."""
    return normalise_name(text) in _load_normalised_words("ambiguous_returns")


def is_sale_type(text: str) -> bool:
    """Return whether the type of a line means a sale."""
    return (
        normalise_name(text)
        in _load_normalised_words("sold") | _load_normalised_words("invoices") | _load_normalised_words("settled")
        or text == "+"
    )


def is_set_flag(text: str) -> bool:
    """Return whether a flag is set: any text except blank, no, false or 0."""
    return normalise_name(text) not in _load_normalised_words("false_words") | {""}


def _share_of_known_words(value_counts: Counter[str]) -> float:
    """Return the share of lines whose value is a known word; 0 if no value is an unmistakable status."""
    statuses, status_words = _load_status_words()
    known_words = {text: word for text in value_counts if (word := normalise_name(text)) in status_words}
    if statuses.isdisjoint(known_words.values()):
        return 0.0
    return sum(value_counts[text] for text in known_words) / sum(value_counts.values())


def _is_void_word(phrase: str) -> bool:
    if normalise_name(phrase) in _load_void_words():
        return True
    tokens = re.split(r"[\s-]+", phrase)
    if tokens[0] in NEGATION_WORDS:
        return False
    if any(normalise_name(" ".join(tokens[index:])) in _load_void_words() for index in range(1, len(tokens))):
        return True  # "cancelled" after the actor
    for key in _load_normalised_words("sold"):
        if key and phrase.startswith(f"{key} "):  # as in "order cancelled"
            return _is_void_word(phrase[len(key) + 1 :])
    return any(
        phrase.startswith(word) and _is_word_end(phrase, word) for word in _void_word_stems() if len(word) < len(phrase)
    )


def _is_word_end(text: str, word: str) -> bool:
    following = text[len(word)]
    return not following.isalnum() or bool(_CONTINUOUS_SCRIPT.match(following))


@cache
def _load_void_words() -> frozenset[str]:
    return _load_normalised_words("void") | _load_normalised_words("returned")


@cache
def _load_status_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that only statuses are, and those together with the words for sales."""
    statuses = _load_normalised_words("settled") | _load_void_words()
    return statuses, statuses | _load_normalised_words("sold")


@cache
def _void_word_stems() -> tuple[str, ...]:
    """Return the words for unsold orders that other words may follow."""
    texts = {word.casefold() for list_key in ("void", "returned") for word in word_list(list_key)}
    return tuple(sorted(text for text in texts if len(text) >= MIN_STEM_LENGTH or _CONTINUOUS_SCRIPT.match(text[0])))


@cache
def _load_normalised_words(list_key: str) -> frozenset[str]:
    return frozenset(normalise_name(word) for word in word_list(list_key))
