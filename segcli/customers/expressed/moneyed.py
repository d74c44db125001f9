"""Money and quantities of order lines, as `ingest.lines` has them."""

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from segcli import columns as c
from segcli.customers.expressed import units
from segcli.customers.expressed.lookups import Frame
from segcli.customers.expressed.names import (
    BACK,
    CURRENCY,
    DISCOUNTED,
    FREE,
    HUGE,
    ITEMS,
    MONEY,
    RATE,
    REFUNDED,
    RETURNED,
    SIZE,
)
from segcli.customers.expressed.planned import Planned

Expr = Any


def with_money(frame: Frame, asked: Planned) -> Frame:
    """Amounts as units with the sign that returns have, in one currency; quantities as units; who had a discount."""
    frame = _signed(_sized(frame), asked)
    if c.QUANTITY in frame.columns:
        frame = frame.with_columns(units.nearest(units.small(nw.col(c.QUANTITY))).alias(ITEMS))
    if c.DISCOUNT in frame.columns:
        off = (nw.col(c.DISCOUNT) != 0).fill_null(False)
        frame = frame.with_columns(nw.when(off).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64).alias(DISCOUNTED))
    return frame


def _sized(frame: Frame) -> Frame:
    """With amounts and refunds without their signs, and which lines are returns."""
    amount, quantity = _amount(frame), _quantity(frame)
    back = nw.col(c.REFUNDED).abs() if c.REFUNDED in frame.columns else nw.lit(0.0)
    is_back = (amount < 0).fill_null(False) | (quantity < 0).fill_null(False)
    return frame.with_columns(is_back.alias(RETURNED), amount.abs().alias(SIZE), back.alias(BACK))


def _signed(frame: Frame, asked: Planned) -> Frame:
    """With units of money; some exports write the money of a return without its sign."""
    size, back = nw.col(SIZE), nw.col(BACK)
    large = units.is_large(size) | units.is_large(back) | units.is_large(_quantity(frame))
    money = units.nearest(units.small(size)).alias(MONEY)
    frame = frame.with_columns(large.alias(HUGE), money, units.nearest(units.small(back)).alias(REFUNDED))
    signed = nw.when(nw.col(RETURNED)).then(nw.lit(0) - nw.col(MONEY)).otherwise(nw.col(MONEY))
    return _converted(frame.with_columns(signed.alias(MONEY), (nw.col(MONEY) == 0).alias(FREE)), asked)


def _quantity(frame: Frame) -> Expr:
    return nw.col(c.QUANTITY) if c.QUANTITY in frame.columns else nw.lit(1.0)


def _amount(frame: Frame) -> Expr:
    """The amount as given, or quantity x unit price, or nothing."""
    if c.AMOUNT in frame.columns:
        return nw.col(c.AMOUNT)
    if c.UNIT_PRICE not in frame.columns:
        return nw.lit(0.0)
    return nw.col(c.UNIT_PRICE) * nw.col(c.QUANTITY) if c.QUANTITY in frame.columns else nw.col(c.UNIT_PRICE)


def _converted(frame: Frame, asked: Planned) -> Frame:
    if asked.settings.rates and CURRENCY in frame.columns:
        frame = frame.with_columns(_rate(asked.settings.rates).alias(RATE))
        converted = (units.converted(nw.col(name), nw.col(RATE)).alias(name) for name in (MONEY, REFUNDED))
        frame = frame.with_columns(*converted)
    if asked.settings.returns == "exclude":
        frame = frame.with_columns(nw.lit(0).cast(nw.Int64).alias(REFUNDED))
    return frame


def _rate(rates: Mapping[str, float]) -> Expr:
    """What 1 of a line's currency is worth."""
    found: Expr = nw.lit(1.0)
    for name, worth in rates.items():
        found = nw.when(nw.col(CURRENCY) == name).then(nw.lit(worth)).otherwise(found)
    return found
