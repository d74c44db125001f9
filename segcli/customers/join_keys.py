"""Join keys: customer id, e-mail address or phone number, each in one normalised form."""

from collections.abc import Callable
from typing import Literal

import pandas as pd
import pyarrow as pa

from segcli import columns
from segcli.errors import ConfigProblems
from segcli.ingest.customer_ids import normalise_unicode
from segcli.ingest.input_file import InputFile
from segcli.ingest.text_columns import contains_any_of

JoinKey = Literal["customer_id", "email", "phone"]
CONTACT_KEYS: tuple[JoinKey, ...] = ("email", "phone")
NORMALISED_ID = r"([!-~]([ -~]*[!-~])?)?"  # ids that are normalised already: visible ASCII without blanks at the ends


def select_join_key(main_file: InputFile, joined_file: InputFile) -> JoinKey:
    """Return the key that joins the other file: the declared one, or one that both files have.

    The customer id takes precedence. If either file identifies its customers by e-mail address only, the address is the
    key.
    """
    if joined_file.source.match is not None:
        return joined_file.source.match
    joined_columns = joined_file.mapping.columns
    if columns.EMAIL in joined_columns and (
        columns.CUSTOMER_ID not in joined_columns or main_file.key_column == columns.EMAIL
    ):
        return "email"
    return "phone" if columns.PHONE in joined_columns and columns.CUSTOMER_ID not in joined_columns else "customer_id"


def normalise_keys(texts: pd.Series, kind: JoinKey, region: str | None) -> pd.Series:
    """Return texts in their normalised form for comparison; blank if there is none.

    Args:
        texts: customer ids, e-mail addresses or phone numbers.
        kind: the kind of key.
        region: country of phone numbers without a country code.

    Raises:
        ConfigProblems: phone numbers need the optional package that parses them.
    """
    if kind == "customer_id" and _are_normalised(texts):
        return texts  # already normalised; checked at the speed of the column
    normalisers: dict[str, Callable[[str], str]] = {"customer_id": normalise_unicode, "email": normalise_email}
    normalise = _phone_normaliser(region) if kind == "phone" else normalisers[kind]
    form_by_text = {text: normalise(str(text)) for text in texts.dropna().unique()}
    return pd.Series([form_by_text.get(text, "") for text in texts], texts.index, dtype="str")


def _are_normalised(texts: pd.Series) -> bool:
    if isinstance(texts.dtype, pd.StringDtype) and not texts.hasnans and not contains_any_of(pa.array(texts), "[^!-~]"):
        return True  # not even inner blanks
    return bool(texts.str.fullmatch(NORMALISED_ID).all())


def normalise_email(text: str) -> str:
    """Return an e-mail address in lower case without blanks; "" for texts without an @.

    Case before the @ is ignored too: RFC 5321 lets servers distinguish it, but none in use does.

    >>> normalise_email(" Ann@Example.COM "), normalise_email("n/a")
    ('ann@example.com', '')
    """
    address = normalise_unicode(text).casefold()
    return address if "@" in address else ""


def _phone_normaliser(region: str | None) -> Callable[[str], str]:
    """Return a function that formats phone numbers as E.164, such as +4930123456; "" for impossible numbers."""
    try:
        import phonenumbers
    except ImportError:
        raise ConfigProblems(["matching by phone needs the extra pii; hint: pip install 'segcli[pii]'"]) from None

    def normalise_phone(text: str) -> str:
        try:
            phone = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            return ""
        e164 = phonenumbers.PhoneNumberFormat.E164
        return phonenumbers.format_number(phone, e164) if phonenumbers.is_possible_number(phone) else ""

    return normalise_phone
