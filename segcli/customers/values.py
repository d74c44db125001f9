"""The values that a customer's lines have in a text column: how many, and which most often."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrow import Int32Array, invert_order
from segcli.customers.order_runs import Units, ValueCounts
from segcli.customers.orders import Orders

MAX_UINT32 = (1 << 32) - 1
SortKeys = npt.NDArray[Any]  # uint32 or uint64


@dataclass(frozen=True, eq=False)
class _CustomerValues:
    """Distinct values of each customer, sorted by customer and value: `value_ranks` are ranks in the sorted `texts`."""

    customer_codes: Int32Array
    value_ranks: Int32Array
    line_counts: Units
    texts: pa.StringArray


def count_distinct_values(counts: ValueCounts, orders: Orders) -> npt.NDArray[np.int64]:
    """Count the different values of each customer."""
    keys = _pack_keys(counts, orders, _rank_texts(counts)[0])
    keys.sort()
    is_new = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=is_new[1:])
    customers = keys[is_new] // keys.dtype.type(max(len(counts.texts), 1))
    return np.bincount(customers.astype(np.int64), minlength=len(orders.customer_ids))


def find_modes(counts: ValueCounts, orders: Orders) -> pd.Series:
    """Return each customer's most frequent value; of equally frequent ones the first in code point order."""
    customer_values = _total_values(counts, orders)
    size = np.int64(max(len(customer_values.texts), 1))
    # The largest of (lines, -value) is the most frequent value, and of those the first.
    keys = customer_values.line_counts * size + (size - 1 - customer_values.value_ranks)
    starts = np.flatnonzero(np.diff(customer_values.customer_codes, prepend=np.int32(-1)))
    best_keys = np.maximum.reduceat(keys, starts) if len(starts) else keys
    texts = customer_values.texts.take(pa.array(size - 1 - best_keys % size)).to_pandas()
    modes = pd.Series(texts.to_numpy(), index=customer_values.customer_codes[starts], dtype="str")
    return modes.reindex(range(len(orders.customer_ids)))


def _total_values(counts: ValueCounts, orders: Orders) -> _CustomerValues:
    ranks, order = _rank_texts(counts)
    keys, line_counts = _sort_with_lines(_pack_keys(counts, orders, ranks), counts.lines)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    customers, values = np.divmod(keys[starts], keys.dtype.type(max(len(counts.texts), 1)))
    totals = np.add.reduceat(line_counts, starts, dtype=np.int64) if len(starts) else line_counts.astype(np.int64)
    return _CustomerValues(customers.astype(np.int32), values.astype(np.int32), totals, counts.texts.take(order))


def _rank_texts(counts: ValueCounts) -> tuple[Int32Array, pa.Array]:
    """Return the rank of each text in code point order, and that order."""
    order = pc.sort_indices(counts.texts)
    return invert_order(np.asarray(order)), order


def _pack_keys(counts: ValueCounts, orders: Orders, ranks: Int32Array) -> SortKeys:
    """Return customer * values + rank of value for each entry, in as few bytes as hold it: these sort twice as fast."""
    value_count = max(len(counts.texts), 1)
    key_type: type[np.unsignedinteger[Any]] = (
        np.uint32 if len(orders.customer_ids) * value_count <= MAX_UINT32 else np.uint64
    )
    keys: SortKeys = orders.ranked_customers.row_codes[counts.run].astype(key_type)
    keys *= key_type(value_count)
    keys += ranks[counts.codes].astype(key_type)
    return keys


def _sort_with_lines(keys: SortKeys, line_counts: Int32Array) -> tuple[SortKeys, npt.NDArray[Any]]:
    """Sort keys and their lines; packed into one word that takes a tenth of an argsort."""
    if keys.dtype == np.uint64:
        order = np.argsort(keys)  # ties in any order: their lines are added up
        return keys[order], line_counts[order]
    packed_keys = (keys.astype(np.uint64) << np.uint64(32)) | line_counts.astype(np.uint64)
    packed_keys.sort()
    return packed_keys >> np.uint64(32), packed_keys & np.uint64(MAX_UINT32)
