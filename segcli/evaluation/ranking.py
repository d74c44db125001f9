"""Measures of how well a ranking of customers predicts purchases: lift, gain at k, rank correlation, Gini coefficient.

Scores and outcomes are numbered once, so that the measures of bootstrap samples need no sorting.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli.arrays import FloatArray, IntArray

MEASURE_NAMES = ("lift", "captured", "rank_correlation", "gini")


def gain_at_k(customer_scores: FloatArray, revenue: FloatArray, top_share: float) -> float:
    """Return the revenue share of the customers with the highest scores; NaN if there is no revenue.

    Args:
        customer_scores: score of each customer, shape (n,).
        revenue: revenue of each customer, shape (n,).
        top_share: share of customers to include, from 0 to 1; of equal scores, a part proportional to their number.
    """
    ranking = RankedOutcomes.from_scores(customer_scores, revenue)
    return float(np.interp(top_share, *ranking.concentration_curve()))


def gini_coefficient(customer_scores: FloatArray, revenue: FloatArray) -> float:
    """Return the Gini coefficient of a ranking: 1 if customers are ranked by spend, 0 if at random, -1 if reversed."""
    return RankedOutcomes.from_scores(customer_scores, revenue).gini_coefficient()


def rank_correlation(customer_scores: FloatArray, revenue: FloatArray) -> float:
    """Return Spearman's rank correlation; equal values get their mean rank. 0 if all values are equal."""
    return RankedOutcomes.from_scores(customer_scores, revenue).rank_correlation()


def mid_rank_shares(customer_scores: FloatArray) -> FloatArray:
    """Return the rank of the middle of each group of equal scores, from 0 (worst) to 1 (best).

    >>> mid_rank_shares(np.array([0.0, 0.0, 5.0, 9.0])).tolist()
    [0.25, 0.25, 0.625, 0.875]
    """
    codes = np.unique(customer_scores, return_inverse=True)[1].reshape(-1)
    return _mid_ranks(codes) / len(customer_scores)


@dataclass(frozen=True, eq=False)
class RankedOutcomes:
    """A ranking of customers, and what they did later; arrays of shape (n,).

    `score_codes` and `outcome_codes` number the distinct scores and outcomes upwards from 0. `outcomes` are money or
    orders, and `has_bought` is 1 for buyers.
    """

    score_codes: IntArray
    outcome_codes: IntArray
    outcomes: FloatArray
    has_bought: FloatArray

    @classmethod
    def from_scores(
        cls, customer_scores: FloatArray, outcomes: FloatArray, has_bought: npt.NDArray[np.bool_] | None = None
    ) -> "RankedOutcomes":
        """Number the scores and outcomes; without `has_bought`, customers with a positive outcome are buyers."""
        codes = [np.unique(values, return_inverse=True)[1].reshape(-1) for values in (customer_scores, outcomes)]
        is_buyer = outcomes > 0 if has_bought is None else has_bought
        return cls(codes[0], codes[1], outcomes, is_buyer.astype(np.float64))

    def select(self, rows: IntArray) -> "RankedOutcomes":
        """Return the customers in these rows, which may repeat."""
        return RankedOutcomes(
            self.score_codes[rows], self.outcome_codes[rows], self.outcomes[rows], self.has_bought[rows]
        )

    def measure(self, top_share: float) -> Mapping[str, float]:
        """Return all measures by name; `lift` is the share of buyers at the top over that of all customers."""
        buyer_curve = self._curve_of(self.has_bought)
        return {
            "lift": float(np.interp(top_share, *buyer_curve)) / top_share,
            "captured": float(np.interp(top_share, *self.concentration_curve())),
            "rank_correlation": self.rank_correlation(),
            "gini": self.gini_coefficient(),
        }

    def concentration_curve(self) -> tuple[FloatArray, FloatArray]:
        """Return cumulative shares of customers and of outcomes, from the highest score, one point per score."""
        return self._curve_of(self.outcomes)

    def gini_coefficient(self) -> float:
        """Return the area of the concentration curve over that of a perfect ranking."""
        perfect = RankedOutcomes(self.outcome_codes, self.outcome_codes, self.outcomes, self.has_bought)
        areas = [
            float(2 * np.trapezoid(shares, customers) - 1)
            for customers, shares in (self.concentration_curve(), perfect.concentration_curve())
        ]
        return areas[0] / areas[1] if areas[1] else float("nan")

    def rank_correlation(self) -> float:
        """Return Spearman's rank correlation of scores and outcomes; 0 if one of them does not vary."""
        ranks = [_mid_ranks(codes) for codes in (self.score_codes, self.outcome_codes)]
        first, second = (values - values.mean() for values in ranks)
        spread = float(first @ first) * float(second @ second)
        return float(first @ second) / float(np.sqrt(spread)) if spread > 0 else 0.0

    def _curve_of(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        customer_counts = np.bincount(self.score_codes)[::-1]
        value_sums = np.bincount(self.score_codes, values)[::-1]
        with np.errstate(invalid="ignore", divide="ignore"):
            value_shares = np.cumsum(value_sums) / value_sums.sum()
        return (
            np.concatenate([[0.0], np.cumsum(customer_counts) / len(values)]),
            np.concatenate([[0.0], value_shares]),
        )


def _mid_ranks(codes: IntArray) -> FloatArray:
    """Return the mean rank of each customer's group of equal values."""
    counts = np.bincount(codes)
    return np.asarray((np.cumsum(counts) - counts / 2)[codes], dtype=np.float64)


# Bootstrap over customers
RESAMPLE_COUNT = 200
MAX_RESAMPLE_SIZE = 5_000  # of more customers, samples have this size, and their deviations are scaled down


def draw_resamples(customer_count: int, seed: int) -> tuple[list[IntArray], float]:
    """Return the customers of each bootstrap sample, and the factor for deviations from the estimate.

    Returns:
        Row numbers, drawn with replacement, and the square root of sample size / n.
    """
    random = np.random.default_rng(seed)
    sample_size = min(customer_count, MAX_RESAMPLE_SIZE)
    samples = [random.integers(0, customer_count, sample_size) for _ in range(RESAMPLE_COUNT)]
    return samples, float(np.sqrt(sample_size / customer_count))


def bootstrap_bounds(estimate: float, resampled: FloatArray, scale: float) -> tuple[float, float]:
    """Return the 2.5 % and 97.5 % quantiles of the resampled values; NaN if none is known."""
    known = resampled[np.isfinite(resampled)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [0.025, 0.975])
    return estimate + (float(low) - estimate) * scale, estimate + (float(high) - estimate) * scale
