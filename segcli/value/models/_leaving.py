"""Order models whose customers may stop after an order: at their own rate they order, at their own chance they stop.

Orders come by a Poisson process, rates are Gamma(r, alpha), the chance to stop after each is Beta(a, b). What such
models differ in is whether the first order may be the last already: how many chances to stop a customer has had.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln, hyp2f1

from segcli.value.fit import avoid_one
from segcli.value.models import Parameters
from segcli.value.summary import Groups, Values

PARAMETERS = ("r", "alpha", "a", "b")
TINY = 1e-300


@dataclass(frozen=True)
class Leaving:
    """A model in which `first` is 1 where customers may stop after their first order, and 0 where they do not.

    With 0, formulas are equations 6, 9 and 10 of Fader, Hardie and Lee, "Counting your customers" the easy way
    (Marketing Science 24, 2005); with 1, each chance to stop counts one more.
    """

    first: int

    def log_likelihood(self, parameters: Parameters, groups: Groups) -> Values:
        """Of each history, in logarithms."""
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        x = groups.by_x.values
        chances = x + self.first
        order = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        stay = gammaln(a + b) + gammaln(b + chances) - gammaln(b) - gammaln(a + b + chances)
        leave = np.where(chances > 0, np.log(a) - np.log(np.maximum(b + chances - 1, TINY)), -np.inf)
        until_end = -(r + groups.x) * np.log(alpha + groups.by_T.values)[groups.by_T.code]
        until_last = -(r + groups.x) * np.log(alpha + groups.by_t_x.values)[groups.by_t_x.code]
        found: Values = (order + stay)[groups.by_x.code]
        return found + np.logaddexp(until_end, leave[groups.by_x.code] + until_last)

    def slopes(self, parameters: Parameters, groups: Groups) -> tuple[Values, dict[str, Values]]:
        """Log-likelihood and its derivatives by each parameter; `gone` is the part in which the customer has left."""
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        x, at_x = groups.by_x.values, groups.by_x.code
        chances = x + self.first
        to_end, to_last = alpha + groups.by_T.values, alpha + groups.by_t_x.values
        likely = self.log_likelihood(parameters, groups)
        gone = 1 - self.alive(parameters, groups)
        log_time = np.log(to_end)[groups.by_T.code] * (1 - gone) + np.log(to_last)[groups.by_t_x.code] * gone
        per_time = (1 / to_end)[groups.by_T.code] * (1 - gone) + (1 / to_last)[groups.by_t_x.code] * gone
        apart = digamma(a + b) - digamma(a + b + chances)
        left = 1 / np.maximum(b + chances - 1, TINY)  # without a chance to stop, nothing of it is asked: gone is 0
        return likely, {
            "r": (digamma(r + x) - digamma(r) + np.log(alpha))[at_x] - log_time,
            "alpha": r / alpha - (r + groups.x) * per_time,
            "a": apart[at_x] + gone / a,
            "b": (apart + digamma(b + chances) - digamma(b))[at_x] - gone * left[at_x],
        }

    def alive(self, parameters: Parameters, groups: Groups) -> Values:
        """1 / (1 + a / (b + chances - 1) ((alpha + T) / (alpha + t_x))^(r + x)), and 1 without a chance to stop."""
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        chances, x = groups.x + self.first, groups.x
        odds = np.log(a) - np.log(b + np.maximum(chances, 1) - 1)
        odds = odds + (r + x) * (np.log(alpha + groups.T) - np.log(alpha + groups.t_x))
        return np.where(chances > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)

    def expected(self, parameters: Parameters, groups: Groups, t: float) -> Values:
        """Orders in the next t periods of customers with these histories."""
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        a = avoid_one(a)
        x, chances, end = groups.x, groups.x + self.first, groups.T
        none = ((alpha + end) / (alpha + end + t)) ** (r + x)
        none = none * hyp2f1(r + x, b + chances, a + b + chances - 1, t / (alpha + end + t))
        found: Values = (a + b + chances - 1) / (a - 1) * (1 - none) * self.alive(parameters, groups)
        return found

    def expected_new(self, parameters: Parameters, t: float) -> float:
        """Orders of a new customer within t periods of the first; b / (a + b) stay beyond it where they may stop."""
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        a = avoid_one(a)
        none = (alpha / (alpha + t)) ** r * hyp2f1(r, b + self.first, a + b + self.first - 1, t / (alpha + t))
        stay = b / (a + b) if self.first else 1.0
        return float(stay * (a + b + self.first - 1) / (a - 1) * (1 - none))
