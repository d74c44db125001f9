"""Models of when customers order, one per file: how often while they are customers, and when they stop being so.

A model's parameters are positive; time is in periods.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from segcli import plugins
from segcli.value.summary import Groups, Values

Parameters = Mapping[str, float]


class OrderModel(Protocol):
    """A model's module.

    It may also have `slopes`: the log-likelihood and its derivatives by each parameter, by name, each of shape (g,).
    """

    PARAMETERS: Sequence[str]
    STARTS: Sequence[Sequence[float]]

    def log_likelihood(self, parameters: Parameters, groups: Groups) -> Values:
        """Of the history of one customer of each group, shape (g,)."""

    def alive(self, parameters: Parameters, groups: Groups) -> Values:
        """Probability of still being a customer, shape (g,)."""

    def expected(self, parameters: Parameters, groups: Groups, t: float) -> Values:
        """Expected purchases in the next t periods of a customer with this history, shape (g,)."""

    def expected_new(self, parameters: Parameters, t: float) -> float:
        """Expected repeat purchases of a new customer in the first t periods."""


def names() -> list[str]:
    """The models there are."""
    return plugins.names(__name__)


def load(name: str) -> OrderModel:
    """The model of this name, which must be one of `names`."""
    return cast("OrderModel", plugins.module(__name__, name))
