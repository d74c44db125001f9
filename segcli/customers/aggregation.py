"""Aggregate one partition of customers: runs and returns become one row per customer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import BoolArray
from segcli.arrow import RowIndices, rank_strings, to_arrow_strings
from segcli.customers.metrics import MetricInputs, build_customer_table
from segcli.customers.order_runs import LINES_SUM, MONEY_SUM, OrderRuns, ReturnLines, Units, day_number, decode_place
from segcli.customers.orders import Orders, find_return_customers, merge_runs_into_orders, refund_totals
from segcli.ingest.money import UnitScales, are_exact_floats

DAY_SHIFT_BITS = 32


@dataclass(frozen=True)
class AggregationOptions:
    """Parameters of the aggregation, known once all files are read."""

    as_of: date
    scales: UnitScales
    returns: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class ExcludedReturns:
    """Totals of the return lines of one file that are excluded for one reason.

    `money` and `refunded` are in units, and `place` is the first of the lines (see `encode_place`).
    """

    file: int
    reason: str
    lines: int
    money: int
    refunded: int
    place: int


@dataclass(frozen=True, eq=False)
class CustomerPartition:
    """Customers sorted by id, with the counts and excluded returns of one partition.

    `line_counts` are the kept order lines of each customer, and `order_count` is the number of orders.
    `has_split_orders` is true if an order consisted of several runs. `is_exact` is true if floats hold the sums of all
    customers exactly. `basket_count` is the number of (customer, purchase day) pairs if no order ids separate orders.
    """

    table: pd.DataFrame
    line_counts: Units
    excluded_returns: tuple[ExcludedReturns, ...]
    has_split_orders: bool = False
    order_count: int = 0
    basket_count: int | None = None
    is_exact: bool = True


def aggregate_partition(runs: OrderRuns, returns: ReturnLines, options: AggregationOptions) -> CustomerPartition:
    """Aggregate runs to one row per customer.

    Returns after the as-of day, and returns of customers without a purchase, are excluded.
    """
    is_late = returns.day > day_number(options.as_of)
    if not len(runs):
        excluded_returns = _count_returns_by_reason(returns, is_late, ~is_late)
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
    excluded_returns = _count_returns_by_reason(returns, is_late, has_no_purchase)
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
    """Concatenate partitions and sort them by customer id."""
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
    """Count the purchase days of each customer, and return the sum over all customers."""
    customer = np.repeat(np.arange(len(orders.customer_starts), dtype=np.int64), orders.order_counts)
    return len(pd.unique((customer << DAY_SHIFT_BITS) + orders.first_day))


def _count_order_lines(orders: Orders, customers_of_returns: RowIndices) -> Units:
    purchase_counts = np.add.reduceat(orders.sums[LINES_SUM], orders.customer_starts)
    return purchase_counts + np.bincount(customers_of_returns, minlength=len(purchase_counts))


def _count_returns_by_reason(
    returns: ReturnLines, is_late: BoolArray, has_no_purchase: BoolArray
) -> tuple[ExcludedReturns, ...]:
    """Count the excluded returns by file and reason."""
    entries = []
    for reason, mask in (("after_as_of", is_late), ("return_without_purchase", has_no_purchase)):
        files = returns.place[mask] >> 48
        for file in np.unique(files):
            file_returns = returns.filter_rows(mask).filter_rows(files == file)
            first_place = int(file_returns.place.min())
            sums = int(file_returns.money.sum()), int(file_returns.refunded.sum())
            entries.append(ExcludedReturns(decode_place(first_place)[0], reason, len(file_returns), *sums, first_place))
    return tuple(entries)
