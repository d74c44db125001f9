"""How unequally revenue is spread over customers: the Lorenz curve and the Gini coefficient (Gini 1912)."""

import numpy as np
import numpy.typing as npt

from segcli.reports import numbers
from segcli.reports.blocks import Chart, Column, Table

FloatArray = npt.NDArray[np.float64]
GROUP_COUNTS = (100, 50, 20, 10, 5)  # groups of customers of the same size that the curve is told of
TOP_FIFTH_START = 0.8  # where the best fifth of customers begins


def gini_coefficient(revenue: FloatArray) -> float:
    """0 where all bring the same, 1 where one brings all; of values in any order, whose sum is not 0.

    >>> gini_coefficient(np.array([1.0, 1.0, 1.0])), gini_coefficient(np.array([0.0, 0.0, 0.0, 4.0]))
    (0.0, 0.75)
    """
    sorted_revenue, customer_count = np.sort(revenue), len(revenue)
    weighted_sum = float((np.arange(1, customer_count + 1) * sorted_revenue).sum())
    return round(
        2 * weighted_sum / (customer_count * float(sorted_revenue.sum())) - (customer_count + 1) / customer_count, 12
    )


def lorenz_curve(revenue: FloatArray, group_count: int) -> tuple[FloatArray, FloatArray]:
    """Shares of customers, least first, and the shares of revenue that they bring together; both from 0 to 1."""
    sorted_revenue = np.sort(revenue)
    group_ends = np.arange(group_count + 1) * len(sorted_revenue) // group_count
    cumulative_sums = np.concatenate([[0.0], np.cumsum(sorted_revenue)])
    return group_ends / len(sorted_revenue), cumulative_sums[group_ends] / cumulative_sums[-1]


def build_lorenz_chart(revenue: FloatArray, min_customers: int, max_customer_share: float) -> Chart | None:
    """The chart, of groups of customers none of which is too small or nearly all one customer's; None without such."""
    known_revenue = revenue[~np.isnan(revenue)]
    if len(known_revenue) < 2 or known_revenue.sum() <= 0:  # noqa: PLR2004 - one alone is not unequal
        return None
    group_count = next(
        (
            group_count
            for group_count in GROUP_COUNTS
            if _can_disclose(known_revenue, group_count, min_customers, max_customer_share)
        ),
        None,
    )
    return None if group_count is None else _draw_lorenz_chart(known_revenue, group_count)


def _can_disclose(revenue: FloatArray, group_count: int, min_customers: int, max_customer_share: float) -> bool:
    """Only the group of the best can be one customer's: in the others nobody brings much more than the next."""
    if len(revenue) // group_count < max(min_customers, 1):
        return False
    sorted_revenue = np.sort(revenue)
    top_group = sorted_revenue[(group_count - 1) * len(sorted_revenue) // group_count :]
    return float(top_group[-1]) <= max_customer_share * float(top_group.sum()) or len(top_group) == 1


def _draw_lorenz_chart(revenue: FloatArray, group_count: int) -> Chart:
    customer_shares, revenue_shares = lorenz_curve(revenue, group_count)
    gini_text = numbers.format_decimal(gini_coefficient(revenue))
    fifth_index = round(TOP_FIFTH_START * group_count)
    rest_share = numbers.format_share(float(revenue_shares[fifth_index]))
    top_share = numbers.format_share(float(1 - revenue_shares[fifth_index]))
    data = {
        "customers": customer_shares.tolist(),
        "revenue": revenue_shares.tolist(),
        "x_title": "customers, those who bring least first",
        "y_title": "revenue",
        "gini": f"Gini {gini_text}",
        "equal": "all bring the same",
        "mark": f"{numbers.format_share(TOP_FIFTH_START)} bring {rest_share}",
        "marked": (float(customer_shares[fifth_index]), float(revenue_shares[fifth_index])),
    }
    alt_text = f"The best fifth of customers brings {top_share} of revenue; the Gini coefficient is {gini_text}."
    rows = [
        [numbers.format_share(float(customer_shares[index])), numbers.format_share(float(revenue_shares[index]))]
        for index in (group_count * fifth // 5 for fifth in range(1, 6))
    ]
    titles = [Column("Customers, least first"), Column("Their share of revenue")]
    return Chart(
        "lorenz", f"How revenue is spread over customers (Gini {gini_text})", alt_text, data, [Table(titles, rows)]
    )
