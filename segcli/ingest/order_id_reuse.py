"""Detect order ids that are reused, as by the receipt counters of tills."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli.arrow import Uint64Array, hash_strings, mark_empty
from segcli.ingest.notes import Note, format_set_option

MAX_SAMPLED_ORDERS = 1024  # maximum number of orders in a sample
HASH_BITS = 64
MIN_SHARED_RATIO = 0.05  # share of order ids with several customers from which ids count as reused
MIN_SHARED_IDS = 3  # minimum number of such ids
ORDER_IDS_SETTING = "ingest.transactions.order_ids"

_Days = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class OrderIdSample:
    """Sample of order ids: one entry per id, with the range of its customers and days.

    An id is in the sample if the first `bits` bits of its hash are 0. `lowest` and `highest` are the extremes of its
    customers' hashes, `first` and `last` of its days, so that samples of chunks can be merged into that of the file.
    """

    bits: int
    orders: Uint64Array
    lowest: Uint64Array
    highest: Uint64Array
    first: _Days
    last: _Days

    @classmethod
    def from_runs(cls, order_hashes: Uint64Array, customer_hashes: Uint64Array, days: _Days) -> Self:
        """Create a sample of all ids, from the hashes of orders and customers and the days of runs of lines."""
        return cls(0, order_hashes, customer_hashes, customer_hashes, days, days)

    @classmethod
    def merge(cls, samples: Sequence["OrderIdSample"]) -> "OrderIdSample":
        """Merge samples of chunks."""
        bits = max((sample.bits for sample in samples), default=0)
        if not samples:
            return cls.from_runs(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int32))
        names = [field.name for field in fields(cls)][1:]
        arrays = (np.concatenate([getattr(sample, name) for sample in samples]) for name in names)
        return _reduce_sample(cls(bits, *arrays))

    def to_json(self) -> list[Any]:
        """Return the sample as JSON data."""
        return [self.bits, *(getattr(self, field.name).tolist() for field in fields(self)[1:])]

    @classmethod
    def from_json(cls, entries: Sequence[Any]) -> Self:
        """Invert `to_json`."""
        types = (np.uint64, np.uint64, np.uint64, np.int32, np.int32)
        return cls(entries[0], *(np.array(values, kind) for values, kind in zip(entries[1:], types, strict=True)))

    @property
    def ids_with_several_customers(self) -> int:
        """Number of ids with several customers."""
        return int((self.lowest != self.highest).sum())

    @property
    def ids_with_several_days(self) -> int:
        """Number of ids with several days."""
        return int((self.first != self.last).sum())

    @property
    def has_reused_ids(self) -> bool:
        """Whether ids with several customers are so frequent that an id does not identify an order."""
        ids = len(self.orders)
        if 0 < ids < MIN_SHARED_IDS:
            return self.ids_with_several_customers == self.ids_with_several_days == ids
        return self.ids_with_several_customers >= max(MIN_SHARED_IDS, MIN_SHARED_RATIO * ids)


def sample_order_ids(order_ids: pa.StringArray, customer_ids: pa.StringArray, days: _Days) -> OrderIdSample:
    """Sample the orders of runs of lines.

    Args:
        order_ids: order id of each run; blank ids are excluded.
        customer_ids: customer of each run.
        days: day of each run, in days since 1970-01-01.
    """
    hashes = hash_strings(order_ids)
    filled_rows = np.flatnonzero(~mark_empty(order_ids))
    bits = _count_bits_needed(hashes[filled_rows])
    rows = filled_rows[_sample_mask(hashes[filled_rows], bits)]
    row_sample = OrderIdSample.from_runs(hashes[rows], hash_strings(customer_ids.take(pa.array(rows))), days[rows])
    return _reduce_sample(replace(row_sample, bits=bits))


def order_id_notes(sample: OrderIdSample, *, is_daily: bool) -> Iterator[Note]:
    """Yield a note on order ids that do not identify single orders."""
    ids = max(len(sample.orders), 1)
    if is_daily:
        yield Note(
            f"reused order ids: {sample.ids_with_several_customers / ids:.0%} have several customers and "
            f"{sample.ids_with_several_days / ids:.0%} several days, so an id counts once per customer and day; hint: "
            f"{format_set_option(ORDER_IDS_SETTING, 'unique')} counts it once per customer"
        )
    elif sample.ids_with_several_days >= max(MIN_SHARED_IDS, MIN_SHARED_RATIO * ids):
        yield Note(
            f"{sample.ids_with_several_days / ids:.0%} of order ids "
            "have lines on several days and count as one order each; hint: "
            f"{format_set_option(ORDER_IDS_SETTING, 'daily')} counts an id once per customer and day"
        )


def _reduce_sample(sample: OrderIdSample) -> OrderIdSample:
    """Reduce a sample to one entry per id, and to the maximum number of ids."""
    bits = max(sample.bits, _count_bits_needed(sample.orders))
    rows = np.flatnonzero(_sample_mask(sample.orders, bits))
    rows = rows[np.argsort(sample.orders[rows], kind="stable")]
    orders = sample.orders[rows]
    starts = np.flatnonzero(np.append(True, orders[1:] != orders[:-1])) if len(rows) else rows
    return OrderIdSample(
        bits,
        orders[starts],
        _reduce_groups(np.minimum, sample.lowest[rows], starts),
        _reduce_groups(np.maximum, sample.highest[rows], starts),
        _reduce_groups(np.minimum, sample.first[rows], starts),
        _reduce_groups(np.maximum, sample.last[rows], starts),
    )


def _reduce_groups(ufunc: np.ufunc, column_values: npt.NDArray[Any], starts: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    return column_values if not len(starts) else np.asarray(ufunc.reduceat(column_values, starts))


def _count_bits_needed(hashes: Uint64Array) -> int:
    """Return the smallest number of leading zero bits at which the distinct hashes fit into a sample."""

    def fits_sample(bits: int) -> bool:
        return len(pd.unique(hashes[_sample_mask(hashes, bits)])) <= MAX_SAMPLED_ORDERS

    bits = max(0, (len(hashes) // MAX_SAMPLED_ORDERS).bit_length() - 1)
    while not fits_sample(bits):
        bits += 1
    while bits and fits_sample(bits - 1):
        bits -= 1
    return bits


def _sample_mask(hashes: Uint64Array, bits: int) -> npt.NDArray[np.bool_]:
    if not bits:
        return np.ones(len(hashes), dtype=bool)
    is_sampled: npt.NDArray[np.bool_] = hashes >> np.uint64(HASH_BITS - bits) == 0
    return is_sampled
