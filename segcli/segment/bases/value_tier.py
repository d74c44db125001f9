"""Value: tiers by cumulative revenue. By default, A is the first 80%, B the next 15%, C the rest."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, require_column, to_floats

SOURCE = "ABC analysis (Dickie 1951): 80, 95 and 100 % of cumulative revenue"
NEEDS = "revenue"
ADDS = ()


class Options(Section):
    """Column of value, and the cumulative shares of the tiers."""

    of: str = Field(columns.REVENUE, description="Column of the customer value.")
    shares: list[float] = Field(
        [0.8, 0.95], min_length=1, max_length=9, description="Cumulative share at which each tier ends."
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's tier. Customers with equal values share the better tier."""
    customer_values = to_floats(require_column(customers, options.of))
    positive_values = np.where(customer_values > 0, customer_values, 0.0)
    sorted_values = np.sort(positive_values)[::-1]
    cumulative_values = np.concatenate([[0.0], np.cumsum(sorted_values)])
    # Share of the total value held by customers with higher values.
    better_share = cumulative_values[
        len(customer_values) - np.searchsorted(sorted_values[::-1], positive_values, side="right")
    ] / max(cumulative_values[-1], 1e-300)
    order = [chr(ord("A") + tier_number) for tier_number in range(len(options.shares) + 1)]
    tiers = np.array(order, dtype=object)[np.searchsorted(sorted(options.shares), better_share, side="right")]
    tiers = np.where(positive_values > 0, tiers, order[-1])
    labels = np.where(np.isnan(customer_values), UNKNOWN, tiers).astype(object)
    return BaseResult(labels, append_unknown(order, labels))
