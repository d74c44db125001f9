"""Order models whose customers may drop out after an order, with individual order rates and dropout probabilities.

Orders follow a Poisson process. Rates are Gamma(r, alpha), and the probability to drop out after an order is
Beta(a, b). These models differ in whether a customer may drop out right after the first order, that is, in the number
of dropout chances.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln

from segcli.arrays import FloatArray, IntArray
from segcli.value.models import Parameters
from segcli.value.purchase_summary import HistoryGroups

PARAMETERS = ("r", "alpha", "a", "b")
SMALLEST_DIVISOR = 1e-300
SMALLEST_DROPOUT = 1e-12  # expected orders do not differ below it
NODE_COUNT = 30
HISTORY_CHUNK_SIZE = 50_000  # histories per chunk; limits the memory for nodes


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
        expected_orders: FloatArray = self.probability_alive(parameters, groups) * _expect_while_alive(
            r + groups.x,
            periods / (alpha + groups.T),
            _dropout_nodes(a, b + groups.x_codes.values + self.first_order_dropout),
            groups.x_codes.codes,
        )
        return expected_orders

    def unconditional_expectation(self, parameters: Parameters, periods: float) -> float:
        """Return the expected orders of a new customer within `periods` after the first order.

        If customers may drop out after the first order, a share of b / (a + b) remains.
        """
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        nodes = _dropout_nodes(a, np.array([b + self.first_order_dropout]))
        p_stay = b / (a + b) if self.first_order_dropout else 1.0
        return float(
            p_stay * _expect_while_alive(np.array([r]), np.array([periods / alpha]), nodes, np.zeros(1, np.int64))[0]
        )

    def dropout_rate(self, parameters: Parameters) -> float:
        """Return the mean probability of dropping out per period: dropout per order times orders per period."""
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        return a / (a + b) * r / alpha

    def simulate_orders(
        self,
        parameters: Parameters,
        groups: HistoryGroups,
        periods: float,
        samples: int,
        generator: np.random.Generator,
    ) -> FloatArray:
        """Return random numbers of orders in the next `periods` of customers who are alive, shape (samples, g).

        Given that the customer is alive, the order rate is Gamma(r + x, alpha + T), and the dropout probability is
        Beta(a, b + chances).
        """
        r, alpha, a, b = (parameters[name] for name in PARAMETERS)
        shape = samples, len(groups.x)
        order_rates = generator.gamma(r + groups.x, size=shape) / (alpha + groups.T)
        dropout = generator.beta(a, b + groups.x + self.first_order_dropout, size=shape)
        orders_until_dropout = generator.geometric(np.clip(dropout, SMALLEST_DROPOUT, 1.0))
        orders = np.minimum(generator.poisson(order_rates * periods), orders_until_dropout)
        return orders.astype(np.float64)


class DropoutNodes(NamedTuple):
    """Nodes and weights of the mean over a Beta distribution of dropout probabilities, each of shape (k, nodes)."""

    p: FloatArray
    weights: FloatArray


def _dropout_nodes(a: float, shapes: FloatArray) -> DropoutNodes:
    """Return nodes for each shape, shape (k, nodes)."""
    return _compute_nodes(float(a), tuple(shapes.tolist()))


@lru_cache(maxsize=4)  # the steps of a horizon share their nodes
def _compute_nodes(a: float, dropout_shapes: tuple[float, ...]) -> DropoutNodes:
    """Return the Gauss-Jacobi rule for Beta(a, shape), for each shape (Golub and Welsch 1969).

    The work is the same for all parameters, unlike that of the hypergeometric function in the closed form. That
    function also overflows for large parameters.
    """
    shapes = np.array(dropout_shapes)
    high, low = shapes[:, None] - 1, a - 1
    k = np.arange(1, NODE_COUNT, dtype=np.float64)
    total = 2 * k + high + low
    diagonal = np.empty((len(shapes), NODE_COUNT))
    diagonal[:, :1] = (low - high) / (low + high + 2)
    diagonal[:, 1:] = (low - high) * (low + high) / (total * (total + 2))
    squares = 4 * k * (k + high) * (k + low) / (total**2 * (total + 1))
    squares[:, 1:] *= (k + high + low)[:, 1:] / (total - 1)[:, 1:]  # for k = 1 both are equal, and may be 0
    matrices = np.zeros((len(shapes), NODE_COUNT, NODE_COUNT))
    place = np.arange(NODE_COUNT)
    matrices[:, place, place] = diagonal
    matrices[:, place[1:], place[:-1]] = np.sqrt(squares)
    positions, vectors = np.linalg.eigh(matrices)
    return DropoutNodes(np.clip((1 + positions) / 2, SMALLEST_DROPOUT, 1.0), vectors[:, 0] ** 2)


def _expect_while_alive(
    order_shapes: FloatArray, relative_periods: FloatArray, nodes: DropoutNodes, node_rows: IntArray
) -> FloatArray:
    """Return the expected orders of customers who are alive, shape (g,).

    With dropout probability p, it is the mean of (1 - exp(-rate p t)) / p over the Gamma distribution of rates, that
    is, (1 - (1 + p t / (alpha + T))^-(r + x)) / p.

    Args:
        order_shapes: r + x, shape (g,).
        relative_periods: t / (alpha + T), shape (g,).
        nodes: dropout probabilities and their weights.
        node_rows: row of `nodes` of each customer, shape (g,).
    """
    expected_orders = np.empty(len(order_shapes))
    for start in range(0, len(order_shapes), HISTORY_CHUNK_SIZE):
        rows = slice(start, start + HISTORY_CHUNK_SIZE)
        p = nodes.p[node_rows[rows]]
        orders = -np.expm1(-order_shapes[rows, None] * np.log1p(p * relative_periods[rows, None])) / p
        expected_orders[rows] = (orders * nodes.weights[node_rows[rows]]).sum(axis=1)
    return expected_orders
