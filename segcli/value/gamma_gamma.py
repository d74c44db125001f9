"""Gamma-Gamma model (Fader and Hardie 2013): the value of a customer's order, shrunk towards the mean of all customers.

Order values of a customer are Gamma(p, nu), and nu is Gamma(q, v) over customers, independent of the order rate.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import digamma, gammaln

from segcli.arrays import FloatArray
from segcli.value.maximum_likelihood import ModelFit, maximise_likelihood
from segcli.value.purchase_summary import ValueCodes

PARAMETER_NAMES = ("p", "q", "v")
START_VALUES = ((6.0, 4.0, 0.5), (2.0, 3.0, 1.0), (1.0, 2.0, 1.0))  # v in units of the mean order value
MODEL_NAME = "gamma_gamma"


def fit_gamma_gamma(
    x: FloatArray, mean_values: FloatArray, weights: FloatArray, start_points: Sequence[Mapping[str, float]] = ()
) -> ModelFit:
    """Return the maximum-likelihood parameters for the mean order values, in any currency.

    Args:
        x: repeat orders of customers who have at least one, shape (n,).
        mean_values: mean value of these orders, above 0, shape (n,).
        weights: number of times each customer counts, shape (n,).
        start_points: starting parameters of the search.
    """
    money_unit = float(np.average(mean_values, weights=weights))  # the parameter bounds then fit any currency
    likelihood = _OrderValueLikelihood(x, mean_values / money_unit, weights)
    default_starts = [dict(zip(PARAMETER_NAMES, start_values, strict=True)) for start_values in START_VALUES]
    scaled_starts = [{**start, "v": start["v"] / money_unit} for start in start_points] or default_starts
    optimum = maximise_likelihood(likelihood.total, likelihood.gradient, scaled_starts, float(weights.sum()))
    return ModelFit(
        MODEL_NAME,
        {**optimum.parameters, "v": optimum.parameters["v"] * money_unit},
        optimum.log_likelihood - float(weights.sum()) * float(np.log(money_unit)),
        optimum.convergence_note,
        optimum.converged,
    )


class _OrderValueLikelihood:
    """Log-likelihood of mean order values, and its gradient by the logarithms of the parameters."""

    def __init__(self, x: FloatArray, mean_values: FloatArray, weights: FloatArray) -> None:
        self.x, self.weights, self.totals = x, weights, x * mean_values
        self.x_codes, self.log_values = ValueCodes.from_column(x), np.log(mean_values)
        self.log_totals = np.log(self.totals)

    def total(self, parameters: Mapping[str, float]) -> float:
        return self.gradient(parameters)[0]

    def gradient(self, parameters: Mapping[str, float]) -> tuple[float, FloatArray]:
        p, q, v = (parameters[name] for name in PARAMETER_NAMES)
        x, totals, distinct_x = self.x, self.totals, self.x_codes.values
        log_posterior_scale = np.log(totals + v)
        shared_terms = gammaln(p * distinct_x + q) - gammaln(p * distinct_x) - gammaln(q) + q * np.log(v)
        log_likelihoods = (
            shared_terms[self.x_codes.codes]
            + p * x * self.log_totals
            - self.log_values
            - (p * x + q) * log_posterior_scale
        )
        posterior_digamma = digamma(p * distinct_x + q)
        by_p = x * (
            (posterior_digamma - digamma(p * distinct_x))[self.x_codes.codes] + self.log_totals - log_posterior_scale
        )
        by_q = (posterior_digamma - digamma(q) + np.log(v))[self.x_codes.codes] - log_posterior_scale
        by_v = q / v - (p * x + q) / (totals + v)
        derivatives = [self.weights @ by_p * p, self.weights @ by_q * q, self.weights @ by_v * v]
        return float(self.weights @ log_likelihoods), np.array(derivatives)


def predict_order_value(parameters: Mapping[str, float], x: FloatArray, mean_values: FloatArray) -> FloatArray:
    """Return the expected value of an order, p (v + x m) / (p x + q - 1).

    A customer without a repeat order has the mean of all customers.
    """
    p, q, v = (parameters[name] for name in PARAMETER_NAMES)
    with np.errstate(
        divide="ignore", invalid="ignore"
    ):  # if q is 1, the mean of customers without a repeat is undefined
        order_values: FloatArray = p * (v + x * np.nan_to_num(mean_values)) / (p * x + q - 1)
    return order_values
