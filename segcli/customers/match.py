"""By what the rows of another file are found: customer id, e-mail address or phone number, each in one form."""

from collections.abc import Callable
from typing import Literal

import pandas as pd
import pyarrow as pa

from segcli import columns as c
from segcli.errors import ConfigProblems
from segcli.ingest.characters import has
from segcli.ingest.identity import unified
from segcli.ingest.opening import Opened

By = Literal["customer_id", "email", "phone"]
CONTACTS: tuple[By, ...] = ("email", "phone")
UNIFIED = r"([!-~]([ -~]*[!-~])?)?"  # ids that already have their one form: visible ASCII without blanks at the ends


def by(main: Opened, other: Opened) -> By:
    """What the other file's rows are found by, as declared, or by what both files have.

    The id comes first. But where the orders know their customers by e-mail address only, or the other file does,
    that is what they share.
    """
    if other.source.match is not None:
        return other.source.match
    found = other.recognition.columns
    if c.EMAIL in found and (c.CUSTOMER_ID not in found or main.known_by == c.EMAIL):
        return "email"
    return "phone" if c.PHONE in found and c.CUSTOMER_ID not in found else "customer_id"


def key(texts: pd.Series, kind: By, region: str | None) -> pd.Series:
    """Texts in the form in which they are compared; blank where there is none.

    Args:
        texts: customer ids, e-mail addresses or phone numbers.
        kind: which of them.
        region: country of phone numbers without a country code.

    Raises:
        ConfigProblems: phone numbers need the extra that reads them.
    """
    if kind == "customer_id" and _are_unified(texts):
        return texts  # nothing to do, which is told at the speed of the column
    forms: dict[str, Callable[[str], str]] = {"customer_id": unified, "email": email}
    form = _phone_form(region) if kind == "phone" else forms[kind]
    forms_of = {text: form(str(text)) for text in texts.dropna().unique()}
    return pd.Series([forms_of.get(text, "") for text in texts], texts.index, dtype="str")


def _are_unified(texts: pd.Series) -> bool:
    if isinstance(texts.dtype, pd.StringDtype) and not texts.hasnans and not has(pa.array(texts), "[^!-~]"):
        return True  # not even blanks within
    return bool(texts.str.fullmatch(UNIFIED).all())


def email(text: str) -> str:
    """An e-mail address without blanks and case; what has no @ is none.

    Case is ignored before the @ too: RFC 5321 lets servers tell it apart, none in use does.

    >>> email(" Ann@Example.COM "), email("n/a")
    ('ann@example.com', '')
    """
    address = unified(text).casefold()
    return address if "@" in address else ""


def _phone_form(region: str | None) -> Callable[[str], str]:
    """E.164, such as +4930123456; what is no possible number is none."""
    try:
        import phonenumbers
    except ImportError:
        raise ConfigProblems(["matching by phone reads numbers with the extra: pip install 'segcli[pii]'"]) from None

    def form(text: str) -> str:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            return ""
        e164 = phonenumbers.PhoneNumberFormat.E164
        return phonenumbers.format_number(number, e164) if phonenumbers.is_possible_number(number) else ""

    return form
