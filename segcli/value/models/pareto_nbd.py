"""Pareto/NBD (Schmittlein, Morrison and Colombo 1987): customers order at individual rates and drop out at any time.

Orders follow a Poisson process with rates Gamma(r, alpha). Lifetimes are exponential with rates Gamma(s, beta). The
formulas are those of Fader and Hardie, A note on deriving the Pareto/NBD model (2005), except for the integral over
the dropout time. They write it as a difference of two hypergeometric functions. That difference cancels for large
parameters, and its computing effort is unbounded there. Here the integral is a sum over a fixed number of nodes
(Gauss-Legendre).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammaln

from segcli.arrays import FloatArray
from segcli.value.maximum_likelihood import avoid_one
from segcli.value.models import Parameters
from segcli.value.purchase_summary import HistoryGroups

__all__ = [
    "MAX_HISTORIES",
    "PARAMETERS",
    "STARTS",
    "conditional_expectation",
    "dropout_rate",
    "likelihood_gradient",
    "log_likelihood",
    "probability_alive",
    "simulate_orders",
    "unconditional_expectation",
]

PARAMETERS = ("r", "alpha", "s", "beta")
STARTS = ((0.6, 10.0, 0.6, 12.0), (1.0, 5.0, 1.0, 20.0), (0.7, 1.0, 0.5, 5.0))
MAX_HISTORIES = 8_000
QUADRATURE_NODES, QUADRATURE_WEIGHTS = np.polynomial.legendre.leggauss(32)
INTEGRAND_DEPTH = 37.0  # values below e^-37 of the peak are ignored: they are smaller than rounding errors
BISECTION_STEPS = 14  # the bounds only need to be close
HISTORY_CHUNK_SIZE = 10_000  # histories per chunk; limits the memory for nodes


def log_likelihood(parameters: Parameters, groups: HistoryGroups) -> FloatArray:
    """Return the log-likelihood of each history: alive at the end, or dropped out after the last order; shape (g,)."""
    return likelihood_gradient(parameters, groups)[0]


def likelihood_gradient(parameters: Parameters, groups: HistoryGroups) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return the log-likelihood and its derivatives by parameter name.

    `p_gone` is the part of the likelihood in which the customer has dropped out.
    """
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    x, x_index, order_shape = groups.x_codes.values, groups.x_codes.codes, r + groups.x
    time_to_end, lifetime_to_end = alpha + groups.T, beta + groups.T
    dropout = _integrate_dropout(parameters, groups)
    log_alive = _log_alive(parameters, groups)
    log_total = np.logaddexp(log_alive, np.log(s) + dropout.log)
    p_gone, p_alive = np.exp(np.log(s) + dropout.log - log_total), np.exp(log_alive - log_total)
    shared_terms = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return shared_terms[x_index] + log_total, {
        "r": (digamma(r + x) - digamma(r) + np.log(alpha))[x_index]
        - p_alive * np.log(time_to_end)
        - p_gone * dropout.log_alpha,
        "alpha": r / alpha - order_shape * (p_alive / time_to_end + p_gone * dropout.per_alpha),
        "s": np.log(beta) - p_alive * np.log(lifetime_to_end) - p_gone * dropout.log_beta + p_gone / s,
        "beta": s / beta - p_alive * s / lifetime_to_end - p_gone * (s + 1) * dropout.per_beta,
    }


def _log_alive(parameters: Parameters, groups: HistoryGroups) -> FloatArray:
    """Return the logarithm of the part of the likelihood in which the customer is alive, shape (g,)."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    log_alive: FloatArray = -(r + groups.x) * np.log(alpha + groups.T) - s * np.log(beta + groups.T)
    return log_alive


def probability_alive(parameters: Parameters, groups: HistoryGroups) -> FloatArray:
    """Return the probability that each customer is alive, shape (g,)."""
    log_gone = np.log(parameters["s"]) + _integrate_dropout(parameters, groups).log
    p_alive: FloatArray = 1 / (1 + np.exp(np.minimum(log_gone - _log_alive(parameters, groups), 700)))
    return p_alive


def conditional_expectation(parameters: Parameters, groups: HistoryGroups, periods: float) -> FloatArray:
    """Return the expected orders of customers with these histories in the next `periods`, shape (g,)."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    s = avoid_one(s)
    order_rate = (r + groups.x) * (beta + groups.T) / ((alpha + groups.T) * (s - 1))
    expected_orders: FloatArray = (
        order_rate
        * (1 - ((beta + groups.T) / (beta + groups.T + periods)) ** (s - 1))
        * probability_alive(parameters, groups)
    )
    return expected_orders


def unconditional_expectation(parameters: Parameters, periods: float) -> float:
    """Return the expected repeat orders of a new customer in the first `periods`."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    s = avoid_one(s)
    return float(r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + periods)) ** (s - 1)))


def dropout_rate(parameters: Parameters) -> float:
    """Return the mean dropout rate per period."""
    return parameters["s"] / parameters["beta"]


def simulate_orders(
    parameters: Parameters, groups: HistoryGroups, periods: float, samples: int, generator: np.random.Generator
) -> FloatArray:
    """Return random numbers of orders in the next `periods` of customers who are alive, shape (samples, g).

    Given that the customer is alive, the order rate is Gamma(r + x, alpha + T), and the dropout rate is
    Gamma(s, beta + T).
    """
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    shape = samples, len(groups.x)
    order_rates = generator.gamma(r + groups.x, size=shape) / (alpha + groups.T)
    dropout_rates = generator.gamma(s, size=shape) / (beta + groups.T)
    with np.errstate(divide="ignore", over="ignore"):  # a customer with a dropout rate of 0 stays
        lifetimes = np.minimum(generator.exponential(size=shape) / dropout_rates, periods)
    return generator.poisson(order_rates * lifetimes).astype(np.float64)


class DropoutIntegral(NamedTuple):
    """Integral of f(t) = (alpha + t)^-(r + x) (beta + t)^-(s + 1) from t_x to T, and means under f, all of shape (g,).

    `log` is the logarithm of the integral, -inf where T equals t_x. `log_alpha` and `log_beta` are the means of
    log(alpha + t) and log(beta + t). `per_alpha` and `per_beta` are the means of 1 / (alpha + t) and 1 / (beta + t).
    """

    log: FloatArray
    log_alpha: FloatArray
    log_beta: FloatArray
    per_alpha: FloatArray
    per_beta: FloatArray


def _integrate_dropout(parameters: Parameters, groups: HistoryGroups) -> DropoutIntegral:
    """Integrate over the possible dropout times of each customer.

    Args:
        parameters: r, alpha, s, beta, all positive.
        groups: histories, shape (g,).
    """
    chunk_starts = range(0, max(len(groups.x), 1), HISTORY_CHUNK_SIZE)
    history_columns = (groups.x, groups.t_x, groups.T)
    chunks = [
        _integrate_chunk(
            parameters,
            *(history_column[chunk_start : chunk_start + HISTORY_CHUNK_SIZE] for history_column in history_columns),
        )
        for chunk_start in chunk_starts
    ]
    return DropoutIntegral(*(np.concatenate(chunk_values) for chunk_values in zip(*chunks, strict=True)))


def _bisect_bounds(
    is_negligible: Callable[[FloatArray], npt.NDArray[np.bool_]], outer: FloatArray, inner: FloatArray
) -> FloatArray:
    """Move bounds from `outer` towards `inner` while everything beyond them is negligible, but never past `inner`."""
    for _ in range(BISECTION_STEPS):
        middle = (outer + inner) / 2
        can_narrow = is_negligible(middle)
        outer, inner = np.where(can_narrow, middle, outer), np.where(can_narrow, inner, middle)
    return outer


def _integrate_chunk(
    parameters: Parameters, x: FloatArray, last_order_time: FloatArray, observed_time: FloatArray
) -> DropoutIntegral:
    """Integrate over y = log(low + t), where low is the smaller of alpha and beta.

    The integrand is log-concave in y, so it has a single peak.
    """
    alpha, beta = parameters["alpha"], parameters["beta"]
    order_shape, dropout_shape = parameters["r"] + x, np.full_like(x, parameters["s"] + 1)
    lower_scale, scale_difference = min(alpha, beta), abs(alpha - beta)
    near_shape, far_shape = (order_shape, dropout_shape) if alpha <= beta else (dropout_shape, order_shape)

    def log_integrand(y: FloatArray) -> FloatArray:
        log_heights: FloatArray = (1 - near_shape) * y.T - far_shape * np.log(scale_difference + np.exp(y.T))
        return log_heights.T

    log_first, log_final = np.log(lower_scale + last_order_time), np.log(lower_scale + observed_time)
    rising_shape = np.maximum(1 - near_shape, 0.0)
    with np.errstate(divide="ignore"):
        peak = np.clip(
            np.log(scale_difference * rising_shape / (far_shape - rising_shape)), log_first, log_final
        )  # if the integrand does not rise, the peak is at the lower bound
    peak_height = log_integrand(peak)
    lower_bound = _bisect_bounds(lambda y: peak_height - log_integrand(y) > INTEGRAND_DEPTH, log_first, peak)
    upper_bound = _bisect_bounds(lambda y: peak_height - log_integrand(y) > INTEGRAND_DEPTH, log_final, peak)
    half_width = (upper_bound - lower_bound) / 2
    y = (lower_bound + half_width)[:, None] + half_width[:, None] * QUADRATURE_NODES
    node_shares = np.exp(log_integrand(y) - peak_height[:, None]) * QUADRATURE_WEIGHTS
    share_sum = node_shares.sum(axis=1)
    node_shares /= share_sum[:, None]
    low_scale_times = np.exp(y)
    high_scale_times = low_scale_times + scale_difference
    mean_logs = (node_shares * y).sum(axis=1), (node_shares * np.log(high_scale_times)).sum(axis=1)
    mean_rates = (node_shares / low_scale_times).sum(axis=1), (node_shares / high_scale_times).sum(axis=1)
    with np.errstate(divide="ignore"):
        log_integral = peak_height + np.log(share_sum * half_width)
    return (
        DropoutIntegral(log_integral, *mean_logs, *mean_rates)
        if alpha <= beta
        else DropoutIntegral(log_integral, *mean_logs[::-1], *mean_rates[::-1])
    )
