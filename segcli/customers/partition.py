"""One partition of customers: all their runs and returns -> one row each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrow import Mask, RowIndices, rank_strings, to_arrow_strings
from segcli.customers.measures import MetricInputs, build_customer_table
from segcli.customers.order_runs import LINES_SUM, MONEY_SUM, OrderRuns, ReturnLines, Units, day_number, decode_place
from segcli.customers.orders import Orders, merge_runs_into_orders
from segcli.customers.returns import find_return_customers, refund_totals
from segcli.ingest.money import UnitScales, are_exact_floats

DAY_SHIFT_BITS = 32


@dataclass(frozen=True)
class AggregationOptions:
    """What customers are aggregated by, once all files are read."""

    as_of: date
    scales: UnitScales
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
class CustomerPartition:
    """Customers sorted by id, the kept order lines of each, the returns that are left out, and whether runs merged.

    `order_count` counts them; `is_exact` tells whether floats hold the sums of all customers; `basket_count` counts the
    days on which each customer bought, where no order ids tell orders apart.
    """

    table: pd.DataFrame
    line_counts: Units
    excluded_returns: tuple[ExcludedReturns, ...]
    has_split_orders: bool = False
    order_count: int = 0
    basket_count: int | None = None
    is_exact: bool = True


def aggregate_partition(runs: OrderRuns, returns: ReturnLines, options: AggregationOptions) -> CustomerPartition:
    """Aggregate runs to one row per customer; returns of people who bought nothing, or after the day, are left out."""
    is_late = returns.day > day_number(options.as_of)
    if not len(runs):
        excluded_returns = _count_excluded_returns(returns, is_late, ~is_late)
        return CustomerPartition(
            pd.DataFrame({columns.CUSTOMER_ID: pd.Series(dtype="str")}), np.empty(0, int), excluded_returns
        )
    orders = merge_runs_into_orders(runs)
    customer_indices = find_return_customers(orders, returns)
    has_no_purchase = ~is_late & (customer_indices < 0)
    is_kept = ~is_late & ~has_no_purchase
    kept_returns, customer_indices = returns.filter_rows(is_kept), customer_indices[is_kept]
    inputs = MetricInputs(
        orders, options.as_of, refund_totals(orders, kept_returns, customer_indices), options.scales, options.returns
    )
    excluded_returns = _count_excluded_returns(returns, is_late, has_no_purchase)
    return CustomerPartition(
        build_customer_table(inputs, options.measures),
        _count_order_lines(orders, customer_indices),
        excluded_returns,
        len(orders) < len(runs),
        len(orders),
        _count_baskets(orders) if runs.order is None and not runs.by_day else None,
        not inputs.has_sum(MONEY_SUM) or are_exact_floats(inputs.revenue_units, options.scales.money),
    )


def concat_parts(parts: Sequence[CustomerPartition]) -> CustomerPartition:
    """Chain partitions, sorted by customer id."""
    excluded_returns = tuple(entry for part in parts for entry in part.excluded_returns)
    nonempty_parts = [part for part in parts if len(part.table)]
    if len(nonempty_parts) <= 1:
        return replace(nonempty_parts[0] if nonempty_parts else parts[0], excluded_returns=excluded_returns)
    has_split_orders = any(part.has_split_orders for part in parts)
    baskets = [part.basket_count for part in nonempty_parts if part.basket_count is not None]
    table = pd.concat([part.table for part in nonempty_parts], ignore_index=True)
    order = rank_strings(to_arrow_strings(table[columns.CUSTOMER_ID])).sorted_rows
    line_counts = np.concatenate([part.line_counts for part in nonempty_parts])[order]
    return CustomerPartition(
        table.take(order).reset_index(drop=True),
        line_counts,
        excluded_returns,
        has_split_orders,
        sum(part.order_count for part in nonempty_parts),
        sum(baskets) if baskets else None,
        all(part.is_exact for part in nonempty_parts),
    )


def _count_baskets(orders: Orders) -> int:
    """Count the days on which each customer bought something."""
    customer = np.repeat(np.arange(len(orders.customer_starts), dtype=np.int64), orders.order_counts)
    return len(pd.unique((customer << DAY_SHIFT_BITS) + orders.first_day))


def _count_order_lines(orders: Orders, customers_of_returns: RowIndices) -> Units:
    purchase_counts = np.add.reduceat(orders.sums[LINES_SUM], orders.customer_starts)
    return purchase_counts + np.bincount(customers_of_returns, minlength=len(purchase_counts))


def _count_excluded_returns(returns: ReturnLines, is_late: Mask, has_no_purchase: Mask) -> tuple[ExcludedReturns, ...]:
    """Count the returns that are left out, by file and reason."""
    entries = []
    for reason, mask in (("after_as_of", is_late), ("return_without_purchase", has_no_purchase)):
        files = returns.place[mask] >> 48
        for file in np.unique(files):
            file_returns = returns.filter_rows(mask).filter_rows(files == file)
            first_place = int(file_returns.place.min())
            sums = int(file_returns.money.sum()), int(file_returns.refunded.sum())
            entries.append(ExcludedReturns(decode_place(first_place)[0], reason, len(file_returns), *sums, first_place))
    return tuple(entries)
