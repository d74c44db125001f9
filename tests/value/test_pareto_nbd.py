"""Pareto/NBD against the integral it is made of, whichever of its two scales is the larger."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln

from segcli.value.models import Parameters, pareto_nbd
from segcli.value.purchase_summary import HistoryGroups

HISTORIES = ((0, 0.0, 30.0), (1, 12.0, 30.0), (3, 29.0, 30.0), (7, 20.5, 38.0), (2, 5.0, 5.0))


def by_integral(parameters: Parameters, x: int, last: float, end: float) -> tuple[float, float]:
    """Log-likelihood of a history, and how likely the customer is still there: gone at any time after the last order.

    Rates of orders and of leaving are integrated by hand (both are Gamma), the time of leaving by quadrature.
    """
    r, alpha, s, beta = (parameters[name] for name in pareto_nbd.PARAMETERS)
    stays = (alpha + end) ** -(r + x) * (beta + end) ** -s
    leaves = s * quad(lambda time: (alpha + time) ** -(r + x) * (beta + time) ** -(s + 1), last, end)[0]
    scale = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return float(scale + np.log(stays + leaves)), stays / (stays + leaves)


@pytest.mark.parametrize(("alpha", "beta"), [(5.0, 12.0), (12.0, 5.0), (8.0, 8.0), (2.0, 1.5)])
def test_likelihood_and_survival_are_those_of_the_integral(alpha: float, beta: float) -> None:
    parameters = {"r": 0.55, "alpha": alpha, "s": 0.61, "beta": beta}
    x, last, end = (np.array(column, dtype=np.float64) for column in zip(*HISTORIES, strict=True))
    groups = HistoryGroups(x, last, end, np.ones(len(x)))
    likely, alive = pareto_nbd.log_likelihood(parameters, groups), pareto_nbd.probability_alive(parameters, groups)
    for place, history in enumerate(HISTORIES):
        assert (likely[place], alive[place]) == pytest.approx(by_integral(parameters, *history), rel=1e-9)
