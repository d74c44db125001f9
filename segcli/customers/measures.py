"""Purchases -> what is measured of each customer; each measure is worked out only where it is wanted."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.ingest import ALL_MEASURES, IngestSettings, Measures
from segcli.config.privacy import PrivacySettings
from segcli.customers import order_runs
from segcli.customers.order_runs import Units
from segcli.customers.orders import Orders
from segcli.customers.regularity import gaps, medians
from segcli.customers.values import count_distinct, find_mode
from segcli.ingest.money import Scales, to_amounts
from segcli.ingest.transactions import CARRIED

LARGEST_ROUNDED = 2.0**33
AVERAGE_DIGITS = 6  # decimals of averages: finer than any currency, without the noise of binary fractions
DESCRIBED = tuple(name for name in (*CARRIED, c.EMAIL, c.PHONE) if name != c.PRODUCT)  # products are only counted

Column = npt.NDArray[Any] | pd.api.extensions.ExtensionArray


@dataclass(frozen=True, eq=False)
class Facts:
    """What the measures are worked out from.

    `made` are the purchases; `back` is money given back by each customer, in units, never above 0; `returns` is what
    that does to revenue.
    """

    made: Orders
    as_of: date
    back: Units
    scales: Scales
    returns: str

    def total(self, name: str) -> Units:
        """What a customer's purchases add up to."""
        return np.add.reduceat(self.made.sums[name], self.made.starts)

    def knows(self, name: str) -> bool:
        """Whether lines had such a sum."""
        return name in self.made.sums

    @cached_property
    def orders(self) -> Units:
        """Purchases."""
        return self.made.counts

    @cached_property
    def first(self) -> npt.NDArray[np.datetime64]:
        """Day of the first line."""
        return _days(np.minimum.reduceat(self.made.first, self.made.starts))

    @cached_property
    def last(self) -> npt.NDArray[np.datetime64]:
        """Day of the last line."""
        return _days(np.maximum.reduceat(self.made.last, self.made.starts))

    @cached_property
    def revenue(self) -> Units:
        """Money by the returns policy, in units."""
        gross = self.total(order_runs.MONEY)
        return gross if self.returns == "separate" else gross + self.back

    @cached_property
    def gaps(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """How the days between purchases vary, and the last of them."""
        return gaps(self.made.first.astype(np.int64), self.made.starts, self.made.counts)

    def since(self, days: npt.NDArray[np.datetime64]) -> Units:
        """Days to the as-of day."""
        return (np.datetime64(self.as_of, "D") - days.astype("datetime64[D]")).astype(np.int64)

    def distinct(self, name: str) -> Units:
        """How many different values of a column each customer has."""
        return count_distinct(self.made.values[name], self.made)


def table(facts: Facts, wanted: Collection[str] = ()) -> pd.DataFrame:
    """One row per customer, sorted by id: the wanted measures (by default all that are known), then descriptions."""
    columns = {c.CUSTOMER_ID: pd.Series(facts.made.ids.to_pandas(), dtype="str")}
    for name in c.MEASURES:
        if (not wanted or name in wanted) and (name not in KNOWN or KNOWN[name](facts)):
            columns[name] = pd.Series(FORMULAS[name](facts))
    return pd.DataFrame({**columns, **dict(_described(facts, wanted))})


def select_measures(settings: IngestSettings, privacy: PrivacySettings, needed: Sequence[str] | None) -> Measures:
    """Return the setting `ingest.measures` as it is in force for one command.

    Args:
        settings: `ingest.measures`, and the columns that the user mapped.
        privacy: columns that must be in the table to be checked.
        needed: measures that the command uses; None for all.
    """
    if settings.measures or needed is None:
        return settings.measures or ALL_MEASURES
    mapped = [described_as(name) for name in DESCRIBED if name in settings.transactions.columns]
    checked = [*privacy.quasi_identifiers, *filter(None, [privacy.sensitive])]
    return list(dict.fromkeys([*needed, *mapped, *checked]))


def computed_columns(measures: Measures, contacts: Sequence[str]) -> list[str]:
    """Return the columns to compute, with those by which other files are joined; an empty list stands for all."""
    return [*measures, *contacts] if measures and measures != ALL_MEASURES else []


def unwanted(wanted: Collection[str]) -> set[str]:
    """The columns of text that lines need not be read for."""
    needed = {name for measure, name in DISTINCT.items() if measure in wanted}
    needed |= {name for name in DESCRIBED if described_as(name) in wanted}
    return {c.PRODUCT, *DESCRIBED} - needed


def described_as(name: str) -> str:
    """The column of the customer table that tells the value most of a customer's lines have."""
    return c.TOP + name if name in c.DOMINANT else name


def _days(since_1970: order_runs.Days) -> npt.NDArray[np.datetime64]:
    return since_1970.astype("datetime64[D]").astype("datetime64[s]")


def _has_money(facts: Facts) -> bool:
    return facts.knows(order_runs.MONEY)


def _items(facts: Facts) -> Column:
    """Whole where all are."""
    sums, scale = facts.total(order_runs.ITEMS), facts.scales.items
    return sums // scale if bool((sums % scale == 0).all()) else to_amounts(sums, scale)


def _mean_gap(facts: Facts) -> Column:
    times = np.where(facts.orders > 1, facts.orders - 1, 0)
    days = (facts.last - facts.first).astype("timedelta64[D]").astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _rounded(np.where(times > 0, days / times, np.nan))


def _last_gap(facts: Facts) -> Column:
    return pd.Series(facts.gaps[1]).astype("Int64").array


def _rounded(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    is_fine = np.abs(values) < LARGEST_ROUNDED  # larger ones have no such decimals, and rounding would change them
    return np.where(is_fine, np.round(values, AVERAGE_DIGITS), values)


def _middle(facts: Facts) -> Column:
    return _rounded(medians(facts.made.sums[order_runs.MONEY], facts.made.starts, facts.orders) / facts.scales.money)


def _largest(facts: Facts) -> Column:
    return to_amounts(np.maximum.reduceat(facts.made.sums[order_runs.MONEY], facts.made.starts), facts.scales.money)


def _counts(name: str) -> Callable[[Facts], Column]:
    return lambda facts: facts.distinct(name)


def _has_values(name: str) -> Callable[[Facts], bool]:
    return lambda facts: name in facts.made.values


DISTINCT = {c.DISTINCT_PRODUCTS: c.PRODUCT, c.DISTINCT_CATEGORIES: c.CATEGORY, c.DISTINCT_DEVICES: c.DEVICE}
FORMULAS: Mapping[str, Callable[[Facts], Column]] = MappingProxyType(
    {
        c.FIRST_ORDER: lambda facts: facts.first,
        c.LAST_ORDER: lambda facts: facts.last,
        c.RECENCY_DAYS: lambda facts: facts.since(facts.last),
        c.TENURE_DAYS: lambda facts: facts.since(facts.first),
        c.ORDERS: lambda facts: facts.orders,
        c.ORDER_LINES: lambda facts: facts.total(order_runs.LINES),
        c.ITEMS: _items,
        c.REVENUE: lambda facts: to_amounts(facts.revenue, facts.scales.money),
        c.REFUNDS: lambda facts: to_amounts(0 - facts.back, facts.scales.money),
        c.AVERAGE_ORDER_VALUE: lambda facts: _rounded(to_amounts(facts.revenue, facts.scales.money) / facts.orders),
        c.MEDIAN_ORDER_VALUE: _middle,
        c.LARGEST_ORDER: _largest,
        c.MEAN_DAYS_BETWEEN_ORDERS: _mean_gap,
        c.CV_DAYS_BETWEEN_ORDERS: lambda facts: _rounded(facts.gaps[0]),
        c.LAST_GAP_DAYS: _last_gap,
        c.DISCOUNT_SHARE: lambda facts: _rounded(facts.total(order_runs.DISCOUNTED) / facts.total(order_runs.LINES)),
        **{measure: _counts(name) for measure, name in DISTINCT.items()},
    }
)
_OF_MONEY = (c.REVENUE, c.REFUNDS, c.AVERAGE_ORDER_VALUE, c.MEDIAN_ORDER_VALUE, c.LARGEST_ORDER)
KNOWN: Mapping[str, Callable[[Facts], bool]] = MappingProxyType(
    {
        **dict.fromkeys(_OF_MONEY, _has_money),
        c.ITEMS: lambda facts: facts.knows(order_runs.ITEMS),
        c.DISCOUNT_SHARE: lambda facts: facts.knows(order_runs.DISCOUNTED),
        **{measure: _has_values(name) for measure, name in DISTINCT.items()},
    }
)


def _described(facts: Facts, wanted: Collection[str]) -> Iterator[tuple[str, pd.Series]]:
    """The value most of a customer's lines have."""
    for name in DESCRIBED:
        column = described_as(name)
        if name in facts.made.values and (not wanted or column in wanted):
            yield column, find_mode(facts.made.values[name], facts.made)
