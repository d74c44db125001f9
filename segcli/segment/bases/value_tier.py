"""Value: tiers, of which A brings the first 80 % of revenue, B the next 15 %, C the rest."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column, numbers, with_unknown

SOURCE = "ABC analysis (Dickie 1951): 80, 95 and 100 % of cumulative revenue"
NEEDS = "revenue"
ADDS = ()


class Options(Section):
    """Where tiers end."""

    of: str = Field(c.REVENUE, description="Column that measures value.")
    shares: list[float] = Field(
        [0.8, 0.95], min_length=1, max_length=9, description="Cumulative share at which tiers end."
    )


def decide(customers: Customers, options: Options) -> Decided:
    """The tier of each customer: A is the best. Equal values share a tier, the better one."""
    value = numbers(column(customers, options.of))
    counted = np.where(value > 0, value, 0.0)
    descending = np.sort(counted)[::-1]
    before = np.concatenate([[0.0], np.cumsum(descending)])
    # What the customers with more than this one hold together, as a share of all.
    held = before[len(value) - np.searchsorted(descending[::-1], counted, side="right")] / max(before[-1], 1e-300)
    order = [chr(ord("A") + place) for place in range(len(options.shares) + 1)]
    tiers = np.array(order, dtype=object)[np.searchsorted(sorted(options.shares), held, side="right")]
    tiers = np.where(counted > 0, tiers, order[-1])
    labels = np.where(np.isnan(value), UNKNOWN, tiers).astype(object)
    return Decided(labels, with_unknown(order, labels))
