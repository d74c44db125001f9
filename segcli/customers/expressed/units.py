"""Amounts as whole units, as `ingest.money` has them: to the nearest, halves to the even one, on every engine."""

from typing import Any

import narwhals.stable.v2 as nw

from segcli.ingest import money

Expr = Any
HALF = 0.5


def nearest(amount: Expr) -> Expr:
    """The nearest whole number (0 where there is none); engines round halves each its own way, so none is asked to."""
    below = amount.floor()
    above = amount - below
    whole = below.cast(nw.Int64)
    is_odd = whole % 2 != 0
    up = (above > HALF) | ((above == HALF) & is_odd)
    return nw.when(up).then(whole + 1).otherwise(whole).fill_null(0)


def small(amount: Expr) -> Expr:
    """An amount in units, as a fraction; nothing where it is too large for sums, which `is_large` tells."""
    return nw.when(amount.abs() < money.CAPACITY / money.FINEST).then(amount * money.FINEST)


def is_large(amount: Expr) -> Expr:
    """Whether an amount is too large to be added up."""
    return (amount.abs() >= money.CAPACITY / money.FINEST).fill_null(False)


def converted(units: Expr, rate: Expr) -> Expr:
    """Units of money in another currency."""
    return nearest(units.cast(nw.Float64) * rate)
