"""Lifecycle: acquire, activate, retain, refer or churn, with the rate of each step."""

import numpy as np
from pydantic import Field

from segcli import columns
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import BaseResult, lifecycle, to_floats

SOURCE = (
    "the funnel acquisition, activation, retention, referral (McClure, Startup metrics for pirates, 2007) on the "
    "stages of the base lifecycle; churn covers lapsed and lost"
)
NEEDS = f"{columns.ORDERS}, {columns.RECENCY_DAYS}; {columns.REFERRER} for refer"
ADDS = ()
ORDER = ("acquire", "activate", "retain", "refer", "churn")


class Options(lifecycle.Options):
    """Options of lifecycle, and the referrer column."""

    referrer: str = Field(columns.REFERRER, description="Column with the id of the customer who referred this one.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign the first matching stage of acquire, churn, activate, refer and retain.

    Stages in order: acquire (no order), churn (lapsed or lost), refer (referred others), activate (one order), retain
    (all others).
    """
    lifecycle_result = lifecycle.assign_segments(customers, options)
    orders = to_floats(customers.table[columns.ORDERS])
    has_churned = np.isin(lifecycle_result.labels.astype(str), ["lapsed", "lost"])
    has_referred = np.zeros(len(orders), dtype=bool)
    if options.referrer in customers.table:
        referrer_ids = customers.table[options.referrer].dropna().astype("str").str.strip()
        has_referred = customers.table[columns.CUSTOMER_ID].isin(referrer_ids).to_numpy()
    with np.errstate(invalid="ignore"):
        labels = np.select(
            [~(orders > 0), has_churned, has_referred, orders == 1],
            ["acquire", "churn", "refer", "activate"],
            default="retain",
        ).astype(object)
    order = tuple(name for name in ORDER if (labels == name).any())
    warning = message("no column {column}: the stage refer stays empty", column=options.referrer)
    warnings = (*lifecycle_result.warnings, *[warning] * (options.referrer not in customers.table))
    return BaseResult(labels, order, lifecycle_result.notes, warnings, tables=lifecycle_result.tables)
