"""Limits of a CLV forecast: reasons why the data do not bear it out, found in the data and in the fitted models.

A forecast with a limit is never called converged.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from segcli.config.clv import DAYS_PER_PERIOD, ClvSettings
from segcli.message import count_message, message
from segcli.value import models
from segcli.value.clv_holdout import HoldoutResult
from segcli.value.clv_model import ClvModel
from segcli.value.purchase_summary import PurchaseSummary

MIN_WEEKLY_DROPOUT = 0.01  # with less, customers outlive the data
MIN_DROPOUT_GAIN = 3.0  # of log-likelihood, by the two parameters of dropout; less occurs by chance in one of 20 shops
MAX_ONE_TIME_SHARE = 0.9


@dataclass(frozen=True)
class ClvLimit:
    """A limit of the forecast: its name for programs, and a sentence for readers."""

    limit: str
    text: str


def find_limits(
    clv_model: ClvModel, summary: PurchaseSummary, settings: ClvSettings, holdout: HoldoutResult | None
) -> Iterator[ClvLimit]:
    """Yield the limits of a forecast.

    Args:
        clv_model: the fitted models.
        summary: purchase histories of the customers.
        settings: horizon and period.
        holdout: comparison with the holdout, of a forecast that is not calibrated; None without one.
    """
    order_fit = clv_model.order_fit
    if not order_fit.converged:
        yield ClvLimit("parameters", message("{model} {outcome}", model=order_fit.model, outcome=order_fit.ended))
    weekly_dropout = (
        models.load_order_model(order_fit.model).dropout_rate(order_fit.parameters)
        * DAYS_PER_PERIOD["week"]
        / summary.period_days
    )
    if weekly_dropout < MIN_WEEKLY_DROPOUT or clv_model.dropout_gain < MIN_DROPOUT_GAIN:
        yield ClvLimit(
            "dropout",
            message(
                "the data do not show when customers stop (predicted dropout {dropout:.1%} a week): "
                "the forecast may be too high",
                dropout=weekly_dropout,
            ),
        )
    one_time_share = 1 - summary.repeat_customers / len(summary.group_codes)
    if one_time_share > MAX_ONE_TIME_SHARE:
        yield ClvLimit(
            "one_time_buyers",
            count_message(
                "{share:.0%} of customers bought once: the forecast rests on {count} customer",
                "{share:.0%} of customers bought once: the forecast rests on {count} customers",
                summary.repeat_customers,
                share=one_time_share,
            ),
        )
    if settings.horizon_days > summary.days:
        yield ClvLimit(
            "horizon",
            count_message(
                "the horizon of {horizon} is longer than the history of {count} day: "
                "the data cannot confirm the forecast",
                "the horizon of {horizon} is longer than the history of {count} days: "
                "the data cannot confirm the forecast",
                summary.days,
                horizon=describe_horizon(settings.horizon),
            ),
        )
    if holdout is not None and holdout.is_off:
        yield ClvLimit("holdout", holdout.describe_deviation(clv_model.calibration_factor))


def describe_horizon(horizon: str) -> str:
    """Return a horizon such as `12 months` in words."""
    count_text, unit = horizon.split()
    count = int(count_text)
    if unit.startswith("day"):
        return count_message("{count} day", "{count} days", count)
    if unit.startswith("week"):
        return count_message("{count} week", "{count} weeks", count)
    if unit.startswith("month"):
        return count_message("{count} month", "{count} months", count)
    return count_message("{count} year", "{count} years", count)
