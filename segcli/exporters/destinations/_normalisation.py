"""Normalise contacts to the form that destinations compare or hash; each distinct text is normalised once."""

import re
import unicodedata
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec

import pandas as pd

from segcli.customers.join_keys import normalise_keys
from segcli.errors import ConfigProblems
from segcli.ingest.customer_ids import normalise_unicode

EMAIL_PATTERN = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
E164_PATTERN = re.compile(r"\+[1-9][0-9]{6,14}")
GOOGLE_DOMAINS = ("gmail.com", "googlemail.com")
ISO_DATE_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def map_distinct(texts: pd.Series, normalise: Callable[[str], str]) -> pd.Series:
    """Apply a normalisation to each text."""
    normalised = {distinct_text: normalise(distinct_text) for distinct_text in texts.unique()}
    return texts.map(normalised).astype("str")


def normalise_email(email_text: str) -> str:
    """Return an e-mail address without surrounding blanks, in lower case; blank if the text is not an address.

    >>> normalise_email(" Ann@Example.COM "), normalise_email("n/a"), normalise_email("ann@home")
    ('ann@example.com', '', '')
    """
    address = normalise_unicode(email_text).lower()
    return address if EMAIL_PATTERN.fullmatch(address) else ""


def normalise_google_email(email_text: str) -> str:
    """Return an address as Google compares it: its own addresses without dots and without the part after a plus sign.

    >>> normalise_google_email("Jane.Doe+shop@gmail.com"), normalise_google_email("jane.doe+shop@example.com")
    ('janedoe@gmail.com', 'jane.doe+shop@example.com')
    """
    address = normalise_email(email_text)
    local_part, _, domain = address.partition("@")
    return f"{local_part.split('+')[0].replace('.', '')}@{domain}" if domain in GOOGLE_DOMAINS else address


def normalise_phones(phone_texts: pd.Series, phone_region: str | None) -> pd.Series:
    """Return phone numbers as E.164, such as +4930123456; blank if a number is impossible.

    Args:
        phone_texts: phone numbers.
        phone_region: country of numbers without a country code.

    Raises:
        ConfigProblems: numbers that are not yet E.164 need the optional package that parses them.
    """
    if find_spec("phonenumbers") is None:
        return map_distinct(phone_texts, _require_e164)
    return normalise_keys(phone_texts, "phone", phone_region.upper() if phone_region else None)


def _require_e164(phone_text: str) -> str:
    number = normalise_unicode(phone_text)
    if E164_PATTERN.fullmatch(number) or not re.search(r"\d", number):
        return number if number.startswith("+") else ""
    raise ConfigProblems(["phone numbers that are not like +4930123456 need the extra: pip install 'segcli[pii]'"])


def lowercase_text(text: str) -> str:
    """Return a text in lower case, without surrounding blanks.

    >>> lowercase_text(" Anna Maria ")
    'anna maria'
    """
    return normalise_unicode(text).lower()


def strip_punctuation(text: str) -> str:
    """Return letters and digits only, in lower case; accents stay.

    >>> strip_punctuation("O'Neill-Díaz"), strip_punctuation("St. Gallen")
    ('oneilldíaz', 'stgallen')
    """
    return "".join(
        character for character in normalise_unicode(text).lower() if unicodedata.category(character)[0] in "LMN"
    )


def format_compact_date(date_text: str) -> str:
    """Return a date as YYYYMMDD; blank if the text is not YYYY-MM-DD.

    >>> format_compact_date("1997-02-16"), format_compact_date("spring")
    ('19970216', '')
    """
    stripped_date = date_text.strip()
    return stripped_date.replace("-", "") if ISO_DATE_PATTERN.fullmatch(stripped_date) else ""


def hash_text(text: str) -> str:
    """Return the SHA-256 as lower-case hex; blank stays blank, because otherwise all unknown values would match.

    >>> hash_text("mary")[:8], hash_text("")
    ('6915771b', '')
    """
    return sha256(text.encode()).hexdigest() if text else ""
