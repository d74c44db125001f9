"""Every form in which results and exports write what a person is known by: spellings, digests and pseudonyms."""

import hashlib
import re

from segcli.config.ingest import IngestSettings
from segcli.customers.suppression_list import INTERNATIONAL, email_forms, id_forms, phone_forms
from segcli.exporters.destinations._normal import email, google_email
from segcli.files.key import Key, is_pseudonym
from segcli.files.person import Person

DIGESTS = ("sha256", "sha1", "md5")
_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{6,20}")
_SPACED = re.compile(r"[ ()/]")


def person_forms(names: list[str], settings: IngestSettings, key: Key | None) -> Person:
    """Return every form of the ids, addresses and phone numbers of one person.

    Args:
        names: customer ids, pseudonyms, e-mail addresses or phone numbers.
        settings: policies on ids, and the country of phone numbers.
        key: of pseudonyms, if there is one.
    """
    person = Person()
    for name in names:
        ids, emails = id_forms(name, settings), _emails(name)
        marks = {*emails, *([name.strip()] if is_pseudonym(name.strip()) else [])}
        numbers = _phones(name, settings.phone_region)
        exact = {*emails, *numbers, *(number.removeprefix("+") for number in numbers)}
        hashed = {digest for text in exact for digest in _digests(text)}
        hashed |= {digest for text in ids for digest in _digests(text)}
        secret = {key.pseudonym(text) for text in {*ids, *exact} if not is_pseudonym(text)} if key else set()
        person |= Person(frozenset(ids), frozenset(marks | hashed | secret), _digits_of(numbers))
    return person


def contact_forms(text: str, settings: IngestSettings, key: Key | None) -> Person:
    """Return every form of an address or number that stands in a person's own row; other texts name nobody."""
    if not _emails(text) and not _phones(text, settings.phone_region):
        return Person()
    return Person(
        marks=person_forms([text], settings, key).marks, phones=_digits_of(_phones(text, settings.phone_region))
    )


def _emails(text: str) -> set[str]:
    """Return the addresses in a text as they are compared, lower-cased, and as Google compares them."""
    folded = email_forms(text)
    return {form for one in folded for form in (one, email(one), google_email(one)) if form}


def _phones(text: str, region: str | None) -> set[str]:
    is_number = INTERNATIONAL.fullmatch(text.strip()) or (
        _NUMBER.fullmatch(text.strip()) and _SPACED.search(text.strip())
    )
    return set(phone_forms([text], region).values()) if is_number else set()


def _digits_of(numbers: set[str]) -> frozenset[str]:
    """Return numbers as digits, in international and national writing."""
    if not numbers:
        return frozenset()
    import phonenumbers

    found = set[str]()
    for number in numbers:
        national = phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.NATIONAL)
        found |= {re.sub(r"\D", "", form) for form in (number, national)}
    return frozenset(found)


def _digests(text: str) -> set[str]:
    return {hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest() for name in DIGESTS}
