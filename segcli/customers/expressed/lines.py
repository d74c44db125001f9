"""Order lines as typed columns with one fate each, as `ingest.lines` and `ingest.transactions` decide it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pyarrow as pa

from segcli import columns as c
from segcli.customers.engines import Session
from segcli.customers.expressed import columns as made
from segcli.customers.expressed.columns import Column
from segcli.customers.expressed.fates import fate
from segcli.customers.expressed.lookups import Frame, Others, apart, others, together
from segcli.customers.expressed.moneyed import with_money
from segcli.customers.expressed.names import (
    CURRENCY,
    CUSTOMER,
    DAY,
    DISCOUNTED,
    FATE,
    HUGE,
    ITEMS,
    MONEY,
    ORDER,
    REFUNDED,
    RETURNED,
    VOID,
)
from segcli.customers.expressed.planned import Planned
from segcli.customers.expressed.said import signs, statuses
from segcli.customers.tally import VALUES
from segcli.ingest import numbers
from segcli.ingest.doubt import Doubt
from segcli.ingest.export import MOSTLY
from segcli.ingest.plan import NUMERIC
from segcli.ingest.void import ANY


@dataclass(frozen=True, eq=False)
class Typed:
    """The typed lines; by new column the texts that were read one by one; and `parts`, in which they are apart."""

    parts: Frame
    frame: Frame
    others: dict[str, Others] = field(default_factory=dict)


def typed(session: Session, texts: Frame, asked: Planned) -> Typed:
    """Every line with its values and its fate; the files are read once, and lines worked out once.

    Raises:
        Doubt: a column is not what the plan says.
    """
    columns = list(_columns(asked))
    parts = session.kept(apart(texts, columns, [*signs(asked), *statuses(asked)]))
    found = {column.name: others(session, parts, column) for column in columns}
    frame = parts
    for column in columns:
        frame = together(session, frame, column, found[column.name])
    frame = with_money(frame, asked).with_columns(fate(asked).alias(FATE))
    return Typed(parts, session.kept(frame.select(*_needed(frame))), found)


def refuse(found: Typed, asked: Planned, lines: int) -> None:
    """Doubt where most of a column of numbers are none.

    Raises:
        Doubt: the whole file says best what is wrong.
    """
    for other in (found.others[name] for name in NUMERIC if name in found.others):
        unread = numbers.parse(pa.chunked_array([other.texts]), asked.plan.source.decimal).unreadable
        if other.lines[unread].sum() > MOSTLY * lines:
            raise Doubt


def _columns(asked: Planned) -> Iterator[Column]:
    """What is made of columns of text by itself."""
    source = asked.plan.source
    yield made.customer(CUSTOMER, asked.field(c.CUSTOMER_ID) or "", asked.settings)
    yield made.day(DAY, asked.field(c.ORDER_DATE) or "", source)
    for standard in NUMERIC:
        at = asked.field(standard)
        if at:
            yield made.number(standard, at, source, 0.0 if standard in {c.REFUNDED, c.DISCOUNT} else np.nan)
    order = asked.field(c.ORDER_ID)
    if order and asked.settings.collapse == "order":
        yield made.text(ORDER, order)
    yield from (made.text(name, at) for name in VALUES if (at := asked.field(name)))
    yield from _void(asked)
    currency = asked.field(c.CURRENCY)
    if currency:
        yield made.upper(CURRENCY, currency)


def _void(asked: Planned) -> Iterator[Column]:
    for name, values in (asked.plan.source.void or {}).items():
        at = asked.named(name)
        yield made.listed(VOID + at, at, partial(_is_meant, {value.strip().casefold() for value in values}))


def _is_meant(meant: Collection[str], text: str) -> bool:
    return bool(text) and (ANY in meant or text.casefold() in meant)


def _needed(frame: Frame) -> list[str]:
    made = (CUSTOMER, DAY, ORDER, FATE, RETURNED, MONEY, REFUNDED, ITEMS, DISCOUNTED, HUGE, CURRENCY, c.QUANTITY)
    return [name for name in (*made, *VALUES) if name in frame.columns]
