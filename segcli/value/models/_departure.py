"""When a customer of the Pareto/NBD model may have gone: the integral over the time between last order and end.

Fader and Hardie, A note on deriving the Pareto/NBD model (2005), write it as a difference of two hypergeometric
functions, whose computation takes without bound where parameters are large, and which cancel there. Here it is a sum
over a fixed number of nodes (Gauss-Legendre), so its cost does not depend on the parameters.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from segcli.value.models import Parameters
from segcli.value.summary import Groups, Values

NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
DEPTH = 37.0  # the integrand counts down to e^-37 of its peak, which is below rounding
HALVINGS = 24
AT_ONCE = 10_000  # histories whose nodes are in memory together


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


def integrate_departure(parameters: Parameters, groups: Groups) -> Departure:
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
