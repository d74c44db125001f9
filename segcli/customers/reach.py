"""How customers can be reached, and whether they agreed to it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.model import Customers

Mask = npt.NDArray[np.bool_]

# What a way to reach people needs of them; `consent` is theirs to give. A site or an event needs nothing.
NEEDS = {
    "email": ((c.EMAIL,), True),
    "phone": ((c.PHONE,), True),
    "sms": ((c.PHONE,), True),
    "advertising": ((c.EMAIL, c.PHONE), True),
    "post": ((c.POSTCODE, c.CITY), False),
}


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


def consented(customers: Customers, words: Sequence[str]) -> Mask | None:
    """Who agreed to be written to, by these words in email_consent; None where nobody was asked."""
    said = text(customers, c.EMAIL_CONSENT)
    if said is None:
        return None
    return np.asarray(said.str.casefold().isin([word.casefold() for word in words]), dtype=bool)


def reachable(customers: Customers, way: str, words: Sequence[str]) -> Mask:
    """Who can be reached in a way: has agreed where that needs consent, and is known where it needs an address.

    Where the table knows no address of anybody, the shop's own system is taken to know them.
    """
    columns, needs_consent = NEEDS.get(way, ((), False))
    agreed = consented(customers, words) if needs_consent else None
    everybody = np.ones(len(customers.table), dtype=bool)
    known = [one for one in (text(customers, name) for name in columns) if one is not None]
    addressed = np.logical_or.reduce([np.asarray(one != "", dtype=bool) for one in known]) if known else everybody
    return addressed & (everybody if agreed is None else agreed)
