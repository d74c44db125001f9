"""What a segmentation is held against: fifths by what customers spent, and no knowledge at all."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.model import Customers

FIFTHS = 5
Labels = pd.Series


def baselines(seed: int) -> Mapping[str, Callable[[Customers], Labels]]:
    """By name, a way to label customers."""
    return {
        "rfm quintiles": _rfm,
        "spend quintiles": lambda customers: _fifths(_known(customers, c.REVENUE, c.ORDERS)),
        "random": lambda customers: _random(len(customers.table), seed),
    }


def _rfm(customers: Customers) -> Labels:
    """Fifths by the sum of the ranks of recency, orders and revenue."""
    table = customers.table
    ranks = [-table[c.RECENCY_DAYS].rank(), table[c.ORDERS].rank(), _known(customers, c.REVENUE, c.ORDERS).rank()]
    return _fifths(ranks[0] + ranks[1] + ranks[2])


def _known(customers: Customers, *names: str) -> pd.Series:
    return next(customers.table[name] for name in names if name in customers.table)


def _fifths(values: pd.Series) -> Labels:
    """Fifth 1 the highest; equal values are in one fifth."""
    shares = (len(values) - values.rank(method="max")) / len(values)
    return pd.Series([f"fifth {number}" for number in np.floor(shares * FIFTHS).astype("int64") + 1])


def _random(size: int, seed: int) -> Labels:
    return pd.Series([f"group {number}" for number in np.random.default_rng(seed).integers(1, FIFTHS + 1, size)])
