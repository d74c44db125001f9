"""Order models whose customers may drop out after an order, with individual order rates and dropout probabilities.

Orders follow a Poisson process. Rates are Gamma(r, alpha), and the probability to drop out after an order is
Beta(a, b). These models differ in whether a customer may drop out right after the first order, that is, in the number
of dropout chances.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln, hyp2f1

from segcli.value.maximum_likelihood import avoid_one
from segcli.value.models import Parameters
from segcli.value.purchase_summary import FloatArray, HistoryGroups

PARAMETERS = ("r", "alpha", "a", "b")
SMALLEST_DIVISOR = 1e-300


@dataclass(frozen=True)
class GeometricDropout:
    """Geometric dropout model; `first_order_dropout` is 1 if customers may drop out after their first order, else 0.

    With 0, the formulas are equations 6, 9 and 10 of Fader, Hardie and Lee, "Counting your customers" the easy way
    (Marketing Science 24, 2005). With 1, each customer has one more dropout chance.
    """

    first_order_dropout: int

    def log_likelihood(self, parameters: Parameters, groups: HistoryGroups) -> FloatArray:
        """Return the log-likelihood of each history, shape (g,)."""
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        x = groups.x_codes.values
        dropout_chances = x + self.first_order_dropout
        log_order_density = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        log_stay = gammaln(a + b) + gammaln(b + dropout_chances) - gammaln(b) - gammaln(a + b + dropout_chances)
        log_leave = np.where(
            dropout_chances > 0, np.log(a) - np.log(np.maximum(b + dropout_chances - 1, SMALLEST_DIVISOR)), -np.inf
        )
        log_until_end = -(r + groups.x) * np.log(alpha + groups.T_codes.values)[groups.T_codes.codes]
        log_until_last = -(r + groups.x) * np.log(alpha + groups.t_x_codes.values)[groups.t_x_codes.codes]
        log_terms: FloatArray = (log_order_density + log_stay)[groups.x_codes.codes]
        return log_terms + np.logaddexp(log_until_end, log_leave[groups.x_codes.codes] + log_until_last)

    def likelihood_gradient(
        self, parameters: Parameters, groups: HistoryGroups
    ) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return the log-likelihood and its derivatives by parameter name.

        `p_gone` is the part of the likelihood in which the customer has dropped out.
        """
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        x, x_index = groups.x_codes.values, groups.x_codes.codes
        dropout_chances = x + self.first_order_dropout
        time_to_end, time_to_last = alpha + groups.T_codes.values, alpha + groups.t_x_codes.values
        log_likelihoods = self.log_likelihood(parameters, groups)
        p_gone = 1 - self.probability_alive(parameters, groups)
        log_time = (
            np.log(time_to_end)[groups.T_codes.codes] * (1 - p_gone)
            + np.log(time_to_last)[groups.t_x_codes.codes] * p_gone
        )
        per_time = (1 / time_to_end)[groups.T_codes.codes] * (1 - p_gone) + (1 / time_to_last)[
            groups.t_x_codes.codes
        ] * p_gone
        digamma_difference = digamma(a + b) - digamma(a + b + dropout_chances)
        dropout_term = 1 / np.maximum(
            b + dropout_chances - 1, SMALLEST_DIVISOR
        )  # avoids division by 0; without a dropout chance, p_gone is 0 and the term has no effect
        return log_likelihoods, {
            "r": (digamma(r + x) - digamma(r) + np.log(alpha))[x_index] - log_time,
            "alpha": r / alpha - (r + groups.x) * per_time,
            "a": digamma_difference[x_index] + p_gone / a,
            "b": (digamma_difference + digamma(b + dropout_chances) - digamma(b))[x_index]
            - p_gone * dropout_term[x_index],
        }

    def probability_alive(self, parameters: Parameters, groups: HistoryGroups) -> FloatArray:
        """Return the probability that each customer is alive, shape (g,).

        It is 1 / (1 + a / (b + chances - 1) ((alpha + T) / (alpha + t_x))^(r + x)), or 1 without a dropout chance.
        """
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        dropout_chances, x = groups.x + self.first_order_dropout, groups.x
        log_odds = np.log(a) - np.log(b + np.maximum(dropout_chances, 1) - 1)
        log_odds = log_odds + (r + x) * (np.log(alpha + groups.T) - np.log(alpha + groups.t_x))
        return np.where(dropout_chances > 0, 1 / (1 + np.exp(np.minimum(log_odds, 700))), 1.0)

    def conditional_expectation(self, parameters: Parameters, groups: HistoryGroups, periods: float) -> FloatArray:
        """Return the expected orders of customers with these histories in the next `periods`, shape (g,)."""
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        a = avoid_one(a)
        x, dropout_chances, observed_time = groups.x, groups.x + self.first_order_dropout, groups.T
        p_no_order = ((alpha + observed_time) / (alpha + observed_time + periods)) ** (r + x)
        p_no_order = p_no_order * hyp2f1(
            r + x, b + dropout_chances, a + b + dropout_chances - 1, periods / (alpha + observed_time + periods)
        )
        expected_orders: FloatArray = (
            (a + b + dropout_chances - 1) / (a - 1) * (1 - p_no_order) * self.probability_alive(parameters, groups)
        )
        return expected_orders

    def unconditional_expectation(self, parameters: Parameters, periods: float) -> float:
        """Return the expected orders of a new customer within `periods` after the first order.

        If customers may drop out after the first order, a share of b / (a + b) remains.
        """
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        a = avoid_one(a)
        p_no_order = (alpha / (alpha + periods)) ** r * hyp2f1(
            r, b + self.first_order_dropout, a + b + self.first_order_dropout - 1, periods / (alpha + periods)
        )
        p_stay = b / (a + b) if self.first_order_dropout else 1.0
        return float(p_stay * (a + b + self.first_order_dropout - 1) / (a - 1) * (1 - p_no_order))
