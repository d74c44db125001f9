"""How customers can be reached, and whether they agreed to it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.customers import match
from segcli.model import Customers

CustomerMask = npt.NDArray[np.bool_]

# The contacts of which a way to reach people needs one. A site or an event needs none.
CONTACTS_BY_CHANNEL = {
    "email": (columns.EMAIL,),
    "phone": (columns.PHONE,),
    "sms": (columns.PHONE,),
    "advertising": (columns.EMAIL, columns.PHONE),
    "post": (columns.POSTCODE, columns.CITY),
}
# Where consent to a contact stands, the surest first; what is not here needs none.
CONSENT_COLUMNS = {
    columns.EMAIL: (columns.EMAIL_CONSENT,),
    columns.PHONE: (columns.PHONE_CONSENT, columns.EMAIL_CONSENT),
}


def contact_texts(customers: Customers, name: str) -> pd.Series | None:
    """A column of the contacts kept apart, or of the table; blank where not known, None where there is none."""
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
    """Return the e-mail address or phone number of each customer as people compare them; None where none is known.

    Addresses are folded and phone numbers reduced to their digits; blank where there is none.
    """
    contact_column = contact_texts(customers, contact)
    if contact_column is None:
        return None
    if contact == columns.EMAIL:
        return match.normalise_keys(contact_column, "email", None)
    return contact_column.str.replace(r"\D", "", regex=True)


def link_person_ids(customers: Customers) -> pd.Series:
    """Return for each customer the first id of the same person: customers share an address or a number."""
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
    """Who agreed to be addressed by a contact, by these words; None where nobody was asked, or it takes no consent.

    Consent to calls and messages is phone_consent or, where that column is missing, email_consent. Customers who
    share the contact are one person, who consents only if each of them does.
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


def is_reachable(customers: Customers, channel: str, consent_words: Sequence[str]) -> CustomerMask:
    """Who can be reached in a way: has a contact for it, and agreed where that takes consent.

    Where the table knows no address of anybody, the shop's own system is taken to know them.
    """
    contacts = CONTACTS_BY_CHANNEL.get(channel, ())
    all_customers = np.ones(len(customers.table), dtype=bool)
    known_contacts = {name: texts for name in contacts if (texts := contact_texts(customers, name)) is not None}
    if not contacts:
        return all_customers
    reachable_by = []
    for name in known_contacts or contacts[:1]:
        has_agreed = has_consent(customers, consent_words, name)
        has_contact = np.asarray(known_contacts[name] != "", dtype=bool) if known_contacts else all_customers
        reachable_by.append(has_contact if has_agreed is None else has_contact & has_agreed)
    return np.asarray(np.logical_or.reduce(reachable_by), dtype=bool)
