"""What order models know of a customer: repeat purchases, when the last one was, and since when the customer is seen.

Fader, Hardie and Lee, "Counting your customers" the easy way (Marketing Science 24, 2005).
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.customers.history import CUSTOMER, DAY, MONEY, purchases
from segcli.model import Customers

Values = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Coded:
    """A column of few distinct `values`, and which of them each row has."""

    values: Values
    code: Codes

    @classmethod
    def of(cls, column: Values) -> "Coded":
        """Code a column."""
        values, code = np.unique(column, return_inverse=True)
        return cls(values, code.reshape(-1))


@dataclass(frozen=True, eq=False)
class Groups:
    """Customers with the same history together: models are asked once for all of them.

    `x` repeat purchases, `t_x` periods from the first purchase to the last, `T` to the end, each of shape (g,);
    `customers` how many have this history.
    """

    x: Values
    t_x: Values
    T: Values
    customers: Values

    @cached_property
    def by_x(self) -> Coded:
        """Repeat purchases, coded: there are few numbers of them."""
        return Coded.of(self.x)

    @cached_property
    def by_t_x(self) -> Coded:
        """Times of the last purchase, coded: days."""
        return Coded.of(self.t_x)

    @cached_property
    def by_T(self) -> Coded:  # noqa: N802 - as the literature calls it
        """Times to the end, coded: days."""
        return Coded.of(self.T)

    @classmethod
    def of(cls, x: Codes, last: Codes, end: Codes, period_days: float) -> "tuple[Groups, Codes]":
        """Group customers by repeat purchases, by days to the last and by days to the end; and the group of each."""
        days = int(end.max()) + 1
        history, group, customers = np.unique((x * days + last) * days + end, return_inverse=True, return_counts=True)
        pairs, until = np.divmod(history, days)
        repeats, latest = np.divmod(pairs, days)
        periods = latest / period_days, until / period_days
        return cls(repeats.astype(np.float64), *periods, customers.astype(np.float64)), group.reshape(-1)

    def every(self, step: int) -> "Groups":
        """One of so many histories: they are sorted, so a part of all kinds."""
        return Groups(self.x[::step], self.t_x[::step], self.T[::step], self.customers[::step])

    def weighted(self, customers: Values) -> "Groups":
        """The histories that other numbers of customers have, without those of none."""
        some = customers > 0
        return Groups(self.x[some], self.t_x[some], self.T[some], customers[some])


@dataclass(frozen=True, eq=False)
class Summary:
    """`group` says which history each customer has; `value` is the mean money of repeat purchases, NaN where none is.

    `period_days` is the unit of time of the groups.
    """

    groups: Groups
    group: Codes
    value: Values
    period_days: float

    @property
    def x(self) -> Values:
        """Repeat purchases of each customer."""
        return self.groups.x[self.group]

    @property
    def repeat(self) -> int:
        """Customers with a repeat purchase."""
        return int((self.x > 0).sum())


def summarise(customers: Customers, end: date, period_days: float) -> Summary:
    """The history of each customer to the end of a day; purchases of one day are one.

    Args:
        customers: known by then, with their orders.
        end: last day that is counted.
        period_days: length of a period, such as 7.

    Raises:
        InputProblem: the input is no order export.
    """
    days = per_day(customers)
    groups = days.groupby(CUSTOMER, sort=True)
    first, last, count = groups["day"].min(), groups["day"].max(), groups.size()
    total = groups["money"].sum() - groups["money"].first()
    until = np.datetime64(end).astype("datetime64[D]").astype(np.int64)
    x, lasted, watched = (np.asarray(one, dtype=np.int64) for one in (count - 1, last - first, until - first))
    found, group = Groups.of(x, lasted, watched, period_days)
    value = np.divide(total.to_numpy(dtype=np.float64), x, out=np.full(len(x), np.nan), where=x > 0)
    return Summary(found, group, value, period_days)


def per_day(customers: Customers) -> pd.DataFrame:
    """Days on which customers bought: customer (row of the table), day (number of the day), money; sorted."""
    bought = purchases(customers)
    day = bought[DAY].to_numpy().astype("datetime64[D]").astype(np.int64)
    several = pd.DataFrame({CUSTOMER: bought[CUSTOMER], "day": day, "money": bought[MONEY]})
    return several.groupby([CUSTOMER, "day"], sort=True)[["money"]].sum().reset_index()
