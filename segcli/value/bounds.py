"""Intervals: what customers, segments and all together are worth under each of several samples' parameters.

They say how far the expectation may be off because the parameters may be, not how far a single customer will be off.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns
from segcli.model import Segmentation
from segcli.value.bootstrap import ParameterDraw
from segcli.value.expecting import ROUND_DIGITS, OrderForecast
from segcli.value.summary import FloatArray, IntArray

LOW_QUANTILE, HIGH_QUANTILE = 0.025, 0.975
CUSTOMER_CHUNK_SIZE = 20_000  # customers whose intervals are found together
ORDERS_COLUMN, VALUE_COLUMN = columns.EXPECTED_ORDERS, columns.CLV


@dataclass(frozen=True, eq=False)
class ClvIntervals:
    """`customers` are columns, `totals` sums of all customers, `segments` by column those of each segment."""

    customers: Mapping[str, FloatArray]
    totals: Mapping[str, float]
    segments: Mapping[str, pd.DataFrame]


def bootstrap_intervals(
    order_forecast: OrderForecast, parameter_draws: Sequence[ParameterDraw], segmentations: Sequence[Segmentation]
) -> ClvIntervals:
    """Sums, and intervals where there are draws: from the 2.5 % to the 97.5 % quantile."""
    customer_orders, customer_clv = (
        order_forecast.horizon_orders[order_forecast.summary.group_codes],
        order_forecast.clv,
    )
    draw_predictions = [_predict_with_draw(order_forecast, draw) for draw in parameter_draws]
    single_group = np.zeros(len(customer_orders), dtype=np.int64)
    (total_sums,) = _sum_by_group(single_group, 1, customer_orders, customer_clv, draw_predictions)
    segment_tables = {}
    for segmentation in segmentations:
        segment_codes = pd.Index(segmentation.segments).get_indexer(pd.Index(segmentation.labels))
        rows = list(
            _sum_by_group(segment_codes, len(segmentation.segments), customer_orders, customer_clv, draw_predictions)
        )
        expected_alive = pd.Series(order_forecast.to_columns()[columns.P_ALIVE]).groupby(segment_codes).sum()
        segment_table = pd.DataFrame(rows)
        segment_table.insert(0, columns.SEGMENT_NAME, segmentation.segments)
        segment_table.insert(1, columns.CUSTOMERS, np.bincount(segment_codes, minlength=len(segmentation.segments)))
        segment_table.insert(2, "alive", expected_alive.to_numpy())
        sort_columns = [name for name in (VALUE_COLUMN, ORDERS_COLUMN) if name in segment_table]
        segment_tables[segmentation.column] = segment_table.sort_values(
            [sort_columns[0], columns.SEGMENT_NAME], ascending=[False, True], ignore_index=True
        )
    return ClvIntervals(dict(_customer_intervals(customer_clv, draw_predictions)), total_sums, segment_tables)


def _predict_with_draw(
    order_forecast: OrderForecast, parameter_draw: ParameterDraw
) -> tuple[FloatArray, FloatArray | None]:
    """Orders and value of each customer under other parameters; later orders count less as they did."""
    orders, order_values = order_forecast.predict_from_draw(parameter_draw)
    group_codes = order_forecast.summary.group_codes
    if order_values is None or order_forecast.order_value is None or order_forecast.clv is None:
        return orders[group_codes], None
    ratio = np.divide(
        orders, order_forecast.horizon_orders, out=np.ones_like(orders), where=order_forecast.horizon_orders > 0
    )[group_codes]
    return orders[group_codes], order_forecast.clv * ratio * order_values / order_forecast.order_value


def _sum_by_group(
    group_codes: IntArray,
    group_count: int,
    customer_orders: FloatArray,
    customer_clv: FloatArray | None,
    draw_predictions: Sequence[tuple[FloatArray, FloatArray | None]],
) -> Iterator[dict[str, float]]:
    """Of each group of customers: expected orders and value, with intervals."""

    def sum_values(customer_values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(group_codes, np.nan_to_num(customer_values), group_count), dtype=np.float64)

    predictions = {ORDERS_COLUMN: (customer_orders, [draw_values for draw_values, _ in draw_predictions])}
    if customer_clv is not None:
        predictions[VALUE_COLUMN] = (
            customer_clv,
            [draw_clv for _, draw_clv in draw_predictions if draw_clv is not None],
        )
    group_sums = {
        name: (sum_values(values), [sum_values(draw_values) for draw_values in drawn_values])
        for name, (values, drawn_values) in predictions.items()
    }
    for position in range(group_count):
        sums_row: dict[str, float] = {}
        for name, (values, drawn_values) in group_sums.items():
            sums_row[name] = float(values[position])
            if drawn_values:
                low_bound, high_bound = np.quantile(
                    [draw_values[position] for draw_values in drawn_values], [LOW_QUANTILE, HIGH_QUANTILE]
                )
                sums_row |= {f"{name}_low": float(low_bound), f"{name}_high": float(high_bound)}
        yield sums_row


def _customer_intervals(
    customer_clv: FloatArray | None, draw_predictions: Sequence[tuple[FloatArray, FloatArray | None]]
) -> Iterator[tuple[str, FloatArray]]:
    """The interval of each customer's value."""
    drawn_clv = [draw_clv for _, draw_clv in draw_predictions if draw_clv is not None]
    if customer_clv is None or not drawn_clv:
        return
    chunk_starts = range(0, len(customer_clv), CUSTOMER_CHUNK_SIZE)
    chunk_quantiles = [
        np.quantile(
            [draw_values[chunk_start : chunk_start + CUSTOMER_CHUNK_SIZE] for draw_values in drawn_clv],
            [LOW_QUANTILE, HIGH_QUANTILE],
            axis=0,
        )
        for chunk_start in chunk_starts
    ]
    low_bounds, high_bounds = np.concatenate(chunk_quantiles, axis=1).round(ROUND_DIGITS)
    yield from ((columns.CLV_LOW, low_bounds), (columns.CLV_HIGH, high_bounds))
