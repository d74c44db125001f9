"""Orders and revenue of customers in the days after a given day."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.customers.order_history import CUSTOMER_ROW, LINE_MONEY, ORDER_DAY, list_orders
from segcli.model import Customers


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Orders and revenue of each requested customer in the days after a given day, each of shape (n,)."""

    orders: FloatArray
    revenue: FloatArray

    @property
    def has_bought(self) -> npt.NDArray[np.bool_]:
        """Whether each customer bought at least once, shape (n,)."""
        return self.orders > 0


def measure_outcomes(all_customers: Customers, ids: pd.Series, day: date, days: int) -> Outcomes:
    """Return the orders and revenue of customers in the `days` after `day`; 0 for unknown ids.

    Args:
        all_customers: customers with all their orders.
        ids: customer ids.
        day: last day before the outcome period.
        days: length of the outcome period in days.
    """
    purchase_rows = list_orders(all_customers)
    first_day, last_day = pd.Timestamp(day), pd.Timestamp(day + timedelta(days=days))
    later_purchases = purchase_rows[
        (purchase_rows[ORDER_DAY] > first_day) & (purchase_rows[ORDER_DAY] <= last_day)
    ].groupby(CUSTOMER_ROW)
    customer_sums = pd.DataFrame({"orders": later_purchases.size(), "revenue": later_purchases[LINE_MONEY].sum()})
    customer_sums.index = pd.Index(all_customers.table[columns.CUSTOMER_ID].iloc[customer_sums.index])
    outcome_table = customer_sums.reindex(ids).fillna(0.0)
    return Outcomes(*(outcome_table[name].to_numpy(dtype=np.float64) for name in ("orders", "revenue")))
