"""Value: deciles, D1 the tenth of customers who bring most, D10 the tenth who bring least."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column, numbers, with_unknown

SOURCE = (
    "decile analysis of direct marketing (Hughes, Strategic database marketing, 1994); equal values share the better"
)
NEEDS = c.REVENUE
ADDS = ()


class Options(Section):
    """What is ranked, and into how many parts."""

    of: str = Field(c.REVENUE, description="Column that measures value.")
    parts: int = Field(10, ge=2, le=100, description="Number of parts; 10 gives deciles, 20 twentieths.")


def decide(customers: Customers, options: Options) -> Decided:
    """The part of each customer, by the share of the others who bring more."""
    value = numbers(column(customers, options.of))
    ascending = np.sort(value[~np.isnan(value)])
    more = len(ascending) - np.searchsorted(ascending, value, side="right")
    part = np.floor(options.parts * more / max(len(ascending), 1)).astype(np.int64) + 1
    labels = np.where(np.isnan(value), UNKNOWN, np.array([f"D{number}" for number in part], dtype=object)).astype(
        object
    )
    order = [name for name in (f"D{number}" for number in range(1, options.parts + 1)) if (labels == name).any()]
    best = float(value[labels == "D1"].sum() / ascending.sum()) if ascending.sum() else 0.0
    return Decided(labels, with_unknown(order, labels), (f"D1 brings {best:.0%} of {options.of}",))
