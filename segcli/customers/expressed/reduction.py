"""The reduction, once for all engines: inside aggregates stand only plain columns, which all engines add up alike."""

from typing import Any

import narwhals.stable.v2 as nw

from segcli import columns as c
from segcli.customers import runs as r
from segcli.customers.expressed import names as typed
from segcli.customers.expressed.lookups import Frame
from segcli.ingest import money

Expr = Any
FIRST, LAST, WITHIN, LOWEST, HIGHEST = "first", "last", "within", "lowest", "highest"
SUMS = {
    r.MONEY: typed.MONEY,
    r.REFUNDED: typed.REFUNDED,
    r.ITEMS: typed.ITEMS,
    r.DISCOUNTED: typed.DISCOUNTED,
}


def bought(lines: Frame) -> Frame:
    """The lines that are purchases."""
    return lines.filter(nw.col(typed.FATE) == typed.KEPT, ~nw.col(typed.RETURNED))


def purchases(lines: Frame, within: str | None, sums: list[str]) -> list[Frame]:
    """Lines bought, added up by purchase.

    Args:
        lines: the typed lines.
        within: the column that tells a customer's purchases apart; None where each line is one.
        sums: what is added up, named as in `runs`.
    """
    kept = bought(lines)
    if within is None:
        return [_alone(kept, sums)]
    if within == typed.DAY:
        return [_together(kept, within, sums)]
    named = nw.col(within) != ""
    return [_together(kept.filter(named), within, sums), _alone(kept.filter(~named), sums)]


def _together(kept: Frame, within: str, sums: list[str]) -> Frame:
    columns = [nw.col(SUMS[name]).alias(name) for name in sums]
    chosen = kept.select(typed.CUSTOMER, nw.col(within).alias(WITHIN), nw.col(typed.DAY), nw.col(typed.MONEY), *columns)
    added = chosen.group_by(typed.CUSTOMER, WITHIN).agg(
        nw.col(typed.DAY).min().alias(FIRST),
        nw.col(typed.DAY).max().alias(LAST),
        nw.len().alias(r.LINES),
        nw.col(typed.MONEY).min().alias(LOWEST),
        nw.col(typed.MONEY).max().alias(HIGHEST),
        *(nw.col(name).sum().alias(f"sum_{name}") for name in sums),
    )
    return added.select(
        typed.CUSTOMER, FIRST, LAST, LOWEST, HIGHEST, _whole(r.LINES), *(_whole(f"sum_{name}", name) for name in sums)
    )


def _alone(kept: Frame, sums: list[str]) -> Frame:
    day, amount = nw.col(typed.DAY), nw.col(typed.MONEY)
    return kept.select(
        nw.col(typed.CUSTOMER),
        day.alias(FIRST),
        day.alias(LAST),
        amount.alias(LOWEST),
        amount.alias(HIGHEST),
        nw.lit(1).cast(nw.Int64).alias(r.LINES),
        *(nw.col(SUMS[name]).alias(name) for name in sums),
    )


def returned(lines: Frame) -> Frame:
    """Lines given back, one by one."""
    kept = lines.filter(nw.col(typed.FATE) == typed.KEPT, nw.col(typed.RETURNED))
    return kept.select(typed.CUSTOMER, typed.DAY, typed.MONEY, typed.REFUNDED)


def account(lines: Frame) -> Frame:
    """Lines and money by fate, returns apart."""
    return lines.group_by(typed.FATE, typed.RETURNED).agg(
        nw.len().alias(r.LINES),
        nw.col(typed.MONEY).sum().alias(r.MONEY),
        nw.col(typed.REFUNDED).sum().alias(r.REFUNDED),
    )


def extremes(lines: Frame) -> Frame:
    """The largest amounts and quantity without their signs, and whether one is too large to be added up."""
    quantity = [nw.col(c.QUANTITY).abs().alias(c.QUANTITY)] if c.QUANTITY in lines.columns else []
    huge = nw.when(nw.col(typed.HUGE)).then(nw.lit(money.CAPACITY)).otherwise(nw.lit(0)).alias(typed.HUGE)
    sizes = lines.select(nw.col(typed.MONEY).abs(), nw.col(typed.REFUNDED).abs(), huge, *quantity)
    return sizes.select(nw.all().max())


def values(lines: Frame, name: str) -> Frame:
    """On how many lines bought each customer has which value of a column of text; a blank is none."""
    chosen = bought(lines).filter(nw.col(name) != "").select(typed.CUSTOMER, nw.col(name).alias("value"))
    return chosen.group_by(typed.CUSTOMER, "value").agg(nw.len().alias(r.LINES))


def currencies(lines: Frame) -> Frame:
    """Lines by currency and fate."""
    return lines.group_by(typed.CURRENCY, typed.FATE).agg(nw.len().alias(r.LINES))


def amounts(lines: Frame) -> Frame:
    """How often each amount above 0 stands on a kept line."""
    sold = lines.filter(nw.col(typed.FATE) == typed.KEPT, nw.col(typed.MONEY) > 0)
    return sold.group_by(typed.MONEY).agg(nw.len().alias(r.LINES))


def _whole(name: str, new: str | None = None) -> Expr:
    return nw.col(name).cast(nw.Int64).alias(new or name)
