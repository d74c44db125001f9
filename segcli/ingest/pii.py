"""Find columns that identify people, by their names or by the form of most of their values."""

import re
from collections.abc import Callable, Iterator
from functools import cache, partial

import pandas as pd

from segcli import columns
from segcli.ingest.column_matching import normalise_name
from segcli.ingest.customer_keys import contact_kind
from segcli.ingest.locales import word_list

MIN_FORM_SHARE = 0.8  # share of sampled filled values that must have the form
FORM_SAMPLE_SIZE = 1_000  # number of filled values to sample; enough to detect a form
CARD_NUMBER_LENGTHS = range(13, 20)  # digits of payment card numbers (ISO/IEC 7812)
_IBAN_PATTERN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_EMBEDDED_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b")
_EMBEDDED_EMAIL = r"""[^@\s,;:<>()|"'=]+@[^@\s,;:<>()|"'=]+\.[^@\s,;:<>()|"'=]+"""
_EMBEDDED_PHONE = r"(?<![\w+])(?:\+|00)[1-9][0-9]{0,3}(?: ?\([0-9]{1,5}\))?(?:[ ./-]?[0-9]){5,13}(?![0-9])"
_EMBEDDED_CONTACT = re.compile(rf"{_EMBEDDED_EMAIL}|{_EMBEDDED_PHONE}")
MIN_DISTINCT_VALUES, MIN_DISTINCT_SHARE = 10, 0.5  # distinct values of a column that distinguishes most customers
_VALUE_PATTERNS: dict[str, re.Pattern[str]] = {
    "e-mail addresses": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "phone numbers": re.compile(r"\+[0-9][0-9 ()./-]{6,18}[0-9]"),
    "internet addresses": re.compile(r"(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}"),
    "US social security numbers": re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}"),
}


def find_pii_columns(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the columns of a customer table that identify people, each with the reason, except the customer id."""
    evidence = [
        (str(name), _pii_reason(str(name), table[name])) for name in table.columns if name != columns.CUSTOMER_ID
    ]
    return [(name, reason) for name, reason in evidence if reason]


def find_possible_pii_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that may identify people, for results that must not; in doubt, include a column.

    In addition to the columns of `find_pii_columns`, these are text columns with a word such as address in their name,
    with an email address, a phone number or a bank account number in any cell, or with distinct values for most
    customers, such as names, addresses and remarks.
    """
    certain_pii = {name for name, _ in find_pii_columns(table)}
    return [str(name) for name in table.columns if name in certain_pii or _may_be_pii(str(name), table[name])]


def mask_pii(text: str, replacement: str) -> str:
    """Mask email addresses, phone numbers with a country code, and bank account numbers in a text.

    >>> mask_pii("see ann@example.org, +49 30 1234567 (2 lines)", "...")
    'see ..., ... (2 lines)'
    """
    masked_text = _EMBEDDED_CONTACT.sub(replacement, text)
    return _EMBEDDED_IBAN.sub(lambda match: replacement if is_iban(match[0]) else match[0], masked_text)


def _may_be_pii(name: str, column: pd.Series) -> bool:
    if name in columns.CUSTOMER_TABLE_COLUMNS or name.endswith(columns.SEGMENT_SUFFIX):
        return False
    if not _load_pii_words().isdisjoint(_name_phrases(name)):
        return True
    if column.dtype.kind != "O":
        return False
    texts = column.dropna().astype("str").str.strip()
    distinct = texts[texts != ""].unique()
    if len(distinct) >= MIN_DISTINCT_VALUES and len(distinct) >= MIN_DISTINCT_SHARE * int((texts != "").sum()):
        return True
    return any(_contains_pii(text) for text in distinct)


def _name_phrases(name: str) -> Iterator[str]:
    """Yield each run of consecutive words of a column name."""
    name_words = [name_word for name_word in re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", name) if name_word]
    yield from (
        normalise_name("".join(name_words[start:end]))
        for start in range(len(name_words))
        for end in range(start + 1, len(name_words) + 1)
    )


@cache
def _load_pii_words() -> frozenset[str]:
    """Load the names of identifying columns, without those that name things if combined with other words."""
    return frozenset(normalise_name(word) for word in word_list("identifying")) - {"name", "login", "passport"}


def _contains_pii(text: str) -> bool:
    if _EMBEDDED_CONTACT.search(text):
        return True
    return any(is_iban(match[0]) for match in _EMBEDDED_IBAN.finditer(text.upper()))


def _pii_reason(name: str, column: pd.Series) -> str:
    """Return the reason why a column identifies people; blank if it does not."""
    if name in columns.PERSONAL_COLUMNS or normalise_name(name) in {
        normalise_name(word) for word in word_list("identifying")
    }:
        return "by its name"
    if name not in columns.CUSTOMER_TABLE_COLUMNS and contact_kind(name):
        return "by its name"
    if name in columns.CUSTOMER_TABLE_COLUMNS or name.endswith(columns.SEGMENT_SUFFIX):
        return ""
    texts = column.dropna().head(FORM_SAMPLE_SIZE).astype("str").str.strip()
    texts = texts[texts != ""]
    for description, matches in _value_tests():
        if len(texts) and sum(map(matches, texts)) >= MIN_FORM_SHARE * len(texts):
            return f"its values are {description}"
    return ""


def _value_tests() -> Iterator[tuple[str, Callable[[str], bool]]]:
    for description, pattern in _VALUE_PATTERNS.items():
        yield description, partial(_matches_whole, pattern)
    yield "bank account numbers (IBAN)", is_iban
    yield "payment card numbers", is_card_number


def _matches_whole(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None


def is_iban(text: str) -> bool:
    """Return whether a text is an IBAN with correct check digits (ISO 13616: 97-10).

    >>> is_iban("DE89 3704 0044 0532 0130 00"), is_iban("DE88 3704 0044 0532 0130 00")
    (True, False)
    """
    compact = text.replace(" ", "").upper()
    if not _IBAN_PATTERN.fullmatch(compact):
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def is_card_number(text: str) -> bool:
    """Return whether a text is a payment card number with a correct check digit (Luhn; ISO/IEC 7812-1).

    >>> is_card_number("4111 1111 1111 1111"), is_card_number("4111 1111 1111 1112"), is_card_number("18")
    (True, False, False)
    """
    digits = [int(character) for character in re.sub(r"[ -]", "", text) if character.isdecimal()]
    if not re.fullmatch(r"[0-9 -]+", text) or len(digits) not in CARD_NUMBER_LENGTHS:
        return False
    doubled_digits = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 - the digits of a two-digit product are added
    return (sum(digits[-1::-2]) + sum(doubled_digits)) % 10 == 0
