"""The values that a customer's lines have in a text column: how many, and which most often."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrow import Codes, invert_order
from segcli.customers.order_runs import Units, ValueCounts
from segcli.customers.orders import Orders

HALF_WORD = (1 << 32) - 1
Keys = npt.NDArray[Any]  # uint32 or uint64


@dataclass(frozen=True, eq=False)
class _CustomerValues:
    """Distinct values of each customer, sorted by customer and value: `values` are ranks in the sorted `texts`."""

    customers: Codes
    values: Codes
    lines: Units
    texts: pa.StringArray


def count_distinct(counts: ValueCounts, orders: Orders) -> npt.NDArray[np.int64]:
    """Count the different values of each customer."""
    keys = _keys(counts, orders, _ranks(counts)[0])
    keys.sort()
    is_new = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=is_new[1:])
    customers = keys[is_new] // keys.dtype.type(max(len(counts.texts), 1))
    return np.bincount(customers.astype(np.int64), minlength=len(orders.ids))


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
    ranks, order = _ranks(counts)
    keys, lines = _sort_with_lines(_keys(counts, orders, ranks), counts.lines)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    customers, values = np.divmod(keys[starts], keys.dtype.type(max(len(counts.texts), 1)))
    totals = np.add.reduceat(lines, starts, dtype=np.int64) if len(starts) else lines.astype(np.int64)
    return _CustomerValues(customers.astype(np.int32), values.astype(np.int32), totals, counts.texts.take(order))


def _ranks(counts: ValueCounts) -> tuple[Codes, pa.Array]:
    """Return the rank of each text in code point order, and that order."""
    order = pc.sort_indices(counts.texts)
    return invert_order(np.asarray(order)), order


def _keys(counts: ValueCounts, orders: Orders, ranks: Codes) -> Keys:
    """Return customer * values + rank of value for each entry, in as few bytes as hold it: these sort twice as fast."""
    values = max(len(counts.texts), 1)
    kind: type[np.unsignedinteger[Any]] = np.uint32 if len(orders.ids) * values <= HALF_WORD else np.uint64
    keys: Keys = orders.buyers.codes[counts.run].astype(kind)
    keys *= kind(values)
    keys += ranks[counts.codes].astype(kind)
    return keys


def _sort_with_lines(keys: Keys, lines: Codes) -> tuple[Keys, npt.NDArray[Any]]:
    """Sort keys and their lines; packed into one word that takes a tenth of an argsort."""
    if keys.dtype == np.uint64:
        places = np.argsort(keys)  # ties in any order: their lines are added up
        return keys[places], lines[places]
    packed = (keys.astype(np.uint64) << np.uint64(32)) | lines.astype(np.uint64)
    packed.sort()
    return packed >> np.uint64(32), packed & np.uint64(HALF_WORD)
