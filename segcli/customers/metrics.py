"""Compute the measures of each customer from purchases; only the requested measures are computed."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.arrays import FloatArray, IntArray
from segcli.arrow import Int32Array, invert_order
from segcli.config.ingest import IngestSettings
from segcli.config.ingest_types import ALL_MEASURES, MeasureSelection
from segcli.config.privacy import PrivacySettings
from segcli.customers import order_runs
from segcli.customers.order_runs import Units, ValueCounts
from segcli.customers.orders import Orders
from segcli.ingest.money import UnitScales, from_minor_units

# Values of a text column by customer: number of distinct values, and the most frequent one
MAX_UINT32 = (1 << 32) - 1
SortKeys = npt.NDArray[Any]  # uint32 or uint64


@dataclass(frozen=True, eq=False)
class _CustomerValues:
    """Distinct values of each customer, sorted by customer and value.

    `value_ranks` are ranks in the sorted `texts`.
    """

    customer_codes: Int32Array
    value_ranks: Int32Array
    line_counts: Units
    texts: pa.StringArray


def count_distinct_values(counts: ValueCounts, orders: Orders) -> npt.NDArray[np.int64]:
    """Return the number of distinct values of each customer."""
    keys = _pack_keys(counts, orders, _rank_texts(counts)[0])
    keys.sort()
    is_new = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=is_new[1:])
    customers = keys[is_new] // keys.dtype.type(max(len(counts.texts), 1))
    return np.bincount(customers.astype(np.int64), minlength=len(orders.customer_ids))


def find_modes(counts: ValueCounts, orders: Orders) -> pd.Series:
    """Return each customer's most frequent value; ties go to the first in code point order."""
    customer_values = _total_values(counts, orders)
    size = np.int64(max(len(customer_values.texts), 1))
    # The largest (lines, -rank) is the most frequent value, and the first of equally frequent ones.
    keys = customer_values.line_counts * size + (size - 1 - customer_values.value_ranks)
    starts = np.flatnonzero(np.diff(customer_values.customer_codes, prepend=np.int32(-1)))
    best_keys = np.maximum.reduceat(keys, starts) if len(starts) else keys
    texts = customer_values.texts.take(pa.array(size - 1 - best_keys % size)).to_pandas()
    modes = pd.Series(texts.to_numpy(), index=customer_values.customer_codes[starts], dtype="str")
    return modes.reindex(range(len(orders.customer_ids)))


def _total_values(counts: ValueCounts, orders: Orders) -> _CustomerValues:
    ranks, order = _rank_texts(counts)
    keys, line_counts = _sort_with_lines(_pack_keys(counts, orders, ranks), counts.lines)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    customers, values = np.divmod(keys[starts], keys.dtype.type(max(len(counts.texts), 1)))
    totals = np.add.reduceat(line_counts, starts, dtype=np.int64) if len(starts) else line_counts.astype(np.int64)
    return _CustomerValues(customers.astype(np.int32), values.astype(np.int32), totals, counts.texts.take(order))


def _rank_texts(counts: ValueCounts) -> tuple[Int32Array, pa.Array]:
    """Return the rank of each text in code point order, and the texts in that order."""
    order = pc.sort_indices(counts.texts)
    return invert_order(np.asarray(order)), order


def _pack_keys(counts: ValueCounts, orders: Orders, ranks: Int32Array) -> SortKeys:
    """Return customer * value count + value rank for each entry, in the smallest type, which sorts twice as fast."""
    value_count = max(len(counts.texts), 1)
    key_type: type[np.unsignedinteger[Any]] = (
        np.uint32 if len(orders.customer_ids) * value_count <= MAX_UINT32 else np.uint64
    )
    keys: SortKeys = orders.ranked_customers.row_codes[counts.run].astype(key_type)
    keys *= key_type(value_count)
    keys += ranks[counts.codes].astype(key_type)
    return keys


def _sort_with_lines(keys: SortKeys, line_counts: Int32Array) -> tuple[SortKeys, npt.NDArray[Any]]:
    """Sort keys together with their line counts.

    Packing both into one word takes a tenth of the time of an argsort.
    """
    if keys.dtype == np.uint64:
        order = np.argsort(keys)  # ties may come in any order, because their lines are summed
        return keys[order], line_counts[order]
    packed_keys = (keys.astype(np.uint64) << np.uint64(32)) | line_counts.astype(np.uint64)
    packed_keys.sort()
    return packed_keys >> np.uint64(32), packed_keys & np.uint64(MAX_UINT32)


def customer_medians(order_values: IntArray, starts: IntArray, order_counts: IntArray) -> FloatArray:
    """Return the median of each customer's values; of an even number, the mean of the two middle values."""
    result = np.empty(len(starts), dtype=np.float64)
    for customers, value_matrix in _group_by_count(order_values, starts, order_counts):
        value_matrix.sort(axis=1)
        size = value_matrix.shape[1]
        result[customers] = (value_matrix[:, (size - 1) // 2] + value_matrix[:, size // 2]) / 2
    return result


def interpurchase_times(
    day_numbers: IntArray, starts: IntArray, order_counts: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Compute the variation of the days between purchases, and the last interval.

    Args:
        day_numbers: day of each purchase, in any order within a customer.
        starts: index of the first purchase of each customer.
        order_counts: number of purchases of each customer.

    Returns:
        Sample standard deviation / mean (from three purchases on; NaN if all fell on one day), computed from integers;
        and days from the last but one purchase to the last (NaN with one purchase).
    """
    variation, last = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
    for customers, day_matrix in _group_by_count(day_numbers, starts, order_counts):
        size = day_matrix.shape[1] - 1
        if size:
            day_matrix.sort(axis=1)
            intervals = np.diff(day_matrix, axis=1)
            last[customers] = intervals[:, -1]
        if size > 1:
            total, squares = intervals.sum(axis=1), (intervals * intervals).sum(axis=1)
            spread = np.sqrt((size * squares - total * total) / (size * (size - 1)))
            with np.errstate(invalid="ignore", divide="ignore"):
                variation[customers] = np.where(total > 0, spread / (total / size), np.nan)
    return variation, last


def _group_by_count(
    order_values: IntArray, starts: IntArray, order_counts: IntArray
) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield groups of customers with the same number of values, and these values: shape (customers, values)."""
    order = np.argsort(order_counts, kind="stable")
    sizes, begins = np.unique(order_counts[order], return_index=True)
    for size, customers in zip(sizes, np.split(order, begins[1:]), strict=True):
        yield customers, order_values[starts[customers][:, None] + np.arange(size)]


MAX_ROUNDED = 2.0**33
AVERAGE_DECIMALS = 6  # finer than any currency, without the noise of binary fractions
DESCRIPTIVE_LINE_COLUMNS = tuple(
    name for name in (*columns.LINE_TEXT_COLUMNS, columns.EMAIL, columns.PHONE) if name != columns.PRODUCT
)  # products are counted, but have no mode

MetricColumn = npt.NDArray[Any] | pd.api.extensions.ExtensionArray


@dataclass(frozen=True, eq=False)
class MetricInputs:
    """Inputs of the measures.

    `customer_orders` are the purchases. `refunds` is the money refunded to each customer, in units, never above 0.
    `returns` is the policy that decides whether refunds reduce revenue.
    """

    customer_orders: Orders
    as_of: date
    refunds: Units
    scales: UnitScales
    returns: str

    def customer_sums(self, sum_name: str) -> Units:
        """Return the sum of each customer's purchases."""
        return np.add.reduceat(self.customer_orders.sums[sum_name], self.customer_orders.customer_starts)

    def has_sum(self, sum_name: str) -> bool:
        """Return whether the lines had this sum."""
        return sum_name in self.customer_orders.sums

    @cached_property
    def order_counts(self) -> Units:
        """Number of purchases of each customer."""
        return self.customer_orders.order_counts

    @cached_property
    def first_days(self) -> npt.NDArray[np.datetime64]:
        """Day of each customer's first line."""
        return _as_dates(np.minimum.reduceat(self.customer_orders.first_day, self.customer_orders.customer_starts))

    @cached_property
    def last_days(self) -> npt.NDArray[np.datetime64]:
        """Day of each customer's last line."""
        return _as_dates(np.maximum.reduceat(self.customer_orders.last_day, self.customer_orders.customer_starts))

    @cached_property
    def revenue_units(self) -> Units:
        """Revenue of each customer by the returns policy, in units."""
        gross = self.customer_sums(order_runs.MONEY_SUM)
        return gross if self.returns == "separate" else gross + self.refunds

    @cached_property
    def interpurchase_stats(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Variation of the days between purchases, and the last interval in days (see `interpurchase_times`)."""
        return interpurchase_times(
            self.customer_orders.first_day.astype(np.int64),
            self.customer_orders.customer_starts,
            self.customer_orders.order_counts,
        )

    def days_since(self, dates: npt.NDArray[np.datetime64]) -> Units:
        """Return the number of days from dates to the as-of day."""
        return (np.datetime64(self.as_of, "D") - dates.astype("datetime64[D]")).astype(np.int64)

    def distinct_counts(self, name: str) -> Units:
        """Return the number of distinct values of a column for each customer."""
        return count_distinct_values(self.customer_orders.value_counts[name], self.customer_orders)


def build_customer_table(inputs: MetricInputs, measures: Collection[str] = ()) -> pd.DataFrame:
    """Build the customer table: one row per customer, sorted by id.

    Columns are the requested measures (default: all available ones), then the descriptive columns.
    """
    table_columns = {columns.CUSTOMER_ID: pd.Series(inputs.customer_orders.customer_ids.to_pandas(), dtype="str")}
    for name in columns.MEASURES:
        if (not measures or name in measures) and (name not in METRIC_CONDITIONS or METRIC_CONDITIONS[name](inputs)):
            table_columns[name] = pd.Series(METRICS[name](inputs))
    return pd.DataFrame({**table_columns, **dict(_describe_customers(inputs, measures))})


def select_measures(
    settings: IngestSettings, privacy: PrivacySettings, needed_measures: Sequence[str] | None
) -> MeasureSelection:
    """Return the effective value of `ingest.measures` for one command.

    Args:
        settings: `ingest.measures`, and the columns that the user mapped.
        privacy: columns that the privacy checks need.
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
    """Return the columns to compute, including join keys of other files; an empty list means all."""
    return [*measures, *contacts] if measures and measures != ALL_MEASURES else []


def list_unused_columns(measures: Collection[str]) -> set[str]:
    """Return the text columns that no measure needs."""
    needed_columns = {name for measure, name in DISTINCT_COUNTS.items() if measure in measures}
    needed_columns |= {name for name in DESCRIPTIVE_LINE_COLUMNS if description_column(name) in measures}
    return {columns.PRODUCT, *DESCRIPTIVE_LINE_COLUMNS} - needed_columns


def description_column(name: str) -> str:
    """Return the column of the customer table that holds the most frequent value of a line column."""
    return columns.TOP_PREFIX + name if name in columns.MODE_COLUMNS else name


def _as_dates(since_1970: order_runs.DayNumbers) -> npt.NDArray[np.datetime64]:
    return since_1970.astype("datetime64[D]").astype("datetime64[s]")


def _has_money(inputs: MetricInputs) -> bool:
    return inputs.has_sum(order_runs.MONEY_SUM)


def _item_counts(inputs: MetricInputs) -> MetricColumn:
    """Return the number of items of each customer, as integers if all of them are whole."""
    sums, scale = inputs.customer_sums(order_runs.ITEMS_SUM), inputs.scales.items
    return sums // scale if bool((sums % scale == 0).all()) else from_minor_units(sums, scale)


def _net_margins(inputs: MetricInputs) -> MetricColumn:
    """Return the margin of each customer's purchases; NaN if a line lacks it.

    Refunds reduce the margin in proportion to the revenue.
    """
    is_unknown = inputs.customer_sums(order_runs.UNKNOWN_MARGINS_SUM) > 0
    margins = from_minor_units(inputs.customer_sums(order_runs.MARGIN_SUM), inputs.scales.money)
    margins = np.where(is_unknown, np.nan, margins)
    if not inputs.has_sum(order_runs.MONEY_SUM):
        return margins
    gross, net = inputs.customer_sums(order_runs.MONEY_SUM), inputs.revenue_units
    kept_shares = np.divide(net, gross, out=np.ones(len(gross)), where=(gross > 0) & (net != gross))
    return np.where(net == gross, margins, _round_averages(margins * kept_shares))


def _mean_interpurchase_days(inputs: MetricInputs) -> MetricColumn:
    intervals = np.where(inputs.order_counts > 1, inputs.order_counts - 1, 0)
    days = (inputs.last_days - inputs.first_days).astype("timedelta64[D]").astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _round_averages(np.where(intervals > 0, days / intervals, np.nan))


def _last_interpurchase_days(inputs: MetricInputs) -> MetricColumn:
    return pd.Series(inputs.interpurchase_stats[1]).astype("Int64").array


def _round_averages(averages: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    is_roundable = np.abs(averages) < MAX_ROUNDED  # larger ones have no such decimals; rounding would alter them
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
        columns.MARGIN: _net_margins,
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
        columns.MARGIN: lambda facts: facts.has_sum(order_runs.MARGIN_SUM),
        columns.ITEMS: lambda facts: facts.has_sum(order_runs.ITEMS_SUM),
        columns.DISCOUNT_SHARE: lambda facts: facts.has_sum(order_runs.DISCOUNTED_SUM),
        **{measure: _values_condition(name) for measure, name in DISTINCT_COUNTS.items()},
    }
)


def _describe_customers(inputs: MetricInputs, measures: Collection[str]) -> Iterator[tuple[str, pd.Series]]:
    """Yield the most frequent value of each descriptive column for each customer."""
    for name in DESCRIPTIVE_LINE_COLUMNS:
        column = description_column(name)
        if name in inputs.customer_orders.value_counts and (not measures or column in measures):
            yield column, find_modes(inputs.customer_orders.value_counts[name], inputs.customer_orders)
