"""Whether an order id names one order, or starts again and again, as receipt counters of tills do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli.arrow import Words, hash_strings, is_empty
from segcli.ingest.notes import Note, set_option

MOST_ORDERS = 1024  # orders in a sample
BITS = 64
SHARED = 0.05  # share of order ids with several customers from which ids start again
FEW_SHARED = 3  # such ids that a file must have
SETTING = "ingest.transactions.order_ids"

Days = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class OrderSample:
    """A sample of order ids, one entry per id, with whether it has several customers and days.

    An id is in the sample if the first `bits` bits of its hash are 0. `lowest` and `highest` are the extremes of the
    hashes of its customers, `first` and `last` of its days, so samples of chunks add up to that of the file.
    """

    bits: int
    orders: Words
    lowest: Words
    highest: Words
    first: Days
    last: Days

    @classmethod
    def of_runs(cls, orders: Words, customers: Words, days: Days) -> Self:
        """Return all ids of runs of lines, given hashes of their orders and customers, and their days."""
        return cls(0, orders, customers, customers, days, days)

    @classmethod
    def merge(cls, samples: Sequence["OrderSample"]) -> "OrderSample":
        """Merge samples of chunks."""
        bits = max((sample.bits for sample in samples), default=0)
        if not samples:
            return cls.of_runs(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int32))
        names = [field.name for field in fields(cls)][1:]
        arrays = (np.concatenate([getattr(sample, name) for sample in samples]) for name in names)
        return _thin(cls(bits, *arrays))

    def to_json(self) -> list[Any]:
        """Return the sample as JSON has it."""
        return [self.bits, *(getattr(self, field.name).tolist() for field in fields(self)[1:])]

    @classmethod
    def from_json(cls, facts: Sequence[Any]) -> Self:
        """Invert `to_json`."""
        types = (np.uint64, np.uint64, np.uint64, np.int32, np.int32)
        return cls(facts[0], *(np.array(values, kind) for values, kind in zip(facts[1:], types, strict=True)))

    @property
    def shared(self) -> int:
        """The number of ids with several customers."""
        return int((self.lowest != self.highest).sum())

    @property
    def dated(self) -> int:
        """The number of ids with several days."""
        return int((self.first != self.last).sum())

    @property
    def starts_again(self) -> bool:
        """Whether so many ids have several customers that an id does not name an order."""
        ids = len(self.orders)
        if 0 < ids < FEW_SHARED:
            return self.shared == self.dated == ids
        return self.shared >= max(FEW_SHARED, SHARED * ids)


def sample_orders(order: pa.StringArray, customer: pa.StringArray, days: Days) -> OrderSample:
    """Sample the orders of runs of lines.

    Args:
        order: the order id of each run; blank ones are left out.
        customer: the customer of each run.
        days: the day of each run, since 1970-01-01.
    """
    hashes = hash_strings(order)
    filled = np.flatnonzero(~is_empty(order))
    bits = _bits_needed(hashes[filled])
    rows = filled[_is_sampled(hashes[filled], bits)]
    of_rows = OrderSample.of_runs(hashes[rows], hash_strings(customer.take(pa.array(rows))), days[rows])
    return _thin(replace(of_rows, bits=bits))


def order_key_notes(sample: OrderSample, *, is_daily: bool) -> Iterator[Note]:
    """Yield a note on order ids that do not name one order."""
    ids = max(len(sample.orders), 1)
    if is_daily:
        yield Note(
            f"order ids start again: {sample.shared / ids:.0%} of them have several customers and "
            f"{sample.dated / ids:.0%} several days; an id counts once per customer and day; "
            f"{set_option(SETTING, 'unique')} counts it once per customer"
        )
    elif sample.dated >= max(FEW_SHARED, SHARED * ids):
        yield Note(
            f"{sample.dated / ids:.0%} of order ids have lines on several days, and count as one order each; "
            f"{set_option(SETTING, 'daily')} counts an id once per customer and day"
        )


def _thin(sample: OrderSample) -> OrderSample:
    """Return one entry per id, of so many ids that they fit."""
    bits = max(sample.bits, _bits_needed(sample.orders))
    rows = np.flatnonzero(_is_sampled(sample.orders, bits))
    rows = rows[np.argsort(sample.orders[rows], kind="stable")]
    orders = sample.orders[rows]
    starts = np.flatnonzero(np.append(True, orders[1:] != orders[:-1])) if len(rows) else rows
    return OrderSample(
        bits,
        orders[starts],
        _reduce(np.minimum, sample.lowest[rows], starts),
        _reduce(np.maximum, sample.highest[rows], starts),
        _reduce(np.minimum, sample.first[rows], starts),
        _reduce(np.maximum, sample.last[rows], starts),
    )


def _reduce(extreme: np.ufunc, values: npt.NDArray[Any], starts: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    return values if not len(starts) else np.asarray(extreme.reduceat(values, starts))


def _bits_needed(hashes: Words) -> int:
    """Return the least number of leading zero bits that few enough different hashes have."""

    def fits(bits: int) -> bool:
        return len(pd.unique(hashes[_is_sampled(hashes, bits)])) <= MOST_ORDERS

    bits = max(0, (len(hashes) // MOST_ORDERS).bit_length() - 1)
    while not fits(bits):
        bits += 1
    while bits and fits(bits - 1):
        bits -= 1
    return bits


def _is_sampled(hashes: Words, bits: int) -> npt.NDArray[np.bool_]:
    if not bits:
        return np.ones(len(hashes), dtype=bool)
    sampled: npt.NDArray[np.bool_] = hashes >> np.uint64(BITS - bits) == 0
    return sampled
