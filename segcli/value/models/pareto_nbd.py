"""Pareto/NBD (Schmittlein, Morrison and Colombo 1987): customers order at their own rate and stop at any time.

Orders by a Poisson process, rates Gamma(r, alpha); lifetimes are exponential, their rates Gamma(s, beta). Computed as
in Fader and Hardie, A note on deriving the Pareto/NBD model (2005).
"""

import numpy as np
from scipy.special import gammaln, hyp2f1

from segcli.value.models import Parameters
from segcli.value.summary import Groups, Values

__all__ = ["PARAMETERS", "STARTS", "alive", "expected", "expected_new", "log_likelihood"]

PARAMETERS = ("r", "alpha", "s", "beta")
STARTS = ((0.6, 10.0, 0.6, 12.0), (1.0, 5.0, 1.0, 20.0), (0.7, 1.0, 0.5, 5.0))


def log_likelihood(parameters: Parameters, groups: Groups) -> Values:
    """In logarithms: still alive at the end, or gone at some time after the last order."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    x = groups.by_x.values
    order = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    at_end = -(r + groups.x) * np.log(alpha + groups.T) - s * np.log(beta + groups.T)
    gone = np.log(s) - np.log(r + s + groups.x) + _log_gone(parameters, groups)
    found: Values = order[groups.by_x.code] + np.logaddexp(at_end, gone)
    return found


def _log_gone(parameters: Parameters, groups: Groups) -> Values:
    """Logarithm of A0 of the note: the integral over the times from t_x to T at which the customer may have gone."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    more, apart = max(alpha, beta), abs(alpha - beta)
    second = s + 1 if alpha >= beta else r + groups.x
    power = r + s + groups.x

    def term(time: Values) -> Values:
        found: Values = np.log(hyp2f1(power, second, power + 1, apart / (more + time))) - power * np.log(more + time)
        return found

    last, end = term(groups.t_x), term(groups.T)
    with np.errstate(divide="ignore"):
        return last + np.log(-np.expm1(np.minimum(end - last, 0.0)))


def alive(parameters: Parameters, groups: Groups) -> Values:
    """1 / (1 + s / (r + s + x) (alpha + T)^(r + x) (beta + T)^s A0)."""
    r, alpha, s, beta = (parameters[name] for name in PARAMETERS)
    at_end = -(r + groups.x) * np.log(alpha + groups.T) - s * np.log(beta + groups.T)
    gone = np.log(s) - np.log(r + s + groups.x) + _log_gone(parameters, groups)
    found: Values = 1 / (1 + np.exp(np.minimum(gone - at_end, 700)))
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
