"""Needs: urgent, planned or routine purchases, by the timing and channel of orders."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.customers.missing_measures import add_remedy
from segcli.errors import InputProblem
from segcli.message import join_messages, message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, read_optional, to_floats
from segcli.segment.bases._words import read_words

SOURCE = (
    "urgent: by an urgent channel; planned: gaps between orders that vary by less than half their mean (as in the "
    "regularity of buying, Platzer and Reutterer, Marketing Science 2016); routine: other repeat buyers"
)
NEEDS = f"{columns.TOP_PREFIX + columns.CHANNEL} and {columns.CV_DAYS_BETWEEN_ORDERS}"
ADDS = ()
ORDER = ("urgent", "planned", "routine", "single order")


class Options(Section):
    """Channels for urgent orders, and the limits of a regular rhythm."""

    urgent: list[str] = Field(["express", "same day", "instant"], description="Channels of urgent orders.")
    regular: float = Field(
        0.5, gt=0, description="Maximum variation of the gaps (standard deviation / mean) for planned purchases."
    )
    orders: int = Field(3, ge=3, description="Minimum number of orders for a rhythm.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign the first match of urgent, planned, routine and single order."""
    table = customers.table
    if columns.ORDERS not in table:
        raise InputProblem(
            f"no column {columns.ORDERS}",
            source=customers.input_reports[0].input.name,
            remedy="pass an order export, or the table that segcli ingest wrote",
        )
    orders = to_floats(table[columns.ORDERS])
    gap_variation = read_optional(table, columns.CV_DAYS_BETWEEN_ORDERS)
    is_urgent = np.isin(
        read_words(customers, columns.TOP_PREFIX + columns.CHANNEL), [word.casefold() for word in options.urgent]
    )
    with np.errstate(invalid="ignore"):
        is_planned = (orders >= options.orders) & (gap_variation < options.regular)
        labels = np.select(
            [~(orders > 0), is_urgent, is_planned, orders > 1], [UNKNOWN, *ORDER[:3]], default=ORDER[3]
        ).astype(object)
    order = [name for name in ORDER if (labels == name).any()]
    missing_columns = [
        name for name in (columns.TOP_PREFIX + columns.CHANNEL, columns.CV_DAYS_BETWEEN_ORDERS) if name not in table
    ]
    warning = add_remedy(
        message("without {names} some need states cannot be detected", names=join_messages(" and ", missing_columns)),
        customers,
        missing_columns,
    )
    return BaseResult(labels, append_unknown(order, labels), warnings=(warning,) * bool(missing_columns))
