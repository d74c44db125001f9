"""The value of orders by hand, by its integral, and by planted parameters."""

from collections.abc import Mapping

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import betaprime, gamma

from segcli.arrays import FloatArray
from segcli.value import gamma_gamma

PARAMETERS = {"p": 6.25, "q": 3.74, "v": 15.44}


def posterior(x: int, mean: float) -> float:
    """The mean of an order by integrating over what nu may be, weighed by how likely it makes the mean of x orders."""
    p, q, v = PARAMETERS.values()

    def weight(nu: float) -> float:
        seen = gamma.pdf(mean, p * x, scale=1 / (nu * x)) if x else 1.0
        return float(gamma.pdf(nu, q, scale=1 / v) * seen)

    top = quad(lambda nu: p / nu * weight(nu), 0, 5, limit=200)[0]
    return float(top / quad(weight, 0, 5, limit=200)[0])


@pytest.mark.parametrize(("x", "mean"), [(0, float("nan")), (1, 10.0), (2, 35.0), (9, 80.0)])
def test_an_order_is_worth_what_the_integral_over_customers_says(x: int, mean: float) -> None:
    found = gamma_gamma.predict_order_value(PARAMETERS, np.array([float(x)]), np.array([mean]))
    assert found[0] == pytest.approx(posterior(x, mean), rel=1e-6)


def likelihood(parameters: Mapping[str, float], x: FloatArray, value: FloatArray) -> float:
    """Integrated over nu, x times a mean over v is a beta prime variable: its density by scipy."""
    p, q, v = (parameters[name] for name in ("p", "q", "v"))
    return float((betaprime.logpdf(x * value / v, p * x, q) + np.log(x / v)).sum())


def test_the_fit_is_likelier_than_what_was_planted_and_as_likely_as_it_says() -> None:
    chance = np.random.default_rng(3)
    x = chance.integers(1, 9, 2000).astype(np.float64)
    nu = chance.gamma(PARAMETERS["q"], 1 / PARAMETERS["v"], 2000)
    value = chance.gamma(PARAMETERS["p"] * x, 1 / (nu * x))
    found = gamma_gamma.fit_gamma_gamma(x, value, np.ones(2000))
    assert (found.model, found.ended) == ("gamma_gamma", "all 3 starts reached the same parameters")
    assert found.log_likelihood == pytest.approx(likelihood(found.parameters, x, value), rel=1e-9)
    p, q = (found.parameters[name] for name in ("p", "q"))
    truth = likelihood(PARAMETERS, x, value)
    assert truth <= found.log_likelihood <= truth + 8, "twice the gain is chi-square of three parameters"
    cents = gamma_gamma.fit_gamma_gamma(x, value * 100, np.ones(2000))
    assert [cents.parameters[name] for name in ("p", "q")] == pytest.approx([p, q], rel=1e-3), "in any unit of money"
    twice = gamma_gamma.fit_gamma_gamma(
        np.tile(x, 2), np.tile(value, 2), np.repeat([1.0, 0.5], 2000), [found.parameters]
    )
    assert twice.log_likelihood == pytest.approx(1.5 * found.log_likelihood, rel=1e-6), "customers by their weight"
    assert twice.ended == "the search reached the maximum", "from one start there is nothing to agree with"


@pytest.mark.parametrize("unit", [25_000.0, 1e-6])
def test_the_currency_does_not_matter(unit: float) -> None:
    """Also where its amounts are millions: p and q are the same, v and all values are in the unit."""
    chance = np.random.default_rng(4)
    x = chance.integers(1, 9, 500).astype(np.float64)
    value = 900 * chance.gamma(6.0 * x, 1 / (chance.gamma(3.7, 1 / 15.0, 500) * x))
    known = gamma_gamma.fit_gamma_gamma(x, value, np.ones(500))
    other = gamma_gamma.fit_gamma_gamma(x, value * unit, np.ones(500))
    assert other.ended == known.ended
    assert [other.parameters[name] for name in ("p", "q")] == pytest.approx(
        [known.parameters[name] for name in ("p", "q")]
    )
    assert other.parameters["v"] == pytest.approx(known.parameters["v"] * unit)
    assert gamma_gamma.predict_order_value(other.parameters, x, value * unit) == pytest.approx(
        gamma_gamma.predict_order_value(known.parameters, x, value) * unit
    )
    assert other.log_likelihood == pytest.approx(likelihood(other.parameters, x, value * unit), rel=1e-9)
