"""What customers did in the time after a day."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.customers.history import CUSTOMER, DAY, MONEY, purchases
from segcli.model import Customers

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """For each person asked about: orders and money in the days after it, shape (n,)."""

    orders: Values
    revenue: Values

    @property
    def bought(self) -> npt.NDArray[np.bool_]:
        """Who came back."""
        return self.orders > 0


def outcomes(everybody: Customers, ids: pd.Series, day: date, days: int) -> Outcomes:
    """What people did in so many days after a day; nothing, if they are no customers.

    Args:
        everybody: with all orders.
        ids: whose outcomes.
        day: last day that was known.
        days: that are watched.
    """
    bought = purchases(everybody)
    first, last = pd.Timestamp(day), pd.Timestamp(day + timedelta(days=days))
    after = bought[(bought[DAY] > first) & (bought[DAY] <= last)].groupby(CUSTOMER)
    sums = pd.DataFrame({"orders": after.size(), "revenue": after[MONEY].sum()})
    sums.index = pd.Index(everybody.table[c.CUSTOMER_ID].iloc[sums.index])
    found = sums.reindex(ids).fillna(0.0)
    return Outcomes(*(found[name].to_numpy(dtype=np.float64) for name in ("orders", "revenue")))
