"""Cohorts: customers who came together, and how many of them buy again in each period after.

retention[c, t] = customers of c who bought in their period t / customers of c whose period t lies in the data; blank
after the data's end. Period 0 is the calendar period of the first purchase.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.cohort import CohortSettings
from segcli.customers.history import CUSTOMER, DAY, MONEY, purchases
from segcli.errors import UsageProblem
from segcli.model import Customers

MONTHS = {"month": 1, "quarter": 3}
COHORT, PERIOD, SIZE, WATCHED = "cohort", "period", "size", "watched"
RETENTION, VALUE = "retention", "value"
UNKNOWN = "unknown"

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cohorts:
    """`table`: one row per cohort and period.

    cohort, period (0, 1, ...), size (customers of the cohort), watched (those whose period lies in the data), customers
    (of them who bought), retention (customers / watched), orders, and where there is money revenue and value (revenue
    to date a head, of cohorts that are watched whole).
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


def cohorts(customers: Customers, settings: CohortSettings) -> Cohorts:
    """Follow the cohorts of an order export.

    Raises:
        InputProblem: the input is no order export.
        UsageProblem: there is no such column.
    """
    bought = purchases(customers)
    calendar = _calendar(bought[DAY], settings.period)
    came = pd.Series(calendar).groupby(bought[CUSTOMER].to_numpy()).min().to_numpy(dtype=np.int64)
    names, order = _names(customers, settings, bought)
    last = int(calendar.max())
    events = pd.DataFrame(
        {
            COHORT: names[bought[CUSTOMER].to_numpy()],
            PERIOD: calendar - came[bought[CUSTOMER].to_numpy()],
            CUSTOMER: bought[CUSTOMER].to_numpy(),
            c.REVENUE: bought[MONEY].to_numpy(),
        }
    )
    money = customers.transactions is not None and customers.transactions.has_money
    table = _counted(events, _watched(names, came, last, order), money=money)
    return Cohorts(table, tuple(_notes(customers, settings, bought[DAY])))


def _calendar(days: pd.Series, period: str) -> Numbers:
    """The number of the calendar period of each day."""
    months = days.dt.year * 12 + days.dt.month - 1
    return np.asarray(months // MONTHS[period], dtype=np.int64)


def _called(number: int, period: str) -> str:
    """`2024-03`, `2024-Q1`."""
    a_year = 12 // MONTHS[period]
    year, part = divmod(number, a_year)
    return f"{year}-{part + 1:02}" if period == "month" else f"{year}-Q{part + 1}"


def _names(
    customers: Customers, settings: CohortSettings, bought: pd.DataFrame
) -> tuple[npt.NDArray[np.object_], list[str]]:
    """The cohort of each customer, and all cohorts in their order."""
    if settings.by in MONTHS:
        first = bought.groupby(CUSTOMER, sort=True)[DAY].min()
        numbers = _calendar(first, settings.by)
        several = np.unique(numbers)
        names = {int(number): _called(int(number), settings.by) for number in several}
        return np.array([names[int(number)] for number in numbers], dtype=object), list(names.values())
    if settings.by not in customers.table:
        known = ", ".join(map(str, customers.table.columns))
        raise UsageProblem(f"cohort.by: '{settings.by}' is not month, quarter or a column; there is: {known}")
    values = customers.table[settings.by].astype("str").fillna("").str.strip().replace("", UNKNOWN)
    return values.to_numpy(dtype=object), sorted(values.unique(), key=lambda name: (name == UNKNOWN, name))


def _watched(names: npt.NDArray[np.object_], came: Numbers, last: int, order: list[str]) -> pd.DataFrame:
    """For each cohort and period: its size, and how many of its customers could be seen in that period."""
    spans = pd.DataFrame({COHORT: names, "span": last - came})
    rows: list[tuple[str, int, int, int]] = []
    for name in order:
        spanned = np.sort(spans.loc[spans[COHORT] == name, "span"].to_numpy())
        size = len(spanned)
        seen = size - np.searchsorted(spanned, range(int(spanned[-1]) + 1))
        rows += [(name, period, size, int(watched)) for period, watched in enumerate(seen)]
    return pd.DataFrame(rows, columns=[COHORT, PERIOD, SIZE, WATCHED])


def _counted(events: pd.DataFrame, frame: pd.DataFrame, *, money: bool) -> pd.DataFrame:
    """Who bought, how often, for how much, in each cell of the frame."""
    groups = events.groupby([COHORT, PERIOD])
    cells = pd.DataFrame({c.CUSTOMERS: groups[CUSTOMER].nunique(), c.ORDERS: groups.size()})
    cells[c.REVENUE] = groups[c.REVENUE].sum()
    table = frame.merge(cells.reset_index(), on=[COHORT, PERIOD], how="left")
    counts = [c.CUSTOMERS, c.ORDERS]
    table[counts] = table[counts].fillna(0).astype("int64")
    table.insert(5, RETENTION, table[c.CUSTOMERS] / table[WATCHED])
    if not money:
        return table.drop(columns=c.REVENUE)
    table[c.REVENUE] = table[c.REVENUE].fillna(0.0).round(6)
    value = table.groupby(COHORT, sort=False)[c.REVENUE].cumsum() / table[SIZE]
    return table.assign(**{VALUE: value.where(table[WATCHED] == table[SIZE]).round(6)})


def _notes(customers: Customers, settings: CohortSettings, days: pd.Series) -> Iterator[str]:
    last = days.max().date()
    if customers.as_of is not None and not _ends(last, settings.period):
        yield f"the last {settings.period} is not complete: the data end on {last.isoformat()}"
    if settings.by not in MONTHS and settings.by.startswith(c.TOP):
        yield f"{settings.by} is what most of a customer's orders have, not the first"


def _ends(day: date, period: str) -> bool:
    """Whether a period ends with this day."""
    after = day.toordinal() + 1
    following = date.fromordinal(after)
    return following.day == 1 and (following.month - 1) % MONTHS[period] == 0
