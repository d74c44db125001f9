"""Contacts and consent of customers."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.customers import join_keys
from segcli.message import message
from segcli.model import Customers

CustomerMask = npt.NDArray[np.bool_]

# Contacts that each channel needs; one of them is enough. Other channels, such as a site or an event, need none.
CONTACTS_BY_CHANNEL = {
    "email": (columns.EMAIL,),
    "phone": (columns.PHONE,),
    "sms": (columns.PHONE,),
    "advertising": (columns.EMAIL, columns.PHONE),
    "post": (columns.POSTCODE, columns.CITY),
}
# Columns of the consent to each contact, in order of precedence. Contacts that are missing here need no consent.
CONSENT_COLUMNS = {
    columns.EMAIL: (columns.EMAIL_CONSENT,),
    columns.PHONE: (columns.PHONE_CONSENT, columns.EMAIL_CONSENT),
}


def contact_texts(customers: Customers, name: str) -> pd.Series | None:
    """Return a contact column, from the separate contacts table or else from the customer table.

    Returns:
        Texts without surrounding blanks, blank if unknown; None if neither table has the column.
    """
    contacts_table = customers.contacts
    values = (
        contacts_table[name] if contacts_table is not None and name in contacts_table else customers.table.get(name)
    )
    if values is None:
        return None
    if values.dtype.kind == "M":
        values = values.dt.strftime("%Y-%m-%d")
    texts: pd.Series = values.astype("str").where(values.notna(), "").astype("str").str.strip()
    return texts


def normalise_contacts(customers: Customers, contact: str) -> pd.Series | None:
    """Return the normalised e-mail address or phone number of each customer.

    Addresses are lower-cased, and phone numbers reduced to their digits. Missing contacts are blank. Returns None if
    there is no such column.
    """
    contact_column = contact_texts(customers, contact)
    if contact_column is None:
        return None
    if contact == columns.EMAIL:
        return join_keys.normalise_keys(contact_column, "email", None)
    return contact_column.str.replace(r"\D", "", regex=True)


def link_person_ids(customers: Customers) -> pd.Series:
    """Return for each customer the first id of the same person.

    Customers who share an e-mail address or a phone number are one person.
    """
    ids = customers.table[columns.CUSTOMER_ID].astype("str").reset_index(drop=True)
    key_columns = [
        keys for name in (columns.EMAIL, columns.PHONE) if (keys := normalise_contacts(customers, name)) is not None
    ]
    first_rows = list(range(len(ids)))

    def find_root(customer_row: int) -> int:
        while first_rows[customer_row] != customer_row:
            first_rows[customer_row] = first_rows[first_rows[customer_row]]
            customer_row = first_rows[customer_row]
        return customer_row

    for keys in key_columns:
        shared_keys = keys.reset_index(drop=True)
        shared_keys = shared_keys[(shared_keys != "") & shared_keys.duplicated(keep=False)]
        for sharing_rows in shared_keys.groupby(shared_keys).indices.values():
            roots = {find_root(int(shared_keys.index[row])) for row in sharing_rows}
            for root in roots:
                first_rows[root] = min(roots)
    return ids.iloc[[find_root(row) for row in range(len(ids))]].set_axis(customers.table.index)


def has_consent(
    customers: Customers, consent_words: Sequence[str], contact: str = columns.EMAIL
) -> CustomerMask | None:
    """Return which customers consented to be contacted.

    Consent to calls and messages is phone_consent or, if that column is missing, email_consent. Customers who share the
    contact are one person, who consents only if each of them does.

    Args:
        customers: the customers.
        consent_words: values of the consent column that mean yes; case is ignored.
        contact: the contact to use.

    Returns:
        Shape (n,); None if there is no consent column, or the contact needs no consent.
    """
    consent_columns = (contact_texts(customers, name) for name in CONSENT_COLUMNS.get(contact, ()))
    consent = next((column for column in consent_columns if column is not None), None)
    if consent is None:
        return None
    has_agreed = consent.str.casefold().isin([word.casefold() for word in consent_words])
    keys = normalise_contacts(customers, contact)
    if keys is not None:
        is_shared = (keys != "") & keys.duplicated(keep=False)
        has_agreed = has_agreed.where(~is_shared, has_agreed.groupby(keys).transform("all"))
    return np.asarray(has_agreed, dtype=bool)


def is_reachable(customers: Customers, channel: str, consent_words: Sequence[str]) -> CustomerMask | None:
    """Return which customers can be reached through a channel.

    A customer needs one of the channel's contacts and, if that contact requires it, consent. With consent but without
    a contact column, the shop's own system is assumed to know the contacts.

    Returns:
        Shape (n,); None if the input has neither a contact column of the channel nor a consent column.
    """
    contacts = CONTACTS_BY_CHANNEL.get(channel, ())
    if not contacts:
        return np.ones(len(customers.table), dtype=bool)
    known_contacts = {name: texts for name in contacts if (texts := contact_texts(customers, name)) is not None}
    reachable_by = []
    for name in known_contacts or contacts[:1]:
        has_agreed = has_consent(customers, consent_words, name)
        has_contact = np.asarray(known_contacts[name] != "", dtype=bool) if known_contacts else has_agreed
        if has_contact is not None:
            reachable_by.append(has_contact if has_agreed is None else has_contact & has_agreed)
    return np.asarray(np.logical_or.reduce(reachable_by), dtype=bool) if reachable_by else None


def describe_unknown_reach(channels: Iterable[str]) -> Iterator[str]:
    """Yield for each channel of unknown reach the columns of which one makes it known, consent first."""
    for channel in channels:
        contacts = CONTACTS_BY_CHANNEL[channel]
        consent_columns = [name for contact in contacts for name in CONSENT_COLUMNS.get(contact, ())]
        yield message(
            "reach by {channel} is unknown; hint: pass a customers file with one of the columns {columns}",
            channel=channel,
            columns=", ".join(dict.fromkeys([*consent_columns, *contacts])),
        )
