"""What contacting a segment costs and may earn, by the way of contact that earns most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.target import TargetSettings
from segcli.customers import reach
from segcli.model import Customers, Segmentation
from segcli.persona.criteria import recent

EMAIL = "email"  # where the settings name no way of contact

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Contacting:
    """A segment's contacts by one way: how many can be reached, what that costs, what margin is expected of it."""

    segment: str
    way: str
    contacts: int
    cost: float
    margin: float

    @property
    def roi(self) -> float:
        """(Margin - cost) / cost; NaN where contacts cost nothing."""
        return (self.margin - self.cost) / self.cost if self.cost else np.nan

    @property
    def loses(self) -> bool:
        """Whether its contacts cost more than they are expected to earn; not where nothing is known of that."""
        return self.cost > 0 and not np.isnan(self.margin) and self.margin < self.cost


def contacting(
    made: Segmentation, settings: TargetSettings, *, margin: float, words: Sequence[str]
) -> list[Contacting]:
    """For each segment the way of contact with the highest expected margin after cost.

    Expected margin = contacts x response x value of a response x margin. The response of a way is the settings', else
    the share of the segment's customers who bought in the last period; its value is the settings', else their average
    order.
    """
    ways = list(dict.fromkeys([*settings.contact_cost, *settings.response])) or [EMAIL]
    masks = {way: reach.reachable(made.customers, way, words) for way in ways}
    usual = _usual(made.customers, settings.period_days)
    found = []
    for name in made.segments:
        inside = (made.labels == name).to_numpy()
        value = settings.response_value or _order_value(made.customers.table, inside)
        worth = _Worth(float(np.mean(usual[inside])), value * margin)
        counts = {way: int((inside & mask).sum()) for way, mask in masks.items()}
        found.append(max(_by_way(name, counts, settings, worth), key=_net))
    return found


@dataclass(frozen=True)
class _Worth:
    """Of a segment: the share that responds where no other is given, and what a response earns."""

    response: float
    margin: float


def _net(one: Contacting) -> float:
    return -one.cost if np.isnan(one.margin) else one.margin - one.cost


def _by_way(name: str, counts: dict[str, int], settings: TargetSettings, worth: _Worth) -> Iterator[Contacting]:
    for way, contacts in counts.items():
        cost = contacts * settings.contact_cost.get(way, 0.0)
        earned = contacts * settings.response.get(way, worth.response) * worth.margin
        yield Contacting(name, way, contacts, round(cost, 2), earned)


def _order_value(table: pd.DataFrame, inside: Mask) -> float:
    if not {c.REVENUE, c.ORDERS} <= set(table.columns):
        return np.nan
    orders = float(table.loc[inside, c.ORDERS].sum())
    return float(table.loc[inside, c.REVENUE].sum()) / orders if orders else np.nan


def _usual(customers: Customers, days: int) -> npt.NDArray[np.float64]:
    """Who bought in the last period, as 1 and 0; NaN where that is not known."""
    table, periods = customers.table, recent(customers, days)
    if periods is not None:
        return periods.bought_now.astype(np.float64)
    if c.RECENCY_DAYS in table:
        return np.asarray(table[c.RECENCY_DAYS] <= days, dtype=np.float64)
    return np.full(len(table), np.nan)
