"""How a segmentation moved between two days: who stayed in a segment, and how far its shares drifted."""

from collections.abc import Callable, Collection
from datetime import timedelta

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.customers.history import earlier
from segcli.errors import InputProblem
from segcli.evidence.drift import psi as index
from segcli.model import Customers, Segmentation

Again = Callable[[Customers, Collection[str] | None], list[Segmentation]]


def stayed(before: Segmentation, now: Segmentation) -> pd.DataFrame:
    """For each segment of now, how many were in it before, and which share of them still is.

    Returns:
        segment, before (customers), stayed (share; missing where nobody was in it).
    """
    then = pd.Series(before.labels.to_numpy(), index=before.customers.table[c.CUSTOMER_ID])
    today = pd.Series(now.labels.to_numpy(), index=now.customers.table[c.CUSTOMER_ID]).reindex(then.index)
    rows = []
    for name in now.segments:
        was = (then == name).to_numpy()
        kept = int((was & (today == name).to_numpy()).sum())
        rows.append([name, int(was.sum()), kept / was.sum() if was.any() else np.nan])
    return pd.DataFrame(rows, columns=[c.NAME, "before", "stayed"])


def psi(before: Segmentation, now: Segmentation) -> float:
    """Population stability index of the shares of segments: sum of (a - e) ln(a / e).

    An empty segment counts as half a customer.
    """
    names = sorted({*before.segments, *now.segments})
    counts = (one.labels.value_counts().reindex(names, fill_value=0).astype("float64") for one in (before, now))
    return index(*map(np.asarray, counts))


def before(customers: Customers, days: int, again: Again, columns: Collection[str]) -> dict[str, Segmentation]:
    """The same segmentations some days earlier, by column; none where there are no single orders to go back on.

    Args:
        customers: of today.
        days: how far back.
        again: makes the segmentations of customers at an earlier day, at least those of these columns.
        columns: of the segmentations that are needed.
    """
    if customers.transactions is None:
        return {}
    day = customers.transactions.as_of - timedelta(days=days)
    try:
        return {one.column: one for one in again(earlier(customers, day), columns)}
    except InputProblem:  # nobody had bought by then, or what a base needs was not there yet
        return {}
