"""A CLV forecast model: the order model that fits best, and a model of the value of an order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from segcli.config.clv import ClvSettings
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.message import count_message, detail_message, join_messages, message
from segcli.model import Customers
from segcli.value import gamma_gamma, models
from segcli.value.maximum_likelihood import ModelFit, fit_order_model
from segcli.value.purchase_summary import PurchaseSummary

MIN_REPEAT_CUSTOMERS = 100  # with fewer repeat customers, the parameters are unreliable
SIMILAR_LIKELIHOOD = 2.0  # models within this difference of log-likelihood fit about equally well
MAX_VALUES = 50_000  # with more customers, order values are fitted to a sample, so that the time is bounded
MAX_CORRELATION = 0.2  # up to this correlation, orders and their value are modelled separately


@dataclass(frozen=True)
class ClvModel:
    """Fitted models of orders and, where there is money, of their value; `order_fits` are all order models.

    `correlation` is the correlation of orders and mean order value among customers with a repeat purchase.
    `dropout_gain` is the gain of log-likelihood over a model in which nobody drops out. `calibration_factor` is the
    ratio of actual to predicted orders in the holdout, None without one. `similar_models` are the models that fit
    about as well as the one in use.
    """

    order_fit: ModelFit
    value_fit: ModelFit | None
    order_fits: Sequence[ModelFit]
    correlation: float | None
    dropout_gain: float
    calibration_factor: float | None = None
    similar_models: Sequence[str] = ()

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
            if not order_fit.converged and order_fit is not self.order_fit:  # that of the model in use is a limit
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

    def list_notes(self, *, is_limited: bool) -> Iterator[str]:
        """Yield notes on the models, their parameters and how they were fitted.

        Args:
            is_limited: whether the forecast has limits; it is then not called converged.
        """
        ended = self.order_fit.ended
        yield _join_details(
            [_describe_fit(self.order_fit), ended if is_limited else message("converged: {outcome}", outcome=ended)]
        )
        yield _join_details([self._describe_likelihoods(), *self._note_slow_models()])
        if self.similar_models:
            yield detail_message(
                "{model} predicts the holdout better than {others}, with about the same likelihood",
                model=self.order_fit.model,
                others=join_messages(", ", self.similar_models),
            )
        if self.value_fit:
            correlation_notes = (
                []
                if self.correlation is None
                else [message("correlation with orders {correlation:.2f}", correlation=self.correlation)]
            )
            yield _join_details([_describe_fit(self.value_fit), *correlation_notes])

    def _describe_likelihoods(self) -> str:
        fit_texts = [
            message("{model} {likelihood:,.1f}", model=order_fit.model, likelihood=order_fit.log_likelihood)
            for order_fit in self.order_fits
        ]
        return message("log-likelihood {models}", models=join_messages(", ", fit_texts))

    def _note_slow_models(self) -> Iterator[str]:
        """Yield the models that were too slow to try."""
        tried_models = {order_fit.model for order_fit in self.order_fits}
        slow_models = [name for name in models.order_model_names() if name not in tried_models]
        if slow_models and len(tried_models) > 1:
            yield count_message(
                "{models} was not tried",
                "{models} were not tried",
                len(slow_models),
                models=join_messages(", ", slow_models),
            )


def _join_details(details: Sequence[str]) -> str:
    return detail_message("{details}", details=join_messages("; ", details))


def _describe_fit(model_fit: ModelFit) -> str:
    parameters = [message("{name} {value:.4g}", name=name, value=value) for name, value in model_fit.parameters.items()]
    return message("{model} ({parameters})", model=model_fit.model, parameters=join_messages(", ", parameters))


def require_repeat_customers(customers: Customers, summary: PurchaseSummary, last_day: date) -> None:
    """Reject too few customers with a repeat purchase.

    Raises:
        InputProblem: states their number.
    """
    if summary.repeat_customers < MIN_REPEAT_CUSTOMERS:
        raise InputProblem(
            f"{pluralize(summary.repeat_customers, 'customer')} bought "
            f"on a second day by {last_day.isoformat()}; these models need at least {MIN_REPEAT_CUSTOMERS}",
            source=customers.input_reports[0].input.name,
            remedy="use segcli rfm or rules instead",
        )


def fit_order_models(summary: PurchaseSummary, settings: ClvSettings) -> list[ModelFit]:
    """Fit the order model of the settings, or all models that are fast enough for so many histories."""
    model_names: list[str] = [settings.model] if settings.model != "auto" else models.order_model_names()
    if settings.model == "auto":
        model_names = [
            name for name in model_names if len(summary.groups.x) <= models.load_order_model(name).MAX_HISTORIES
        ] or [max(model_names, key=lambda name: models.load_order_model(name).MAX_HISTORIES)]
    return [fit_order_model(model_name, summary.groups) for model_name in model_names]


def choose_order_fit(
    order_fits: Sequence[ModelFit], prediction_error: Callable[[str], float] | None
) -> tuple[ModelFit, list[str]]:
    """Return the fit to use, and the models that fit about as well but predict the holdout worse.

    Args:
        order_fits: fits of all order models.
        prediction_error: error of a model in the holdout; None without a holdout.
    """
    usable_fits = [order_fit for order_fit in order_fits if order_fit.converged] or list(order_fits)
    best_fit = max(usable_fits, key=lambda fit: fit.log_likelihood)
    if prediction_error is None:
        return best_fit, []
    similar_fits = [
        order_fit
        for order_fit in usable_fits
        if order_fit.log_likelihood >= best_fit.log_likelihood - SIMILAR_LIKELIHOOD
    ]
    chosen_fit = min(similar_fits, key=lambda fit: (prediction_error(fit.model), -fit.log_likelihood))
    return chosen_fit, [order_fit.model for order_fit in similar_fits if order_fit is not chosen_fit]


def fit_order_value(summary: PurchaseSummary) -> tuple[ModelFit | None, float | None]:
    """Fit the model of order values; return it and the correlation of orders and value, or None without money."""
    x = summary.x
    has_value = (x > 0) & (np.nan_to_num(summary.mean_value) > 0)
    if int(has_value.sum()) < MIN_REPEAT_CUSTOMERS or np.ptp(summary.mean_value[has_value]) == 0:
        return None, None
    x, mean_value = x[has_value], summary.mean_value[has_value]
    correlation = float(np.corrcoef(x, mean_value)[0, 1]) if np.ptp(x) else 0.0
    sampled_rows = np.lexsort((mean_value, x))[:: -(-len(x) // MAX_VALUES)]  # sorted, so the sample covers all kinds
    x, mean_value = x[sampled_rows], mean_value[sampled_rows]
    weights = np.full(len(x), int(has_value.sum()) / len(x))
    return gamma_gamma.fit_gamma_gamma(x, mean_value, weights), correlation
