"""Whether each segment is measurable, accessible, substantial, differentiable, durable and actionable.

The first five after Kotler and Keller, Marketing management (15th ed., ch. 9); durable after Wedel and Kamakura, Market
segmentation (2000, ch. 1), who call it stability.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.scorecard import ScorecardSettings
from segcli.evidence.movement import psi, stayed
from segcli.model import Segmentation

PASS, WARN, FAIL, NOT_KNOWN = "pass", "warn", "fail", "not known"
MEASURES = (c.RECENCY_DAYS, c.ORDERS, c.REVENUE, c.AVERAGE_ORDER_VALUE, c.ITEMS, c.DISCOUNT_SHARE, *c.RESPONSES)
DESCRIBES = (
    *(c.BIRTH_DATE, c.BIRTH_YEAR, c.AGE, c.GENDER, c.INCOME, c.EDUCATION, c.OCCUPATION, c.MARITAL_STATUS, c.CHILDREN),
    *(c.HOUSEHOLD_SIZE, c.CITY, c.REGION, c.COUNTRY, c.POSTCODE),
)

Card = tuple[pd.DataFrame, list[str]]  # rows of `scorecard`, and `notes` on all segments together
Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Actions:
    """For which segments there is an action of their own, and for which one that their traits suggest."""

    own: frozenset[str]
    by_trait: frozenset[str]


def scorecard(
    made: Segmentation, settings: ScorecardSettings, actions: Actions, before: Segmentation | None = None
) -> pd.DataFrame:
    """Six principles for each segment.

    Args:
        made: the segmentation.
        settings: from which value a segment passes or warns.
        actions: what can be done about segments.
        before: the same segmentation at an earlier day, for durable; without it that is not known.

    Returns:
        segment, principle, value (missing where not known), verdict (pass, warn, fail, not known), why.
    """
    rows = [
        [name, principle, value, _verdict(value, getattr(settings, principle, (2.0, 1.0))), why]
        for name in made.segments
        for principle, value, why in _judged(made, name, settings, actions, before)
    ]
    return pd.DataFrame(rows, columns=[c.NAME, "principle", "value", "verdict", "why"])


def notes(made: Segmentation, before: Segmentation | None) -> Iterator[str]:
    """What is true of all segments together: how much they explain, and how far their shares moved."""
    effects = {name: epsilon_squared(values, made.labels) for name, values in _measures(made)}
    known = {name: effect for name, effect in effects.items() if not np.isnan(effect)}
    if known:
        most = max(known, key=lambda name: known[name])
        yield f"the segments explain most of {most}: epsilon squared {known[most]:.2f} (0.06 is medium, 0.14 large)"
    if before is not None:
        drift = psi(before, made)
        band = "stable" if drift < 0.1 else "noticeable" if drift < 0.25 else "major"  # noqa: PLR2004 - the usual bands
        yield f"shares of segments since {before.customers.as_of}: PSI {drift:.2f} ({band})"


def _verdict(value: float, bounds: Sequence[float]) -> str:
    if np.isnan(value):
        return NOT_KNOWN
    return PASS if value >= bounds[0] else WARN if value >= bounds[1] else FAIL


def _judged(
    made: Segmentation, name: str, settings: ScorecardSettings, actions: Actions, before: Segmentation | None
) -> Iterator[tuple[str, float, str]]:
    members = (made.labels == name).to_numpy()
    yield "measurable", *_measurable(made.customers.table[members])
    yield "accessible", *_accessible(made.customers.table[members], settings.consent)
    yield "substantial", float(members.sum()), _revenue(made, name)
    yield "differentiable", *_differentiable(made, members)
    yield "durable", *_durable(made, name, before)
    if name in actions.own:
        yield "actionable", 2.0, "an action of its own"
    else:
        yield "actionable", float(name in actions.by_trait), "by a trait" if name in actions.by_trait else "no action"


def _measurable(members: pd.DataFrame) -> tuple[float, str]:
    """The share of descriptors that is known, of members and descriptors alike."""
    present = [name for name in DESCRIBES if name in members]
    if not present:
        return np.nan, "no column describes customers"
    known = members[present].notna() & (members[present].astype("str") != "")
    return float(known.to_numpy().mean()), f"known of {len(present)} descriptors"


def _accessible(members: pd.DataFrame, words: Sequence[str]) -> tuple[float, str]:
    if c.EMAIL_CONSENT not in members:
        return np.nan, f"no column {c.EMAIL_CONSENT}"
    said = members[c.EMAIL_CONSENT].astype("str").fillna("").str.strip().str.casefold()
    return float(said.isin([word.casefold() for word in words]).mean()), "with consent"


def _revenue(made: Segmentation, name: str) -> str:
    row = made.profile[made.profile[c.NAME] == name].iloc[0]
    money = f", {row[c.REVENUE_SHARE]:.0%} of revenue" if c.REVENUE_SHARE in row else ""
    return f"{row[c.SHARE]:.0%} of customers{money}"


def _measures(made: Segmentation) -> Iterator[tuple[str, Values]]:
    """Measures that segments may differ in: what customers did and answered."""
    for name in MEASURES:
        if name in made.customers.table and pd.api.types.is_numeric_dtype(made.customers.table[name]):
            values = made.customers.table[name].astype("Float64")
            yield name, np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _differentiable(made: Segmentation, members: Mask) -> tuple[float, str]:
    """The measure whose delta is furthest from 0, without its sign."""
    deltas = {name: cliffs_delta(values, members) for name, values in _measures(made)}
    known = {name: delta for name, delta in deltas.items() if not np.isnan(delta)}
    if not known:
        return np.nan, "no measures"
    most = max(known, key=lambda name: abs(known[name]))
    return abs(known[most]), f"{'more' if known[most] > 0 else 'less'} {most}"


def _durable(made: Segmentation, name: str, before: Segmentation | None) -> tuple[float, str]:
    if before is None:
        return np.nan, "needs an order export and rules or scores that can be asked of an earlier day"
    (row,) = (row for row in stayed(before, made).to_dict("records") if row[c.NAME] == name)
    return float(row["stayed"]), f"of {row['before']:,.0f} since {before.customers.as_of}"


def ranked(values: Values) -> Values:
    """Ranks from 1, equal values sharing the mean of theirs."""
    return np.asarray(pd.Series(values).rank(), dtype=np.float64)


def cliffs_delta(values: Values, members: Mask) -> float:
    """P(a member's value is higher) - P(it is lower), against all others (Cliff 1993); NaN without one of both.

    Its square is epsilon squared of the two groups over the largest that groups of their sizes can have, so that small
    segments are judged like large ones.

    >>> cliffs_delta(np.array([1.0, 2, 3, 4]), np.array([False, True, False, True]))
    0.5
    """
    known = ~np.isnan(values)
    inside = members[known]
    few, rest = int(inside.sum()), int((~inside).sum())
    if not few or not rest:
        return float("nan")
    ranks = ranked(values[known])
    return float(2 * (ranks[inside].sum() - few * (few + 1) / 2) / (few * rest) - 1)


def epsilon_squared(values: Values, labels: pd.Series) -> float:
    """H / (n - 1) of Kruskal and Wallis, corrected for ties (Tomczak and Tomczak 2014); NaN where nothing varies."""
    known = ~np.isnan(values)
    ranks = ranked(values[known])
    groups = pd.Series(ranks).groupby(labels[known].to_numpy())
    total = float(((ranks - ranks.mean()) ** 2).sum())
    if len(groups) < 2 or not total:  # noqa: PLR2004 - one group has nothing to differ from
        return float("nan")
    away = groups.mean().to_numpy(dtype=np.float64) - float(ranks.mean())
    return float((groups.size().to_numpy() * away**2).sum()) / total
