"""One partition of customers: all their runs and returns -> one row each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrow import Mask, Places, rank_strings, to_strings
from segcli.customers.measures import Facts, table
from segcli.customers.order_runs import LINES, MONEY, OrderRuns, ReturnLines, Units, day_number, decode_place
from segcli.customers.orders import Orders, merge_into_orders
from segcli.customers.returns import find_customers, given_back
from segcli.ingest.money import Scales, are_exact

DAY_BITS = 32


@dataclass(frozen=True)
class AggregationOptions:
    """What customers are aggregated by, once all files are read."""

    as_of: date
    scales: Scales
    returns: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class ExcludedReturns:
    """Return lines of one file that are left out for one reason: lines, money and refunds in units, first place."""

    file: int
    reason: str
    lines: int
    money: int
    refunded: int
    place: int


@dataclass(frozen=True, eq=False)
class CustomerPart:
    """Customers sorted by id, the kept order lines of each, the returns that are left out, and whether runs merged.

    `orders` counts them; `is_exact` tells whether floats hold the sums of all customers; `baskets` counts the days on
    which each customer bought, where no order ids tell orders apart.
    """

    table: pd.DataFrame
    lines: Units
    excluded: tuple[ExcludedReturns, ...]
    has_split_orders: bool = False
    orders: int = 0
    baskets: int | None = None
    is_exact: bool = True


def aggregate_partition(runs: OrderRuns, returns: ReturnLines, options: AggregationOptions) -> CustomerPart:
    """Aggregate runs to one row per customer; returns of people who bought nothing, or after the day, are left out."""
    is_late = returns.day > day_number(options.as_of)
    if not len(runs):
        excluded = _exclude(returns, is_late, ~is_late)
        return CustomerPart(pd.DataFrame({columns.CUSTOMER_ID: pd.Series(dtype="str")}), np.empty(0, int), excluded)
    orders = merge_into_orders(runs)
    customers = find_customers(orders, returns)
    is_alone = ~is_late & (customers < 0)
    is_kept = ~is_late & ~is_alone
    kept, customers = returns.where(is_kept), customers[is_kept]
    facts = Facts(orders, options.as_of, given_back(orders, kept, customers), options.scales, options.returns)
    excluded = _exclude(returns, is_late, is_alone)
    return CustomerPart(
        table(facts, options.measures),
        _kept_lines(orders, customers),
        excluded,
        len(orders) < len(runs),
        len(orders),
        _count_baskets(orders) if runs.order is None and not runs.by_day else None,
        not facts.knows(MONEY) or are_exact(facts.revenue, options.scales.money),
    )


def join_parts(parts: Sequence[CustomerPart]) -> CustomerPart:
    """Chain partitions, sorted by customer id."""
    excluded = tuple(entry for part in parts for entry in part.excluded)
    filled = [part for part in parts if len(part.table)]
    if len(filled) <= 1:
        return replace(filled[0] if filled else parts[0], excluded=excluded)
    has_split_orders = any(part.has_split_orders for part in parts)
    baskets = [part.baskets for part in filled if part.baskets is not None]
    table = pd.concat([part.table for part in filled], ignore_index=True)
    order = rank_strings(to_strings(table[columns.CUSTOMER_ID])).places
    lines = np.concatenate([part.lines for part in filled])[order]
    return CustomerPart(
        table.take(order).reset_index(drop=True),
        lines,
        excluded,
        has_split_orders,
        sum(part.orders for part in filled),
        sum(baskets) if baskets else None,
        all(part.is_exact for part in filled),
    )


def _count_baskets(orders: Orders) -> int:
    """Count the days on which each customer bought something."""
    customer = np.repeat(np.arange(len(orders.starts), dtype=np.int64), orders.counts)
    return len(pd.unique((customer << DAY_BITS) + orders.first))


def _kept_lines(orders: Orders, customers_of_returns: Places) -> Units:
    bought = np.add.reduceat(orders.sums[LINES], orders.starts)
    return bought + np.bincount(customers_of_returns, minlength=len(bought))


def _exclude(returns: ReturnLines, is_late: Mask, is_alone: Mask) -> tuple[ExcludedReturns, ...]:
    """Count the returns that are left out, by file and reason."""
    entries = []
    for reason, rows in (("after_as_of", is_late), ("return_without_purchase", is_alone)):
        files = returns.place[rows] >> 48
        for file in np.unique(files):
            of_file = returns.where(rows).where(files == file)
            first = int(of_file.place.min())
            sums = int(of_file.money.sum()), int(of_file.refunded.sum())
            entries.append(ExcludedReturns(decode_place(first)[0], reason, len(of_file), *sums, first))
    return tuple(entries)
