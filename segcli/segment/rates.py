"""Rates of a base and its segments: repeat purchase, retention, churn, referral; each with Wilson's interval."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.customers import history
from segcli.customers.history import CUSTOMER
from segcli.model import Customers
from segcli.segment.experience import groups
from segcli.segment.intervals import wilson

Mask = npt.NDArray[np.bool_]
Counted = tuple[str, Mask, Mask]  # a rate: its name, whom it is of, and for whom it holds

PERIOD_DAYS = 90


def rates(customers: Customers, names: Sequence[str], labels: pd.Series, period: int = PERIOD_DAYS) -> pd.DataFrame:
    """The rates that the table can tell, for all customers and for each segment.

    Repeat purchase: of those who ever bought, who did so twice or more. Retention: of those who bought in the period
    before the last one, who bought in the last one, too; churn is the rest. Referral: of all, whom another brought.

    Args:
        customers: retention and churn are told only where they hold the order lines.
        names: of the segments, in the order shown.
        labels: the segment of each customer.
        period: its length in days, the last one ending before as_of.

    Returns:
        measure, segment, customers (whom the rate is of), rate, low, high.
    """
    rows = []
    for measure, of, holds in _counted(customers, period):
        for name, group in groups(names, labels):
            trials, successes = int((of & group).sum()), int((of & holds & group).sum())
            low, high = wilson(successes, trials)
            rows.append([measure, name, trials, successes / trials if trials else np.nan, low, high])
    return pd.DataFrame(rows, columns=["measure", c.NAME, c.CUSTOMERS, "rate", "low_rate", "high_rate"])


def _counted(customers: Customers, period: int) -> Iterator[Counted]:
    table = customers.table
    everybody = np.ones(len(table), dtype=bool)
    if c.ORDERS in table:
        orders = table[c.ORDERS].fillna(0).to_numpy(dtype=np.float64)
        yield "repeat purchase", orders >= 1, orders > 1
    if customers.transactions is not None:
        before, now = _active(customers, customers.transactions.as_of, period)
        yield f"retention ({period} days)", before, now
        yield f"churn ({period} days)", before, ~now
    if c.REFERRER in table:
        yield "referral", everybody, (table[c.REFERRER].fillna("").astype("str") != "").to_numpy()


def _active(customers: Customers, as_of: date, period: int) -> tuple[Mask, Mask]:
    """Who bought in the period before the last one, and who in the last one."""
    bought = history.purchases(customers)
    ago = (pd.Timestamp(as_of) - bought[history.DAY]).dt.days.to_numpy()
    rows = bought[CUSTOMER].to_numpy()
    before, now = np.zeros(len(customers.table), dtype=bool), np.zeros(len(customers.table), dtype=bool)
    now[rows[(ago > 0) & (ago <= period)]] = True
    before[rows[(ago > period) & (ago <= 2 * period)]] = True
    return before, now
