"""Where customers live, looked up in a table of the user's own by postcode, city, region or country."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.bases import column
from segcli.segment.lookup import Lookup

Texts = npt.NDArray[np.object_]

KEYS = (c.POSTCODE, c.CITY, c.REGION, c.COUNTRY)  # the finest first
ANY_KEY = "|".join(KEYS)


def placed(customers: Customers, lookup: Lookup | None, value: str) -> tuple[Texts, tuple[str, ...]]:
    """What is said of each customer's place, blank where nothing is, and how many were found.

    The customers' own column `value` serves where no table is given. A table is asked by the finest of postcode,
    city, region and country that it shares with the customers; of postcodes the longest beginning that fits counts.

    Args:
        customers: who live somewhere.
        lookup: the user's table.
        value: the column wanted.
    """
    if lookup is None:
        return _texts(column(customers, value)), ()
    key = next((k for k in KEYS if k in lookup.rows and k in customers.table), None)
    if key is None:
        raise InputProblem(
            f"has no column by which customers are found: {', '.join(KEYS)}",
            source=lookup.read_from.name,
            remedy="Call one of its columns so",
        )
    said = _told(lookup, key, value)
    places = _texts(customers.table[key])
    distinct = {text: _best(_normal(text), said, beginnings=key == c.POSTCODE) for text in set(places)}
    found = np.array([distinct[text] for text in places], dtype=object)
    return found, tuple(_noted(places, found, key, lookup.read_from.name))


def _texts(values: pd.Series) -> Texts:
    if pd.api.types.is_numeric_dtype(values):
        values = values.map(lambda number: f"{number:.15g}", na_action="ignore")
    found: Texts = values.astype("str").fillna("").str.strip().to_numpy(dtype=object)
    return found


def _normal(text: str) -> str:
    return "".join(text.split()).casefold()


def _told(lookup: Lookup, key: str, value: str) -> Mapping[str, str]:
    """The value by key, as the table says.

    Raises:
        InputProblem: it says two things of one place.
    """
    rows = lookup.rows
    said: dict[str, str] = {}
    for place, told in zip(rows[key].map(_normal), rows[value], strict=True):
        if said.setdefault(place, told) != told:
            raise InputProblem(
                f"says both '{said[place]}' and '{told}' of one {key}",
                source=lookup.read_from.name,
                remedy="Keep one of the two",
            )
    return said


def _best(text: str, said: Mapping[str, str], *, beginnings: bool) -> str:
    lengths = range(len(text), 0, -1) if beginnings else [len(text)] * bool(text)
    return next((said[text[:length]] for length in lengths if text[:length] in said), "")


def _noted(places: Texts, found: Texts, key: str, name: str) -> Iterator[str]:
    lacking = sorted({str(place) for place in places[(places != "") & (found == "")]})
    known = int((found != "").sum())
    more = f", and {len(lacking) - 5:,} more" if len(lacking) > 5 else ""  # noqa: PLR2004 - enough to see what is wrong
    shown = f"; not in it: {', '.join(lacking[:5])}{more}" if lacking else ""
    yield f"{known:,} of {len(places):,} customers found in {name} by {key}{shown}"


def numbers_of(texts: Texts, what: str, name: str) -> npt.NDArray[np.float64]:
    """Looked-up numbers, NaN where blank.

    Raises:
        InputProblem: one is none.
    """
    try:
        return np.array([float(text) if text else np.nan for text in texts], dtype=np.float64)
    except ValueError as error:
        raise InputProblem(f"{what}: {error}", source=name) from None


def order_of(labels: Texts, unknown: str) -> Sequence[str]:
    """The names there are, most frequent first, then by name."""
    names, counts = np.unique(labels[labels != unknown].astype(str), return_counts=True)
    return [str(name) for _, name in sorted(zip(-counts, names, strict=True))]
