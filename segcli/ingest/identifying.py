"""Columns that tell who somebody is: by their names, or because most of their values have the form of such a thing."""

import re
from collections.abc import Callable, Iterator
from functools import cache, partial

import pandas as pd

from segcli import columns as c
from segcli.ingest.customer_keys import contact_kind
from segcli.ingest.languages import words
from segcli.ingest.recognise import normalised

MOSTLY = 0.8  # share of the filled values looked at that have the form
LOOKED_AT = 1_000  # filled values; a form shows in few
CARD_DIGITS = range(13, 20)  # of a payment card (ISO/IEC 7812)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_IBAN_WITHIN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}\b")
_ADDRESS = r"""[^@\s,;:<>()|"'=]+@[^@\s,;:<>()|"'=]+\.[^@\s,;:<>()|"'=]+"""
_PHONE = r"(?<![\w+])(?:\+|00)[1-9][0-9]{0,3}(?: ?\([0-9]{1,5}\))?(?:[ ./-]?[0-9]){5,13}(?![0-9])"
_WITHIN = re.compile(rf"{_ADDRESS}|{_PHONE}")
FEWEST_DISTINCT, MOSTLY_DISTINCT = 10, 0.5  # values of a column that tells most customers apart
_FORMS: dict[str, re.Pattern[str]] = {
    "e-mail addresses": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "phone numbers": re.compile(r"\+[0-9][0-9 ()./-]{6,18}[0-9]"),
    "internet addresses": re.compile(r"(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}"),
    "US social security numbers": re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}"),
}


def identifying(table: pd.DataFrame) -> list[tuple[str, str]]:
    """The columns of a customer table that identify people, each with how that shows; the customer id is none."""
    found = [(str(name), _why(str(name), table[name])) for name in table.columns if name != c.CUSTOMER_ID]
    return [(name, why) for name, why in found if why]


def possibly_identifying(table: pd.DataFrame) -> list[str]:
    """Name the columns that may tell who somebody is, for results that must not: rather one too many.

    Besides those of `identifying` these are text columns with a word such as address in their name, with an e-mail
    address, a phone number or a bank account number in any cell, or with another value for most customers, as names,
    addresses and remarks have.
    """
    certain = {name for name, _ in identifying(table)}
    return [str(name) for name in table.columns if name in certain or _may_identify(str(name), table[name])]


def mask_identities(text: str, mask: str) -> str:
    """Return a text without e-mail addresses, phone numbers with a country code, and bank account numbers.

    >>> mask_identities("see ann@example.org, +49 30 1234567 (2 lines)", "...")
    'see ..., ... (2 lines)'
    """
    shown = _WITHIN.sub(mask, text)
    return _IBAN_WITHIN.sub(lambda found: mask if is_iban(found[0]) else found[0], shown)


def _may_identify(name: str, values: pd.Series) -> bool:
    if name in c.CUSTOMER_TABLE or name.endswith(c.SEGMENT):
        return False
    if not _identifying_words().isdisjoint(_phrases(name)):
        return True
    if values.dtype.kind != "O":
        return False
    texts = values.dropna().astype("str").str.strip()
    distinct = texts[texts != ""].unique()
    if len(distinct) >= FEWEST_DISTINCT and len(distinct) >= MOSTLY_DISTINCT * int((texts != "").sum()):
        return True
    return any(_holds_identity(text) for text in distinct)


def _phrases(name: str) -> Iterator[str]:
    """Yield each run of words of a column name."""
    parts = [part for part in re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", name) if part]
    yield from (normalised("".join(parts[a:b])) for a in range(len(parts)) for b in range(a + 1, len(parts) + 1))


@cache
def _identifying_words() -> frozenset[str]:
    """The names of columns that identify people, without those that name things when other words stand beside them."""
    return frozenset(normalised(word) for word in words("identifying")) - {"name", "login", "passport"}


def _holds_identity(text: str) -> bool:
    if _WITHIN.search(text):
        return True
    return any(is_iban(found[0]) for found in _IBAN_WITHIN.finditer(text.upper()))


def _why(name: str, values: pd.Series) -> str:
    """How a column shows that it identifies people; blank where it does not."""
    if name in c.PERSONAL or normalised(name) in {normalised(word) for word in words("identifying")}:
        return "by its name"
    if name not in c.CUSTOMER_TABLE and contact_kind(name):
        return "by its name"
    if name in c.CUSTOMER_TABLE or name.endswith(c.SEGMENT):
        return ""
    texts = values.dropna().head(LOOKED_AT).astype("str").str.strip()
    texts = texts[texts != ""]
    for what, has in _forms():
        if len(texts) and sum(map(has, texts)) >= MOSTLY * len(texts):
            return f"its values are {what}"
    return ""


def _forms() -> Iterator[tuple[str, Callable[[str], bool]]]:
    for what, pattern in _FORMS.items():
        yield what, partial(_whole, pattern)
    yield "bank account numbers (IBAN)", is_iban
    yield "payment card numbers", is_card


def _whole(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None


def is_iban(text: str) -> bool:
    """Whether a text is an international bank account number, its check digits right (ISO 13616: 97-10).

    >>> is_iban("DE89 3704 0044 0532 0130 00"), is_iban("DE88 3704 0044 0532 0130 00")
    (True, False)
    """
    bare = text.replace(" ", "").upper()
    if not _IBAN.fullmatch(bare):
        return False
    return int("".join(str(int(mark, 36)) for mark in bare[4:] + bare[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """Whether digits are a payment card's number, its check digit right (Luhn; ISO/IEC 7812-1).

    >>> is_card("4111 1111 1111 1111"), is_card("4111 1111 1111 1112"), is_card("18")
    (True, False, False)
    """
    digits = [int(mark) for mark in re.sub(r"[ -]", "", text) if mark.isdecimal()]
    if not re.fullmatch(r"[0-9 -]+", text) or len(digits) not in CARD_DIGITS:
        return False
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 - two digits are added up
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
