"""One customer who stands for a segment, under a pseudonym or no name at all."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.files.key import is_pseudonym
from segcli.model import Example, Segmentation


def example(made: Segmentation, inside: npt.NDArray[np.bool_], of: Sequence[str]) -> Example | None:
    """The medoid: whose distances to all others of the segment sum up to least; None without measures.

    Kaufman and Rousseeuw, Finding groups in data (1990), ch. 2; city-block distances between ranks, so that no measure
    outweighs another. Of equals the first by id.
    """
    table = made.customers.table
    present = [name for name in of if name in table and pd.api.types.is_numeric_dtype(table[name])]
    if not present or not inside.any():
        return None
    members = table.loc[inside]
    ranks = members[present].astype("Float64").rank(pct=True).fillna(0.5).to_numpy(dtype=np.float64)
    away = np.sum([_to_all(column) for column in ranks.T], axis=0)
    row = members.iloc[int(away.round(9).argmin())]
    known = {name: float(row[name]) for name in present if pd.notna(row[name])}
    name = str(row[c.CUSTOMER_ID])
    return Example(name if is_pseudonym(name) else None, known)


def _to_all(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """For each value the sum of its distances to all others, by sums up to it in sorted order.

    >>> _to_all(np.array([3.0, 1.0, 2.0])).tolist()
    [3.0, 3.0, 2.0]
    """
    order = np.argsort(values, kind="stable")
    ascending, count = values[order], len(values)
    before = np.concatenate([[0.0], np.cumsum(ascending)])
    places = np.arange(count)
    below = places * ascending - before[:-1]
    above = (before[-1] - before[1:]) - (count - 1 - places) * ascending
    found = np.empty(count)
    found[order] = below + above
    return found
