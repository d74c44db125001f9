"""Shared functions of destinations: select reachable people, each once, and format their columns as text."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from segcli import columns
from segcli.exporters import Audience, DestinationFile
from segcli.exporters.destinations._countries import country_code
from segcli.exporters.destinations._normalisation import map_distinct, normalise_email, normalise_phones


@dataclass(frozen=True)
class ReachablePeople:
    """People of a file: rows of the audience, normalised contacts, and number of excluded people by reason."""

    people_rows: pd.DataFrame
    contacts: pd.DataFrame
    exclusion_counts: Mapping[str, int]

    def read_column(self, column_name: str) -> pd.Series:
        """Return a column of the audience as text, blank if unknown."""
        return read_text_column(self.people_rows, column_name)

    def make_file(self, file_columns: Mapping[str, pd.Series], notes: Iterable[str] = ()) -> DestinationFile:
        """Return the file with these columns."""
        return DestinationFile(
            pd.DataFrame(dict(file_columns)), self.people_rows[columns.CUSTOMER_ID], self.exclusion_counts, tuple(notes)
        )


def select_reachable(
    audience: Audience, required_contacts: tuple[str, ...], normalise_address: Callable[[str], str] = normalise_email
) -> ReachablePeople:
    """Select people with any of the required contacts; everybody, by customer id, if none is required.

    Args:
        audience: the audience, sorted by customer id, so that the first of several people with one contact is kept.
        required_contacts: contact columns of which one is required.
        normalise_address: function that normalises an e-mail address.
    """
    people_rows = audience.people_rows.reset_index(drop=True)
    raw_contacts = pd.DataFrame(
        {
            column_name: read_text_column(people_rows, column_name)
            for column_name in required_contacts or (columns.CUSTOMER_ID,)
        }
    )
    normalised_contacts = raw_contacts.copy()
    if columns.EMAIL in normalised_contacts:
        normalised_contacts[columns.EMAIL] = map_distinct(raw_contacts[columns.EMAIL], normalise_address)
    if columns.PHONE in normalised_contacts:
        normalised_contacts[columns.PHONE] = normalise_phones(raw_contacts[columns.PHONE], audience.phone_region)
    has_contact, is_usable = (raw_contacts != "").any(axis=1), (normalised_contacts != "").any(axis=1)
    is_selected = is_usable & ~normalised_contacts.index.isin(_find_repeated_contacts(normalised_contacts))
    exclusion_masks = {
        "no contact": ~has_contact,
        "unusable contact": has_contact & ~is_usable,
        "repeated contact": is_usable & ~is_selected,
    }
    exclusion_counts = {
        reason: int(exclusion_mask.sum()) for reason, exclusion_mask in exclusion_masks.items() if exclusion_mask.any()
    }
    return ReachablePeople(
        people_rows[is_selected].reset_index(drop=True),
        normalised_contacts[is_selected].reset_index(drop=True),
        exclusion_counts,
    )


def _find_repeated_contacts(normalised_contacts: pd.DataFrame) -> list[int]:
    """Return the rows that share a contact with an earlier kept row.

    Only rows with shared contacts are checked one by one, for speed.
    """
    has_shared_contact = np.any(
        [
            normalised_contacts[column_name].ne("") & normalised_contacts[column_name].duplicated(keep=False)
            for column_name in normalised_contacts
        ],
        axis=0,
    )
    repeated_rows, known_contacts = [], set[tuple[int, str]]()
    for row_index, row_contacts in zip(
        normalised_contacts.index[has_shared_contact],
        normalised_contacts[has_shared_contact].to_numpy().tolist(),
        strict=True,
    ):
        own_contacts = {(column_number, text) for column_number, text in enumerate(row_contacts) if text}
        if own_contacts & known_contacts:
            repeated_rows.append(int(row_index))
        else:
            known_contacts |= own_contacts
    return repeated_rows


def read_text_column(people_rows: pd.DataFrame, column_name: str) -> pd.Series:
    """Return a column as text without surrounding blanks, blank if unknown."""
    if column_name not in people_rows:
        return pd.Series("", people_rows.index, dtype="str")
    return people_rows[column_name].astype("str").fillna("").str.strip()


def drop_empty_columns(file_columns: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    """Return the columns with any value; all columns if there are no rows."""
    return {header: texts for header, texts in file_columns.items() if not len(texts) or texts.ne("").any()}


def add_properties(
    audience: Audience, reachable_people: ReachablePeople, file_columns: Mapping[str, pd.Series]
) -> tuple[dict[str, pd.Series], list[str]]:
    """Append the properties to the columns, with notes on properties whose name is already used."""
    used_headers = {header.casefold() for header in file_columns}
    new_properties = [
        property_name for property_name in audience.properties if property_name.casefold() not in used_headers
    ]
    notes = [
        f"property '{property_name}' is not in the file, because it already has a column of that name"
        for property_name in audience.properties
        if property_name not in new_properties
    ]
    return {
        **file_columns,
        **{
            property_name: format_values(reachable_people.people_rows[property_name])
            for property_name in new_properties
        },
    }, notes


def format_values(property_values: pd.Series) -> pd.Series:
    """Format values as text: whole numbers without decimals, dates as YYYY-MM-DD, blank if missing."""
    object_values = property_values.astype("object")
    formatted = {value: _format_value(value) for value in object_values.dropna().drop_duplicates()}
    return object_values.map(formatted).astype("str").fillna("")


def _format_value(property_value: object) -> str:
    if isinstance(property_value, (bool, np.bool_)):
        return str(property_value).lower()
    if isinstance(property_value, (float, np.floating)):
        return np.format_float_positional(property_value + 0.0, trim="-") if np.isfinite(property_value) else ""
    if isinstance(property_value, datetime):
        return property_value.date().isoformat()
    return property_value.isoformat() if isinstance(property_value, date) else str(property_value)


def find_country_codes(reachable_people: ReachablePeople) -> tuple[pd.Series, list[str]]:
    """Return the country codes of people, blank if not recognised, and a note on the number of such countries."""
    country_texts = reachable_people.read_column(columns.COUNTRY)
    country_codes = map_distinct(country_texts, country_code)
    unknown_count = int((country_texts.ne("") & country_codes.eq("")).sum())
    return country_codes, [f"unrecognised countries, left blank: {unknown_count:,}"] if unknown_count else []
