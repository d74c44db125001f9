"""Match columns of a file to standard columns: by declaration or known name (29 languages), checked against content."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest

from segcli import columns
from segcli.columns import ColumnKind
from segcli.errors import InputProblem
from segcli.ingest.currency_names import split_currency_name
from segcli.ingest.locales import LANGUAGES, load_language, word_list
from segcli.ingest.minor_units import strip_unit_name

ORDER_VOCABULARY = frozenset(columns.TRANSACTION_COLUMNS) | frozenset(columns.ATTRIBUTE_COLUMNS)
ORDER_MONEY_COLUMNS, MONEY_MEASURES = (
    frozenset(name for name, kind in kinds.items() if kind is ColumnKind.MONEY)
    for kinds in (columns.TRANSACTION_COLUMNS, columns.MEASURES)
)
CUSTOMER_VOCABULARY = frozenset(columns.CUSTOMER_TABLE_COLUMNS)

# If no column fits these, the column with the best name is used: an error about its values helps more than silence.
REQUIRED_COLUMNS = (frozenset({columns.ORDER_DATE}), frozenset({columns.AMOUNT, columns.UNIT_PRICE}))

_DROPPED_CHARACTERS = {
    code: None for code in range(128) if not chr(code).isalnum()
}  # of ASCII names, which NFKC does not change
# Romanian letters have a comma below; older encodings have only letters with a cedilla, as in Turkish
_CEDILLAS = {ord("\u0219"): "\u015f", ord("\u021b"): "\u0163"}
_ACCENTS = re.compile("[\u0300-\u036f\u0653-\u0655]")  # of Latin, Greek, Cyrillic and Arabic letters
# Names such as Total incl. VAT, Total excl. VAT, Amount EUR and amount_cents, in this order, if no other name fits
TAX_RANKS = {"tax_included": 300, "tax_excluded": 400}
CURRENCY_RANK, MINOR_UNIT_RANK = 500, 1000
MIN_UNACCENTED_LENGTH = 4  # shorter names without accents may be words of other languages

ContentCheck = Callable[[str, str], bool]


@dataclass(frozen=True)
class ColumnMapping:
    """Mapping of standard columns to names in the file; `match_reasons` explains each match."""

    columns: Mapping[str, str]
    match_reasons: Mapping[str, str]

    @property
    def has_refunds(self) -> bool:
        """Whether a column holds refunded money, or amounts after refunds."""
        return columns.REFUNDED in self.columns or columns.AMOUNT_AFTER_REFUNDS in self.columns


def unique_texts(texts: Iterable[str]) -> frozenset[str]:
    """Return the texts that occur exactly once.

    >>> sorted(unique_texts(["id", "note", "amount", "note"]))
    ['amount', 'id']
    """
    return frozenset(text for text, count in Counter(texts).items() if count == 1)


def normalise_name(name: str) -> str:
    """Return a header name without case, blanks and punctuation.

    >>> normalise_name("Customer_ID "), normalise_name("Kunden-Nr.")
    ('customerid', 'kundennr')
    """
    if name.isascii():
        return name.lower().translate(_DROPPED_CHARACTERS)
    folded_name = unicodedata.normalize("NFKC", name).casefold().translate(_CEDILLAS)
    return "".join(character for character in folded_name if character.isalnum())


def list_column_names(list_key: str, name: str) -> list[str]:
    """Return the normalised names of a column, the most specific first: one of each language in turn.

    Args:
        list_key: key of the lists in the word files.
        name: key of the column in these lists.
    """
    words = [load_language(language).get(list_key, {}).get(name, ()) for language in LANGUAGES]
    return [normalise_name(word) for ranked in zip_longest(*words) for word in ranked if word is not None]


def count_known_names(header: Iterable[str]) -> int:
    """Count the names that are known in any language."""
    return len({normalise_name(name) for name in header} & _load_known_names().keys())


def is_name_of(name: str, standard: str) -> bool:
    """Return whether a header name is a known name of this standard column."""
    return any(meaning == standard for meaning, _ in _load_known_names().get(normalise_name(name), ()))


def is_money_name_of(name: str, standard: str) -> bool:
    """Return whether a name, without a currency and a mention of tax, is a known name of this column of money."""
    return any(is_name_of(base_name, standard) for _, base_name in [(0, name), *iterate_base_names(name)])


def iterate_base_names(name: str) -> Iterator[tuple[int, str]]:
    """Yield the names of an amount without a currency and without a mention of tax, each with its rank.

    >>> list(iterate_base_names("Order Total (inc tax)")), list(iterate_base_names("Umsatz netto in EUR"))
    ([(300, 'ordertotal')], [(500, 'Umsatz netto'), (900, 'umsatz')])
    """
    currency_name = split_currency_name(name)
    base_names = [(0, name)]
    if currency_name is not None:
        base_names.append((CURRENCY_RANK, currency_name[0]))
        yield base_names[-1]
    for rank, base_name in base_names:
        for list_key, untaxed_name in _iterate_tax_splits(normalise_name(base_name)):
            yield rank + TAX_RANKS[list_key], untaxed_name


def _iterate_tax_splits(normalised_name: str) -> Iterator[tuple[str, str]]:
    """Yield the list of each mention of tax at an end of a normalised name, and the rest of the name."""
    phrases, lengths = _load_tax_phrases()
    for length in lengths:
        for phrase, base_name in (
            (normalised_name[-length:], normalised_name[:-length]),
            (normalised_name[:length], normalised_name[length:]),
        ):
            if base_name and phrase in phrases:
                yield phrases[phrase], base_name


@cache
def _load_tax_phrases() -> tuple[Mapping[str, str], Sequence[int]]:
    """Return the list of each normalised mention of tax, and the lengths of these mentions."""
    phrases = {normalise_name(word): list_key for list_key in TAX_RANKS for word in word_list(list_key)}
    return phrases, sorted({len(phrase) for phrase in phrases})


def match_columns(
    header: Sequence[str],
    vocabulary: frozenset[str],
    declared_columns: Mapping[str, str],
    *,
    content_check: ContentCheck = lambda _standard, _name: True,
) -> ColumnMapping:
    """Match header names to standard columns.

    Args:
        header: names of the columns in the file.
        vocabulary: standard columns to match; a name can have another meaning in another vocabulary.
        declared_columns: standard column -> name in the file; takes precedence.
        content_check: function of (standard column, name) that returns whether the column's content fits.
    """
    file_columns: dict[str, str] = dict(declared_columns)
    match_reasons = dict.fromkeys(declared_columns, "declared")
    candidates = sorted(_iterate_candidates(header, vocabulary), key=lambda c: (c[0], header.index(c[2])))
    for strength, standard, name in candidates:
        if standard not in file_columns and name not in file_columns.values() and content_check(standard, name):
            file_columns[standard] = name
            match_reasons[standard] = "standard name" if strength < 0 else "known name"
    if columns.AMOUNT in vocabulary:
        _match_ambiguous_amount(file_columns, match_reasons, header)
    for required_group in REQUIRED_COLUMNS:
        alternatives = [
            (standard_name, column_name)
            for _, standard_name, column_name in candidates
            if standard_name in required_group and column_name not in file_columns.values()
        ]
        if alternatives and not required_group & set(file_columns):
            file_columns[alternatives[0][0]] = alternatives[0][1]
            match_reasons[alternatives[0][0]] = "known name, but its values look wrong"
    return sort_mapping(ColumnMapping(file_columns, match_reasons))


def _match_ambiguous_amount(file_columns: dict[str, str], match_reasons: dict[str, str], header: Sequence[str]) -> None:
    """Use a column whose name means either quantity or amount as the amount, if no other column is the amount."""
    if columns.AMOUNT in file_columns or match_reasons.get(columns.QUANTITY) == "declared":
        return
    ambiguous_names = [
        name
        for name in header
        if normalise_name(name) in {normalise_name(word) for word in word_list("quantity_or_amount")}
    ]
    name = next((name for name in ambiguous_names if name not in file_columns.values()), None)
    if (
        name is None
        and columns.UNIT_PRICE not in file_columns
        and file_columns.get(columns.QUANTITY) in ambiguous_names
    ):
        name = file_columns.pop(columns.QUANTITY)
    if name is not None:
        file_columns[columns.AMOUNT], match_reasons[columns.AMOUNT] = name, "known name"


def sort_mapping(mapping: ColumnMapping) -> ColumnMapping:
    """Return the same mapping in display order."""
    display_order = {name: index for index, name in enumerate(_display_order())}
    return replace(
        mapping,
        columns=dict(sorted(mapping.columns.items(), key=lambda pair: display_order.get(pair[0], len(display_order)))),
    )


def check_declared_columns(declared_columns: Iterable[tuple[str, str]], header: Sequence[str], file_name: str) -> None:
    """Reject a mapping to a column that is not in the file.

    Raises:
        InputProblem: with the names in the header.
    """
    for standard, name in declared_columns:
        if name not in header:
            raise InputProblem(
                f"no column '{name}' (mapped to {standard}); available: {', '.join(header)}",
                source=file_name,
                line=1,
            )


def _iterate_candidates(header: Sequence[str], vocabulary: frozenset[str]) -> Iterable[tuple[int, str, str]]:
    meanings_by_name = _load_known_names()
    for name in header:
        if name in vocabulary:
            yield -1, name, name
            continue
        for standard, strength in meanings_by_name.get(normalise_name(name), ()):
            if standard in vocabulary:
                yield strength, standard, name
        minor_unit_name = (MINOR_UNIT_RANK, strip_unit_name(name) or "")
        for rank, base_name in (*iterate_base_names(name), minor_unit_name):
            money_columns = ORDER_MONEY_COLUMNS if rank == MINOR_UNIT_RANK else ORDER_MONEY_COLUMNS | MONEY_MEASURES
            for standard, strength in meanings_by_name.get(normalise_name(base_name), ()):
                if standard in vocabulary & money_columns:
                    yield rank + strength, standard, name


@cache
def _load_known_names() -> Mapping[str, Sequence[tuple[str, int]]]:
    """Return the possible standard columns of each normalised name, each with its rank (0 is the strongest match)."""
    meanings_by_name: dict[str, dict[str, int]] = {}
    for language in LANGUAGES:
        for standard, names in load_language(language)["columns"].items():
            for strength, name in enumerate([standard, *names]):
                meanings = meanings_by_name.setdefault(normalise_name(name), {})
                meanings[standard] = min(strength, meanings.get(standard, strength))
    known_names = {name: tuple(meanings.items()) for name, meanings in meanings_by_name.items()}
    return {**_strip_accents(known_names), **known_names}


def _strip_accents(known_names: Mapping[str, Sequence[tuple[str, int]]]) -> dict[str, Sequence[tuple[str, int]]]:
    """Return the names as they are written without accents, if this leaves only one meaning in a vocabulary."""
    meanings_by_name: dict[str, dict[str, int]] = {}
    for name, meanings in known_names.items():
        if name.isascii():
            continue
        plain_name = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", name)))
        if plain_name != name and len(plain_name) >= MIN_UNACCENTED_LENGTH:
            meanings_by_name.setdefault(plain_name, {}).update(meanings)
    return {
        name: tuple(meanings.items())
        for name, meanings in meanings_by_name.items()
        if all(len(vocabulary & set(meanings)) <= 1 for vocabulary in (ORDER_VOCABULARY, CUSTOMER_VOCABULARY))
    }


@cache
def _display_order() -> Sequence[str]:
    return tuple(dict.fromkeys([*columns.TRANSACTION_COLUMNS, *columns.CUSTOMER_TABLE_COLUMNS]))
