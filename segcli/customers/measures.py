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

from segcli import columns
from segcli.config.ingest import ALL_MEASURES, IngestSettings, MeasureSelection
from segcli.config.privacy import PrivacySettings
from segcli.customers import order_runs
from segcli.customers.order_runs import Units
from segcli.customers.orders import Orders
from segcli.customers.regularity import customer_medians, interpurchase_times
from segcli.customers.values import count_distinct_values, find_modes
from segcli.ingest.money import UnitScales, from_minor_units
from segcli.ingest.transactions import OPTIONAL_COLUMNS

MAX_ROUNDED = 2.0**33
AVERAGE_DECIMALS = 6  # decimals of averages: finer than any currency, without the noise of binary fractions
DESCRIPTIVE_LINE_COLUMNS = tuple(
    name for name in (*OPTIONAL_COLUMNS, columns.EMAIL, columns.PHONE) if name != columns.PRODUCT
)  # products are only counted

MetricColumn = npt.NDArray[Any] | pd.api.extensions.ExtensionArray


@dataclass(frozen=True, eq=False)
class MetricInputs:
    """What the measures are worked out from.

    `customer_orders` are the purchases; `refunds` is money given back by each customer, in units, never above 0;
    `returns` is what that does to revenue.
    """

    customer_orders: Orders
    as_of: date
    refunds: Units
    scales: UnitScales
    returns: str

    def customer_sums(self, sum_name: str) -> Units:
        """What a customer's purchases add up to."""
        return np.add.reduceat(self.customer_orders.sums[sum_name], self.customer_orders.customer_starts)

    def has_sum(self, sum_name: str) -> bool:
        """Whether lines had such a sum."""
        return sum_name in self.customer_orders.sums

    @cached_property
    def order_counts(self) -> Units:
        """Purchases."""
        return self.customer_orders.order_counts

    @cached_property
    def first_days(self) -> npt.NDArray[np.datetime64]:
        """Day of the first line."""
        return _as_dates(np.minimum.reduceat(self.customer_orders.first_day, self.customer_orders.customer_starts))

    @cached_property
    def last_days(self) -> npt.NDArray[np.datetime64]:
        """Day of the last line."""
        return _as_dates(np.maximum.reduceat(self.customer_orders.last_day, self.customer_orders.customer_starts))

    @cached_property
    def revenue_units(self) -> Units:
        """Money by the returns policy, in units."""
        gross = self.customer_sums(order_runs.MONEY_SUM)
        return gross if self.returns == "separate" else gross + self.refunds

    @cached_property
    def interpurchase_stats(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """How the days between purchases vary, and the last of them."""
        return interpurchase_times(
            self.customer_orders.first_day.astype(np.int64),
            self.customer_orders.customer_starts,
            self.customer_orders.order_counts,
        )

    def days_since(self, dates: npt.NDArray[np.datetime64]) -> Units:
        """Days to the as-of day."""
        return (np.datetime64(self.as_of, "D") - dates.astype("datetime64[D]")).astype(np.int64)

    def distinct_counts(self, name: str) -> Units:
        """How many different values of a column each customer has."""
        return count_distinct_values(self.customer_orders.value_counts[name], self.customer_orders)


def build_customer_table(inputs: MetricInputs, measures: Collection[str] = ()) -> pd.DataFrame:
    """One row per customer, sorted by id: the wanted measures (by default all that are known), then descriptions."""
    table_columns = {columns.CUSTOMER_ID: pd.Series(inputs.customer_orders.customer_ids.to_pandas(), dtype="str")}
    for name in columns.MEASURES:
        if (not measures or name in measures) and (name not in METRIC_CONDITIONS or METRIC_CONDITIONS[name](inputs)):
            table_columns[name] = pd.Series(METRICS[name](inputs))
    return pd.DataFrame({**table_columns, **dict(_describe_customers(inputs, measures))})


def select_measures(
    settings: IngestSettings, privacy: PrivacySettings, needed_measures: Sequence[str] | None
) -> MeasureSelection:
    """Return the setting `ingest.measures` as it is in force for one command.

    Args:
        settings: `ingest.measures`, and the columns that the user mapped.
        privacy: columns that must be in the table to be checked.
        needed_measures: measures that the command uses; None for all.
    """
    if settings.measures or needed_measures is None:
        return settings.measures or ALL_MEASURES
    mapped_columns = [
        description_column(name) for name in DESCRIPTIVE_LINE_COLUMNS if name in settings.transactions.columns
    ]
    privacy_columns = [*privacy.quasi_identifiers, *filter(None, [privacy.sensitive])]
    return list(dict.fromkeys([*needed_measures, *mapped_columns, *privacy_columns]))


def list_computed_columns(measures: MeasureSelection, contacts: Sequence[str]) -> list[str]:
    """Return the columns to compute, with those by which other files are joined; an empty list stands for all."""
    return [*measures, *contacts] if measures and measures != ALL_MEASURES else []


def list_unused_columns(measures: Collection[str]) -> set[str]:
    """The columns of text that lines need not be read for."""
    needed_columns = {name for measure, name in DISTINCT_COUNTS.items() if measure in measures}
    needed_columns |= {name for name in DESCRIPTIVE_LINE_COLUMNS if description_column(name) in measures}
    return {columns.PRODUCT, *DESCRIPTIVE_LINE_COLUMNS} - needed_columns


def description_column(name: str) -> str:
    """The column of the customer table that tells the value most of a customer's lines have."""
    return columns.TOP_PREFIX + name if name in columns.MODE_COLUMNS else name


def _as_dates(since_1970: order_runs.DayNumbers) -> npt.NDArray[np.datetime64]:
    return since_1970.astype("datetime64[D]").astype("datetime64[s]")


def _has_money(inputs: MetricInputs) -> bool:
    return inputs.has_sum(order_runs.MONEY_SUM)


def _item_counts(inputs: MetricInputs) -> MetricColumn:
    """Whole where all are."""
    sums, scale = inputs.customer_sums(order_runs.ITEMS_SUM), inputs.scales.items
    return sums // scale if bool((sums % scale == 0).all()) else from_minor_units(sums, scale)


def _mean_interpurchase_days(inputs: MetricInputs) -> MetricColumn:
    intervals = np.where(inputs.order_counts > 1, inputs.order_counts - 1, 0)
    days = (inputs.last_days - inputs.first_days).astype("timedelta64[D]").astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _round_averages(np.where(intervals > 0, days / intervals, np.nan))


def _last_interpurchase_days(inputs: MetricInputs) -> MetricColumn:
    return pd.Series(inputs.interpurchase_stats[1]).astype("Int64").array


def _round_averages(averages: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    is_roundable = np.abs(averages) < MAX_ROUNDED  # larger ones have no such decimals, and rounding would change them
    return np.where(is_roundable, np.round(averages, AVERAGE_DECIMALS), averages)


def _median_order_value(inputs: MetricInputs) -> MetricColumn:
    return _round_averages(
        customer_medians(
            inputs.customer_orders.sums[order_runs.MONEY_SUM],
            inputs.customer_orders.customer_starts,
            inputs.order_counts,
        )
        / inputs.scales.money
    )


def _largest_order_value(inputs: MetricInputs) -> MetricColumn:
    return from_minor_units(
        np.maximum.reduceat(inputs.customer_orders.sums[order_runs.MONEY_SUM], inputs.customer_orders.customer_starts),
        inputs.scales.money,
    )


def _distinct_count_metric(name: str) -> Callable[[MetricInputs], MetricColumn]:
    return lambda facts: facts.distinct_counts(name)


def _values_condition(name: str) -> Callable[[MetricInputs], bool]:
    return lambda facts: name in facts.customer_orders.value_counts


DISTINCT_COUNTS = {
    columns.DISTINCT_PRODUCTS: columns.PRODUCT,
    columns.DISTINCT_CATEGORIES: columns.CATEGORY,
    columns.DISTINCT_DEVICES: columns.DEVICE,
}
METRICS: Mapping[str, Callable[[MetricInputs], MetricColumn]] = MappingProxyType(
    {
        columns.FIRST_ORDER: lambda facts: facts.first_days,
        columns.LAST_ORDER: lambda facts: facts.last_days,
        columns.RECENCY_DAYS: lambda facts: facts.days_since(facts.last_days),
        columns.TENURE_DAYS: lambda facts: facts.days_since(facts.first_days),
        columns.ORDERS: lambda facts: facts.order_counts,
        columns.ORDER_LINES: lambda facts: facts.customer_sums(order_runs.LINES_SUM),
        columns.ITEMS: _item_counts,
        columns.REVENUE: lambda facts: from_minor_units(facts.revenue_units, facts.scales.money),
        columns.REFUNDS: lambda facts: from_minor_units(0 - facts.refunds, facts.scales.money),
        columns.AVERAGE_ORDER_VALUE: lambda facts: _round_averages(
            from_minor_units(facts.revenue_units, facts.scales.money) / facts.order_counts
        ),
        columns.MEDIAN_ORDER_VALUE: _median_order_value,
        columns.LARGEST_ORDER: _largest_order_value,
        columns.MEAN_DAYS_BETWEEN_ORDERS: _mean_interpurchase_days,
        columns.CV_DAYS_BETWEEN_ORDERS: lambda facts: _round_averages(facts.interpurchase_stats[0]),
        columns.LAST_GAP_DAYS: _last_interpurchase_days,
        columns.DISCOUNT_SHARE: lambda facts: _round_averages(
            facts.customer_sums(order_runs.DISCOUNTED_SUM) / facts.customer_sums(order_runs.LINES_SUM)
        ),
        **{measure: _distinct_count_metric(name) for measure, name in DISTINCT_COUNTS.items()},
    }
)
_MONEY_MEASURES = (
    columns.REVENUE,
    columns.REFUNDS,
    columns.AVERAGE_ORDER_VALUE,
    columns.MEDIAN_ORDER_VALUE,
    columns.LARGEST_ORDER,
)
METRIC_CONDITIONS: Mapping[str, Callable[[MetricInputs], bool]] = MappingProxyType(
    {
        **dict.fromkeys(_MONEY_MEASURES, _has_money),
        columns.ITEMS: lambda facts: facts.has_sum(order_runs.ITEMS_SUM),
        columns.DISCOUNT_SHARE: lambda facts: facts.has_sum(order_runs.DISCOUNTED_SUM),
        **{measure: _values_condition(name) for measure, name in DISTINCT_COUNTS.items()},
    }
)


def _describe_customers(inputs: MetricInputs, measures: Collection[str]) -> Iterator[tuple[str, pd.Series]]:
    """The value most of a customer's lines have."""
    for name in DESCRIPTIVE_LINE_COLUMNS:
        column = description_column(name)
        if name in inputs.customer_orders.value_counts and (not measures or column in measures):
            yield column, find_modes(inputs.customer_orders.value_counts[name], inputs.customer_orders)
