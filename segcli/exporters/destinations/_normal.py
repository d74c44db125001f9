"""Contacts in the one form that destinations compare or hash, worked out once for each distinct text."""

import re
import unicodedata
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec

import pandas as pd

from segcli.customers.match import normalise_keys
from segcli.errors import ConfigProblems
from segcli.ingest.identity import normalise_unicode

EMAIL_PATTERN = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
E164_PATTERN = re.compile(r"\+[1-9][0-9]{6,14}")
GOOGLE_DOMAINS = ("gmail.com", "googlemail.com")
ISO_DATE_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def map_distinct(texts: pd.Series, normalise: Callable[[str], str]) -> pd.Series:
    """Each text in another form."""
    normalised = {distinct_text: normalise(distinct_text) for distinct_text in texts.unique()}
    return texts.map(normalised).astype("str")


def normalise_email(email_text: str) -> str:
    """An e-mail address without blanks at its ends, in lower case; blank where it is none.

    >>> normalise_email(" Ann@Example.COM "), normalise_email("n/a"), normalise_email("ann@home")
    ('ann@example.com', '', '')
    """
    address = normalise_unicode(email_text).lower()
    return address if EMAIL_PATTERN.fullmatch(address) else ""


def normalise_google_email(email_text: str) -> str:
    """As Google compares it: its own addresses without dots and without what follows a plus sign.

    >>> normalise_google_email("Jane.Doe+shop@gmail.com"), normalise_google_email("jane.doe+shop@example.com")
    ('janedoe@gmail.com', 'jane.doe+shop@example.com')
    """
    address = normalise_email(email_text)
    local_part, _, domain = address.partition("@")
    return f"{local_part.split('+')[0].replace('.', '')}@{domain}" if domain in GOOGLE_DOMAINS else address


def normalise_phones(phone_texts: pd.Series, phone_region: str | None) -> pd.Series:
    """Phone numbers as E.164, such as +4930123456; blank where a number is not possible.

    Args:
        phone_texts: phone numbers.
        phone_region: country of numbers without a country code.

    Raises:
        ConfigProblems: numbers that are not yet E.164 need the extra that reads them.
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
    """Lower case, without blanks at the ends.

    >>> lowercase_text(" Anna Maria ")
    'anna maria'
    """
    return normalise_unicode(text).lower()


def strip_punctuation(text: str) -> str:
    """Letters and digits only, in lower case; accents stay.

    >>> strip_punctuation("O'Neill-Díaz"), strip_punctuation("St. Gallen")
    ('oneilldíaz', 'stgallen')
    """
    return "".join(
        character for character in normalise_unicode(text).lower() if unicodedata.category(character)[0] in "LMN"
    )


def format_compact_date(date_text: str) -> str:
    """A date as YYYYMMDD; blank where the text is not YYYY-MM-DD.

    >>> format_compact_date("1997-02-16"), format_compact_date("spring")
    ('19970216', '')
    """
    stripped_date = date_text.strip()
    return stripped_date.replace("-", "") if ISO_DATE_PATTERN.fullmatch(stripped_date) else ""


def hash_text(text: str) -> str:
    """SHA-256 as lower-case hex; blank stays blank, or all that is not known would look alike.

    >>> hash_text("mary")[:8], hash_text("")
    ('6915771b', '')
    """
    return sha256(text.encode()).hexdigest() if text else ""
