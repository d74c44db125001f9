"""How well an order of customers foretells what they spend: share of the top, rank correlation, Gini coefficient.

Customers of one segment are equal: a part of a segment counts as that part of its revenue, and ranks are averaged
(Spearman 1904). The Gini coefficient is that of the concentration curve, divided by that of a perfect order.
"""

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def captured(score: Values, revenue: Values, top: float) -> float:
    """Share of revenue of the `top` share of customers with the highest score; NaN where nobody spent."""
    customers, share = _curve(score, revenue)
    return float(np.interp(top, customers, share))


def gini(score: Values, revenue: Values) -> float:
    """1 where customers are ordered by what they spend, 0 where the order says nothing, -1 where it is reversed."""
    ordered, perfect = _area(score, revenue), _area(revenue, revenue)
    return ordered / perfect if perfect else float("nan")


def rank_correlation(score: Values, revenue: Values) -> float:
    """Spearman's; 0 where all are equal."""
    from scipy.stats import rankdata

    one, other = rankdata(score), rankdata(revenue)
    if not np.ptp(one) or not np.ptp(other):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _area(score: Values, revenue: Values) -> float:
    """Twice the area between the concentration curve and the diagonal."""
    customers, share = _curve(score, revenue)
    return float(2 * np.trapezoid(share, customers) - 1)


def _curve(score: Values, revenue: Values) -> tuple[Values, Values]:
    """Shares of customers and of revenue, from the highest score on, a point for each different score."""
    _, place, counts = np.unique(-score, return_inverse=True, return_counts=True)
    sums = np.bincount(place.reshape(-1), revenue)
    total = revenue.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.cumsum(sums) / total
    return np.concatenate([[0.0], np.cumsum(counts) / len(score)]), np.concatenate([[0.0], shares])
