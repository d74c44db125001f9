"""MBG/NBD (Batislam, Denizel and Filiztekin 2007; Hoppe and Wagner 2007): BG/NBD where the first order may be the last.

So a customer who has not come back need not be alive.
"""

import numpy as np
from scipy.special import digamma, gammaln, hyp2f1

from segcli.value.models import Parameters
from segcli.value.summary import Groups, Values

__all__ = ["PARAMETERS", "STARTS", "alive", "expected", "expected_new", "log_likelihood", "slopes"]

PARAMETERS = ("r", "alpha", "a", "b")
STARTS = ((0.5, 6.0, 0.9, 1.6), (1.0, 10.0, 1.0, 5.0), (0.7, 1.0, 0.3, 1.0))


def log_likelihood(parameters: Parameters, groups: Groups) -> Values:
    """In logarithms."""
    r, alpha, a, b = (parameters[name] for name in PARAMETERS)
    x = groups.by_x.values
    order = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stay = gammaln(a + b) + gammaln(b + x + 1) - gammaln(b) - gammaln(a + b + x + 1)
    leave = np.log(a) - np.log(b + x)
    until_end = -(r + groups.x) * np.log(alpha + groups.by_T.values)[groups.by_T.code]
    until_last = -(r + groups.x) * np.log(alpha + groups.by_t_x.values)[groups.by_t_x.code]
    either = np.logaddexp(until_end, leave[groups.by_x.code] + until_last)
    found: Values = either + (order + stay)[groups.by_x.code]
    return found


def slopes(parameters: Parameters, groups: Groups) -> tuple[Values, dict[str, Values]]:
    """Log-likelihood and its derivatives by each parameter; `gone` is the part of it in which the customer has left."""
    r, alpha, a, b = (parameters[name] for name in PARAMETERS)
    x, at_x = groups.by_x.values, groups.by_x.code
    to_end, to_last = alpha + groups.by_T.values, alpha + groups.by_t_x.values
    likely = log_likelihood(parameters, groups)
    gone = 1 - alive(parameters, groups)
    log_time = np.log(to_end)[groups.by_T.code] * (1 - gone) + np.log(to_last)[groups.by_t_x.code] * gone
    per_time = (1 / to_end)[groups.by_T.code] * (1 - gone) + (1 / to_last)[groups.by_t_x.code] * gone
    apart = digamma(a + b) - digamma(a + b + x + 1)
    left = 1 / (b + x)
    return likely, {
        "r": (digamma(r + x) - digamma(r) + np.log(alpha))[at_x] - log_time,
        "alpha": r / alpha - (r + groups.x) * per_time,
        "a": apart[at_x] + gone / a,
        "b": (apart + digamma(b + x + 1) - digamma(b))[at_x] - gone * left[at_x],
    }


def alive(parameters: Parameters, groups: Groups) -> Values:
    """1 / (1 + a / (b + x) ((alpha + T) / (alpha + t_x))^(r + x))."""
    r, alpha, a, b = (parameters[name] for name in PARAMETERS)
    x = groups.x
    odds = np.log(a) - np.log(b + x) + (r + x) * (np.log(alpha + groups.T) - np.log(alpha + groups.t_x))
    found: Values = 1 / (1 + np.exp(np.minimum(odds, 700)))
    return found


def expected(parameters: Parameters, groups: Groups, t: float) -> Values:
    """Of a customer with this history."""
    r, alpha, a, b = (parameters[name] for name in PARAMETERS)
    x, end = groups.x, groups.T
    none = ((alpha + end) / (alpha + end + t)) ** (r + x)
    none = none * hyp2f1(r + x, b + x + 1, a + b + x, t / (alpha + end + t))
    found: Values = (a + b + x) / (a - 1) * (1 - none) * alive(parameters, groups)
    return found


def expected_new(parameters: Parameters, t: float) -> float:
    """Of a new customer."""
    r, alpha, a, b = (parameters[name] for name in PARAMETERS)
    none = (alpha / (alpha + t)) ** r * hyp2f1(r, b + 1, a + b, t / (alpha + t))
    return float(b / (a - 1) * (1 - none))
