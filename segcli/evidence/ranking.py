"""How well an order of customers foretells what they spend: share of the top, rank correlation, Gini coefficient.

Customers of one segment are equal: a part of a segment counts as that part of its revenue, and ranks are averaged
(Spearman 1904). The Gini coefficient is that of the concentration curve, divided by that of a perfect order.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def gain_at_k(customer_scores: FloatArray, revenue: FloatArray, top_share: float) -> float:
    """Share of revenue of the `top_share` share of customers with the highest score; NaN where nobody spent."""
    customer_shares, revenue_shares = _concentration_curve(customer_scores, revenue)
    return float(np.interp(top_share, customer_shares, revenue_shares))


def gini_coefficient(customer_scores: FloatArray, revenue: FloatArray) -> float:
    """1 where customers are ordered by what they spend, 0 where the order says nothing, -1 where it is reversed."""
    score_area, perfect_area = _concentration_area(customer_scores, revenue), _concentration_area(revenue, revenue)
    return score_area / perfect_area if perfect_area else float("nan")


def rank_correlation(customer_scores: FloatArray, revenue: FloatArray) -> float:
    """Spearman's; 0 where all are equal."""
    from scipy.stats import rankdata

    score_ranks, revenue_ranks = rankdata(customer_scores), rankdata(revenue)
    if not np.ptp(score_ranks) or not np.ptp(revenue_ranks):
        return 0.0
    return float(np.corrcoef(score_ranks, revenue_ranks)[0, 1])


def _concentration_area(customer_scores: FloatArray, revenue: FloatArray) -> float:
    """Twice the area between the concentration curve and the diagonal."""
    customer_shares, revenue_shares = _concentration_curve(customer_scores, revenue)
    return float(2 * np.trapezoid(revenue_shares, customer_shares) - 1)


def _concentration_curve(customer_scores: FloatArray, revenue: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shares of customers and of revenue, from the highest score on, a point for each different score."""
    _, score_index, score_counts = np.unique(-customer_scores, return_inverse=True, return_counts=True)
    revenue_sums = np.bincount(score_index.reshape(-1), revenue)
    total_revenue = revenue.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        revenue_shares = np.cumsum(revenue_sums) / total_revenue
    return np.concatenate([[0.0], np.cumsum(score_counts) / len(customer_scores)]), np.concatenate(
        [[0.0], revenue_shares]
    )
