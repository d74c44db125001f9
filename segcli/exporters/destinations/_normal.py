"""Contacts in the one form that destinations compare or hash, worked out once for each distinct text."""

import re
import unicodedata
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec

import pandas as pd

from segcli.customers.match import key
from segcli.errors import ConfigProblems
from segcli.ingest.identity import unified

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
GOOGLE = ("gmail.com", "googlemail.com")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def mapped(texts: pd.Series, form: Callable[[str], str]) -> pd.Series:
    """Each text in another form."""
    forms = {text: form(text) for text in texts.unique()}
    return texts.map(forms).astype("str")


def email(text: str) -> str:
    """An e-mail address without blanks at its ends, in lower case; blank where it is none.

    >>> email(" Ann@Example.COM "), email("n/a"), email("ann@home")
    ('ann@example.com', '', '')
    """
    address = unified(text).lower()
    return address if ADDRESS.fullmatch(address) else ""


def google_email(text: str) -> str:
    """As Google compares it: its own addresses without dots and without what follows a plus sign.

    >>> google_email("Jane.Doe+shop@gmail.com"), google_email("jane.doe+shop@example.com")
    ('janedoe@gmail.com', 'jane.doe+shop@example.com')
    """
    address = email(text)
    name, _, domain = address.partition("@")
    return f"{name.split('+')[0].replace('.', '')}@{domain}" if domain in GOOGLE else address


def phones(texts: pd.Series, region: str | None) -> pd.Series:
    """Phone numbers as E.164, such as +4930123456; blank where a number is not possible.

    Args:
        texts: phone numbers.
        region: country of numbers without a country code.

    Raises:
        ConfigProblems: numbers that are not yet E.164 need the extra that reads them.
    """
    if find_spec("phonenumbers") is None:
        return mapped(texts, _as_written)
    return key(texts, "phone", region.upper() if region else None)


def _as_written(text: str) -> str:
    number = unified(text)
    if E164.fullmatch(number) or not re.search(r"\d", number):
        return number if number.startswith("+") else ""
    raise ConfigProblems(["phone numbers that are not like +4930123456 need the extra: pip install 'segcli[pii]'"])


def lowered(text: str) -> str:
    """Lower case, without blanks at the ends.

    >>> lowered(" Anna Maria ")
    'anna maria'
    """
    return unified(text).lower()


def bare(text: str) -> str:
    """Letters and digits only, in lower case; accents stay.

    >>> bare("O'Neill-Díaz"), bare("St. Gallen")
    ('oneilldíaz', 'stgallen')
    """
    return "".join(mark for mark in unified(text).lower() if unicodedata.category(mark)[0] in "LMN")


def compact_date(text: str) -> str:
    """A date as YYYYMMDD; blank where the text is not YYYY-MM-DD.

    >>> compact_date("1997-02-16"), compact_date("spring")
    ('19970216', '')
    """
    date = text.strip()
    return date.replace("-", "") if ISO_DATE.fullmatch(date) else ""


def digest(text: str) -> str:
    """SHA-256 as lower-case hex; blank stays blank, or all that is not known would look alike.

    >>> digest("mary")[:8], digest("")
    ('6915771b', '')
    """
    return sha256(text.encode()).hexdigest() if text else ""
