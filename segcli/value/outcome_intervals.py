"""Intervals of what a single customer will do: orders and value simulated from the fitted models.

An interval of the expectation shows how uncertain the forecast is. The outcome of one customer deviates from it by
chance as well, so its interval is much wider.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segcli import columns
from segcli.arrays import FloatArray
from segcli.value import models
from segcli.value.models import Parameters
from segcli.value.order_forecast import ROUND_DIGITS, OrderForecast, ParameterDraw
from segcli.value.purchase_summary import HistoryGroups

COVERAGE = 0.9  # share of outcomes within the interval
MIN_SIMULATIONS, MAX_SIMULATIONS, TOTAL_SIMULATIONS = 50, 400, 20_000_000  # per customer; in total
SIMULATIONS_PER_CHUNK = 2_000_000  # limits the memory
SIMULATION_STREAM = 7  # separates this stream of random numbers from those of the bootstrap samples


@dataclass(frozen=True, eq=False)
class OutcomeIntervals:
    """Bounds of each customer's orders and value, each of shape (n,); values are None without money.

    Value is margin times revenue after returns, without discounting.
    """

    orders_low: FloatArray
    orders_high: FloatArray
    value_low: FloatArray | None
    value_high: FloatArray | None

    def to_columns(self) -> dict[str, FloatArray]:
        """Return the bounds as columns of the customer table."""
        bounds = {columns.OUTCOME_ORDERS_LOW: self.orders_low, columns.OUTCOME_ORDERS_HIGH: self.orders_high}
        if self.value_low is not None and self.value_high is not None:
            bounds |= {columns.OUTCOME_VALUE_LOW: self.value_low, columns.OUTCOME_VALUE_HIGH: self.value_high}
        return {name: values.round(ROUND_DIGITS) for name, values in bounds.items()}


def simulate_outcomes(
    order_forecast: OrderForecast, periods: float, parameter_draws: Sequence[ParameterDraw], seed: int
) -> OutcomeIntervals:
    """Simulate the orders of each customer in the next `periods`, and their value.

    Args:
        order_forecast: fitted models and customers.
        periods: length of the simulated time.
        parameter_draws: parameters of bootstrap samples, used in turn; without any, the fitted parameters.
        seed: random seed.
    """
    fitted_values = None if order_forecast.value_fit is None else order_forecast.value_fit.parameters
    draws = list(parameter_draws) or [ParameterDraw(order_forecast.order_fit.parameters, fitted_values)]
    customer_count = len(order_forecast.summary.group_codes)
    simulations = int(np.clip(TOTAL_SIMULATIONS // max(customer_count, 1), MIN_SIMULATIONS, MAX_SIMULATIONS))
    draws = draws[:simulations]
    generator = np.random.default_rng([seed, SIMULATION_STREAM])
    alive = _probabilities_alive(order_forecast, draws)
    chunk_size = max(SIMULATIONS_PER_CHUNK // simulations, 1)
    chunk_bounds = []
    for start in range(0, customer_count, chunk_size):
        rows = slice(start, start + chunk_size)
        samples = -(-simulations // len(draws))
        outcomes = [
            _simulate_chunk(order_forecast, rows, periods, draw, p_alive, samples, generator)
            for draw, p_alive in zip(draws, alive, strict=True)
        ]
        orders, values = zip(*outcomes, strict=True)
        bounds = [*_central_interval(np.concatenate(orders))]
        if fitted_values is not None:
            bounds += [*_central_interval(np.concatenate(values))]
        chunk_bounds.append(bounds)
    joined = [np.concatenate(parts) for parts in zip(*chunk_bounds, strict=True)]
    return OutcomeIntervals(joined[0], joined[1], *(joined[2:] if fitted_values is not None else (None, None)))


def _probabilities_alive(order_forecast: OrderForecast, draws: Sequence[ParameterDraw]) -> list[FloatArray]:
    """Return the probability that each customer is alive, for each draw."""
    model, summary = models.load_order_model(order_forecast.order_fit.model), order_forecast.summary
    return [model.probability_alive(draw.order_parameters, summary.groups)[summary.group_codes] for draw in draws]


def _simulate_chunk(  # noqa: PLR0913, PLR0917 - a simulation needs all of these
    order_forecast: OrderForecast,
    rows: slice,
    periods: float,
    draw: ParameterDraw,
    p_alive: FloatArray,
    samples: int,
    generator: np.random.Generator,
) -> tuple[FloatArray, FloatArray | None]:
    """Return simulated orders and values of some customers, each of shape (samples, customers)."""
    summary = order_forecast.summary
    group_codes = summary.group_codes[rows]
    groups, model = summary.groups, models.load_order_model(order_forecast.order_fit.model)
    histories = HistoryGroups(
        groups.x[group_codes], groups.t_x[group_codes], groups.T[group_codes], np.ones(len(group_codes))
    )
    # A calibrated forecast has calibrated order rates, that is, more or less time to order in.
    orders = model.simulate_orders(
        draw.order_parameters, histories, periods * order_forecast.calibration_factor, samples, generator
    )
    orders *= generator.random(orders.shape) < p_alive[rows]
    if draw.value_parameters is None:
        return orders, None
    values = _simulate_values(draw.value_parameters, histories.x, summary.mean_value[rows], orders, generator)
    return orders, order_forecast.settings.margin * values


def _simulate_values(
    parameters: Parameters, x: FloatArray, mean_values: FloatArray, orders: FloatArray, generator: np.random.Generator
) -> FloatArray:
    """Return the value of simulated orders, shape (samples, customers).

    By the Gamma-Gamma model, a customer's scale is Gamma(q + p x, v + x m), and the value of k orders is Gamma(p k)
    over the scale.
    """
    p, q, v = (parameters[name] for name in ("p", "q", "v"))
    scales = generator.gamma(q + p * x, size=orders.shape) / (v + x * np.nan_to_num(mean_values))
    totals: FloatArray = generator.gamma(p * orders) / np.maximum(scales, np.finfo(np.float64).tiny)
    return totals


def _central_interval(outcomes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the bounds that hold COVERAGE of the outcomes of each customer; outcomes have shape (samples, customers).

    Both tails are equal, unless the lower bound is 0. Then nothing can be below it, and the other tail takes the rest.
    """
    tail = (1 - COVERAGE) / 2
    low, high, high_from_zero = np.quantile(
        outcomes, [tail, 1 - tail, COVERAGE], axis=0, method="inverted_cdf", overwrite_input=True
    )
    return low, np.where(low > 0, high, high_from_zero)
