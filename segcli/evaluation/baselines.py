"""Baselines of a backtest: simple rankings of customers, the best customer highest."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.config.rfm import RfmSettings
from segcli.evaluation.ranking import mid_rank_shares
from segcli.message import Message, message
from segcli.model import Customers
from segcli.segment.rfm_dimensions import read_dimensions
from segcli.segment.rfm_scores import score_dimensions
from segcli.value.outcomes import Outcomes

RECENCY_BASELINE, FREQUENCY_BASELINE = "recency only", "frequency only"
SPEND_BASELINE, ORDERS_BASELINE = "last spend", "last orders"
RFM_BASELINE, RANDOM_BASELINE = "rfm quintile sum", "random"
BASELINES: Mapping[str, Message] = {
    RECENCY_BASELINE: message("recency only"),
    FREQUENCY_BASELINE: message("frequency only"),
    SPEND_BASELINE: message("last spend"),
    ORDERS_BASELINE: message("last orders"),
    RFM_BASELINE: message("rfm quintile sum"),
    RANDOM_BASELINE: message("random"),
}
QUINTILE_COUNT = 5


def rank_by_baselines(customers: Customers, recent: Outcomes, seed: int) -> Mapping[str, FloatArray]:
    """Return the score of each customer in each simple ranking, shape (n,).

    Args:
        customers: customers at a day.
        recent: their purchases in the period before that day; customers without any get the lowest score.
        seed: seed of the random ranking.
    """
    table = customers.table
    has_money = columns.REVENUE in table
    rfm_scores = score_dimensions(read_dimensions(customers, "sum"), RfmSettings(), seed).scores
    return {
        RECENCY_BASELINE: -table[columns.RECENCY_DAYS].to_numpy(dtype=np.float64),
        FREQUENCY_BASELINE: table[columns.ORDERS].to_numpy(dtype=np.float64),
        SPEND_BASELINE if has_money else ORDERS_BASELINE: np.where(
            recent.has_bought, recent.revenue if has_money else recent.orders, -np.inf
        ),
        RFM_BASELINE: np.sum(list(rfm_scores.values()), axis=0).astype(np.float64),
        RANDOM_BASELINE: np.random.default_rng(seed).permutation(len(table)).astype(np.float64),
    }


def label_quintiles(customer_scores: FloatArray) -> pd.Series:
    """Label quintiles by mid-rank; quintile 1 is the highest, and equal scores share a quintile."""
    quintiles = np.floor((1 - mid_rank_shares(customer_scores)) * QUINTILE_COUNT).astype("int64") + 1
    return pd.Series([f"fifth {quintile}" for quintile in quintiles])
