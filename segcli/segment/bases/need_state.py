"""Needs: whether a customer buys in urgency, to a plan or by routine, from the timing and channel of orders."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.customers.missing import add_remedy
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, numbers, with_unknown
from segcli.segment.bases._words import words

SOURCE = (
    "urgent: by a channel for haste; planned: gaps between orders that vary by less than half their mean (as in the "
    "regularity of buying, Platzer and Reutterer, Marketing Science 2016); routine: other repeat buyers"
)
NEEDS = f"{c.TOP + c.CHANNEL} and {c.CV_DAYS_BETWEEN_ORDERS}"
ADDS = ()
ORDER = ("urgent", "planned", "routine", "single order")


class Options(Section):
    """Which channels are for haste, and how regular a plan is."""

    urgent: list[str] = Field(["express", "same day", "instant"], description="Channels of those in haste.")
    regular: float = Field(
        0.5, gt=0, description="Variation of the gaps (standard deviation / mean) below which is a plan."
    )
    orders: int = Field(3, ge=3, description="Orders that show a rhythm.")


def decide(customers: Customers, options: Options) -> Decided:
    """The first that fits: urgent, planned, routine, single order."""
    table = customers.table
    if c.ORDERS not in table:
        raise InputProblem(
            f"there is no column {c.ORDERS}",
            source=customers.readings[0].input.name,
            remedy="Give an order export, or the table that segcli ingest made of one",
        )
    orders = numbers(table[c.ORDERS])
    missing = np.full(len(table), np.nan)
    varies = numbers(table[c.CV_DAYS_BETWEEN_ORDERS]) if c.CV_DAYS_BETWEEN_ORDERS in table else missing
    hasty = np.isin(words(customers, c.TOP + c.CHANNEL), [word.casefold() for word in options.urgent])
    with np.errstate(invalid="ignore"):
        planned = (orders >= options.orders) & (varies < options.regular)
        labels = np.select([~(orders > 0), hasty, planned, orders > 1], [UNKNOWN, *ORDER[:3]], default=ORDER[3]).astype(
            object
        )
    order = [name for name in ORDER if (labels == name).any()]
    lacking = [name for name in (c.TOP + c.CHANNEL, c.CV_DAYS_BETWEEN_ORDERS) if name not in table]
    warning = add_remedy(f"without {' and '.join(lacking)} not every need state can be told", customers, lacking)
    return Decided(labels, with_unknown(order, labels), warnings=(warning,) * bool(lacking))
