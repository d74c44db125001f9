"""Returns of customers who bought something."""

import numpy as np
import pyarrow.compute as pc

from segcli.arrow import RowIndices
from segcli.counting import pluralize
from segcli.customers import order_runs
from segcli.customers.order_runs import ReturnLines, Units
from segcli.customers.orders import Orders
from segcli.model import InputReport

UNMATCHED_RETURNS_NOTE = (
    "return line belongs to customers without a purchase and is left out",
    "return lines belong to customers without a purchase and are left out",
)


def refund_totals(orders: Orders, returns: ReturnLines, customer_indices: RowIndices) -> Units:
    """Return the money that each customer was given back, in units, never above 0.

    Args:
        orders: of all customers who bought.
        returns: that count.
        customer_indices: the index of each return's customer, as of `find_return_customers`.
    """
    refunds = np.zeros(len(orders.customer_ids), dtype=np.int64)
    np.add.at(
        refunds, customer_indices[customer_indices >= 0], (returns.money - returns.refunded)[customer_indices >= 0]
    )
    if order_runs.REFUNDED_SUM in orders.sums:
        refunds -= np.add.reduceat(orders.sums[order_runs.REFUNDED_SUM], orders.customer_starts)
    return refunds


def find_return_customers(orders: Orders, returns: ReturnLines) -> RowIndices:
    """Return the index of each return's customer; -1 where it bought nothing."""
    if not len(returns):
        return np.empty(0, dtype=np.int64)
    positions = pc.index_in(returns.customer, value_set=orders.customer_ids)
    return np.asarray(positions.fill_null(-1)).astype(np.int64)


def note_unmatched_returns(input_report: InputReport) -> tuple[str, ...]:
    """Warn about people who returned something and bought nothing."""
    unmatched = (
        [total for total in input_report.reconciliation.ignored if total.reason == "return_without_purchase"]
        if input_report.reconciliation
        else []
    )
    return tuple(pluralize(total.lines, *UNMATCHED_RETURNS_NOTE) for total in unmatched)
