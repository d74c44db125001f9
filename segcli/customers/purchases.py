"""Runs of lines -> purchases: what belongs to one order is one, wherever its lines stood."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.customers.runs import Days, Runs, Units
from segcli.customers.texts import Codes, ranked


@dataclass(frozen=True, eq=False)
class Purchases:
    """One entry per purchase, sorted by customer.

    `ids` are the customers, sorted; `customer` is a purchase's place among them, `starts` the first purchase of each;
    the rest as in `Runs`. `customer_of_run` tells whose each of the runs was.
    """

    ids: pa.StringArray
    customer: Codes
    starts: npt.NDArray[np.int64]
    first: Days
    last: Days
    sums: Mapping[str, Units]
    customer_of_run: Codes

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Purchases of each customer."""
        return np.diff(np.append(self.starts, len(self.customer)))


def purchases(runs: Runs) -> Purchases:
    """Add up the runs of each purchase; nothing depends on the order in which they stand."""
    ids, customer = ranked(runs.customer)
    again, into = _scattered(runs, customer)
    is_first = np.ones(len(runs), dtype=bool)
    is_first[again] = False
    order = _by_customer(customer, np.flatnonzero(is_first))
    first, last, sums = runs.first, runs.last, dict(runs.sums)
    if len(again):
        first, last = first.copy(), last.copy()
        np.minimum.at(first, into, first[again])
        np.maximum.at(last, into, last[again])
        sums = {name: _added(values, into, again) for name, values in sums.items()}
    codes = customer[order]
    return Purchases(
        ids=ids,
        customer=codes,
        starts=np.flatnonzero(np.diff(codes, prepend=-1)),
        first=first[order],
        last=last[order],
        sums={name: values[order] for name, values in sums.items()},
        customer_of_run=customer,
    )


def _added(values: Units, into: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> Units:
    found = values.copy()
    np.add.at(found, into, values[rows])
    return found


def _by_customer(customer: Codes, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rows sorted by customer; numbers that hold both sort ten times faster than an order is found."""
    packed = customer[rows].astype(np.int64)
    packed <<= 32
    packed |= rows
    packed.sort()
    packed &= 0xFFFFFFFF
    return packed


def _scattered(runs: Runs, customer: Codes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Runs whose purchase began in another run, and that run.

    Marks find the few that may belong together; whether they do, the customers and texts themselves decide.
    """
    maybe = _maybe_scattered(runs)
    if not len(maybe):
        return maybe, maybe
    names = runs.first[maybe] if runs.order is None else _coded(runs.order.take(pa.array(maybe)))
    order = np.lexsort((maybe, names, customer[maybe]))
    whose, which, rows = customer[maybe][order], names[order], maybe[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (whose[1:] != whose[:-1]) | (which[1:] != which[:-1])
    heads = rows[np.flatnonzero(new)][np.cumsum(new) - 1]
    return rows[~new], heads[~new]


def _coded(texts: pa.ChunkedArray) -> Codes:
    return np.asarray(pc.dictionary_encode(texts).combine_chunks().indices, dtype=np.int32)


def _maybe_scattered(runs: Runs) -> npt.NDArray[np.int64]:
    """Runs whose mark another run has as well, and whose purchase is named."""
    if runs.order is None and not runs.by_day:
        return np.empty(0, dtype=np.int64)
    ascending = np.sort(runs.marks)
    twice = np.unique(ascending[1:][ascending[1:] == ascending[:-1]])
    if not len(twice):
        return np.empty(0, dtype=np.int64)
    nearest = twice[np.minimum(np.searchsorted(twice, runs.marks), len(twice) - 1)]
    rows = np.flatnonzero(nearest == runs.marks)
    return rows if runs.order is None else rows[np.asarray(pc.not_equal(runs.order.take(pa.array(rows)), ""))]
