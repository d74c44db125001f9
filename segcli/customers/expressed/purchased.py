"""What an engine added up -> purchases and returns, as pieces of a file have them."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns as c
from segcli.customers import runs as r
from segcli.customers.engines import Session
from segcli.customers.expressed import names as typed
from segcli.customers.expressed import reduction
from segcli.customers.expressed.lookups import Frame, table
from segcli.customers.expressed.planned import Planned
from segcli.customers.runs import Pairs, Returned, Runs, joined
from segcli.customers.tally import VALUES
from segcli.customers.texts import Codes
from segcli.ingest.coded import Coded, coded
from segcli.ingest.doubt import Doubt

Units = r.Units


def runs(session: Session, lines: Frame, asked: Planned) -> tuple[Runs, tuple[int, int]]:
    """The purchases, and how many of several lines have equal amounts on all of them, or others.

    Raises:
        Doubt: there is no purchase.
    """
    parts, alike, varied = [], 0, 0
    for frame in reduction.purchases(lines, _within(asked), _sums(asked)):
        for batch in session.batches(frame):
            if batch.num_rows:
                parts.append(_runs(batch, _sums(asked)))
                several = _numbers(batch, r.LINES) > 1
                equal = _numbers(batch, reduction.LOWEST) == _numbers(batch, reduction.HIGHEST)
                alike, varied = alike + int((several & equal).sum()), varied + int((several & ~equal).sum())
    if not parts:
        raise Doubt
    found = joined(parts)
    parts.clear()
    return found, (alike, varied)


def _within(asked: Planned) -> str | None:
    """What tells the purchases of a customer apart."""
    if asked.settings.collapse == "day":
        return typed.DAY
    return typed.ORDER if asked.field(c.ORDER_ID) else None


def _sums(asked: Planned) -> list[str]:
    wanted = asked.settings.measures
    known = {
        r.MONEY: asked.has_money,
        r.REFUNDED: bool(asked.field(c.REFUNDED)),
        r.ITEMS: bool(asked.field(c.QUANTITY)) and (not wanted or c.ITEMS in wanted),
        r.DISCOUNTED: bool(asked.field(c.DISCOUNT)),
    }
    return [name for name, is_known in known.items() if is_known]


def _runs(batch: pa.RecordBatch, sums: list[str]) -> Runs:
    """Purchases, each of one run: nothing has to find out any more which runs belong together."""
    return Runs(
        customer=pa.chunked_array([_texts(batch, typed.CUSTOMER)]),
        order=None,
        marks=np.empty(0, dtype=np.uint64),
        first=_numbers(batch, reduction.FIRST).astype(np.int32),
        last=_numbers(batch, reduction.LAST).astype(np.int32),
        sums={name: _numbers(batch, name) for name in (r.LINES, *sums)},
    )


def values(session: Session, lines: Frame, found: Runs) -> Mapping[str, Pairs]:
    """For columns of text, which values the lines of each customer have; told of the first of their purchases."""
    names = [name for name in VALUES if name in lines.columns]
    if not names:
        return {}
    customers = coded(found.customer)
    places = np.full(len(customers.texts), len(found), dtype=np.int32)
    np.minimum.at(places, customers.codes, np.arange(len(found), dtype=np.int32))
    return {name: _pairs(table(session.batches(reduction.values(lines, name))), customers, places) for name in names}


def _pairs(found: pa.Table, customers: Coded, places: Codes) -> Pairs:
    if not found.num_rows:
        nothing = np.empty(0, dtype=np.int32)
        return Pairs(nothing, Coded(pa.array([], pa.string()), nothing), nothing)
    whose = pc.index_in(found[typed.CUSTOMER].cast(pa.string()), value_set=customers.texts)
    value = coded(found["value"].cast(pa.string()))
    return Pairs(places[np.asarray(whose)], value, found[r.LINES].to_numpy().astype(np.int32))


def returned(session: Session, lines: Frame) -> Returned:
    """Lines given back."""
    found = table(session.batches(reduction.returned(lines)))
    if not found.num_rows:
        none = np.empty(0, dtype=np.int64)
        return Returned(pa.array([], pa.string()), none.astype(np.int32), none, none)
    customer = pa.concat_arrays([chunk.cast(pa.string()) for chunk in found[typed.CUSTOMER].chunks])
    day, money, refunded = (found[name].to_numpy() for name in (typed.DAY, typed.MONEY, typed.REFUNDED))
    return Returned(customer, day.astype(np.int32), money.astype(np.int64), refunded.astype(np.int64))


def _texts(batch: pa.RecordBatch, name: str) -> pa.StringArray:
    return batch.column(name).cast(pa.string())


def _numbers(batch: pa.RecordBatch, name: str) -> Units:
    return np.asarray(batch.column(name)).astype(np.int64)
