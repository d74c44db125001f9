"""Value: deciles, from D1 (top 10% of customers) to D10 (bottom 10%)."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, require_column, to_floats

SOURCE = (
    "decile analysis of direct marketing (Hughes, Strategic database marketing, 1994); "
    "equal values share the better part"
)
NEEDS = columns.REVENUE
ADDS = ()


class Options(Section):
    """Column to rank, and number of parts."""

    of: str = Field(columns.REVENUE, description="Column of the customer value.")
    parts: int = Field(10, ge=2, le=100, description="Number of parts. 10 gives deciles.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign a part by the share of customers with a higher value."""
    customer_values = to_floats(require_column(customers, options.of))
    sorted_values = np.sort(customer_values[~np.isnan(customer_values)])
    better_count = len(sorted_values) - np.searchsorted(sorted_values, customer_values, side="right")
    part_numbers = np.floor(options.parts * better_count / max(len(sorted_values), 1)).astype(np.int64) + 1
    labels = np.where(
        np.isnan(customer_values), UNKNOWN, np.array([f"D{number}" for number in part_numbers], dtype=object)
    ).astype(object)
    order = [name for name in (f"D{number}" for number in range(1, options.parts + 1)) if (labels == name).any()]
    top_share = float(customer_values[labels == "D1"].sum() / sorted_values.sum()) if sorted_values.sum() else 0.0
    return BaseResult(labels, append_unknown(order, labels), (f"D1: {top_share:.0%} of {options.of}",))
