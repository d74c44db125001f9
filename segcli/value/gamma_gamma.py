"""Gamma-Gamma model (Fader and Hardie 2013): the value of a customer's order, shrunk towards the mean of all customers.

Order values of a customer are Gamma(p, nu), and nu is Gamma(q, v) over customers, independent of the order rate.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import gammaln

from segcli.value.maximum_likelihood import ModelFit, maximise_likelihood
from segcli.value.purchase_summary import FloatArray, ValueCodes

PARAMETER_NAMES = ("p", "q", "v")
START_VALUES = ((6.0, 4.0, 15.0), (2.0, 3.0, 50.0), (1.0, 2.0, 5.0))
MODEL_NAME = "gamma_gamma"


def fit_gamma_gamma(
    x: FloatArray, mean_values: FloatArray, weights: FloatArray, start_points: Sequence[Mapping[str, float]] = ()
) -> ModelFit:
    """Return the maximum-likelihood parameters for the mean order values.

    Args:
        x: repeat orders of customers who have at least one, shape (n,).
        mean_values: mean value of these orders, above 0, shape (n,).
        weights: number of times each customer counts, shape (n,).
        start_points: starting parameters of the search.
    """
    x_codes, log_values, scale = ValueCodes.from_column(x), np.log(mean_values), float(np.median(mean_values))
    default_starts = [dict(zip(PARAMETER_NAMES, (p, q, v * scale / 15.0), strict=True)) for p, q, v in START_VALUES]

    def total_likelihood(parameters: Mapping[str, float]) -> float:
        p, q, v = (parameters[name] for name in PARAMETER_NAMES)
        distinct_x = x_codes.values
        shared_terms = (
            gammaln(p * distinct_x + q)
            - gammaln(p * distinct_x)
            - gammaln(q)
            + q * np.log(v)
            + p * distinct_x * np.log(distinct_x)
        )
        log_likelihoods = (
            shared_terms[x_codes.codes] + (p * x - 1) * log_values - (p * x + q) * np.log(x * mean_values + v)
        )
        return float(weights @ log_likelihoods)

    optimum = maximise_likelihood(total_likelihood, None, start_points or default_starts, float(weights.sum()))
    return ModelFit(MODEL_NAME, optimum.parameters, optimum.log_likelihood, optimum.convergence_note)


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
