"""Lifecycle: acquire, activate, retain, refer, churn, with the rates of each step."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.model import Customers
from segcli.segment.bases import Decided, lifecycle, numbers

SOURCE = (
    "the funnel acquisition, activation, retention, referral (McClure, Startup metrics for pirates, 2007) on the "
    "stages of the base lifecycle; churn are its lapsed and lost"
)
NEEDS = f"{c.ORDERS}, {c.RECENCY_DAYS}; {c.REFERRER} for refer"
ADDS = ()
ORDER = ("acquire", "activate", "retain", "refer", "churn")


class Options(lifecycle.Options):
    """As for lifecycle, and where referrers stand."""

    referrer: str = Field(c.REFERRER, description="Column with the id of the customer who brought this one.")


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's stage.

    Without an order: acquire; lapsed or lost: churn; with one order: activate; those who brought others: refer; the
    rest: retain.
    """
    found = lifecycle.decide(customers, options)
    orders = numbers(customers.table[c.ORDERS])
    churned = np.isin(found.labels.astype(str), ["lapsed", "lost"])
    brought = np.zeros(len(orders), dtype=bool)
    if options.referrer in customers.table:
        named = customers.table[options.referrer].dropna().astype("str").str.strip()
        brought = customers.table[c.CUSTOMER_ID].isin(named).to_numpy()
    with np.errstate(invalid="ignore"):
        labels = np.select(
            [~(orders > 0), churned, brought, orders == 1], ["acquire", "churn", "refer", "activate"], default="retain"
        ).astype(object)
    order = tuple(name for name in ORDER if (labels == name).any())
    warning = f"no column {options.referrer}: nobody can be in the stage refer"
    warnings = (*found.warnings, *[warning] * (options.referrer not in customers.table))
    return Decided(labels, order, found.notes, warnings, tables=found.tables)
