"""Forms of a person's identifiers in results and exports: spellings, digests and pseudonyms."""

import hashlib
import re

from segcli.config.ingest import IngestSettings
from segcli.customers.suppression_list import (
    INTERNATIONAL_PHONE,
    customer_id_spellings,
    normalise_emails,
    normalise_phones,
)
from segcli.exporters.destinations._normalisation import normalise_email, normalise_google_email
from segcli.io.person import Person
from segcli.io.secret_key import PseudonymKey, is_pseudonym

DIGEST_ALGORITHMS = ("sha256", "sha1", "md5")
_PHONE_PATTERN = re.compile(r"\+?[0-9][0-9 ()./-]{6,20}")
_SEPARATOR_PATTERN = re.compile(r"[ ()/]")


def list_person_forms(identifiers: list[str], settings: IngestSettings, pseudonym_key: PseudonymKey | None) -> Person:
    """Return every form of the ids, addresses and phone numbers of one person.

    Args:
        identifiers: customer ids, pseudonyms, e-mail addresses or phone numbers.
        settings: policies on ids, and the country of phone numbers.
        pseudonym_key: key of pseudonyms, if any.
    """
    person = Person()
    for identifier in identifiers:
        customer_ids, emails = customer_id_spellings(identifier, settings), _list_email_forms(identifier)
        exact_marks = {*emails, *([identifier.strip()] if is_pseudonym(identifier.strip()) else [])}
        phone_numbers = _list_phone_forms(identifier, settings.phone_region)
        contact_forms = {*emails, *phone_numbers, *(phone_number.removeprefix("+") for phone_number in phone_numbers)}
        digests = {digest for text in contact_forms for digest in _list_digests(text)}
        digests |= {digest for text in customer_ids for digest in _list_digests(text)}
        pseudonyms = (
            {
                pseudonym_key.pseudonymise_text(text)
                for text in {*customer_ids, *contact_forms}
                if not is_pseudonym(text)
            }
            if pseudonym_key
            else set()
        )
        person |= Person(
            frozenset(customer_ids), frozenset(exact_marks | digests | pseudonyms), _list_digit_forms(phone_numbers)
        )
    return person


def list_contact_forms(contact_text: str, settings: IngestSettings, pseudonym_key: PseudonymKey | None) -> Person:
    """Return every form of an address or number in a person's own row; other texts have none."""
    if not _list_email_forms(contact_text) and not _list_phone_forms(contact_text, settings.phone_region):
        return Person()
    return Person(
        identifiers=list_person_forms([contact_text], settings, pseudonym_key).identifiers,
        phones=_list_digit_forms(_list_phone_forms(contact_text, settings.phone_region)),
    )


def _list_email_forms(email_text: str) -> set[str]:
    """Return the normalised addresses in a text, lower-cased, and as Google compares them."""
    folded_emails = normalise_emails(email_text)
    return {
        form
        for folded_email in folded_emails
        for form in (folded_email, normalise_email(folded_email), normalise_google_email(folded_email))
        if form
    }


def _list_phone_forms(phone_text: str, phone_region: str | None) -> set[str]:
    is_number = INTERNATIONAL_PHONE.fullmatch(phone_text.strip()) or (
        _PHONE_PATTERN.fullmatch(phone_text.strip()) and _SEPARATOR_PATTERN.search(phone_text.strip())
    )
    return set(normalise_phones([phone_text], phone_region).values()) if is_number else set()


def _list_digit_forms(phone_numbers: set[str]) -> frozenset[str]:
    """Return numbers as digits, in international and national notation."""
    if not phone_numbers:
        return frozenset()
    import phonenumbers

    digit_forms = set[str]()
    for phone_number in phone_numbers:
        national_number = phonenumbers.format_number(
            phonenumbers.parse(phone_number), phonenumbers.PhoneNumberFormat.NATIONAL
        )
        digit_forms |= {re.sub(r"\D", "", form) for form in (phone_number, national_number)}
    return frozenset(digit_forms)


def _list_digests(identifier: str) -> set[str]:
    return {
        hashlib.new(algorithm, identifier.encode(), usedforsecurity=False).hexdigest()
        for algorithm in DIGEST_ALGORITHMS
    }
