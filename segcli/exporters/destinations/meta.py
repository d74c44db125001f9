"""Meta: a customer list for Facebook and Instagram, hashed all but the value.

How each column is normalised, with examples:
https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
"""

import re
import unicodedata

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.errors import UsageProblem
from segcli.exporters import Audience, Exported, Limits
from segcli.exporters.destinations._normal import bare, compact_date, digest, mapped
from segcli.exporters.destinations._people import Reached, countries, filled, reached, shown

__all__ = ["ADDRESSES", "LIMITS", "NEEDS", "SOURCE", "TITLE", "export"]

TITLE = "Meta customer list for Facebook and Instagram, hashed"
SOURCE = "https://www.facebook.com/business/help/2082575038703844"
NEEDS = (c.EMAIL, c.PHONE)
ADDRESSES = True
LIMITS = Limits()
LEAST = 100  # people: SOURCE advises against shorter lists
US_DIGITS = 5
GENDERS = {
    **dict.fromkeys(("m", "male", "man", "männlich", "mann", "homme", "hombre"), "m"),
    **dict.fromkeys(("f", "female", "w", "woman", "weiblich", "frau", "femme", "mujer"), "f"),
}
# Words and beginnings of words, without accents, that suggest health or financial status:
# https://developers.facebook.com/docs/marketing-api/reference/custom-audience (blocked since September 2025)
SENSITIVE = re.compile(
    r"""\b(?:(?:
    health|medic|patholog|diseas|illness|disorder|diabet|cancer|tumou?r|arthrit|asthma|allerg|depressi|pregnan|infertil
    |fertility|therap|psychi|psychot|obes|disab|handicap|gesundheit|krank|krebs|schwanger|behinder|adipos|salud|enferm
    |embaraz|discapac|maladie|grossesse|enceinte|income|salar|credit|loan|debt|indebt|mortgage|insolv|bankrupt|wealth
    |affluen|overdra|networth|einkommen|kredit|darlehen|schuld|verschuld|uberschuld|hypothek|hypothec|vermogen|vermoegen
    |pleite|ingreso|sueldo|deuda|prestamo|hipoteca|quiebra|dette|endett|faillite|salaire
    )\w*|(?:sante|sick|hiv|aids|rich|gehalt|lohn|revenus?|net\ worth)\b)""",
    re.VERBOSE,
)


def export(audience: Audience) -> Exported:
    """The columns for which anything is known, e-mail address and phone number first.

    Raises:
        UsageProblem: the audience's name suggests health or financial status.
    """
    _refuse_sensitive(audience.name)
    people = reached(audience, NEEDS)
    codes, notes = countries(people)
    columns = {header: mapped(texts, digest) for header, texts in filled(_normal(people, codes)).items()}
    if audience.value is not None:
        columns["value"] = _values(people.rows[audience.value])
    count = len(people.rows)
    few = [f"people in the file: {count:,}; Meta advises against fewer than {LEAST}"] if count < LEAST else []
    return people.filed(columns, [*notes, *few])


def _normal(people: Reached, codes: pd.Series) -> dict[str, pd.Series]:
    """What is hashed, by header."""
    postcodes = mapped(people.known(c.POSTCODE), bare)
    return {
        "email": people.contacts[c.EMAIL],
        "phone": people.contacts[c.PHONE].str.removeprefix("+"),
        "fn": mapped(people.known(c.FIRST_NAME), bare),
        "ln": mapped(people.known(c.LAST_NAME), bare),
        "zip": postcodes.where(codes.ne("US"), postcodes.str[:US_DIGITS]),
        "ct": mapped(people.known(c.CITY), bare),
        "st": mapped(people.known(c.REGION), bare),
        "country": codes.str.lower(),
        "dob": mapped(people.known(c.BIRTH_DATE), compact_date),
        "gen": mapped(people.known(c.GENDER), _gender),
    }


def _gender(text: str) -> str:
    return GENDERS.get(text.casefold(), "")


def _values(column: pd.Series) -> pd.Series:
    """Plain numbers; what is missing or below 0 is worth nothing to Meta."""
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    return shown(numbers.where(np.isfinite(numbers) & (numbers > 0), 0.0))


def _refuse_sensitive(name: str) -> None:
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(mark))
    found = SENSITIVE.search(re.sub(r"[\W_]+", " ", plain))
    if found:
        raise UsageProblem(
            f"audience '{name}': Meta blocks names that suggest health or financial status, such as '{found[0]}'."
            " Give it another with --name"
        )
