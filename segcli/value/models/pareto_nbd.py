"""Pareto/NBD (Schmittlein, Morrison and Colombo 1987): customers order at their own rate and stop at any time.

Orders by a Poisson process, rates Gamma(r, alpha); lifetimes are exponential, their rates Gamma(s, beta). Computed as
in Fader and Hardie, A note on deriving the Pareto/NBD model (2005), except for the integral over the time at which a
customer may have gone. They write it as a difference of two hypergeometric functions, which cancel where parameters are
large, and whose computation has no bound there. Here it is a sum over a fixed number of nodes (Gauss-Legendre).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammaln

from segcli.value.fit import avoid_one
from segcli.value.models import Parameters
from segcli.value.summary import Groups, Values

__all__ = ["PARAMETERS", "STARTS", "alive", "expected", "expected_new", "log_likelihood", "slopes"]

PARAMETERS = ("r", "alpha", "s", "beta")
STARTS = ((0.6, 10.0, 0.6, 12.0), (1.0, 5.0, 1.0, 20.0), (0.7, 1.0, 0.5, 5.0))
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
DEPTH = 37.0  # the integrand counts down to e^-37 of its peak, which is below rounding
HALVINGS = 24
AT_ONCE = 10_000  # histories whose nodes are in memory together


def log_likelihood(parameters: Parameters, groups: Groups) -> Values:
    """In logarithms: still alive at the end, or gone at some time after the last order."""
    return slopes(parameters, groups)[0]


def slopes(parameters: Parameters, groups: Groups) -> tuple[Values, dict[str, Values]]:
    """Log-likelihood and its derivatives by each parameter; `gone` is the part in which the customer has left."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    x, at_x, orders = groups.by_x.values, groups.by_x.code, r + groups.x
    to_end, lasting = alpha + groups.T, beta + groups.T
    departure = _integrate_departure(parameters, groups)
    at_end = _at_end(parameters, groups)
    either = np.logaddexp(at_end, np.log(s) + departure.log)
    gone, there = np.exp(np.log(s) + departure.log - either), np.exp(at_end - either)
    fixed = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return fixed[at_x] + either, {
        "r": (digamma(r + x) - digamma(r) + np.log(alpha))[at_x] - there * np.log(to_end) - gone * departure.log_alpha,
        "alpha": r / alpha - orders * (there / to_end + gone * departure.per_alpha),
        "s": np.log(beta) - there * np.log(lasting) - gone * departure.log_beta + gone / s,
        "beta": s / beta - there * s / lasting - gone * (s + 1) * departure.per_beta,
    }


def _at_end(parameters: Parameters, groups: Groups) -> Values:
    """Logarithm of the part in which the customer is still there."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    found: Values = -(r + groups.x) * np.log(alpha + groups.T) - s * np.log(beta + groups.T)
    return found


def alive(parameters: Parameters, groups: Groups) -> Values:
    """The part in which the customer is still there, of both."""
    gone = np.log(parameters["s"]) + _integrate_departure(parameters, groups).log
    found: Values = 1 / (1 + np.exp(np.minimum(gone - _at_end(parameters, groups), 700)))
    return found


def expected(parameters: Parameters, groups: Groups, t: float) -> Values:
    """Of a customer with this history."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    s = avoid_one(s)
    rate = (r + groups.x) * (beta + groups.T) / ((alpha + groups.T) * (s - 1))
    found: Values = rate * (1 - ((beta + groups.T) / (beta + groups.T + t)) ** (s - 1)) * alive(parameters, groups)
    return found


def expected_new(parameters: Parameters, t: float) -> float:
    """Of a new customer."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    s = avoid_one(s)
    return float(r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + t)) ** (s - 1)))


class Departure(NamedTuple):
    """The integral of f(t) = (alpha + t)^-(r + x) (beta + t)^-(s + 1) from t_x to T, and means under f, all (g,).

    `log` is the logarithm of the integral, -inf where T is t_x; `log_alpha` and `log_beta` are means of log(alpha + t)
    and log(beta + t); `per_alpha` and `per_beta` of 1 / (alpha + t) and 1 / (beta + t).
    """

    log: Values
    log_alpha: Values
    log_beta: Values
    per_alpha: Values
    per_beta: Values


def _integrate_departure(parameters: Parameters, groups: Groups) -> Departure:
    """Integrate over the time at which each customer may have gone.

    Args:
        parameters: r, alpha, s, beta, all positive.
        groups: histories, shape (g,).
    """
    starts = range(0, max(len(groups.x), 1), AT_ONCE)
    columns = (groups.x, groups.t_x, groups.T)
    parts = [_integrate_part(parameters, *(one[at : at + AT_ONCE] for one in columns)) for at in starts]
    return Departure(*(np.concatenate(several) for several in zip(*parts, strict=True)))


def _halve(is_negligible: Callable[[Values], npt.NDArray[np.bool_]], outer: Values, inner: Values) -> Values:
    """Move bounds inwards from `outer` while all beyond them is negligible, and never past `inner`."""
    for _ in range(HALVINGS):
        middle = (outer + inner) / 2
        negligible = is_negligible(middle)
        outer, inner = np.where(negligible, middle, outer), np.where(negligible, inner, middle)
    return outer


def _integrate_part(parameters: Parameters, x: Values, last: Values, end: Values) -> Departure:
    """Integrate over y = log(low + t), where low is the lower of alpha and beta: log-concave, so it has one peak."""
    alpha, beta = parameters["alpha"], parameters["beta"]
    orders, leaving = parameters["r"] + x, np.full_like(x, parameters["s"] + 1)
    low, apart = min(alpha, beta), abs(alpha - beta)
    near, far = (orders, leaving) if alpha <= beta else (leaving, orders)

    def height(y: Values) -> Values:
        found: Values = (1 - near) * y.T - far * np.log(apart + np.exp(y.T))
        return found.T

    first, final = np.log(low + last), np.log(low + end)
    rise = np.maximum(1 - near, 0.0)
    with np.errstate(divide="ignore"):
        peak = np.clip(np.log(apart * rise / (far - rise)), first, final)  # at the first time where nothing rises
    top = height(peak)
    begin = _halve(lambda y: top - height(y) > DEPTH, first, peak)
    until = _halve(lambda y: top - height(y) > DEPTH, final, peak)
    half = (until - begin) / 2
    y = (begin + half)[:, None] + half[:, None] * NODES
    share = np.exp(height(y) - top[:, None]) * WEIGHTS
    total = share.sum(axis=1)
    share /= total[:, None]
    to_low = np.exp(y)
    to_high = to_low + apart
    means = (share * y).sum(axis=1), (share * np.log(to_high)).sum(axis=1)
    rates = (share / to_low).sum(axis=1), (share / to_high).sum(axis=1)
    with np.errstate(divide="ignore"):
        log = top + np.log(total * half)
    return Departure(log, *means, *rates) if alpha <= beta else Departure(log, *means[::-1], *rates[::-1])
