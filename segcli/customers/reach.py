"""How customers can be reached, and whether they agreed to it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.customers import match
from segcli.model import Customers

Mask = npt.NDArray[np.bool_]

# The contacts of which a way to reach people needs one. A site or an event needs none.
NEEDS = {
    "email": (c.EMAIL,),
    "phone": (c.PHONE,),
    "sms": (c.PHONE,),
    "advertising": (c.EMAIL, c.PHONE),
    "post": (c.POSTCODE, c.CITY),
}
# Where consent to a contact stands, the surest first; what is not here needs none.
CONSENT = {c.EMAIL: (c.EMAIL_CONSENT,), c.PHONE: (c.PHONE_CONSENT, c.EMAIL_CONSENT)}


def text(customers: Customers, name: str) -> pd.Series | None:
    """A column of the contacts kept apart, or of the table; blank where not known, None where there is none."""
    kept = customers.contacts
    values = kept[name] if kept is not None and name in kept else customers.table.get(name)
    if values is None:
        return None
    if values.dtype.kind == "M":
        values = values.dt.strftime("%Y-%m-%d")
    found: pd.Series = values.astype("str").where(values.notna(), "").astype("str").str.strip()
    return found


def contact_keys(customers: Customers, contact: str) -> pd.Series | None:
    """Return the e-mail address or phone number of each customer as people compare them; None where none is known.

    Addresses are folded and phone numbers reduced to their digits; blank where there is none.
    """
    texts = text(customers, contact)
    if texts is None:
        return None
    if contact == c.EMAIL:
        return match.key(texts, "email", None)
    return texts.str.replace(r"\D", "", regex=True)


def person_ids(customers: Customers) -> pd.Series:
    """Return for each customer the first id of the same person: customers share an address or a number."""
    ids = customers.table[c.CUSTOMER_ID].astype("str").reset_index(drop=True)
    known = [keys for name in (c.EMAIL, c.PHONE) if (keys := contact_keys(customers, name)) is not None]
    first = list(range(len(ids)))

    def find(row: int) -> int:
        while first[row] != row:
            first[row] = first[first[row]]
            row = first[row]
        return row

    for keys in known:
        shared = keys.reset_index(drop=True)
        shared = shared[(shared != "") & shared.duplicated(keep=False)]
        for rows in shared.groupby(shared).indices.values():
            roots = {find(int(shared.index[row])) for row in rows}
            for root in roots:
                first[root] = min(roots)
    return ids.iloc[[find(row) for row in range(len(ids))]].set_axis(customers.table.index)


def consented(customers: Customers, words: Sequence[str], contact: str = c.EMAIL) -> Mask | None:
    """Who agreed to be addressed by a contact, by these words; None where nobody was asked, or it takes no consent.

    Consent to calls and messages is phone_consent or, where that column is missing, email_consent. Customers who
    share the contact are one person, who consents only if each of them does.
    """
    asked = (text(customers, name) for name in CONSENT.get(contact, ()))
    said = next((one for one in asked if one is not None), None)
    if said is None:
        return None
    agreed = said.str.casefold().isin([word.casefold() for word in words])
    keys = contact_keys(customers, contact)
    if keys is not None:
        shared = (keys != "") & keys.duplicated(keep=False)
        agreed = agreed.where(~shared, agreed.groupby(keys).transform("all"))
    return np.asarray(agreed, dtype=bool)


def reachable(customers: Customers, way: str, words: Sequence[str]) -> Mask:
    """Who can be reached in a way: has a contact for it, and agreed where that takes consent.

    Where the table knows no address of anybody, the shop's own system is taken to know them.
    """
    contacts = NEEDS.get(way, ())
    everybody = np.ones(len(customers.table), dtype=bool)
    known = {name: texts for name in contacts if (texts := text(customers, name)) is not None}
    if not contacts:
        return everybody
    ways = []
    for name in known or contacts[:1]:
        agreed = consented(customers, words, name)
        has = np.asarray(known[name] != "", dtype=bool) if known else everybody
        ways.append(has if agreed is None else has & agreed)
    return np.asarray(np.logical_or.reduce(ways), dtype=bool)
