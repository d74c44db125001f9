"""Models of when customers order, one per file: how often while they are customers, and when they stop being so.

A model's parameters are positive; time is in periods.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from segcli import plugins
from segcli.value.summary import FloatArray, HistoryGroups

Parameters = Mapping[str, float]


class OrderModel(Protocol):
    """A model's module.

    It may also have `slopes`: the log-likelihood and its derivatives by each parameter, by name, each of shape (g,).
    """

    PARAMETERS: Sequence[str]
    STARTS: Sequence[Sequence[float]]

    def log_likelihood(self, parameters: Parameters, groups: HistoryGroups) -> FloatArray:
        """Of the history of one customer of each group, shape (g,)."""

    def probability_alive(self, parameters: Parameters, groups: HistoryGroups) -> FloatArray:
        """Probability of still being a customer, shape (g,)."""

    def conditional_expectation(self, parameters: Parameters, groups: HistoryGroups, periods: float) -> FloatArray:
        """Expected purchases in the next t periods of a customer with this history, shape (g,)."""

    def unconditional_expectation(self, parameters: Parameters, periods: float) -> float:
        """Expected repeat purchases of a new customer in the first t periods."""


def order_model_names() -> list[str]:
    """The models there are."""
    return plugins.list_plugins(__name__)


def load_order_model(model_name: str) -> OrderModel:
    """The model of this name, which must be one of `order_model_names`."""
    return cast("OrderModel", plugins.load_plugin(__name__, model_name))
