"""Runs of lines -> purchases: what belongs to one order is one, wherever its lines stood."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import cores
from segcli.customers.runs import Days, Pairs, Runs, Units
from segcli.customers.texts import Codes, Places, Ranked, Words, ranked, ranks

Column = npt.NDArray[Any]
AT_A_TIME = 1 << 18  # marks, whose places are found in memory that is there already


@dataclass(frozen=True, eq=False)
class Purchases:
    """One entry per purchase, sorted by customer.

    `starts` is the first purchase of each customer; `buyers` are the customers of all runs; the rest as in `Runs`.
    """

    buyers: Ranked
    starts: Places
    first: Days
    last: Days
    sums: Mapping[str, Units]
    values: Mapping[str, Pairs]

    def __len__(self) -> int:
        return len(self.first)

    @property
    def ids(self) -> pa.StringArray:
        """The customers, sorted."""
        return self.buyers.distinct

    @property
    def counts(self) -> Units:
        """Purchases of each customer."""
        return np.diff(np.append(self.starts, len(self)))


def purchases(runs: Runs) -> Purchases:
    """Add up the runs of each purchase; nothing depends on the order in which they stand.

    What only tells purchases apart is let go before the rest is gathered, if nobody else holds it.
    """
    buyers, maybe = cores.both(partial(ranked, runs.customer), partial(_maybe_scattered, runs))
    again, into = _scattered(runs, buyers, maybe)
    columns: list[Column] = [runs.first, runs.last, *runs.sums.values()]
    names, values = list(runs.sums), runs.values
    del runs
    late = [column[again] for column in columns]
    order, starts = _beginnings(again, buyers)
    first, last, *sums = made = list(cores.in_order(lambda column: column[order], _one_by_one(columns)))
    if len(again):
        places = ranks(order, len(buyers.places))[into]
        for how, column, more in zip([np.minimum, np.maximum, *[np.add] * len(names)], made, late, strict=True):
            how.at(column, places, more)
    return Purchases(buyers, starts, first, last, dict(zip(names, sums, strict=True)), values)


def _one_by_one(columns: list[Column]) -> Iterator[Column]:
    """Each of them, and nobody holds it any more."""
    while columns:
        yield columns.pop(0)


def _beginnings(again: Places, buyers: Ranked) -> tuple[Places, Places]:
    """The runs that begin a purchase, sorted by customer, and where in them each customer begins."""
    if not len(again):
        return buyers.places, buyers.starts
    is_late = np.zeros(len(buyers.places), dtype=bool)
    is_late[again] = True
    late = np.flatnonzero(is_late[buyers.places])
    return np.delete(buyers.places, late), buyers.starts - np.searchsorted(late, buyers.starts)


def _scattered(runs: Runs, buyers: Ranked, maybe: Places) -> tuple[Places, Places]:
    """Runs whose purchase began in another run, and that run.

    Marks find the few that `maybe` belong together; whether they do, the customers and texts themselves decide.
    """
    if not len(maybe):
        return maybe, maybe
    customer = buyers.codes
    names = runs.first[maybe] if runs.order is None else _coded(runs.order.take(pa.array(maybe)))
    order = np.lexsort((maybe, names, customer[maybe]))
    whose, which, rows = customer[maybe][order], names[order], maybe[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (whose[1:] != whose[:-1]) | (which[1:] != which[:-1])
    heads = rows[np.flatnonzero(new)][np.cumsum(new) - 1]
    return rows[~new], heads[~new]


def _coded(texts: pa.ChunkedArray) -> Codes:
    return np.asarray(pc.dictionary_encode(texts).combine_chunks().indices, dtype=np.int32)


def _maybe_scattered(runs: Runs) -> Places:
    """Runs whose mark another run has as well, and whose purchase is named."""
    if runs.order is None and not runs.by_day:
        return np.empty(0, dtype=np.int64)
    ascending = np.sort(runs.marks)
    twice = np.unique(ascending[1:][ascending[1:] == ascending[:-1]])
    if not len(twice):
        return np.empty(0, dtype=np.int64)
    rows = np.concatenate([s + _among(runs.marks[s : s + AT_A_TIME], twice) for s in range(0, len(runs), AT_A_TIME)])
    return rows if runs.order is None else rows[np.asarray(pc.not_equal(runs.order.take(pa.array(rows)), ""))]


def _among(marks: Words, ascending: Words) -> Places:
    """Which of the marks are among the others."""
    nearest = ascending[np.minimum(np.searchsorted(ascending, marks), len(ascending) - 1)]
    return np.flatnonzero(nearest == marks)
