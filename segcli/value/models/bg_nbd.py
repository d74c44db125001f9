"""BG/NBD (Fader, Hardie and Lee 2005): customers order at their own rate and may stop after any repeat order.

Orders by a Poisson process, rates Gamma(r, alpha), the chance to stop after each Beta(a, b). A customer who has not
come back is alive for certain: nobody stops before the first repeat.
"""

import numpy as np
from scipy.special import digamma, gammaln, hyp2f1

from segcli.value.models import Parameters
from segcli.value.summary import Groups, Values

__all__ = ["PARAMETERS", "STARTS", "alive", "expected", "expected_new", "log_likelihood", "slopes"]

PARAMETERS = ("r", "alpha", "a", "b")
STARTS = ((0.3, 5.0, 0.8, 2.5), (1.0, 10.0, 1.0, 5.0), (0.7, 1.0, 0.3, 1.0))


def log_likelihood(parameters: Parameters, groups: Groups) -> Values:
    """Equation 6 of the paper, in logarithms."""
    r, alpha, a, b = (parameters[name] for name in PARAMETERS)
    x = groups.by_x.values
    order = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stay = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    leave = np.where(x > 0, np.log(a) - np.log(np.maximum(b + x - 1, 1e-300)), -np.inf)
    until_end = -(r + groups.x) * np.log(alpha + groups.by_T.values)[groups.by_T.code]
    until_last = -(r + groups.x) * np.log(alpha + groups.by_t_x.values)[groups.by_t_x.code]
    found: Values = (order + stay)[groups.by_x.code]
    return found + np.logaddexp(until_end, leave[groups.by_x.code] + until_last)


def slopes(parameters: Parameters, groups: Groups) -> tuple[Values, dict[str, Values]]:
    """Log-likelihood and its derivatives by each parameter; `gone` is the part of it in which the customer has left."""
    r, alpha, a, b = (parameters[name] for name in PARAMETERS)
    x, at_x = groups.by_x.values, groups.by_x.code
    to_end, to_last = alpha + groups.by_T.values, alpha + groups.by_t_x.values
    likely = log_likelihood(parameters, groups)
    gone = 1 - alive(parameters, groups)
    log_time = np.log(to_end)[groups.by_T.code] * (1 - gone) + np.log(to_last)[groups.by_t_x.code] * gone
    per_time = (1 / to_end)[groups.by_T.code] * (1 - gone) + (1 / to_last)[groups.by_t_x.code] * gone
    apart = digamma(a + b) - digamma(a + b + x)
    left = 1 / np.maximum(b + x - 1, 1e-300)  # without a repeat nobody has left: gone is 0
    return likely, {
        "r": (digamma(r + x) - digamma(r) + np.log(alpha))[at_x] - log_time,
        "alpha": r / alpha - (r + groups.x) * per_time,
        "a": apart[at_x] + gone / a,
        "b": (apart + digamma(b + x) - digamma(b))[at_x] - gone * left[at_x],
    }


def alive(parameters: Parameters, groups: Groups) -> Values:
    """1 / (1 + a / (b + x - 1) ((alpha + T) / (alpha + t_x))^(r + x)), and 1 without a repeat."""
    r, alpha, a, b = (parameters[name] for name in PARAMETERS)
    x = np.maximum(groups.x, 1)
    odds = np.log(a) - np.log(b + x - 1) + (r + x) * (np.log(alpha + groups.T) - np.log(alpha + groups.t_x))
    return np.where(groups.x > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)


def expected(parameters: Parameters, groups: Groups, t: float) -> Values:
    """Equation 10 of the paper."""
    r, alpha, a, b = (parameters[name] for name in PARAMETERS)
    x, end = groups.x, groups.T
    none = ((alpha + end) / (alpha + end + t)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + end + t))
    found: Values = (a + b + x - 1) / (a - 1) * (1 - none) * alive(parameters, groups)
    return found


def expected_new(parameters: Parameters, t: float) -> float:
    """Equation 9 of the paper."""
    r, alpha, a, b = (parameters[name] for name in PARAMETERS)
    none = (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t))
    return float((a + b - 1) / (a - 1) * (1 - none))
