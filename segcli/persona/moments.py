"""Where and when the customers of a segment buy."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.customers.history import CUSTOMER, ORDER, coded
from segcli.model import Preferred, Segmentation

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS = ((6, "night"), (12, "morning"), (18, "afternoon"), (24, "evening"))  # up to this hour
TELLING = 1.2  # times the base from which a time is preferred
FEWEST = 30  # orders, or customers, of which one says anything about habits

Mask = npt.NDArray[np.bool_]


def moments(made: Segmentation) -> dict[str, Preferred]:
    """For each segment the weekday, and the part of it where times are known, that stands out most over the base.

    Only what is at least as frequent as among all is told, and only of segments with enough orders.
    """
    if made.customers.transactions is None:
        return {}
    times, segments = _orders(made)
    named = _named(times)
    base = named.value_counts(normalize=True)
    found = {name: _preferred(named[segments == name], base) for name in made.segments}
    return {name: one for name, one in found.items() if one is not None}


def channels(made: Segmentation) -> dict[str, Preferred]:
    """For each segment the channel that most of its customers mostly buy through."""
    column = c.TOP + c.CHANNEL
    table = made.customers.table
    if column not in table:
        return {}
    known = table[column].notna().to_numpy()
    base = table.loc[known, column].astype("str").value_counts(normalize=True)
    found = {}
    for name in made.segments:
        inside = (made.labels == name).to_numpy() & known
        if inside.sum() >= FEWEST:
            shares = table.loc[inside, column].astype("str").value_counts(normalize=True, sort=False).sort_index()
            most = str(shares.idxmax())
            found[name] = Preferred(most, float(shares.max()), float(base[most]), int(inside.sum()))
    return found


def _orders(made: Segmentation) -> tuple[pd.Series, npt.NDArray[np.object_]]:
    """The time of each purchase's first line, and the segment of who made it."""
    transactions = made.customers.transactions
    assert transactions is not None
    lines = coded(transactions.lines, transactions.collapse)
    lines = lines[~lines[c.IS_RETURN]]
    firsts = lines.groupby(ORDER, sort=True).agg(time=(c.ORDER_DATE, "min"), customer=(CUSTOMER, "first"))
    ids = lines[c.CUSTOMER_ID].cat.categories.astype("str")
    rows = pd.Index(made.customers.table[c.CUSTOMER_ID].astype("str")).get_indexer(ids)
    labels = made.labels.to_numpy(dtype=object)[rows[firsts["customer"].to_numpy()]]
    return firsts["time"].reset_index(drop=True), labels


def _named(times: pd.Series) -> pd.Series:
    """Such as `Tuesday evening`, or `Tuesday` where the export has no times of day."""
    days = times.dt.day_of_week.map(dict(enumerate(DAYS)))
    if (times == times.dt.floor("D")).all():
        return pd.Series(days.astype("str"))
    hours = times.dt.hour.to_numpy()
    parts = np.array([name for _, name in PARTS], dtype=object)
    places = np.searchsorted([until for until, _ in PARTS], hours, side="right")
    return pd.Series((days + " " + pd.Series(parts[places], index=days.index)).astype("str"))


def _preferred(named: pd.Series, base: pd.Series) -> Preferred | None:
    if len(named) < FEWEST:
        return None
    shares = named.value_counts(normalize=True, sort=False).sort_index()
    most = str((shares - base.reindex(shares.index)).idxmax())
    if shares[most] < TELLING * base[most]:
        return None
    return Preferred(most, float(shares[most]), float(base[most]), len(named))
