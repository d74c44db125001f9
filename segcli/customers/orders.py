"""Orders: runs that belong to one order are added up, wherever its lines stood."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrow import Codes, Places, RankedStrings, hash_strings, invert_order, mix_hash, rank_strings
from segcli.customers.order_runs import Days, OrderRuns, Units, ValueCounts

AT_A_TIME = 1 << 18  # hashes looked up at a time, in memory that is already allocated


@dataclass(frozen=True, eq=False)
class Orders:
    """One entry per order, sorted by customer.

    `starts` is the first order of each customer; `buyers` ranks the customers of all runs; the rest as in `OrderRuns`.
    """

    buyers: RankedStrings
    starts: Places
    first: Days
    last: Days
    sums: Mapping[str, Units]
    values: Mapping[str, ValueCounts]

    def __len__(self) -> int:
        return len(self.first)

    @property
    def ids(self) -> pa.StringArray:
        """The customers, sorted."""
        return self.buyers.distinct

    @property
    def counts(self) -> Units:
        """The number of orders of each customer."""
        return np.diff(np.append(self.starts, len(self)))


def merge_into_orders(runs: OrderRuns) -> Orders:
    """Add up the runs of each order; the order in which runs stand changes nothing."""
    buyers = rank_strings(runs.customer)
    later, into = _later_runs(runs, buyers)
    order, starts = _first_runs(later, buyers)
    first, last = runs.first[order], runs.last[order]
    sums = {name: column[order] for name, column in runs.sums.items()}
    if len(later):
        places = invert_order(order, len(buyers.places))[into]
        np.minimum.at(first, places, runs.first[later])
        np.maximum.at(last, places, runs.last[later])
        for name, column in runs.sums.items():
            np.add.at(sums[name], places, column[later])
    return Orders(buyers, starts, first, last, sums, runs.values)


def _first_runs(later: Places, buyers: RankedStrings) -> tuple[Places, Places]:
    """Return the runs that begin an order, sorted by customer, and where in them each customer begins."""
    if not len(later):
        return buyers.places, buyers.starts
    is_later = np.zeros(len(buyers.places), dtype=bool)
    is_later[later] = True
    drop = np.flatnonzero(is_later[buyers.places])
    return np.delete(buyers.places, drop), buyers.starts - np.searchsorted(drop, buyers.starts)


def _later_runs(runs: OrderRuns, buyers: RankedStrings) -> tuple[Places, Places]:
    """Return the runs whose order began in another run, and that run.

    Equal hashes find the few candidates; customers and order names decide.
    """
    candidates = _runs_with_repeated_hash(runs)
    if not len(candidates):
        return candidates, candidates
    customer = buyers.codes
    names = runs.first[candidates] if runs.order is None else _encode(runs.order.take(pa.array(candidates)))
    order = np.lexsort((candidates, names, customer[candidates]))
    whose, which, rows = customer[candidates][order], names[order], candidates[order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (whose[1:] != whose[:-1]) | (which[1:] != which[:-1])
    heads = rows[np.flatnonzero(is_first)][np.cumsum(is_first) - 1]
    return rows[~is_first], heads[~is_first]


def _encode(texts: pa.StringArray) -> Codes:
    return np.asarray(pc.dictionary_encode(texts).indices, dtype=np.int32)


def _runs_with_repeated_hash(runs: OrderRuns) -> Places:
    """Return the runs whose hash another run shares and whose order has a name."""
    if runs.order is None and not runs.by_day:
        return np.empty(0, dtype=np.int64)
    within = runs.first.astype(np.uint64) if runs.order is None else hash_strings(runs.order)
    # Half of a hash sorts twice as fast, and is as rarely equal by chance.
    marks = (mix_hash(hash_strings(runs.customer), within) >> np.uint64(32)).astype(np.uint32)
    ascending = np.sort(marks)
    repeated = np.unique(ascending[1:][ascending[1:] == ascending[:-1]])
    if not len(repeated):
        return np.empty(0, dtype=np.int64)
    rows = np.concatenate(
        [start + _rows_among(marks[start : start + AT_A_TIME], repeated) for start in range(0, len(runs), AT_A_TIME)]
    )
    return rows if runs.order is None else rows[np.asarray(pc.not_equal(runs.order.take(pa.array(rows)), ""))]


def _rows_among(marks: npt.NDArray[np.uint32], ascending: npt.NDArray[np.uint32]) -> Places:
    nearest = ascending[np.minimum(np.searchsorted(ascending, marks), len(ascending) - 1)]
    return np.flatnonzero(nearest == marks)
