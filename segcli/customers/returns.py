"""Returns of customers who bought something."""

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from segcli.counting import counted
from segcli.customers import order_runs
from segcli.customers.order_runs import ReturnLines, Units
from segcli.customers.orders import Orders
from segcli.model import Reading

ALONE = (
    "return line belongs to customers without a purchase and is left out",
    "return lines belong to customers without a purchase and are left out",
)


def given_back(orders: Orders, returns: ReturnLines) -> Units:
    """Return the money that each customer was given back, in units, never above 0."""
    back = np.zeros(len(orders.ids), dtype=np.int64)
    if len(returns):
        places = places_of(orders, returns)
        np.add.at(back, places[places >= 0], (returns.money - returns.refunded)[places >= 0])
    if order_runs.REFUNDED in orders.sums:
        back -= np.add.reduceat(orders.sums[order_runs.REFUNDED], orders.starts)
    return back


def places_of(orders: Orders, returns: ReturnLines) -> npt.NDArray[np.int64]:
    """Return the index of each return's customer; -1 where it bought nothing."""
    if not len(returns):
        return np.empty(0, dtype=np.int64)
    places = pc.index_in(returns.customer, value_set=orders.ids)
    return np.asarray(places.fill_null(-1)).astype(np.int64)


def only_returns(reading: Reading) -> tuple[str, ...]:
    """Warn about people who returned something and bought nothing."""
    alone = [f for f in reading.lines.ignored if f.reason == "return_without_purchase"] if reading.lines else []
    return tuple(counted(f.lines, *ALONE) for f in alone)
