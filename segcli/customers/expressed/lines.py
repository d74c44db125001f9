"""Order lines as typed columns with one fate each, as `ingest.lines` and `ingest.transactions` decide it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa

from segcli import columns as c
from segcli.config.privacy import PrivacySettings
from segcli.customers.engines import Session
from segcli.customers.expressed import columns as made
from segcli.customers.expressed import units
from segcli.customers.expressed.asked import Asked
from segcli.customers.expressed.columns import Column
from segcli.customers.expressed.lookups import Frame, Others, apart, others, together
from segcli.customers.expressed.said import signs, statuses
from segcli.customers.tally import VALUES
from segcli.ingest import identity, numbers
from segcli.ingest.doubt import Doubt
from segcli.ingest.export import MOSTLY
from segcli.ingest.plan import NUMERIC
from segcli.ingest.void import ANY

Expr = Any
FATES = (
    "void_order",
    "no_customer_id",
    "unreadable_date",
    "unreadable_amount",
    "excluded_id",
    "return_excluded",
    "free_line",
    "after_as_of",
    "past_retention",
)
POLICIES = FATES[5:]  # what leaves out lines that could be used
KEPT = -1
CUSTOMER, ORDER, DAY, FATE, RETURNED = "customer", "order_name", "day", "fate", "is_back"
MONEY, REFUNDED, ITEMS, DISCOUNTED = "money_units", "refunded_units", "item_units", "has_discount"
CURRENCY, RATE, HUGE, SIZE = "money_in", "rate", "is_huge", "size"


@dataclass(frozen=True, eq=False)
class Typed:
    """The typed lines; by new column the texts that were read one by one; and `parts`, in which they are apart."""

    parts: Frame
    frame: Frame
    others: dict[str, Others] = field(default_factory=dict)


def typed(session: Session, texts: Frame, asked: Asked) -> Typed:
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
    frame = _with_money(frame, asked).with_columns(_fate(asked).alias(FATE))
    return Typed(parts, session.kept(frame.select(*_needed(frame))), found)


def refuse(found: Typed, asked: Asked, lines: int) -> None:
    """Doubt where most of a column of numbers are none.

    Raises:
        Doubt: the whole file says best what is wrong.
    """
    for other in (found.others[name] for name in NUMERIC if name in found.others):
        unread = numbers.parse(pa.chunked_array([other.texts]), asked.plan.source.decimal).unreadable
        if other.lines[unread].sum() > MOSTLY * lines:
            raise Doubt


def _columns(asked: Asked) -> Iterator[Column]:
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


def _void(asked: Asked) -> Iterator[Column]:
    for name, values in (asked.plan.source.void or {}).items():
        at = asked.named(name)
        yield made.listed(f"void_{at}", at, partial(_is_meant, {value.strip().casefold() for value in values}))


def _is_meant(meant: Collection[str], text: str) -> bool:
    return bool(text) and (ANY in meant or text.casefold() in meant)


def _with_money(frame: Frame, asked: Asked) -> Frame:
    """Amounts as units with the sign that returns have, in one currency."""
    amount, quantity = _amount(frame), nw.col(c.QUANTITY) if c.QUANTITY in frame.columns else nw.lit(1.0)
    back = nw.col(c.REFUNDED).abs() if c.REFUNDED in frame.columns else nw.lit(0.0)
    is_back = ((amount < 0).fill_null(False) | (quantity < 0).fill_null(False)).alias(RETURNED)
    frame = frame.with_columns(is_back, amount.abs().alias(SIZE), back.alias("back"))
    size, back = nw.col(SIZE), nw.col("back")
    large = units.is_large(size) | units.is_large(back) | units.is_large(quantity)
    frame = frame.with_columns(
        large.alias(HUGE),
        units.nearest(units.small(size)).alias(MONEY),
        units.nearest(units.small(back)).alias(REFUNDED),
    )
    signed = nw.when(nw.col(RETURNED)).then(nw.lit(0) - nw.col(MONEY)).otherwise(nw.col(MONEY))
    frame = frame.with_columns(signed.alias(MONEY), (nw.col(MONEY) == 0).alias("is_free"))
    frame = _converted(frame, asked)
    if c.QUANTITY in frame.columns:
        frame = frame.with_columns(units.nearest(units.small(quantity)).alias(ITEMS))
    if c.DISCOUNT in frame.columns:
        off = (nw.col(c.DISCOUNT) != 0).fill_null(False)
        frame = frame.with_columns(nw.when(off).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias(DISCOUNTED))
    return frame


def _amount(frame: Frame) -> Expr:
    """The amount as given, or quantity x unit price, or nothing."""
    if c.AMOUNT in frame.columns:
        return nw.col(c.AMOUNT)
    if c.UNIT_PRICE not in frame.columns:
        return nw.lit(0.0)
    return nw.col(c.UNIT_PRICE) * nw.col(c.QUANTITY) if c.QUANTITY in frame.columns else nw.col(c.UNIT_PRICE)


def _converted(frame: Frame, asked: Asked) -> Frame:
    if asked.settings.rates and CURRENCY in frame.columns:
        rate: Expr = nw.lit(1.0)
        for name, worth in asked.settings.rates.items():
            rate = nw.when(nw.col(CURRENCY) == name).then(nw.lit(worth)).otherwise(rate)
        frame = frame.with_columns(rate.alias(RATE))
        frame = frame.with_columns(
            *(units.converted(nw.col(name), nw.col(RATE)).alias(name) for name in (MONEY, REFUNDED))
        )
    if asked.settings.returns == "exclude":
        frame = frame.with_columns(nw.lit(0).cast(nw.Int64).alias(REFUNDED))
    return frame


def _fate(asked: Asked) -> Expr:
    """The place in FATES of the first reason to leave a line out; KEPT where there is none."""
    found: Expr = nw.lit(KEPT)
    conditions = dict(_conditions(asked))
    for place, name in reversed(list(enumerate(FATES))):
        if name in conditions:
            found = nw.when(conditions[name]).then(nw.lit(place)).otherwise(found)
    return found.cast(nw.Int32)


def _conditions(asked: Asked) -> Iterator[tuple[str, Expr]]:
    settings, source = asked.settings, asked.plan.source
    void: Sequence[Expr] = [nw.col(f"void_{asked.named(name)}") for name in source.void or ()]
    if void:
        yield "void_order", nw.any_horizontal(*void, ignore_nulls=True)
    yield "no_customer_id", nw.col(CUSTOMER) == ""
    yield "unreadable_date", nw.col(DAY).is_null()
    yield "unreadable_amount", nw.col(SIZE).is_null() | nw.col("back").is_null()
    if settings.exclude_ids:
        excluded = [identity.cased(text, settings.id_case) for text in settings.exclude_ids]
        yield "excluded_id", nw.col(CUSTOMER).is_in(excluded)
    if settings.returns == "exclude":
        yield "return_excluded", nw.col(RETURNED)
    if settings.free_lines == "exclude" and asked.has_money:
        yield "free_line", nw.col("is_free")
    if asked.as_of is not None:
        yield from _by_day((asked.as_of - date(1970, 1, 1)).days, asked.privacy)


def _by_day(as_of: int, privacy: PrivacySettings) -> Iterator[tuple[str, Expr]]:
    yield "after_as_of", nw.col(DAY) > as_of
    if privacy.retention_days is not None:
        yield "past_retention", nw.col(DAY) < as_of - privacy.retention_days


def _needed(frame: Frame) -> list[str]:
    made = (CUSTOMER, DAY, ORDER, FATE, RETURNED, MONEY, REFUNDED, ITEMS, DISCOUNTED, HUGE, CURRENCY, c.QUANTITY)
    return [name for name in (*made, *VALUES) if name in frame.columns]
