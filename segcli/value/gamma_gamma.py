"""Gamma-Gamma (Fader and Hardie 2013): what an order of a customer is worth, drawn towards what orders of others are.

Order values of a customer are Gamma(p, nu), nu is Gamma(q, v) over customers; independent of how often they order.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import gammaln

from segcli.value.fit import Fitted, maximise
from segcli.value.summary import Coded, Values

PARAMETERS = ("p", "q", "v")
STARTS = ((6.0, 4.0, 15.0), (2.0, 3.0, 50.0), (1.0, 2.0, 5.0))
NAME = "gamma_gamma"


def fit(x: Values, value: Values, weights: Values, starts: Sequence[Mapping[str, float]] = ()) -> Fitted:
    """The parameters under which mean order values are likeliest.

    Args:
        x: repeat orders of customers who have any, shape (n,).
        value: mean value of them, above 0.
        weights: how often each customer counts.
        starts: where to begin.
    """
    by_x, log_value, scale = Coded.of(x), np.log(value), float(np.median(value))
    usual = [dict(zip(PARAMETERS, (p, q, v * scale / 15.0), strict=True)) for p, q, v in STARTS]

    def total(parameters: Mapping[str, float]) -> float:
        p, q, v = (parameters[name] for name in PARAMETERS)
        n = by_x.values
        fixed = gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(v) + p * n * np.log(n)
        own = fixed[by_x.code] + (p * x - 1) * log_value - (p * x + q) * np.log(x * value + v)
        return float(weights @ own)

    found = maximise(total, None, starts or usual, float(weights.sum()))
    return Fitted(NAME, found.parameters, found.log_likelihood, found.ended)


def expected(parameters: Mapping[str, float], x: Values, value: Values) -> Values:
    """Expected value of an order: p (v + x m) / (p x + q - 1); of a customer without a repeat, that of all."""
    p, q, v = (parameters[name] for name in PARAMETERS)
    with np.errstate(divide="ignore", invalid="ignore"):  # with q of 1, customers without a repeat have no mean
        found: Values = p * (v + x * np.nan_to_num(value)) / (p * x + q - 1)
    return found
