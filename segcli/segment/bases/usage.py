"""Behavioural: heavy, medium and light users, by number of items or orders."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.customers.missing_measures import measures_remedy
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, require_column, to_floats

SOURCE = "Twedt, How important to marketing strategy is the heavy user? (Journal of Marketing, 1964)"
NEEDS = "items or orders"
ADDS = ()
ORDER = ("heavy", "medium", "light", "none")


class Options(Section):
    """Columns of usage, and the shares of heavy and medium users."""

    of: list[str] = Field(
        default_factory=list,
        description="Columns whose sum is the usage. Default: items, or orders if there are no items.",
    )
    heavy: float = Field(0.2, gt=0, lt=1, description="Share of active customers who are heavy users.")
    medium: float = Field(
        0.3, gt=0, lt=1, description="Share of active customers who are medium users, after the heavy ones."
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's usage class. Equal usage is never split. Customers without usage are none.

    Customers are ranked by usage. Customers with equal usage share their middle rank. They are heavy users if it lies
    within the first `heavy` share of active customers, and medium users within the next `medium` share.
    """
    usage_values = (
        to_floats(require_column(customers, columns.ITEMS, columns.ORDERS))
        if not options.of
        else np.zeros(len(customers.table))
    )
    for name in options.of:
        usage_values = usage_values + to_floats(require_column(customers, name))
    is_active = usage_values > 0
    sorted_usage = np.sort(usage_values[is_active])
    low_ranks, high_ranks = (np.searchsorted(sorted_usage, usage_values, side=side) for side in ("left", "right"))
    usage_rank = 1 - (low_ranks + high_ranks) / 2 / max(len(sorted_usage), 1)
    labels = np.where(
        usage_rank < options.heavy, "heavy", np.where(usage_rank < options.heavy + options.medium, "medium", "light")
    )
    labels = np.where(is_active, labels, np.where(np.isnan(usage_values), UNKNOWN, "none")).astype(object)
    usage_share = (
        float(usage_values[labels == "heavy"].sum() / usage_values[is_active].sum()) if is_active.any() else 0.0
    )
    share = (labels == "heavy").sum() / max(int(is_active.sum()), 1)
    note = message(
        "heavy users: {share:.0%} of active customers, {usage_share:.0%} of usage", share=share, usage_share=usage_share
    )
    present = [name for name in ORDER if (labels == name).any()]
    remedy = "" if options.of else measures_remedy(customers, [columns.ITEMS])
    warning = message("usage counts orders: the table has no column 'items'; hint: {remedy}", remedy=remedy)
    return BaseResult(labels, append_unknown(present, labels), (note,), (warning,) * bool(remedy))
