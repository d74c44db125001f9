"""Behavioural: usage rate, heavy, medium and light users by items (or orders)."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.customers.missing import measures_remedy
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column, numbers, with_unknown

SOURCE = "Twedt, How important to marketing strategy is the heavy user? (Journal of Marketing, 1964)"
NEEDS = "items or orders"
ADDS = ()
ORDER = ("heavy", "medium", "light", "none")


class Options(Section):
    """Who is heavy and who is medium."""

    of: list[str] = Field(
        default_factory=list, description="Columns whose sum measures use; default: items, else orders."
    )
    heavy: float = Field(0.2, gt=0, lt=1, description="Share of active customers who are heavy users.")
    medium: float = Field(0.3, gt=0, lt=1, description="Share of active customers who come next, the medium users.")


def decide(customers: Customers, options: Options) -> Decided:
    """The usage class of each customer; who used nothing stands apart, equal use is never split.

    Customers are ranked by use. Those who used the same share a rank, the middle one of theirs; they are heavy if it
    lies among the first `heavy` of the active, medium if among the next `medium`.
    """
    use = numbers(column(customers, c.ITEMS, c.ORDERS)) if not options.of else np.zeros(len(customers.table))
    for name in options.of:
        use = use + numbers(column(customers, name))
    active = use > 0
    ascending = np.sort(use[active])
    least, most = (np.searchsorted(ascending, use, side=side) for side in ("left", "right"))
    rank = 1 - (least + most) / 2 / max(len(ascending), 1)
    labels = np.where(rank < options.heavy, "heavy", np.where(rank < options.heavy + options.medium, "medium", "light"))
    labels = np.where(active, labels, np.where(np.isnan(use), UNKNOWN, "none")).astype(object)
    held = float(use[labels == "heavy"].sum() / use[active].sum()) if active.any() else 0.0
    share = (labels == "heavy").sum() / max(int(active.sum()), 1)
    note = f"heavy users are {share:.0%} of active customers with {held:.0%} of use"
    present = [name for name in ORDER if (labels == name).any()]
    remedy = "" if options.of else measures_remedy(customers, [c.ITEMS])
    warning = f"usage counts {c.ORDERS}: the table has no column '{c.ITEMS}'. {remedy}"
    return Decided(labels, with_unknown(present, labels), (note,), (warning,) * bool(remedy))
