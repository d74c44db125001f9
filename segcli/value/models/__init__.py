"""Order models, one per file: how often customers order while they are active, and when they drop out.

All parameters of a model are positive. Time is in periods.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

import numpy as np

from segcli import plugins
from segcli.arrays import FloatArray
from segcli.value.purchase_summary import HistoryGroups

Parameters = Mapping[str, float]


class OrderModel(Protocol):
    """Interface of an order model's module.

    A module may also define `likelihood_gradient`, which returns the log-likelihood, shape (g,), and its derivatives by
    parameter name, each of shape (g,).
    """

    PARAMETERS: Sequence[str]
    STARTS: Sequence[Sequence[float]]
    MAX_HISTORIES: int  # with more histories, segcli fits the model to a sample of them, so that the time is bounded

    def log_likelihood(self, parameters: Parameters, groups: HistoryGroups) -> FloatArray:
        """Return the log-likelihood of the history of one customer of each group, shape (g,)."""

    def probability_alive(self, parameters: Parameters, groups: HistoryGroups) -> FloatArray:
        """Return the probability that a customer of each group is still active, shape (g,)."""

    def conditional_expectation(self, parameters: Parameters, groups: HistoryGroups, periods: float) -> FloatArray:
        """Return the expected purchases of a customer of each group in the next `periods`, shape (g,)."""

    def unconditional_expectation(self, parameters: Parameters, periods: float) -> float:
        """Return the expected repeat purchases of a new customer in the first `periods`."""

    def dropout_rate(self, parameters: Parameters) -> float:
        """Return the mean probability of dropping out per period."""

    def simulate_orders(
        self,
        parameters: Parameters,
        groups: HistoryGroups,
        periods: float,
        samples: int,
        generator: np.random.Generator,
    ) -> FloatArray:
        """Return random numbers of orders in the next `periods` of customers who are alive, shape (samples, g)."""


def order_model_names() -> list[str]:
    """Return the names of the available order models."""
    return plugins.list_plugins(__name__)


def load_order_model(model_name: str) -> OrderModel:
    """Return the order model of this name, which must be one of `order_model_names`."""
    return cast("OrderModel", plugins.load_plugin(__name__, model_name))
