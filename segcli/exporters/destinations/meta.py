"""Meta: a customer list for Facebook and Instagram; everything except the value is hashed.

How each column is normalised, with examples:
https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
"""

import re
import unicodedata

import numpy as np
import pandas as pd

from segcli import columns
from segcli.errors import UsageProblem
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._normalisation import format_compact_date, hash_text, map_distinct, strip_punctuation
from segcli.exporters.destinations._people import (
    ReachablePeople,
    drop_empty_columns,
    find_country_codes,
    format_values,
    select_reachable,
)

__all__ = ["IS_AD_AUDIENCE", "LIMITS", "REQUIRED_CONTACTS", "SOURCE", "TITLE", "export"]

TITLE = "Meta customer list for Facebook and Instagram, hashed"
SOURCE = "https://www.facebook.com/business/help/2082575038703844"
REQUIRED_CONTACTS = (columns.EMAIL, columns.PHONE)
IS_AD_AUDIENCE = True
LIMITS = FileLimits()
MIN_LIST_SIZE = 100  # people; SOURCE advises against shorter lists
US_DIGITS = 5
GENDER_CODES = {
    **dict.fromkeys(("m", "male", "man", "männlich", "mann", "homme", "hombre"), "m"),
    **dict.fromkeys(("f", "female", "w", "woman", "weiblich", "frau", "femme", "mujer"), "f"),
}
# Words and prefixes, without accents, that suggest health or financial status:
# https://developers.facebook.com/docs/marketing-api/reference/custom-audience (blocked since September 2025)
SENSITIVE_PATTERN = re.compile(
    r"""\b(?:(?:
    health|medic|patholog|diseas|illness|disorder|diabet|cancer|tumou?r|arthrit|asthma|allerg|depressi|pregnan|infertil
    |fertility|therap|psychi|psychot|obes|disab|handicap|gesundheit|krank|krebs|schwanger|behinder|adipos|salud|enferm
    |embaraz|discapac|maladie|grossesse|enceinte|income|salar|credit|loan|debt|indebt|mortgage|insolv|bankrupt|wealth
    |affluen|overdra|networth|einkommen|kredit|darlehen|schuld|verschuld|uberschuld|hypothek|hypothec|vermogen|vermoegen
    |pleite|ingreso|sueldo|deuda|prestamo|hipoteca|quiebra|dette|endett|faillite|salaire
    )\w*|(?:sante|sick|hiv|aids|rich|gehalt|lohn|revenus?|net\ worth)\b)""",
    re.VERBOSE,
)


def export(audience: Audience) -> DestinationFile:
    """Export the columns with any known value, e-mail address and phone number first.

    Raises:
        UsageProblem: the audience's name suggests health or financial status.
    """
    _refuse_sensitive(audience.audience_name)
    reachable_people = select_reachable(audience, REQUIRED_CONTACTS)
    country_codes, notes = find_country_codes(reachable_people)
    file_columns = {
        header: map_distinct(texts, hash_text)
        for header, texts in drop_empty_columns(_normalise_columns(reachable_people, country_codes)).items()
    }
    if audience.value_column is not None:
        file_columns["value"] = _clean_values(reachable_people.people_rows[audience.value_column])
    people_count = len(reachable_people.people_rows)
    size_notes = (
        [f"people in the file: {people_count:,}; Meta advises against fewer than {MIN_LIST_SIZE}"]
        if people_count < MIN_LIST_SIZE
        else []
    )
    return reachable_people.make_file(file_columns, [*notes, *size_notes])


def _normalise_columns(reachable_people: ReachablePeople, country_codes: pd.Series) -> dict[str, pd.Series]:
    """Return the normalised columns to hash, by header."""
    postcodes = map_distinct(reachable_people.read_column(columns.POSTCODE), strip_punctuation)
    return {
        "email": reachable_people.contacts[columns.EMAIL],
        "phone": reachable_people.contacts[columns.PHONE].str.removeprefix("+"),
        "fn": map_distinct(reachable_people.read_column(columns.FIRST_NAME), strip_punctuation),
        "ln": map_distinct(reachable_people.read_column(columns.LAST_NAME), strip_punctuation),
        "zip": postcodes.where(country_codes.ne("US"), postcodes.str[:US_DIGITS]),
        "ct": map_distinct(reachable_people.read_column(columns.CITY), strip_punctuation),
        "st": map_distinct(reachable_people.read_column(columns.REGION), strip_punctuation),
        "country": country_codes.str.lower(),
        "dob": map_distinct(reachable_people.read_column(columns.BIRTH_DATE), format_compact_date),
        "gen": map_distinct(reachable_people.read_column(columns.GENDER), _gender_code),
    }


def _gender_code(gender_text: str) -> str:
    return GENDER_CODES.get(gender_text.casefold(), "")


def _clean_values(value_column: pd.Series) -> pd.Series:
    """Return plain numbers; missing and negative values are worth nothing to Meta."""
    numeric_values = pd.to_numeric(value_column, errors="coerce").astype("float64")
    return format_values(numeric_values.where(np.isfinite(numeric_values) & (numeric_values > 0), 0.0))


def _refuse_sensitive(audience_name: str) -> None:
    plain_name = "".join(
        character
        for character in unicodedata.normalize("NFKD", audience_name.casefold())
        if not unicodedata.combining(character)
    )
    sensitive_match = SENSITIVE_PATTERN.search(re.sub(r"[\W_]+", " ", plain_name))
    if sensitive_match:
        raise UsageProblem(
            f"audience '{audience_name}': "
            f"Meta blocks names that suggest health or financial status, such as '{sensitive_match[0]}'."
            " Set another name with --name"
        )
