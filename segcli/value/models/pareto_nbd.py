"""Pareto/NBD (Schmittlein, Morrison and Colombo 1987): customers order at their own rate and stop at any time.

Orders by a Poisson process, rates Gamma(r, alpha); lifetimes are exponential, their rates Gamma(s, beta). Computed as
in Fader and Hardie, A note on deriving the Pareto/NBD model (2005).
"""

import numpy as np
from scipy.special import digamma, gammaln

from segcli.value.models import Parameters
from segcli.value.models._departure import integrate_departure
from segcli.value.summary import Groups, Values

__all__ = ["PARAMETERS", "STARTS", "alive", "expected", "expected_new", "log_likelihood", "slopes"]

PARAMETERS = ("r", "alpha", "s", "beta")
STARTS = ((0.6, 10.0, 0.6, 12.0), (1.0, 5.0, 1.0, 20.0), (0.7, 1.0, 0.5, 5.0))


def log_likelihood(parameters: Parameters, groups: Groups) -> Values:
    """In logarithms: still alive at the end, or gone at some time after the last order."""
    return slopes(parameters, groups)[0]


def slopes(parameters: Parameters, groups: Groups) -> tuple[Values, dict[str, Values]]:
    """Log-likelihood and its derivatives by each parameter; `gone` is the part in which the customer has left."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    x, at_x, orders = groups.by_x.values, groups.by_x.code, r + groups.x
    to_end, lasting = alpha + groups.T, beta + groups.T
    departure = integrate_departure(parameters, groups)
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
    gone = np.log(parameters["s"]) + integrate_departure(parameters, groups).log
    found: Values = 1 / (1 + np.exp(np.minimum(gone - _at_end(parameters, groups), 700)))
    return found


def expected(parameters: Parameters, groups: Groups, t: float) -> Values:
    """Of a customer with this history."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    rate = (r + groups.x) * (beta + groups.T) / ((alpha + groups.T) * (s - 1))
    found: Values = rate * (1 - ((beta + groups.T) / (beta + groups.T + t)) ** (s - 1)) * alive(parameters, groups)
    return found


def expected_new(parameters: Parameters, t: float) -> float:
    """Of a new customer."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    return float(r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + t)) ** (s - 1)))
