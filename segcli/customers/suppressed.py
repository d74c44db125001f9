"""People who objected: a list that every command leaves out (GDPR, Art. 17 and 21)."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import match, reach
from segcli.customers.without import without
from segcli.errors import InputProblem
from segcli.files.key import PSEUDONYM, Key
from segcli.ingest.customer_ids import respell
from segcli.ingest.opening import opened
from segcli.ingest.recognise import means, normalised
from segcli.model import Customers

REASON = "suppressed"
BY: tuple[match.By, ...] = (c.CUSTOMER_ID, c.EMAIL, c.PHONE)  # type: ignore[assignment]  # they are those words

Listed = Mapping[match.By, Sequence[str]]


def listed(path: str, settings: IngestSettings) -> Listed:
    """The people on a list, by what they are known by, in the form in which it is compared.

    Args:
        path: a CSV file with a column customer_id (or its pseudonym), email or phone, or several of them.
        settings: policies on ids.

    Raises:
        InputProblem: it cannot be read, or has none of these columns.
    """
    file = opened(Source(path=path), may_hold_orders=False)
    cells = file.cells()
    found: dict[match.By, list[str]] = {}
    for name, texts in cells.columns.items():
        for by in BY:
            if normalised(name) == normalised(by) or means(name, by):
                keys = match.key(pd.Series(texts.to_pandas(), dtype="str"), by, settings.phone_region)
                if by == c.CUSTOMER_ID:
                    keys = keys.map(lambda text: respell(text, settings)).astype("str")
                found.setdefault(by, []).extend(key for key in keys if key)
                break
    if not found:
        raise InputProblem(
            f"no column customer_id, email or phone; the header has: {', '.join(cells.header)}",
            source=path,
            line=1,
            remedy="Call one of them so",
        )
    return found


def without_suppressed(customers: Customers, people: Listed, key: Key | None, region: str | None) -> Customers:
    """Leave out whoever is on the list, by id, by pseudonym, or by an address or number that is known here."""
    gone = np.zeros(len(customers.table), dtype=bool)
    for by, keys in people.items():
        gone |= _on_list(customers, by, set(keys), key, region)
    return without(customers, gone, REASON, "on the suppression list")


def _on_list(
    customers: Customers, by: match.By, keys: set[str], key: Key | None, region: str | None
) -> npt.NDArray[np.bool_]:
    texts = reach.text(customers, by)
    if texts is None:
        return np.zeros(len(customers.table), dtype=bool)
    own = pd.Series(match.key(texts.astype("str"), by, region))
    found = own.isin(keys)
    if key is not None and by == c.CUSTOMER_ID:  # either side may be pseudonyms already
        if own.str.fullmatch(PSEUDONYM).all():
            found |= own.isin([key.pseudonym(one) for one in keys])
        elif any(one.startswith("p-") for one in keys):
            found |= key.pseudonyms(own).isin(keys)
    return np.asarray(found, dtype=bool)
