"""What an engine counted -> the account of lines and money, and what is said of columns as wholes."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from segcli import columns as c
from segcli.customers import runs as r
from segcli.customers.engines import Session
from segcli.customers.expressed import names as typed
from segcli.customers.expressed import reduction
from segcli.customers.expressed.lookups import Frame, table
from segcli.customers.expressed.planned import Planned
from segcli.ingest import money
from segcli.ingest.account import Account, Group
from segcli.ingest.doubt import Doubt
from segcli.ingest.outliers import Amounts


def account(session: Session, lines: Frame, malformed: int) -> Account:
    """Lines and money by fate; where the first of them stands no engine tells."""
    groups: dict[tuple[int, bool], tuple[Group, int]] = {}
    for row in _rows(session, reduction.account(lines)):
        sums = Group(row[r.LINES], int(row[r.MONEY])), int(row[r.REFUNDED])
        groups[row[typed.FATE], row[typed.RETURNED]] = sums
    lost = {name: _of(groups, place) for place, name in enumerate(typed.FATES)}
    if malformed:
        lost["wrong_field_count"] = Group(malformed)
    kept = _of(groups, typed.KEPT)
    return Account(
        read=sum(lost.values(), kept),
        kept=kept,
        returns=groups.get((typed.KEPT, True), (Group(), 0))[0],
        left_out={name: group for name, group in lost.items() if group.lines},
        refunded=sum(refunded for (fate, _), (_, refunded) in groups.items() if fate == typed.KEPT),
    )


def _of(groups: Mapping[tuple[int, bool], tuple[Group, int]], fate: int) -> Group:
    return sum((group for (found, _), (group, _) in groups.items() if found == fate), Group())


def highest(session: Session, lines: Frame) -> int:
    """The largest amount or quantity without its sign, in units."""
    row = next(_rows(session, reduction.extremes(lines)))
    quantity = min(float(row.get(c.QUANTITY) or 0.0), money.CAPACITY / money.FINEST) * money.FINEST
    return max(int(quantity), *(int(row[name] or 0) for name in (typed.MONEY, typed.REFUNDED, typed.HUGE)))


def amounts(session: Session, lines: Frame) -> Amounts:
    """How many amounts of each size there are."""
    found = [Amounts.of(np.empty(0, dtype=np.int64))]
    for batch in session.batches(reduction.amounts(lines)):
        units, count = (np.asarray(batch.column(name)).astype(np.int64) for name in (typed.MONEY, r.LINES))
        found.append(Amounts.counted(units, count))
    return Amounts.together([(one, 0) for one in found])


def currencies(session: Session, lines: Frame, asked: Planned) -> frozenset[str]:
    """The currencies of kept lines.

    Raises:
        Doubt: there is no rate for one of a line that could be used.
    """
    if typed.CURRENCY not in lines.columns:
        return frozenset()
    usable = {typed.KEPT, *(typed.FATES.index(name) for name in typed.POLICIES)}
    rows = [row for row in _rows(session, reduction.currencies(lines)) if row[typed.CURRENCY]]
    found = {row[typed.CURRENCY] for row in rows if row[typed.FATE] in usable}
    rates = asked.settings.rates
    if found - set(rates) and (rates or len(found) > 1):
        raise Doubt
    return frozenset(row[typed.CURRENCY] for row in rows if row[typed.FATE] == typed.KEPT)


def _rows(session: Session, frame: Frame) -> Iterator[dict[str, Any]]:
    yield from table(session.batches(frame)).to_pylist()
