"""How unequally revenue is spread over customers: the Lorenz curve and the Gini coefficient (Gini 1912)."""

import numpy as np
import numpy.typing as npt

from segcli.reports import numbers
from segcli.reports.blocks import Chart, Column, Table

Values = npt.NDArray[np.float64]
STEPS = (100, 50, 20, 10, 5)  # groups of customers of the same size that the curve is told of
FIFTH = 0.8  # where the best fifth of customers begins


def gini(revenue: Values) -> float:
    """0 where all bring the same, 1 where one brings all; of values in any order, whose sum is not 0.

    >>> gini(np.array([1.0, 1.0, 1.0])), gini(np.array([0.0, 0.0, 0.0, 4.0]))
    (0.0, 0.75)
    """
    ordered, size = np.sort(revenue), len(revenue)
    weighted = float((np.arange(1, size + 1) * ordered).sum())
    return round(2 * weighted / (size * float(ordered.sum())) - (size + 1) / size, 12)


def curve(revenue: Values, steps: int) -> tuple[Values, Values]:
    """Shares of customers, least first, and the shares of revenue that they bring together; both from 0 to 1."""
    ordered = np.sort(revenue)
    ends = np.arange(steps + 1) * len(ordered) // steps
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    return ends / len(ordered), sums[ends] / sums[-1]


def lorenz(revenue: Values, smallest: int, dominance: float) -> Chart | None:
    """The chart, of groups of customers none of which is too small or nearly all one customer's; None without such."""
    known = revenue[~np.isnan(revenue)]
    if len(known) < 2 or known.sum() <= 0:  # noqa: PLR2004 - one alone is not unequal
        return None
    steps = next((steps for steps in STEPS if _may_be_told(known, steps, smallest, dominance)), None)
    return None if steps is None else _chart(known, steps)


def _may_be_told(revenue: Values, steps: int, smallest: int, dominance: float) -> bool:
    """Only the group of the best can be one customer's: in the others nobody brings much more than the next."""
    if len(revenue) // steps < max(smallest, 1):
        return False
    ordered = np.sort(revenue)
    best = ordered[(steps - 1) * len(ordered) // steps :]
    return float(best[-1]) <= dominance * float(best.sum()) or len(best) == 1


def _chart(revenue: Values, steps: int) -> Chart:
    customers, shares = curve(revenue, steps)
    coefficient = numbers.decimal(gini(revenue))
    place = round(FIFTH * steps)
    rest = numbers.share(float(shares[place]))
    told = numbers.share(float(1 - shares[place]))
    data = {
        "customers": customers.tolist(),
        "revenue": shares.tolist(),
        "x_title": "customers, those who bring least first",
        "y_title": "revenue",
        "gini": f"Gini {coefficient}",
        "equal": "all bring the same",
        "mark": f"{numbers.share(FIFTH)} bring {rest}",
        "marked": (float(customers[place]), float(shares[place])),
    }
    says = f"The best fifth of customers brings {told} of revenue; the Gini coefficient is {coefficient}."
    rows = [
        [numbers.share(float(customers[at])), numbers.share(float(shares[at]))]
        for at in (steps * fifth // 5 for fifth in range(1, 6))
    ]
    titles = [Column("Customers, least first"), Column("Their share of revenue")]
    return Chart(
        "lorenz", f"How revenue is spread over customers (Gini {coefficient})", says, data, [Table(titles, rows)]
    )
