"""Bootstrap intervals of the values of customers, segments and all customers together.

The intervals show the uncertainty of the expectation that comes from the parameters. `outcome_intervals` shows how far
the orders of a single customer may deviate from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray, IntArray
from segcli.config.clv import ClvSettings
from segcli.model import Segmentation
from segcli.value import gamma_gamma, models
from segcli.value.maximum_likelihood import ModelFit, fit_order_model
from segcli.value.purchase_summary import PurchaseSummary

# Parameter uncertainty: models refitted to bootstrap samples of customers.
MAX_SAMPLE_SIZE = 5_000  # maximum number of customers in a bootstrap sample
SAMPLES_IN_TIME_OF_A_FIT = 8  # samples of a slow model are smaller, so that all samples take about as long as its fit


@dataclass(frozen=True)
class ParameterDraw:
    """Parameters of the order model and, where there is money, of the order value model."""

    order_parameters: Mapping[str, float]
    value_parameters: Mapping[str, float] | None


def draw_parameters(
    summary: PurchaseSummary, order_fit: ModelFit, value_fit: ModelFit | None, samples: int, seed: int
) -> Iterator[ParameterDraw]:
    """Yield the parameters of models fitted to bootstrap samples of customers, one draw per sample."""
    customer_count = len(summary.group_codes)
    model = models.load_order_model(order_fit.model)
    sample_size = min(customer_count, MAX_SAMPLE_SIZE, model.MAX_HISTORIES // SAMPLES_IN_TIME_OF_A_FIT)
    repeats, is_repeat = summary.x, (summary.x > 0) & (np.nan_to_num(summary.mean_value) > 0)
    for sample_number in range(samples):
        sampled_rows = np.random.default_rng([seed, sample_number]).integers(0, customer_count, sample_size)
        history_counts = np.bincount(summary.group_codes[sampled_rows], minlength=len(summary.groups.x)).astype(
            np.float64
        )
        sample_fit = fit_order_model(
            order_fit.model, summary.groups.reweight_customers(history_counts), [order_fit.parameters]
        )
        shrinkage = np.sqrt(sample_size / customer_count)
        if value_fit is None:
            yield ParameterDraw(_shrink_towards(order_fit.parameters, sample_fit.parameters, shrinkage), None)
            continue
        repeat_rows = sampled_rows[is_repeat[sampled_rows]]
        sample_value_fit = gamma_gamma.fit_gamma_gamma(
            repeats[repeat_rows], summary.mean_value[repeat_rows], np.ones(len(repeat_rows)), [value_fit.parameters]
        )
        yield ParameterDraw(
            _shrink_towards(order_fit.parameters, sample_fit.parameters, shrinkage),
            _shrink_towards(value_fit.parameters, sample_value_fit.parameters, shrinkage),
        )


def _shrink_towards(
    full_parameters: Mapping[str, float], sample_parameters: Mapping[str, float], shrinkage: float
) -> dict[str, float]:
    return {
        name: full_value * (sample_parameters[name] / full_value) ** shrinkage
        for name, full_value in full_parameters.items()
    }


# Expected orders of customers and their value.
DAYS_PER_YEAR = 365.25
ROUND_DIGITS = 6


@dataclass(frozen=True, eq=False)
class OrderForecast:
    """Fitted models with the customers to predict; `value_fit` is None without money.

    `calibration_factor` multiplies all predicted orders.
    """

    summary: PurchaseSummary
    order_fit: ModelFit
    value_fit: ModelFit | None
    settings: ClvSettings
    calibration_factor: float = 1.0

    @property
    def periods_per_step(self) -> float:
        """Number of periods in a step of the horizon."""
        return self.settings.step_days / self.summary.period_days

    @property
    def horizon_periods(self) -> float:
        """Number of periods in the horizon."""
        return self.settings.horizon_steps * self.periods_per_step

    def predict_orders(self, periods: float, parameters: Mapping[str, float] | None = None) -> FloatArray:
        """Return the expected orders in the next `periods`, by group of customers, shape (g,)."""
        model = models.load_order_model(self.order_fit.model)
        return self.calibration_factor * model.conditional_expectation(
            parameters or self.order_fit.parameters, self.summary.groups, periods
        )

    @cached_property
    def horizon_orders(self) -> FloatArray:
        """Expected orders over the whole horizon, by group, shape (g,)."""
        return self.predict_orders(self.horizon_periods)

    @cached_property
    def horizon_orders_discounted(self) -> FloatArray:
        """Expected orders over the horizon, discounted by step, by group, shape (g,)."""
        discount_factor = (1 + self.settings.discount) ** (self.settings.step_days / DAYS_PER_YEAR)
        previous_orders, total_orders = np.zeros_like(self.horizon_orders), np.zeros_like(self.horizon_orders)
        for step in range(1, self.settings.horizon_steps + 1):
            cumulative_orders = self.predict_orders(step * self.periods_per_step)
            total_orders += (cumulative_orders - previous_orders) / discount_factor**step
            previous_orders = cumulative_orders
        return total_orders

    @cached_property
    def order_value(self) -> FloatArray | None:
        """Expected value of each customer's next orders, shape (n,); NaN where the mean is undefined."""
        return None if self.value_fit is None else self._predict_order_value(self.value_fit.parameters)

    @cached_property
    def clv(self) -> FloatArray | None:
        """Lifetime value of each customer over the horizon, shape (n,)."""
        return self._value_orders(self.horizon_orders_discounted)

    @cached_property
    def clv_undiscounted(self) -> FloatArray | None:
        """Lifetime value of each customer without discounting, shape (n,)."""
        return self._value_orders(self.horizon_orders)

    def _value_orders(self, group_orders: FloatArray) -> FloatArray | None:
        if self.order_value is None:
            return None
        margin_by_customer: FloatArray = (
            self.settings.margin * group_orders[self.summary.group_codes] * self.order_value
        )
        return margin_by_customer

    def _predict_order_value(self, parameters: Mapping[str, float]) -> FloatArray:
        order_values = gamma_gamma.predict_order_value(parameters, self.summary.x, self.summary.mean_value)
        return np.where(order_values > 0, order_values, np.nan)

    def predict_from_draw(self, parameter_draw: ParameterDraw) -> tuple[FloatArray, FloatArray | None]:
        """Return the orders over the horizon by group, and the order value by customer, under drawn parameters."""
        orders = self.predict_orders(self.horizon_periods, parameter_draw.order_parameters)
        return orders, None if parameter_draw.value_parameters is None else self._predict_order_value(
            parameter_draw.value_parameters
        )

    def to_columns(self) -> dict[str, FloatArray]:
        """Return the forecast as columns of the customer table."""
        model, group_codes = models.load_order_model(self.order_fit.model), self.summary.group_codes
        customer_columns = {
            columns.P_ALIVE: model.probability_alive(self.order_fit.parameters, self.summary.groups)[group_codes],
            columns.EXPECTED_ORDERS: self.horizon_orders[group_codes],
        }
        if self.order_value is not None and self.clv is not None and self.clv_undiscounted is not None:
            customer_columns |= {
                columns.EXPECTED_ORDER_VALUE: self.order_value,
                columns.CLV: self.clv,
                columns.CLV_UNDISCOUNTED: self.clv_undiscounted,
            }
        return {name: values.round(ROUND_DIGITS) for name, values in customer_columns.items()}


LOW_QUANTILE, HIGH_QUANTILE = 0.025, 0.975
CUSTOMER_CHUNK_SIZE = 20_000  # customers per chunk; limits the memory for quantiles
ORDERS_COLUMN, VALUE_COLUMN = columns.EXPECTED_ORDERS, columns.CLV


@dataclass(frozen=True, eq=False)
class ClvIntervals:
    """Intervals of the forecast: `customers` are columns, `totals` sums of all customers.

    `segments` maps each segmentation column to the sums of its segments.
    """

    customers: Mapping[str, FloatArray]
    totals: Mapping[str, float]
    segments: Mapping[str, pd.DataFrame]


def bootstrap_intervals(
    order_forecast: OrderForecast, parameter_draws: Sequence[ParameterDraw], segmentations: Sequence[Segmentation]
) -> ClvIntervals:
    """Return sums and, where there are draws, intervals from the 2.5 % to the 97.5 % quantile."""
    customer_orders, customer_clv = (
        order_forecast.horizon_orders[order_forecast.summary.group_codes],
        order_forecast.clv,
    )
    undiscounted_clv = order_forecast.clv_undiscounted
    draw_predictions = [_predict_with_draw(order_forecast, draw) for draw in parameter_draws]
    single_group = np.zeros(len(customer_orders), dtype=np.int64)
    (total_sums,) = _sum_by_group(single_group, 1, customer_orders, customer_clv, draw_predictions)
    if undiscounted_clv is not None:
        total_sums[columns.CLV_UNDISCOUNTED] = float(np.nansum(undiscounted_clv))
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
        if undiscounted_clv is not None:
            segment_table[columns.CLV_UNDISCOUNTED] = np.bincount(
                segment_codes, np.nan_to_num(undiscounted_clv), len(segmentation.segments)
            )
        sort_columns = [name for name in (VALUE_COLUMN, ORDERS_COLUMN) if name in segment_table]
        segment_tables[segmentation.column] = segment_table.sort_values(
            [sort_columns[0], columns.SEGMENT_NAME], ascending=[False, True], ignore_index=True
        )
    return ClvIntervals(dict(_customer_intervals(customer_clv, draw_predictions)), total_sums, segment_tables)


def _predict_with_draw(
    order_forecast: OrderForecast, parameter_draw: ParameterDraw
) -> tuple[FloatArray, FloatArray | None]:
    """Return the orders and value of each customer under drawn parameters; the discounting is that of the forecast."""
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
    """Yield the expected orders and value of each group of customers, with intervals."""

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
    """Yield the columns with the interval of each customer's value."""
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
