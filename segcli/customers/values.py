"""The values that a customer's lines have in a text column: how many, and which most often."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrow import Codes, invert_order
from segcli.customers.order_runs import Units, ValueCounts
from segcli.customers.orders import Orders


@dataclass(frozen=True, eq=False)
class _CustomerValues:
    """Distinct values of each customer, sorted by customer and value: `values` are ranks in the sorted `texts`."""

    customers: Codes
    values: Codes
    lines: Units
    texts: pa.StringArray


def count_distinct(counts: ValueCounts, orders: Orders) -> npt.NDArray[np.int64]:
    """Count the different values of each customer."""
    keys = _sort_keys(counts, orders)[0]
    is_new = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=is_new[1:])
    customers = (keys[is_new] // max(len(counts.texts), 1)).astype(np.int64)
    return np.bincount(customers, minlength=len(orders.ids))


def find_mode(counts: ValueCounts, orders: Orders) -> pd.Series:
    """Return each customer's most frequent value; of equally frequent ones the first in code point order."""
    found = _group(counts, orders)
    size = np.int64(max(len(found.texts), 1))
    # The largest of (lines, -value) is the most frequent value, and of those the first.
    keys = found.lines * size + (size - 1 - found.values)
    starts = np.flatnonzero(np.diff(found.customers, prepend=np.int32(-1)))
    best = np.maximum.reduceat(keys, starts) if len(starts) else keys
    texts = found.texts.take(pa.array(size - 1 - best % size)).to_pandas()
    named = pd.Series(texts.to_numpy(), index=found.customers[starts], dtype="str")
    return named.reindex(range(len(orders.ids)))


def _group(counts: ValueCounts, orders: Orders) -> _CustomerValues:
    keys, lines, texts = _sort_keys(counts, orders, with_lines=True)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    size = max(len(texts), 1)
    customers, values = np.divmod(keys[starts], size)
    totals = np.add.reduceat(lines, starts) if len(starts) else lines
    return _CustomerValues(customers.astype(np.int32), values.astype(np.int32), totals, texts)


def _sort_keys(
    counts: ValueCounts, orders: Orders, *, with_lines: bool = False
) -> tuple[npt.NDArray[np.int64], Units, pa.StringArray]:
    """Return customer * values + rank of value for each entry, ascending, its lines if wanted, and the sorted texts."""
    order = pc.sort_indices(counts.texts)
    rank = invert_order(np.asarray(order))
    customer = orders.buyers.codes[counts.run].astype(np.int64)
    keys = customer * max(len(counts.texts), 1) + rank[counts.codes]
    texts = counts.texts.take(order)
    if not with_lines:
        keys.sort()
        return keys, np.empty(0, dtype=np.int64), texts
    places = np.argsort(keys)  # ties in any order: their lines are added up
    return keys[places], counts.lines[places].astype(np.int64), texts
