"""NBD model (Ehrenberg 1959): customers order at individual rates and never drop out.

It is the limit of all order models for a dropout rate of 0, so it shows whether the data contain any sign of dropout.
"""

from collections.abc import Mapping

import numpy as np
from scipy.special import digamma, gammaln

from segcli.arrays import FloatArray
from segcli.value import models
from segcli.value.maximum_likelihood import ModelFit, maximise_likelihood
from segcli.value.purchase_summary import HistoryGroups

PARAMETER_NAMES = ("r", "alpha")
START_VALUES = ((0.5, 5.0), (2.0, 10.0))


def measure_dropout_gain(order_fit: ModelFit, groups: HistoryGroups) -> float:
    """Return the log-likelihood of an order model minus that of the NBD model."""
    max_histories = models.load_order_model(order_fit.model).MAX_HISTORIES
    if len(groups.x) > max_histories:
        groups = groups.sample_customers(max_histories)  # the customers whom the order model was fitted to
    start_points = [dict(zip(PARAMETER_NAMES, start_values, strict=True)) for start_values in START_VALUES]

    def compute_gradient(parameters: Mapping[str, float]) -> tuple[float, FloatArray]:
        return _nbd_likelihood(parameters, groups)

    optimum = maximise_likelihood(
        lambda parameters: compute_gradient(parameters)[0],
        compute_gradient,
        start_points,
        float(groups.customer_counts.sum()),
    )
    return order_fit.log_likelihood - optimum.log_likelihood


def _nbd_likelihood(parameters: Mapping[str, float], groups: HistoryGroups) -> tuple[float, FloatArray]:
    """Return the log-likelihood of all customers, and its gradient by the logarithms of the parameters."""
    r, alpha = (parameters[name] for name in PARAMETER_NAMES)
    x, x_index = groups.x_codes.values, groups.x_codes.codes
    time_to_end = alpha + groups.T
    log_likelihoods = (gammaln(r + x) - gammaln(r))[x_index] + r * np.log(alpha) - (r + groups.x) * np.log(time_to_end)
    by_r = (digamma(r + x) - digamma(r))[x_index] + np.log(alpha) - np.log(time_to_end)
    by_alpha = r / alpha - (r + groups.x) / time_to_end
    counts = groups.customer_counts
    return float(counts @ log_likelihoods), np.array([counts @ by_r * r, counts @ by_alpha * alpha])
