"""What a segmentation is held against: fifths by RFM, fifths by what was spent lately, and no knowledge at all."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.model import Customers
from segcli.value.churn import rfm_ranks

FIFTHS = 5
Labels = pd.Series
Values = npt.NDArray[np.float64]


def baselines(seed: int) -> Mapping[str, Callable[[Customers, Values], Labels]]:
    """By name, a way to label customers, who spent some money lately, shape (n,)."""
    return {
        "rfm quintiles": lambda customers, _: _fifths(pd.Series(rfm_ranks(customers))),
        "last spend quintiles": lambda _, lately: _fifths(pd.Series(lately)),
        "random": lambda customers, _: _random(len(customers.table), seed),
    }


def _fifths(values: pd.Series) -> Labels:
    """Fifth 1 the highest; equal values are in one fifth."""
    shares = (len(values) - values.rank(method="max")) / len(values)
    return pd.Series([f"fifth {number}" for number in np.floor(shares * FIFTHS).astype("int64") + 1])


def _random(size: int, seed: int) -> Labels:
    return pd.Series([f"group {number}" for number in np.random.default_rng(seed).integers(1, FIFTHS + 1, size)])
