"""What contacting a segment costs and may earn, by the way of contact that earns most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli import columns as c
from segcli.config.target import TargetSettings
from segcli.customers import reach
from segcli.model import Segmentation
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
    return [max(_by_way(made, name, masks, settings, margin), key=_net) for name in made.segments]


def _net(one: Contacting) -> float:
    return -one.cost if np.isnan(one.margin) else one.margin - one.cost


def _by_way(
    made: Segmentation, name: str, masks: dict[str, Mask], settings: TargetSettings, margin: float
) -> Iterator[Contacting]:
    inside = (made.labels == name).to_numpy()
    value = settings.response_value or _order_value(made, inside)
    for way, reachable in masks.items():
        contacts = int((inside & reachable).sum())
        response = settings.response.get(way, _usual(made, inside, settings.period_days))
        cost = contacts * settings.contact_cost.get(way, 0.0)
        yield Contacting(name, way, contacts, round(cost, 2), contacts * response * value * margin)


def _order_value(made: Segmentation, inside: Mask) -> float:
    table = made.customers.table
    if not {c.REVENUE, c.ORDERS} <= set(table.columns):
        return np.nan
    orders = float(table.loc[inside, c.ORDERS].sum())
    return float(table.loc[inside, c.REVENUE].sum()) / orders if orders else np.nan


def _usual(made: Segmentation, inside: Mask, days: int) -> float:
    """The share of a segment that bought in the last period; NaN where that is not known."""
    table = made.customers.table
    periods = recent(made.customers, days)
    if periods is not None:
        return float(periods.bought_now[inside].mean())
    if c.RECENCY_DAYS in table:
        return float((table.loc[inside, c.RECENCY_DAYS] <= days).mean())
    return np.nan
