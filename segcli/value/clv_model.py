"""A CLV forecast model: the order model with the highest likelihood, and a model of the value of an order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from segcli.config.clv import DAYS_PER_PERIOD, ClvSettings
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.message import detail_message, join_messages, message
from segcli.model import Customers
from segcli.value import gamma_gamma, models
from segcli.value.maximum_likelihood import ModelFit, fit_order_model
from segcli.value.purchase_summary import PurchaseSummary, summarise_purchases

MIN_REPEAT_CUSTOMERS = 100  # with fewer repeat customers, the parameters are unreliable
SLOW_MODEL_LIMIT = 50_000  # with more histories, the slow model is fitted only on request
SLOW_MODEL = "pareto_nbd"
MAX_CORRELATION = 0.2  # up to this correlation, orders and their value are modelled separately


@dataclass(frozen=True)
class ClvModel:
    """Fitted models of orders and, where there is money, of their value; `order_fits` are all order models.

    `correlation` is the correlation of orders and mean order value among customers with a repeat purchase.
    """

    order_fit: ModelFit
    value_fit: ModelFit | None
    order_fits: Sequence[ModelFit]
    correlation: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return parameters, log-likelihood and convergence status, by model."""
        model_fits = [*self.order_fits, *([self.value_fit] if self.value_fit else [])]
        return {
            model_fit.model: {
                **model_fit.parameters,
                "log_likelihood": model_fit.log_likelihood,
                "ended": model_fit.ended,
            }
            for model_fit in model_fits
        }

    def list_warnings(self) -> Iterator[str]:
        """Yield the reasons why the forecast is less reliable."""
        for order_fit in self.order_fits:
            if not order_fit.is_within_bounds:
                yield message("{model}: {outcome}", model=order_fit.model, outcome=order_fit.ended)
        if self.correlation is not None and abs(self.correlation) > MAX_CORRELATION:
            if self.correlation > 0:
                yield message(
                    "customers who order more often spend more per order (correlation {correlation:.2f}): "
                    "the model treats both as independent, so values are biased",
                    correlation=self.correlation,
                )
            else:
                yield message(
                    "customers who order more often spend less per order (correlation {correlation:.2f}): "
                    "the model treats both as independent, so values are biased",
                    correlation=self.correlation,
                )
        if self.value_fit and self.value_fit.parameters["q"] <= 1:
            yield message("order values vary too much between customers: no value is predicted for one-time buyers")

    def list_notes(self) -> Iterator[str]:
        """Yield notes on the models, their parameters and how they were fitted."""
        yield _join_details([_describe_fit(self.order_fit), self.order_fit.ended])
        fit_texts = [
            message("{model} {likelihood:,.1f}", model=order_fit.model, likelihood=order_fit.log_likelihood)
            for order_fit in self.order_fits
        ]
        likelihoods = message("log-likelihood {models}", models=join_messages(", ", fit_texts))
        is_tried = len(self.order_fits) == 1 or SLOW_MODEL in {order_fit.model for order_fit in self.order_fits}
        slow_notes = [] if is_tried else [message("{model} was not tried", model=SLOW_MODEL)]
        yield _join_details([likelihoods, *slow_notes])
        if self.value_fit:
            correlation_notes = (
                []
                if self.correlation is None
                else [message("correlation with orders {correlation:.2f}", correlation=self.correlation)]
            )
            yield _join_details([_describe_fit(self.value_fit), *correlation_notes])


def _join_details(details: Sequence[str]) -> str:
    return detail_message("{details}", details=join_messages("; ", details))


def _describe_fit(model_fit: ModelFit) -> str:
    parameters = [message("{name} {value:.4g}", name=name, value=value) for name, value in model_fit.parameters.items()]
    return message("{model} ({parameters})", model=model_fit.model, parameters=join_messages(", ", parameters))


def fit_clv_model(customers: Customers, last_day: date, settings: ClvSettings) -> tuple[ClvModel, PurchaseSummary]:
    """Fit the models to the orders up to the end of a day.

    Raises:
        InputProblem: there are too few customers with a repeat purchase.
    """
    summary = summarise_purchases(customers, last_day, DAYS_PER_PERIOD[settings.period])
    if summary.repeat_customers < MIN_REPEAT_CUSTOMERS:
        raise InputProblem(
            f"{pluralize(summary.repeat_customers, 'customer')} bought "
            f"on a second day by {last_day.isoformat()}; these models need at least {MIN_REPEAT_CUSTOMERS}",
            source=customers.input_reports[0].input.name,
            remedy="Use segcli rfm or rules instead",
        )
    model_names: list[str] = [settings.model] if settings.model != "auto" else models.order_model_names()
    if settings.model == "auto" and len(summary.groups.x) > SLOW_MODEL_LIMIT:
        model_names.remove(SLOW_MODEL)
    order_fits = [fit_order_model(model_name, summary.groups) for model_name in model_names]
    usable_fits = [model_name for model_name in order_fits if model_name.is_within_bounds] or order_fits
    value_fit, correlation = _fit_order_value(summary)
    return ClvModel(max(usable_fits, key=lambda fit: fit.log_likelihood), value_fit, order_fits, correlation), summary


def _fit_order_value(summary: PurchaseSummary) -> tuple[ModelFit | None, float | None]:
    x = summary.x
    has_value = (x > 0) & (np.nan_to_num(summary.mean_value) > 0)
    if int(has_value.sum()) < MIN_REPEAT_CUSTOMERS or np.ptp(summary.mean_value[has_value]) == 0:
        return None, None
    correlation = float(np.corrcoef(x[has_value], summary.mean_value[has_value])[0, 1]) if np.ptp(x[has_value]) else 0.0
    return gamma_gamma.fit_gamma_gamma(
        x[has_value], summary.mean_value[has_value], np.ones(int(has_value.sum()))
    ), correlation
