"""Customers as results may show them: addresses kept apart, ids as pseudonyms, nobody who objected."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.config.privacy import PrivacySettings
from segcli.customers import match, reach
from segcli.errors import ConfigProblems
from segcli.files.key import PSEUDONYM, Key
from segcli.ingest.identifying import possibly_identifying
from segcli.model import Customers, Transactions


@dataclass(frozen=True)
class Privacy:
    """The settings, the key of pseudonyms, and whether the addresses of customers are needed here.

    `may_lack_identities` allows a suppression list whose kinds of identity no input has, as for earlier results.
    """

    settings: PrivacySettings = field(default_factory=PrivacySettings)
    key: Key | None = None
    contacts: bool = False
    may_lack_identities: bool = False


ADDRESS = r"[^@\s]+@[^@\s]+\.[^@\s]+"
APART = (*c.PERSONAL, c.EMAIL_CONSENT, c.PHONE_CONSENT, c.BIRTH_DATE, c.GENDER, c.CITY, c.REGION, c.COUNTRY, c.POSTCODE)


def apart(customers: Customers, listed: Customers | None, key: Key | None) -> Customers:
    """The customers with what exports need kept apart: addresses and names of the table, and a file of contacts.

    Args:
        customers: joined already.
        listed: the file of contacts, if there is one.
        key: by which ids of the table may have become pseudonyms before.
    """
    table = customers.table
    columns = {name: reach.text(customers, name) for name in c.PERSONAL if name in table}
    if c.EMAIL not in columns and _are_addresses(table[c.CUSTOMER_ID]):
        columns[c.EMAIL] = table[c.CUSTOMER_ID].astype("str")
    if listed is None:
        return replace(customers, contacts=pd.DataFrame(columns, index=table.index) if columns else None)
    ids = listed.table[c.CUSTOMER_ID].astype("str")
    own = table[c.CUSTOMER_ID].astype("str")
    if key is not None and own.str.fullmatch(PSEUDONYM).all():
        ids = key.pseudonyms(ids)
    places = pd.Index(ids).get_indexer(pd.Index(own))
    for name in APART:
        if name in listed.table:
            texts = reach.text(listed, name)
            assert texts is not None
            found = pd.Series(np.where(places >= 0, texts.to_numpy(dtype=object)[places], ""), table.index, dtype="str")
            before = columns.get(name)
            columns[name] = found if before is None else found.where(found != "", before)
    reading = listed.readings[0]
    note = f"{int((places >= 0).sum()):,} of {len(table):,} customers found in it; only exports see what it says"
    return replace(
        customers,
        contacts=pd.DataFrame(columns, index=table.index),
        readings=(*customers.readings, replace(reading, notes=(*reading.notes, note))),
    )


def _are_addresses(ids: pd.Series) -> bool:
    texts = ids.astype("str")
    first = texts.iloc[:1].str.fullmatch(ADDRESS).all()  # which nearly always tells
    return bool(first and texts.str.fullmatch(ADDRESS).all())


def private(customers: Customers, privacy: Privacy) -> Customers:
    """The customers with pseudonyms instead of what identifies them, and without what is to be dropped."""
    found, settings = customers, privacy.settings
    if settings.pseudonymise:
        assert privacy.key is not None
        found = _pseudonymised(found, settings.pseudonymise, privacy.key)
    dropped = [name for name in _dropped(found.table, settings) if name in found.table]
    if dropped:
        reading = found.readings[0]
        note = f"columns that identify people are left out of results: {', '.join(dropped)}"
        found = replace(
            found,
            table=found.table.drop(columns=dropped),
            readings=(replace(reading, notes=(*reading.notes, note)), *found.readings[1:]),
        )
    return found


def _dropped(table: pd.DataFrame, settings: PrivacySettings) -> list[str]:
    if not (settings.drop_pii or settings.pseudonymise):
        return []
    known = possibly_identifying(table)
    return [name for name in dict.fromkeys([*c.PERSONAL, *known]) if name not in settings.pseudonymise]


def _pseudonymised(customers: Customers, names: Sequence[str], key: Key) -> Customers:
    """The texts of these columns replaced; with customer ids also who brought whom, and the order lines.

    Raises:
        ConfigProblems: a column is neither there nor a standard one: a slip of the pen must not leave ids as they are.
    """
    columns = [*names, *([c.REFERRER] if c.CUSTOMER_ID in names else [])]
    table = customers.table
    strange = [name for name in names if name not in table and name not in c.CUSTOMER_TABLE]
    if strange:
        there = ", ".join(table.columns)
        raise ConfigProblems([f"privacy.pseudonymise: no column '{strange[0]}'; there is: {there}"])
    for name in dict.fromkeys(columns):
        if name in table:
            table = table.assign(**{name: _replaced(table[name], name, key)})
    found = replace(customers, table=table) if c.CUSTOMER_ID not in names else _reordered(customers, table)
    lines = found.transactions
    if c.CUSTOMER_ID in names and lines is not None:
        found = replace(found, transactions=_lines(lines, key))
    return found


def _replaced(texts: pd.Series, name: str, key: Key) -> pd.Series:
    if name == c.EMAIL:
        filled = texts.fillna("").astype("str")
        return key.pseudonyms(match.key(filled, "email", None).where(filled != "", ""))
    return key.pseudonyms(texts.astype("str").where(texts.notna(), "").astype("str"))


def _reordered(customers: Customers, table: pd.DataFrame) -> Customers:
    """Sorted by the new ids, contacts with them."""
    order = np.argsort(table[c.CUSTOMER_ID].to_numpy(dtype=str), kind="stable")
    contacts = customers.contacts
    return replace(
        customers,
        table=table.iloc[order].reset_index(drop=True),
        contacts=None if contacts is None else contacts.iloc[order].reset_index(drop=True),
    )


def _lines(transactions: Transactions, key: Key) -> Transactions:
    def renamed() -> pd.DataFrame:
        ids = transactions.lines[c.CUSTOMER_ID]
        names = key.pseudonyms(pd.Series(ids.cat.categories.astype("str")))
        return transactions.lines.assign(**{c.CUSTOMER_ID: ids.cat.rename_categories(list(names))})

    return replace(transactions, given=cache(renamed))
