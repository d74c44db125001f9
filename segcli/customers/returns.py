"""Returns of customers who bought something."""

import numpy as np
import pyarrow.compute as pc

from segcli.arrow import Places
from segcli.counting import counted
from segcli.customers import order_runs
from segcli.customers.order_runs import ReturnLines, Units
from segcli.customers.orders import Orders
from segcli.model import Reading

ALONE = (
    "return line belongs to customers without a purchase and is left out",
    "return lines belong to customers without a purchase and are left out",
)


def given_back(orders: Orders, returns: ReturnLines, customers: Places) -> Units:
    """Return the money that each customer was given back, in units, never above 0.

    Args:
        orders: of all customers who bought.
        returns: that count.
        customers: the index of each return's customer, as of `find_customers`.
    """
    back = np.zeros(len(orders.ids), dtype=np.int64)
    np.add.at(back, customers[customers >= 0], (returns.money - returns.refunded)[customers >= 0])
    if order_runs.REFUNDED in orders.sums:
        back -= np.add.reduceat(orders.sums[order_runs.REFUNDED], orders.starts)
    return back


def find_customers(orders: Orders, returns: ReturnLines) -> Places:
    """Return the index of each return's customer; -1 where it bought nothing."""
    if not len(returns):
        return np.empty(0, dtype=np.int64)
    places = pc.index_in(returns.customer, value_set=orders.ids)
    return np.asarray(places.fill_null(-1)).astype(np.int64)


def only_returns(reading: Reading) -> tuple[str, ...]:
    """Warn about people who returned something and bought nothing."""
    alone = [f for f in reading.lines.ignored if f.reason == "return_without_purchase"] if reading.lines else []
    return tuple(counted(f.lines, *ALONE) for f in alone)
