"""One customer who stands for a segment, under a pseudonym or no name at all."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.files.key import is_pseudonym
from segcli.model import Example, Segmentation


def example(made: Segmentation, inside: npt.NDArray[np.bool_], of: Sequence[str]) -> Example | None:
    """The medoid: who is nearest to all others of the segment, on ranks of these measures; None without measures.

    Kaufman and Rousseeuw, Finding groups in data (1990), ch. 2. On ranks the sum of city-block distances is least at
    the medians, so the customer with the ranks nearest to them is taken; of equals the first by id.
    """
    table = made.customers.table
    present = [name for name in of if name in table and pd.api.types.is_numeric_dtype(table[name])]
    if not present or not inside.any():
        return None
    members = table.loc[inside]
    ranks = members[present].astype("Float64").rank(pct=True).fillna(0.5).to_numpy(dtype=np.float64)
    away = np.abs(ranks - np.median(ranks, axis=0)).sum(axis=1)
    row = members.iloc[int(away.argmin())]
    known = {name: float(row[name]) for name in present if pd.notna(row[name])}
    name = str(row[c.CUSTOMER_ID])
    return Example(name if is_pseudonym(name) else None, known)
