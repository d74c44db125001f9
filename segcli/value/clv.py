"""Customer lifetime value: the expected number of orders of a customer, times their expected value.

CLV = sum over steps of margin x E[value of an order] x (E[orders to step k] - E[orders to step k - 1]) / (1 + d)^k
(Fader and Hardie 2005; 2013). All purchases of a customer on one day count as one. Money is the amount bought, before
returns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.clv import DAYS_PER_PERIOD, ClvSettings
from segcli.customers.order_history import CUSTOMER_ROW, customers_as_of
from segcli.errors import InputProblem
from segcli.message import count_message, join_messages, message
from segcli.model import Customers, Provenance, Segmentation
from segcli.segment.segmentation import DEFAULT_LIBRARIES, build_provenance
from segcli.value import models
from segcli.value.clv_model import ClvModel, fit_clv_model
from segcli.value.maximum_likelihood import ModelFit
from segcli.value.order_forecast import OrderForecast, ParameterDraw, bootstrap_intervals, draw_parameters
from segcli.value.purchase_summary import FloatArray, PurchaseSummary, sum_daily_purchases, summarise_purchases

# Validation: orders after the calibration, compared with the model and with naive baselines.
BASELINE_LABELS = {
    "as before": message("past rate"),
    "like everybody": message("average rate"),
    "none": message("no orders"),
}
POOLED_REPEATS = 7  # customers with this many repeat purchases or more share one row


@dataclass(frozen=True)
class HoldoutResult:
    """Comparison of predicted and actual orders in the `days` after the calibration.

    `actual` and `expected` are the orders of all customers. `by_repeats` has a row per number of repeat purchases:
    repeats, customers, and actual and expected orders per customer. `errors` holds the errors of the model and of naive
    baselines.
    """

    days: int
    actual: float
    expected: float
    by_repeats: pd.DataFrame
    errors: pd.DataFrame


def evaluate_holdout(summary: PurchaseSummary, predicted: FloatArray, actual: FloatArray, days: int) -> HoldoutResult:
    """Compare predicted with actual purchases, customer by customer.

    Args:
        summary: purchase histories up to the end of the calibration.
        predicted: purchases predicted by the model, shape (customers,).
        actual: observed purchases, shape (customers,).
        days: length of the holdout in days.
    """
    x, observation_periods, holdout_periods = (
        summary.x,
        summary.groups.T[summary.group_codes],
        days / summary.period_days,
    )
    pooled_repeats = np.minimum(x, POOLED_REPEATS).astype(np.int64)
    repeat_groups = pd.DataFrame({"repeats": pooled_repeats, "actual": actual, "expected": predicted}).groupby(
        "repeats"
    )
    by_repeats = repeat_groups.agg(
        customers=("actual", "size"), actual=("actual", "mean"), expected=("expected", "mean")
    )
    order_rate = np.divide(x, observation_periods, out=np.zeros(len(x)), where=observation_periods > 0)
    guesses = {
        "model": predicted,
        "as before": order_rate * holdout_periods,
        "like everybody": np.full(len(x), x.sum() / observation_periods.sum() * holdout_periods),
        "none": np.zeros(len(x)),
    }
    errors = pd.DataFrame(
        {
            "guess": list(guesses),
            "total": [guess.sum() for guess in guesses.values()],
            "mean_absolute_error": [np.abs(guess - actual).mean() for guess in guesses.values()],
            "root_mean_squared_error": [np.sqrt(((guess - actual) ** 2).mean()) for guess in guesses.values()],
        }
    )
    return HoldoutResult(days, float(actual.sum()), float(predicted.sum()), by_repeats.reset_index(), errors)


@dataclass(frozen=True, eq=False)
class ClvResult:
    """Forecast of each customer: p_alive, expected_orders and, where there is money, order value and CLV, as `table`.

    `totals` holds the sums of all customers. `segments` maps each segmentation column to the sums of its segments, with
    intervals.
    """

    customers: Customers
    table: pd.DataFrame
    clv_model: ClvModel
    calibration_end: date
    totals: Mapping[str, float]
    segments: Mapping[str, pd.DataFrame]
    holdout: HoldoutResult | None
    new_customer: Mapping[str, Mapping[float, float]]
    provenance: Provenance
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def select_calibration(customers: Customers, settings: ClvSettings) -> tuple[Customers, date]:
    """Return the customers as of the end of the calibration period, and its last day.

    Raises:
        InputProblem: the input is not an order export, or has no buyers by that day.
    """
    if settings.calibration_end is None:
        if customers.as_of is None or customers.transactions is None:
            raise InputProblem(
                "contains no individual orders",
                source=customers.input_reports[0].input.name,
                remedy="Pass an order export, not a customer table",
            )
        return customers, customers.as_of - timedelta(days=1)
    calibration_end = date.fromisoformat(settings.calibration_end)
    return customers_as_of(customers, calibration_end + timedelta(days=1)), calibration_end


@dataclass(frozen=True, eq=False)
class ClvInputs:
    """A fitted or saved forecast with its customers, and the parameter draws for its intervals.

    `customers` are those that `select_calibration` returns.
    """

    all_customers: Customers
    customers: Customers
    calibration_end: date
    settings: ClvSettings
    seed: int
    clv_model: ClvModel
    order_forecast: OrderForecast
    parameter_draws: Sequence[ParameterDraw]

    def compute_clv(self, segmentations: Sequence[Segmentation]) -> ClvResult:
        """Return the forecast of each customer, of all customers together, and of each segment."""
        intervals = bootstrap_intervals(self.order_forecast, self.parameter_draws, segmentations)
        holdout_result = _evaluate_calibration(
            self.all_customers, self.customers, self.order_forecast, self.calibration_end, self.settings
        )
        return ClvResult(
            customers=self.customers,
            table=self.customers.table.assign(**self.order_forecast.to_columns(), **intervals.customers),
            clv_model=self.clv_model,
            calibration_end=self.calibration_end,
            totals=intervals.totals,
            segments=intervals.segments,
            holdout=holdout_result,
            new_customer={
                order_fit.model: _predict_new_customer(order_fit, self.settings.times)
                for order_fit in self.clv_model.order_fits
            },
            provenance=build_provenance(self.customers, "clv", self.settings, self.seed, (*DEFAULT_LIBRARIES, "scipy")),
            warnings=tuple(self.clv_model.list_warnings()),
            notes=tuple(
                _build_notes(
                    self.clv_model, self.order_forecast.summary, self.settings, self.calibration_end, holdout_result
                )
            ),
        )


def prepare_clv(
    all_customers: Customers, settings: ClvSettings, seed: int, saved_model: ClvModel | None = None
) -> ClvInputs:
    """Fit or reuse the models, and draw the parameters for intervals.

    Args:
        all_customers: customers with all their orders.
        settings: model, period and horizon.
        seed: random seed of the samples for intervals.
        saved_model: a saved forecast; if given, no model is fitted.
    """
    customers, calibration_end = select_calibration(all_customers, settings)
    if saved_model:
        clv_model, summary = (
            saved_model,
            summarise_purchases(customers, calibration_end, DAYS_PER_PERIOD[settings.period]),
        )
    else:
        clv_model, summary = fit_clv_model(customers, calibration_end, settings)
    parameter_draws = (
        []
        if saved_model
        else list(draw_parameters(summary, clv_model.order_fit, clv_model.value_fit, settings.bootstrap, seed))
    )
    order_forecast = OrderForecast(summary, clv_model.order_fit, clv_model.value_fit, settings)
    return ClvInputs(
        all_customers, customers, calibration_end, settings, seed, clv_model, order_forecast, parameter_draws
    )


def _predict_new_customer(order_fit: ModelFit, times: Sequence[float]) -> dict[float, float]:
    """Return the expected repeat orders of a new customer, by time in periods."""
    return {
        time: models.load_order_model(order_fit.model).unconditional_expectation(order_fit.parameters, time)
        for time in times
    }


def _evaluate_calibration(
    all_customers: Customers,
    customers: Customers,
    order_forecast: OrderForecast,
    calibration_end: date,
    settings: ClvSettings,
) -> HoldoutResult | None:
    """Evaluate purchases after the calibration, for the customers known at its end; None if there are no later data."""
    if not settings.calibration_end:
        return None
    purchase_days = sum_daily_purchases(all_customers)
    later_days = purchase_days[
        purchase_days["day"] > np.datetime64(calibration_end).astype("datetime64[D]").astype(np.int64)
    ]
    if all_customers.as_of is None or later_days.empty:
        return None
    counts = later_days.groupby(CUSTOMER_ROW).size()
    ids = all_customers.table[columns.CUSTOMER_ID]
    later_counts = pd.Series(counts.to_numpy(), index=ids.iloc[counts.index].to_numpy())
    actual = later_counts.reindex(customers.table[columns.CUSTOMER_ID]).fillna(0.0).to_numpy(dtype=np.float64)
    days = (all_customers.as_of - calibration_end).days - 1
    summary = order_forecast.summary
    predicted = order_forecast.predict_orders(days / summary.period_days)[summary.group_codes]
    return evaluate_holdout(summary, predicted, actual, days)


def _build_notes(
    clv_model: ClvModel,
    summary: PurchaseSummary,
    settings: ClvSettings,
    calibration_end: date,
    holdout_result: HoldoutResult | None,
) -> Iterator[str]:
    yield count_message(
        "orders to {day}, {count} customer bought again",
        "orders to {day}, {count} customers bought again",
        summary.repeat_customers,
        day=calibration_end,
    )
    yield from clv_model.list_notes()
    yield message(
        "value over {horizon} with a margin of {margin:.0%} and a discount rate of {discount:.0%} a year",
        horizon=_horizon_label(settings.horizon),
        margin=settings.margin,
        discount=settings.discount,
    )
    if holdout_result:
        model_errors, *guess_errors = holdout_result.errors.to_dict("records")
        guess_texts = [
            message(
                "{baseline} {error:.2f}",
                baseline=BASELINE_LABELS[guess_error["guess"]],
                error=guess_error["mean_absolute_error"],
            )
            for guess_error in guess_errors
        ]
        yield message(
            "in the next {days}: {orders}, {predicted:,.0f} predicted; "
            "mean absolute error {error:.2f} per customer (baselines: {baselines})",
            days=count_message("{count} day", "{count} days", holdout_result.days),
            orders=count_message("{count} order", "{count} orders", int(holdout_result.actual)),
            predicted=holdout_result.expected,
            error=model_errors["mean_absolute_error"],
            baselines=join_messages(", ", guess_texts),
        )


def _horizon_label(horizon: str) -> str:
    """Return the label of a span such as `12 months`."""
    count_text, unit = horizon.split()
    count = int(count_text)
    if unit.startswith("day"):
        return count_message("{count} day", "{count} days", count)
    if unit.startswith("week"):
        return count_message("{count} week", "{count} weeks", count)
    if unit.startswith("month"):
        return count_message("{count} month", "{count} months", count)
    return count_message("{count} year", "{count} years", count)
