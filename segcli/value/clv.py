"""Customer lifetime value: the expected number of orders of a customer, times their expected value.

CLV = sum over steps of margin x E[value of an order] x (E[orders to step k] - E[orders to step k - 1]) / (1 + d)^k
(Fader and Hardie 2005; 2013). All purchases of a customer on one day count as one. Money is the amount bought, less
returns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from segcli.config.clv import DAYS_PER_PERIOD, ClvSettings
from segcli.customers.order_history import customers_as_of
from segcli.errors import InputProblem
from segcli.message import count_message, message
from segcli.model import Customers, Provenance, Segmentation
from segcli.parallel import limit_blas_threads
from segcli.segment.segmentation import DEFAULT_LIBRARIES, build_provenance
from segcli.value import models
from segcli.value.clv_holdout import HoldoutResult, compare_with_later, forecast_from_past, list_later_purchases
from segcli.value.clv_limits import ClvLimit, describe_horizon, find_limits
from segcli.value.clv_model import (
    ClvModel,
    choose_order_fit,
    fit_order_models,
    fit_order_value,
    require_repeat_customers,
)
from segcli.value.maximum_likelihood import ModelFit
from segcli.value.no_dropout import measure_dropout_gain
from segcli.value.order_forecast import OrderForecast, ParameterDraw, bootstrap_intervals, draw_parameters
from segcli.value.outcome_intervals import simulate_outcomes
from segcli.value.purchase_summary import PurchaseSummary, summarise_purchases


@dataclass(frozen=True, eq=False)
class ClvResult:
    """Forecast of each customer: p_alive, expected_orders and, where there is money, order value and CLV, as `table`.

    `totals` holds the sums of all customers. `segments` maps each segmentation column to the sums of its segments, with
    intervals. `limits` are the reasons why the data do not bear the forecast out.
    """

    customers: Customers
    table: pd.DataFrame
    clv_model: ClvModel
    calibration_end: date
    totals: Mapping[str, float]
    segments: Mapping[str, pd.DataFrame]
    holdout: HoldoutResult | None
    limits: Sequence[ClvLimit]
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
                remedy="pass an order export, not a customer table",
            )
        return customers, customers.as_of - timedelta(days=1)
    calibration_end = date.fromisoformat(settings.calibration_end)
    return customers_as_of(customers, calibration_end + timedelta(days=1)), calibration_end


@dataclass(frozen=True, eq=False)
class ClvInputs:
    """A fitted or saved forecast with its customers, and the parameter draws for its intervals.

    `customers` are those that `select_calibration` returns. `holdout` compares the forecast, or the same models fitted
    to the past, with later purchases.
    """

    all_customers: Customers
    customers: Customers
    calibration_end: date
    settings: ClvSettings
    seed: int
    clv_model: ClvModel
    order_forecast: OrderForecast
    parameter_draws: Sequence[ParameterDraw]
    holdout: HoldoutResult | None

    def compute_clv(self, segmentations: Sequence[Segmentation]) -> ClvResult:
        """Return the forecast of each customer, of all customers together, and of each segment."""
        with limit_blas_threads():  # the last bits of a sum depend on the number of threads
            intervals = bootstrap_intervals(self.order_forecast, self.parameter_draws, segmentations)
            outcomes = simulate_outcomes(
                self.order_forecast, self.order_forecast.horizon_periods, self.parameter_draws, self.seed
            )
        limits = tuple(
            find_limits(
                self.clv_model,
                self.order_forecast.summary,
                self.settings,
                None if self.settings.calibrate and self.clv_model.calibration_factor else self.holdout,
            )
        )
        return ClvResult(
            customers=self.customers,
            table=self.customers.table.assign(
                **self.order_forecast.to_columns(), **intervals.customers, **outcomes.to_columns()
            ),
            clv_model=self.clv_model,
            calibration_end=self.calibration_end,
            totals=intervals.totals,
            segments=intervals.segments,
            holdout=self.holdout,
            limits=limits,
            new_customer={
                order_fit.model: _predict_new_customer(order_fit, self.settings.times)
                for order_fit in self.clv_model.order_fits
            },
            provenance=build_provenance(self.customers, "clv", self.settings, self.seed, (*DEFAULT_LIBRARIES, "scipy")),
            warnings=tuple(self.clv_model.list_warnings()),
            notes=tuple(self._list_notes(limits)),
        )

    def _list_notes(self, limits: Sequence[ClvLimit]) -> Iterator[str]:
        yield count_message(
            "orders to {day}, {count} customer bought again",
            "orders to {day}, {count} customers bought again",
            self.order_forecast.summary.repeat_customers,
            day=self.calibration_end,
        )
        yield from self.clv_model.list_notes(is_limited=bool(limits))
        yield message(
            "value over {horizon} with a margin of {margin:.0%} and a discount rate of {discount:.0%} a year",
            horizon=describe_horizon(self.settings.horizon),
            margin=self.settings.margin,
            discount=self.settings.discount,
        )
        if self.holdout:
            yield from self.holdout.list_notes()
        if self.settings.calibrate:
            factor = self.clv_model.calibration_factor
            yield (
                message("clv.calibrate has no effect: the history is too short for a holdout")
                if factor is None
                else message("predicted orders are multiplied by {factor:.3g} (clv.calibrate)", factor=factor)
            )
        yield from (message("limit: {limit}", limit=limit.text) for limit in limits)


@limit_blas_threads()  # the last bits of a sum depend on the number of threads
def prepare_clv(
    all_customers: Customers, settings: ClvSettings, seed: int, saved_model: ClvModel | None = None
) -> ClvInputs:
    """Fit or reuse the models, test them on a holdout, and draw the parameters for intervals.

    Args:
        all_customers: customers with all their orders.
        settings: model, period and horizon.
        seed: random seed of the samples for intervals.
        saved_model: a saved forecast; if given, no model is fitted.
    """
    customers, calibration_end = select_calibration(all_customers, settings)
    summary = summarise_purchases(customers, calibration_end, DAYS_PER_PERIOD[settings.period])
    past_holdout = None
    if saved_model:
        clv_model = saved_model
    else:
        clv_model, past_holdout = _fit_clv_model(customers, calibration_end, summary, settings, seed)
    parameter_draws = (
        []
        if saved_model
        else list(draw_parameters(summary, clv_model.order_fit, clv_model.value_fit, settings.bootstrap, seed))
    )
    calibration_factor = (clv_model.calibration_factor or 1.0) if settings.calibrate else 1.0
    order_forecast = OrderForecast(summary, clv_model.order_fit, clv_model.value_fit, settings, calibration_factor)
    later = list_later_purchases(all_customers, customers, calibration_end) if settings.calibration_end else None
    holdout = compare_with_later(order_forecast, later, calibration_end, seed) if later else past_holdout
    return ClvInputs(
        all_customers,
        customers,
        calibration_end,
        settings,
        seed,
        clv_model,
        order_forecast,
        parameter_draws,
        holdout,
    )


def _fit_clv_model(
    customers: Customers, last_day: date, summary: PurchaseSummary, settings: ClvSettings, seed: int
) -> tuple[ClvModel, HoldoutResult | None]:
    """Fit all models, choose one, and test it on the last part of the history.

    Raises:
        InputProblem: there are too few customers with a repeat purchase.
    """
    require_repeat_customers(customers, summary, last_day)
    order_fits = fit_order_models(summary, settings)
    past_forecast = forecast_from_past(customers, last_day, settings)
    prediction_error = past_forecast.prediction_error if past_forecast else None
    order_fit, similar_models = choose_order_fit(order_fits, prediction_error)
    value_fit, correlation = fit_order_value(summary)
    holdout = past_forecast.compare_model(order_fit.model, seed) if past_forecast else None
    clv_model = ClvModel(
        order_fit,
        value_fit,
        order_fits,
        correlation,
        measure_dropout_gain(order_fit, summary.groups),
        holdout.calibration_factor if holdout else None,
        similar_models,
    )
    return clv_model, holdout


def _predict_new_customer(order_fit: ModelFit, times: Sequence[float]) -> dict[float, float]:
    """Return the expected repeat orders of a new customer, by time in periods."""
    return {
        time: models.load_order_model(order_fit.model).unconditional_expectation(order_fit.parameters, time)
        for time in times
    }
