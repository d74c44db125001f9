"""What a segmentation is held against: fifths by RFM, fifths by what was spent lately, and no knowledge at all."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.model import Customers
from segcli.value.churn import rfm_ranks

QUINTILE_COUNT = 5
LabelSeries = pd.Series
FloatArray = npt.NDArray[np.float64]


def make_baselines(seed: int) -> Mapping[str, Callable[[Customers, FloatArray], LabelSeries]]:
    """By name, a way to label customers, who spent some money lately, shape (n,)."""
    return {
        "rfm quintiles": lambda customers, _: _label_quintiles(pd.Series(rfm_ranks(customers))),
        "last spend quintiles": lambda _, lately: _label_quintiles(pd.Series(lately)),
        "random": lambda customers, _: _label_randomly(len(customers.table), seed),
    }


def _label_quintiles(customer_scores: pd.Series) -> LabelSeries:
    """Fifth 1 the highest; equal values are in one fifth."""
    rank_shares = (len(customer_scores) - customer_scores.rank(method="max")) / len(customer_scores)
    return pd.Series([f"fifth {quintile}" for quintile in np.floor(rank_shares * QUINTILE_COUNT).astype("int64") + 1])


def _label_randomly(size: int, seed: int) -> LabelSeries:
    return pd.Series(
        [f"group {group_number}" for group_number in np.random.default_rng(seed).integers(1, QUINTILE_COUNT + 1, size)]
    )
