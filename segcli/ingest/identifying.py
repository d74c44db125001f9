"""Columns that tell who somebody is: by their names, or because most of their values have the form of such a thing."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd

from segcli import columns as c
from segcli.ingest.customer_keys import contact_kind
from segcli.ingest.languages import words
from segcli.ingest.recognise import normalised

MOSTLY = 0.8  # share of the filled values looked at that have the form
LOOKED_AT = 1_000  # filled values; a form shows in few
CARD_DIGITS = range(13, 20)  # of a payment card (ISO/IEC 7812)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
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
