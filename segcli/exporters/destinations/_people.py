"""What destinations share: who of an audience can be reached, each once, and what is said of them as text."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.exporters import Audience, Exported
from segcli.exporters.destinations._countries import code
from segcli.exporters.destinations._normal import email, mapped, phones


@dataclass(frozen=True)
class Reached:
    """The people of a file: their rows of the audience, and the contacts they are known by, as normalised."""

    rows: pd.DataFrame
    contacts: pd.DataFrame
    left_out: Mapping[str, int]

    def known(self, name: str) -> pd.Series:
        """A column of the audience as text, blank where nothing is known."""
        return known(self.rows, name)

    def filed(self, columns: Mapping[str, pd.Series], notes: Iterable[str] = ()) -> Exported:
        """The file with these columns."""
        return Exported(pd.DataFrame(dict(columns)), self.rows[c.CUSTOMER_ID], self.left_out, tuple(notes))


def reached(audience: Audience, needs: tuple[str, ...], form: Callable[[str], str] = email) -> Reached:
    """Who can be reached, by any of the contacts that count; without such, everybody, by customer id.

    Args:
        audience: sorted by customer id, so that the first of several with one contact stays.
        needs: contact columns that count.
        form: how an e-mail address is normalised.
    """
    rows = audience.rows.reset_index(drop=True)
    given = pd.DataFrame({name: known(rows, name) for name in needs or (c.CUSTOMER_ID,)})
    forms = given.copy()
    if c.EMAIL in forms:
        forms[c.EMAIL] = mapped(given[c.EMAIL], form)
    if c.PHONE in forms:
        forms[c.PHONE] = phones(given[c.PHONE], audience.region)
    told, usable = (given != "").any(axis=1), (forms != "").any(axis=1)
    stays = usable & ~forms.index.isin(_repeated(forms))
    why = {"no contact": ~told, "unusable contact": told & ~usable, "repeated contact": usable & ~stays}
    left_out = {reason: int(rows_of.sum()) for reason, rows_of in why.items() if rows_of.any()}
    return Reached(rows[stays].reset_index(drop=True), forms[stays].reset_index(drop=True), left_out)


def _repeated(forms: pd.DataFrame) -> list[int]:
    """Rows with a contact of an earlier row that stays; only rows with a shared contact are looked at one by one."""
    shared = np.any([forms[name].ne("") & forms[name].duplicated(keep=False) for name in forms], axis=0)
    found, taken = [], set[tuple[int, str]]()
    for place, contacts in zip(forms.index[shared], forms[shared].to_numpy().tolist(), strict=True):
        own = {(column, text) for column, text in enumerate(contacts) if text}
        if own & taken:
            found.append(int(place))
        else:
            taken |= own
    return found


def known(rows: pd.DataFrame, name: str) -> pd.Series:
    """A column as text without blanks at its ends, blank where nothing is known."""
    if name not in rows:
        return pd.Series("", rows.index, dtype="str")
    return rows[name].astype("str").fillna("").str.strip()


def filled(columns: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    """The columns that say anything; of nobody, all."""
    return {header: texts for header, texts in columns.items() if not len(texts) or texts.ne("").any()}


def described(
    audience: Audience, people: Reached, columns: Mapping[str, pd.Series]
) -> tuple[dict[str, pd.Series], list[str]]:
    """The columns with the properties behind them, and a note on properties whose name is taken."""
    taken = {header.casefold() for header in columns}
    named = [name for name in audience.properties if name.casefold() not in taken]
    notes = [
        f"property '{name}' is not in the file, which has a column of that name"
        for name in audience.properties
        if name not in named
    ]
    return {**columns, **{name: shown(people.rows[name]) for name in named}}, notes


def shown(column: pd.Series) -> pd.Series:
    """Values as text: whole numbers without decimals, dates as YYYY-MM-DD, blank where missing."""
    values = column.astype("object")
    forms = {value: _shown(value) for value in values.dropna().drop_duplicates()}
    return values.map(forms).astype("str").fillna("")


def _shown(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(value).lower()
    if isinstance(value, (float, np.floating)):
        return np.format_float_positional(value + 0.0, trim="-") if np.isfinite(value) else ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def countries(people: Reached) -> tuple[pd.Series, list[str]]:
    """Codes of the countries people live in, blank where not recognised, and a note on how many."""
    given = people.known(c.COUNTRY)
    codes = mapped(given, code)
    count = int((given.ne("") & codes.eq("")).sum())
    return codes, [f"countries that are not recognised, left blank: {count:,}"] if count else []
