"""Did a campaign work? Response by group after a day: who bought, what they spent, and how groups differ from holdout.

Shares with Wilson's interval and their difference with Newcombe's (1998, method 10); two-proportion z-test with the
pooled share; revenue a head by Welch's t.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.errors import InputProblem
from segcli.segment.intervals import mean, wilson
from segcli.value.outcomes import Outcomes

GROUP, HOLDOUT = "group", "holdout"

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Readout:
    """`table`: one row per group, the holdout first; `notes` say how each differs from it."""

    table: pd.DataFrame
    notes: tuple[str, ...]


def readout(groups: pd.Series, after: Outcomes, source: str) -> Readout:
    """Compare groups with the holdout.

    Args:
        groups: of each customer; one is called holdout (or control), others however they are.
        after: what the customers did.
        source: of the groups, for errors.

    Raises:
        InputProblem: there is no holdout, or nobody else.
    """
    names = groups.str.strip().str.casefold().replace({"control": HOLDOUT})
    others = sorted(set(names) - {HOLDOUT})
    if HOLDOUT not in set(names) or not others:
        raise InputProblem(
            f"has no {HOLDOUT} to compare with, or nobody else",
            source=source,
            column=GROUP,
            remedy="Give a file with a row per customer, some of them of the group holdout",
        )
    base = _of(names == HOLDOUT, after)
    rows, notes = [{GROUP: HOLDOUT, **_row(*base)}], []
    for name in others:
        bought, money = _of(names == name, after)
        low, high = difference(bought, base[0])
        p, (less, more) = two_proportions(bought, base[0]), welch(money, base[1])
        gain = float(bought.mean() - base[0].mean())
        row = {"difference": gain, "difference_low": low, "difference_high": high, "p": p}
        head = {"revenue_difference_low": less, "revenue_difference_high": more}
        rows.append({GROUP: name, **_row(bought, money), **row, **head})
        word = "more" if low > 0 else "fewer" if high < 0 else "no telling whether more"
        notes.append(
            f"{name}: {gain:+.1%} of customers bought ({low:+.1%} to {high:+.1%}, p {p:.3f}), {word} than the holdout; "
            f"revenue a head {less:+,.2f} to {more:+,.2f}"
        )
    return Readout(pd.DataFrame(rows), tuple(notes))


def _of(inside: pd.Series, after: Outcomes) -> tuple[npt.NDArray[np.bool_], Values]:
    place = inside.to_numpy()
    return after.bought[place], after.revenue[place]


def _row(bought: npt.NDArray[np.bool_], money: Values) -> dict[str, float]:
    low, high = wilson(int(bought.sum()), len(bought))
    less, more = mean(money)
    return {
        c.CUSTOMERS: len(bought),
        "buyers": int(bought.sum()),
        "buyer_rate": float(bought.mean()),
        "buyer_rate_low": low,
        "buyer_rate_high": high,
        "revenue_a_head": float(money.mean()),
        "revenue_a_head_low": less,
        "revenue_a_head_high": more,
    }


def difference(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The interval of a difference of shares, from Wilson's of each."""
    (low, high), (less, more) = (wilson(int(bought.sum()), len(bought)) for bought in (one, other))
    p, q = float(one.mean()), float(other.mean())
    below = np.sqrt((p - low) ** 2 + (more - q) ** 2)
    return float(p - q - below), float(p - q + np.sqrt((high - p) ** 2 + (q - less) ** 2))


def two_proportions(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Two-sided p-value that both shares are the same; 1 where nobody or everybody bought."""
    from scipy.stats import norm

    pooled = (one.sum() + other.sum()) / (len(one) + len(other))
    error = np.sqrt(pooled * (1 - pooled) * (1 / len(one) + 1 / len(other)))
    return float(2 * norm.sf(abs(one.mean() - other.mean()) / error)) if error else 1.0


def welch(one: Values, other: Values) -> tuple[float, float]:
    """The interval of a difference of means; without bounds for fewer than two values."""
    from scipy.stats import t

    if min(len(one), len(other)) < 2:  # noqa: PLR2004 - one value does not vary
        return -np.inf, np.inf
    parts = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
    gain, error = float(one.mean() - other.mean()), float(np.sqrt(sum(parts)))
    if not error:
        return gain, gain
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(other) - 1))
    half = float(t.ppf(0.975, freedom)) * error
    return gain - half, gain + half
