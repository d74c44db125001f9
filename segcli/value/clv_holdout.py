"""Holdout test of a forecast: models fitted to the past, compared with what customers did afterwards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.config.clv import DAYS_PER_PERIOD, ClvSettings
from segcli.customers.order_history import CUSTOMER_ROW, customers_as_of
from segcli.formatting import format_money, format_number
from segcli.message import count_message, join_messages, message
from segcli.model import Customers
from segcli.value.clv_model import MIN_REPEAT_CUSTOMERS, fit_order_models, fit_order_value
from segcli.value.order_forecast import OrderForecast
from segcli.value.outcome_intervals import COVERAGE, simulate_outcomes
from segcli.value.purchase_summary import (
    PurchaseSummary,
    list_refunds,
    sum_daily_purchases,
    summarise_purchases,
)

BASELINE_LABELS = {
    "as before": message("past rate"),
    "like everybody": message("average rate"),
    "none": message("no orders"),
}
POOLED_REPEATS = 7  # customers with this many repeat purchases or more share one row
HOLDOUT_SHARE = 3  # the holdout is at most one third of the history
MIN_HOLDOUT_DAYS = 28
# A forecast is off if it deviates by more than both: a share, and standard errors. The latter leave out that the
# parameters are uncertain too, hence three of them.
MAX_DEVIATION, DEVIATION_ERRORS = 0.1, 3.0


@dataclass(frozen=True)
class HoldoutResult:
    """Comparison of predicted and actual orders in the `days` after `until`.

    `actual` and `expected` are the orders of all customers, `actual_value` and `expected_value` their revenue after
    returns (None without money). `covered` is the share of customers whose orders are within their interval.
    `by_repeats` has a row per number of repeat purchases: repeats, customers, and actual and expected orders per
    customer. `errors` holds the errors of the model and of naive baselines. `deviation_error` is the standard error of
    the difference of `actual` and `expected`.
    """

    until: date
    days: int
    actual: float
    expected: float
    actual_value: float | None
    expected_value: float | None
    covered: float
    deviation_error: float
    by_repeats: pd.DataFrame
    errors: pd.DataFrame

    @property
    def calibration_factor(self) -> float | None:
        """Actual orders divided by predicted orders; None if either is 0."""
        return self.actual / self.expected if self.actual > 0 and self.expected > 0 else None

    @property
    def is_off(self) -> bool:
        """Whether the predicted number of orders deviates from the actual one by more than chance."""
        deviation = abs(self.expected - self.actual)
        return self.actual > 0 and deviation > max(MAX_DEVIATION * self.actual, DEVIATION_ERRORS * self.deviation_error)

    def list_notes(self) -> Iterator[str]:
        """Yield the comparison in words."""
        model_errors, *guess_errors = self.errors.to_dict("records")
        guess_texts = [
            message(
                "{baseline} {error:.2f}",
                baseline=BASELINE_LABELS[guess_error["guess"]],
                error=guess_error["mean_absolute_error"],
            )
            for guess_error in guess_errors
        ]
        yield message(
            "holdout, {days} after {day}: {orders}, {predicted:,.0f} predicted",
            days=count_message("{count} day", "{count} days", self.days),
            day=self.until,
            orders=count_message("{count} order", "{count} orders", self.actual),
            predicted=self.expected,
        )
        if self.actual_value is not None and self.expected_value is not None:
            yield message(
                "holdout revenue after returns: {actual}, {predicted} predicted",
                actual=format_money(self.actual_value),
                predicted=format_money(self.expected_value),
            )
        yield message(
            "the {coverage:.0%} intervals held {covered:.0%} of customers; "
            "mean absolute error {error:.2f} per customer (baselines: {baselines})",
            coverage=COVERAGE,
            covered=self.covered,
            error=model_errors["mean_absolute_error"],
            baselines=join_messages(", ", guess_texts),
        )

    def describe_deviation(self, calibration_factor: float | None) -> str:
        """Return how far the forecast is off, and the factor that would correct it (None: unknown), in words."""
        share = abs(self.expected - self.actual) / self.actual
        deviation = (
            message("in the holdout, the model predicted {share:.0%} more orders than there were", share=share)
            if self.expected > self.actual
            else message("in the holdout, the model predicted {share:.0%} fewer orders than there were", share=share)
        )
        corrects = calibration_factor is not None and (calibration_factor < 1) == (self.expected > self.actual)
        if calibration_factor is None or not corrects:
            return deviation
        return message(
            "{deviation}; hint: --set clv.calibrate=true multiplies the forecast by {factor}",
            deviation=deviation,
            factor=format_number(calibration_factor),
        )


@dataclass(frozen=True, eq=False)
class LaterPurchases:
    """Orders and revenue after returns of each customer in the `days` after the calibration, each of shape (n,)."""

    days: int
    orders: FloatArray
    revenue: FloatArray


def list_later_purchases(all_customers: Customers, customers: Customers, until: date) -> LaterPurchases | None:
    """Return the purchases after `until` of the customers known then; None if there are no later data."""
    purchase_days = sum_daily_purchases(all_customers)
    later_days = purchase_days[purchase_days["day"] > np.datetime64(until).astype("datetime64[D]").astype(np.int64)]
    if all_customers.as_of is None or later_days.empty:
        return None
    later_sums = later_days.groupby(CUSTOMER_ROW)["money"].agg(["size", "sum"])
    all_ids, ids = all_customers.table[columns.CUSTOMER_ID], customers.table[columns.CUSTOMER_ID]
    later_sums.index = pd.Index(all_ids.iloc[later_sums.index])
    orders, gross = (later_sums[name].reindex(ids).fillna(0.0).to_numpy(dtype=np.float64) for name in ("size", "sum"))
    all_refunds = pd.Series(list_refunds(all_customers), index=pd.Index(all_ids)).reindex(ids).to_numpy()
    return LaterPurchases(
        (all_customers.as_of - until).days - 1, orders, gross - (all_refunds - list_refunds(customers))
    )


def compare_with_later(order_forecast: OrderForecast, later: LaterPurchases, until: date, seed: int) -> HoldoutResult:
    """Compare a forecast with the purchases after `until`; `seed` is that of the simulated outcomes."""
    periods = later.days / order_forecast.summary.period_days
    predicted = order_forecast.predict_orders(periods)[order_forecast.summary.group_codes]
    outcomes = simulate_outcomes(order_forecast, periods, (), seed)
    order_value = order_forecast.order_value
    return HoldoutResult(
        until,
        later.days,
        float(later.orders.sum()),
        float(predicted.sum()),
        None if order_value is None else float(later.revenue.sum()),
        None if order_value is None else float(np.nansum(predicted * order_value)),
        float(((outcomes.orders_low <= later.orders) & (later.orders <= outcomes.orders_high)).mean()),
        float(np.sqrt(((later.orders - predicted) ** 2).sum())),
        _compare_by_repeats(order_forecast.summary, predicted, later.orders),
        _compare_with_guesses(order_forecast.summary, predicted, later.orders, later.days),
    )


def _compare_by_repeats(summary: PurchaseSummary, predicted: FloatArray, actual: FloatArray) -> pd.DataFrame:
    pooled_repeats = np.minimum(summary.x, POOLED_REPEATS).astype(np.int64)
    repeat_groups = pd.DataFrame({"repeats": pooled_repeats, "actual": actual, "expected": predicted}).groupby(
        "repeats"
    )
    return repeat_groups.agg(
        customers=("actual", "size"), actual=("actual", "mean"), expected=("expected", "mean")
    ).reset_index()


def _compare_with_guesses(
    summary: PurchaseSummary, predicted: FloatArray, actual: FloatArray, days: int
) -> pd.DataFrame:
    """Return the errors of the model and of naive baselines, customer by customer."""
    x, observation_periods = summary.x, summary.groups.T[summary.group_codes]
    holdout_periods = days / summary.period_days
    order_rate = np.divide(x, observation_periods, out=np.zeros(len(x)), where=observation_periods > 0)
    guesses = {
        "model": predicted,
        "as before": order_rate * holdout_periods,
        "like everybody": np.full(len(x), x.sum() / observation_periods.sum() * holdout_periods),
        "none": np.zeros(len(x)),
    }
    return pd.DataFrame(
        {
            "guess": list(guesses),
            "total": [guess.sum() for guess in guesses.values()],
            "mean_absolute_error": [np.abs(guess - actual).mean() for guess in guesses.values()],
            "root_mean_squared_error": [np.sqrt(((guess - actual) ** 2).mean()) for guess in guesses.values()],
        }
    )


@dataclass(frozen=True, eq=False)
class PastForecast:
    """Forecasts of all order models from a day within the history, and the purchases after that day."""

    until: date
    later: LaterPurchases
    order_forecasts: Mapping[str, OrderForecast]

    def prediction_error(self, model_name: str) -> float:
        """Return the sum of squared errors of a model."""
        order_forecast = self.order_forecasts[model_name]
        summary = order_forecast.summary
        predicted = order_forecast.predict_orders(self.later.days / summary.period_days)[summary.group_codes]
        return float(((predicted - self.later.orders) ** 2).sum())

    def compare_model(self, model_name: str, seed: int) -> HoldoutResult:
        """Compare the forecast of a model with what happened."""
        return compare_with_later(self.order_forecasts[model_name], self.later, self.until, seed)


def forecast_from_past(customers: Customers, last_day: date, settings: ClvSettings) -> PastForecast | None:
    """Fit all order models without the last part of the history; None if the history is too short.

    Args:
        customers: customers as of the day after `last_day`.
        last_day: last day of the history.
        settings: models and horizon.
    """
    history = summarise_purchases(customers, last_day, DAYS_PER_PERIOD[settings.period])
    holdout_days = min(int(settings.horizon_days), history.days // HOLDOUT_SHARE)
    if not settings.holdout or holdout_days < MIN_HOLDOUT_DAYS:
        return None
    until = last_day - timedelta(days=holdout_days)
    past_customers = customers_as_of(customers, until + timedelta(days=1))
    summary = summarise_purchases(past_customers, until, history.period_days)
    later = list_later_purchases(customers, past_customers, until)
    if summary.repeat_customers < MIN_REPEAT_CUSTOMERS or later is None:
        return None
    value_fit, _ = fit_order_value(summary)
    order_forecasts = {
        order_fit.model: OrderForecast(summary, order_fit, value_fit, settings)
        for order_fit in fit_order_models(summary, settings)
    }
    return PastForecast(until, later, order_forecasts)
