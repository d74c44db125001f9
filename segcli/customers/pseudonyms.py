"""Privacy of customer tables: separate contacts, pseudonymise ids, and drop identifying columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.privacy import PrivacySettings
from segcli.customers import consent, join_keys
from segcli.customers.event_tables import transform_tables
from segcli.errors import ConfigProblems
from segcli.ingest.pii import find_possible_pii_columns
from segcli.io.secret_key import PSEUDONYM_PATTERN, PseudonymKey
from segcli.message import message
from segcli.model import Customers, Transactions


@dataclass(frozen=True)
class PrivacyOptions:
    """Privacy settings, the key of pseudonyms, and whether the command needs contacts.

    `may_lack_identities` allows a suppression list whose kinds of identity are in no input, as with earlier results.
    """

    settings: PrivacySettings = field(default_factory=PrivacySettings)
    pseudonym_key: PseudonymKey | None = None
    needs_contacts: bool = False
    may_lack_identities: bool = False


EMAIL_PATTERN = r"[^@\s]+@[^@\s]+\.[^@\s]+"
CONTACT_COLUMNS = (
    *columns.PERSONAL_COLUMNS,
    columns.EMAIL_CONSENT,
    columns.PHONE_CONSENT,
    columns.BIRTH_DATE,
    columns.GENDER,
    columns.CITY,
    columns.REGION,
    columns.COUNTRY,
    columns.POSTCODE,
)


def split_contacts(
    customers: Customers, contacts_file: Customers | None, pseudonym_key: PseudonymKey | None
) -> Customers:
    """Move contacts and names out of the customer table, and add those of a contacts file.

    Args:
        customers: the customers after all joins.
        contacts_file: the contacts file, if any.
        pseudonym_key: the key by which earlier commands may have pseudonymised the ids of the table.
    """
    table = customers.table
    contact_columns = {
        name: consent.contact_texts(customers, name) for name in columns.PERSONAL_COLUMNS if name in table
    }
    if columns.EMAIL not in contact_columns and are_addresses(table[columns.CUSTOMER_ID]):
        contact_columns[columns.EMAIL] = table[columns.CUSTOMER_ID].astype("str")
    if contacts_file is None:
        return replace(
            customers, contacts=pd.DataFrame(contact_columns, index=table.index) if contact_columns else None
        )
    ids = contacts_file.table[columns.CUSTOMER_ID].astype("str")
    customer_ids = table[columns.CUSTOMER_ID].astype("str")
    if pseudonym_key is not None and customer_ids.str.fullmatch(PSEUDONYM_PATTERN).all():
        ids = pseudonym_key.pseudonymise_series(ids)
    positions = pd.Index(ids).get_indexer(pd.Index(customer_ids))
    for name in CONTACT_COLUMNS:
        if name in contacts_file.table:
            texts = consent.contact_texts(contacts_file, name)
            assert texts is not None
            matched_texts = pd.Series(
                np.where(positions >= 0, texts.to_numpy(dtype=object)[positions], ""), table.index, dtype="str"
            )
            table_texts = contact_columns.get(name)
            contact_columns[name] = (
                matched_texts if table_texts is None else matched_texts.where(matched_texts != "", table_texts)
            )
    input_report = contacts_file.input_reports[0]
    note = message(
        "{found} of {total} customers matched; only exports and events by address use this file",
        found=int((positions >= 0).sum()),
        total=len(table),
    )
    return replace(
        customers,
        contacts=pd.DataFrame(contact_columns, index=table.index),
        input_reports=(*customers.input_reports, replace(input_report, notes=(*input_report.notes, note))),
    )


def are_addresses(ids: pd.Series) -> bool:
    """Return whether all customer ids are e-mail addresses."""
    texts = ids.astype("str")
    is_first_address = texts.iloc[:1].str.fullmatch(EMAIL_PATTERN).all()  # nearly always decides without a full scan
    return bool(is_first_address and texts.str.fullmatch(EMAIL_PATTERN).all())


def pseudonymise_customers(customers: Customers, privacy: PrivacyOptions) -> Customers:
    """Replace identifying columns by pseudonyms, and drop the columns that privacy settings exclude."""
    result, privacy_settings = customers, privacy.settings
    if privacy_settings.pseudonymise:
        assert privacy.pseudonym_key is not None
        result = _pseudonymise_columns(result, privacy_settings.pseudonymise, privacy.pseudonym_key)
    dropped_columns = [name for name in _identifying_columns(result.table, privacy_settings) if name in result.table]
    if dropped_columns:
        input_report = result.input_reports[0]
        note = f"identifying columns excluded from results: {', '.join(dropped_columns)}"
        result = replace(
            result,
            table=result.table.drop(columns=dropped_columns),
            input_reports=(replace(input_report, notes=(*input_report.notes, note)), *result.input_reports[1:]),
        )
    return result


def _identifying_columns(table: pd.DataFrame, privacy: PrivacySettings) -> list[str]:
    if not (privacy.drop_pii or privacy.pseudonymise):
        return []
    identifying = find_possible_pii_columns(table)
    return [
        name for name in dict.fromkeys([*columns.PERSONAL_COLUMNS, *identifying]) if name not in privacy.pseudonymise
    ]


def _pseudonymise_columns(customers: Customers, names: Sequence[str], pseudonym_key: PseudonymKey) -> Customers:
    """Replace the texts of these columns by pseudonyms.

    Pseudonyms of customer ids also replace referrers and the ids of order lines.

    Raises:
        ConfigProblems: a column neither exists nor is a standard one. A misspelt name must not leave ids in place.
    """
    column_names = [*names, *([columns.REFERRER] if columns.CUSTOMER_ID in names else [])]
    table = customers.table
    unknown_columns = [name for name in names if name not in table and name not in columns.CUSTOMER_TABLE_COLUMNS]
    if unknown_columns:
        available = ", ".join(table.columns)
        raise ConfigProblems([f"privacy.pseudonymise: no column '{unknown_columns[0]}'; available: {available}"])
    for name in dict.fromkeys(column_names):
        if name in table:
            table = table.assign(**{name: _pseudonymise_texts(table[name], name, pseudonym_key)})
    result = replace(customers, table=table) if columns.CUSTOMER_ID not in names else _sort_customers(customers, table)
    transactions = result.transactions
    if columns.CUSTOMER_ID in names and transactions is not None:
        result = replace(result, transactions=_pseudonymise_lines(transactions, pseudonym_key))
    if columns.CUSTOMER_ID in names:
        result = replace(
            result, events=transform_tables(result.events, partial(_pseudonymise_ids, pseudonym_key=pseudonym_key))
        )
    return result


def _pseudonymise_texts(texts: pd.Series, name: str, pseudonym_key: PseudonymKey) -> pd.Series:
    if name == columns.EMAIL:
        filled_texts = texts.fillna("").astype("str")
        return pseudonym_key.pseudonymise_series(
            join_keys.normalise_keys(filled_texts, "email", None).where(filled_texts != "", "")
        )
    return pseudonym_key.pseudonymise_series(texts.astype("str").where(texts.notna(), "").astype("str"))


def _sort_customers(customers: Customers, table: pd.DataFrame) -> Customers:
    """Sort the customers by their new ids, together with their contacts."""
    order = np.argsort(table[columns.CUSTOMER_ID].to_numpy(dtype=str), kind="stable")
    contacts = customers.contacts
    return replace(
        customers,
        table=table.iloc[order].reset_index(drop=True),
        contacts=None if contacts is None else contacts.iloc[order].reset_index(drop=True),
    )


def _pseudonymise_lines(transactions: Transactions, pseudonym_key: PseudonymKey) -> Transactions:
    return replace(transactions, load_lines=cache(lambda: _pseudonymise_ids(transactions.lines, pseudonym_key)))


def _pseudonymise_ids(rows: pd.DataFrame, pseudonym_key: PseudonymKey) -> pd.DataFrame:
    """Replace the customer ids of order lines or events."""
    ids = rows[columns.CUSTOMER_ID]
    names = pseudonym_key.pseudonymise_series(pd.Series(ids.cat.categories.astype("str")))
    return rows.assign(**{columns.CUSTOMER_ID: ids.cat.rename_categories(list(names))})
