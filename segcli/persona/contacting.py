"""What contacting a segment costs and may earn, by the way of contact that earns most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.config.target import TargetSettings
from segcli.customers import reach
from segcli.model import Customers, Segmentation
from segcli.persona.criteria import split_periods

DEFAULT_CHANNEL = "email"  # where the settings name no way of contact

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ContactEstimate:
    """A segment's contacts by one way: how many can be reached, what that costs, what margin is expected of it."""

    segment: str
    contact_channel: str
    contact_count: int
    cost: float
    expected_margin: float

    @property
    def roi(self) -> float:
        """(Margin - cost) / cost; NaN where contacts cost nothing."""
        return (self.expected_margin - self.cost) / self.cost if self.cost else np.nan

    @property
    def is_unprofitable(self) -> bool:
        """Whether its contacts cost more than they are expected to earn; not where nothing is known of that."""
        return self.cost > 0 and not np.isnan(self.expected_margin) and self.expected_margin < self.cost


def estimate_contacts(
    segmentation: Segmentation, settings: TargetSettings, *, margin_rate: float, consent_words: Sequence[str]
) -> list[ContactEstimate]:
    """For each segment the way of contact with the highest expected margin after cost.

    Expected margin = contacts x response x value of a response x margin. The response of a way is the settings', else
    the share of the segment's customers who bought in the last period; its value is the settings', else their average
    order.
    """
    contact_channels = list(dict.fromkeys([*settings.contact_cost, *settings.response])) or [DEFAULT_CHANNEL]
    reachable_masks = {
        contact_channel: reach.is_reachable(segmentation.customers, contact_channel, consent_words)
        for contact_channel in contact_channels
    }
    bought_recently = _read_recent_buyers(segmentation.customers, settings.period_days)
    estimates = []
    for segment_name in segmentation.segments:
        in_segment = (segmentation.labels == segment_name).to_numpy()
        response_value = settings.response_value or _average_order_value(segmentation.customers.table, in_segment)
        segment_response = _ResponseValue(float(np.mean(bought_recently[in_segment])), response_value * margin_rate)
        contact_counts = {
            contact_channel: int((in_segment & is_reachable).sum())
            for contact_channel, is_reachable in reachable_masks.items()
        }
        estimates.append(
            max(_estimate_by_channel(segment_name, contact_counts, settings, segment_response), key=_net_margin)
        )
    return estimates


@dataclass(frozen=True)
class _ResponseValue:
    """Of a segment: the share that responds where no other is given, and what a response earns."""

    response_rate: float
    margin_per_response: float


def _net_margin(estimate: ContactEstimate) -> float:
    return -estimate.cost if np.isnan(estimate.expected_margin) else estimate.expected_margin - estimate.cost


def _estimate_by_channel(
    segment_name: str, contact_counts: dict[str, int], settings: TargetSettings, segment_response: _ResponseValue
) -> Iterator[ContactEstimate]:
    for contact_channel, contact_count in contact_counts.items():
        cost = contact_count * settings.contact_cost.get(contact_channel, 0.0)
        expected_margin = (
            contact_count
            * settings.response.get(contact_channel, segment_response.response_rate)
            * segment_response.margin_per_response
        )
        yield ContactEstimate(segment_name, contact_channel, contact_count, round(cost, 2), expected_margin)


def _average_order_value(table: pd.DataFrame, in_segment: BoolArray) -> float:
    if not {columns.REVENUE, columns.ORDERS} <= set(table.columns):
        return np.nan
    order_count = float(table.loc[in_segment, columns.ORDERS].sum())
    return float(table.loc[in_segment, columns.REVENUE].sum()) / order_count if order_count else np.nan


def _read_recent_buyers(customers: Customers, period_days: int) -> npt.NDArray[np.float64]:
    """Who bought in the last period, as 1 and 0; NaN where that is not known."""
    table, periods = customers.table, split_periods(customers, period_days)
    if periods is not None:
        return periods.is_current_buyer.astype(np.float64)
    if columns.RECENCY_DAYS in table:
        return np.asarray(table[columns.RECENCY_DAYS] <= period_days, dtype=np.float64)
    return np.full(len(table), np.nan)
