"""What makes segments attractive, measured or rated: one number per segment and criterion."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.target import TargetSettings
from segcli.customers import history, reach
from segcli.customers.history import CUSTOMER
from segcli.model import Customers, Segmentation
from segcli.segment.experience import FEWEST, MEASURES, answers

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LOW_IS_BEST = frozenset({"churn_risk"})
LOWEST_RATING, HIGHEST_RATING = 1.0, 10.0
EQUAL = 0.5  # the scaled value where all segments are alike


@dataclass(frozen=True)
class Measured:
    """Criteria by name, each with the value of every segment, known of at least half; `rated` ones came from people."""

    values: Mapping[str, Values]
    rated: frozenset[str]

    def scaled(self, name: str) -> Values:
        """From 0 (worst) to 1 (best): between the worst and the best segment, or between the ends of a rating."""
        values = self.values[name]
        if name in self.rated:
            return np.asarray((values - LOWEST_RATING) / (HIGHEST_RATING - LOWEST_RATING))
        low, high = np.nanmin(values), np.nanmax(values)
        if low == high:
            return np.full(len(values), EQUAL)
        scaled = (values - low) / (high - low)
        return np.nan_to_num(1 - scaled if name in LOW_IS_BEST else scaled, nan=EQUAL)

    def unsure(self, name: str, segments: Sequence[str]) -> list[str]:
        """The segments of which a criterion is not known; they count as halfway between the worst and the best."""
        return [segment for segment, value in zip(segments, self.values[name], strict=True) if np.isnan(value)]


@dataclass(frozen=True)
class Periods:
    """Of each customer, what was bought in the last period and in the one before it."""

    now: Values
    before: Values
    bought_now: Mask
    bought_before: Mask


def measured(made: Segmentation, settings: TargetSettings, words: Sequence[str]) -> Measured:
    """Every criterion that the data or the ratings know for all segments.

    Args:
        made: the segmentation.
        settings: with ratings and the length of a period.
        words: of consent.

    Returns:
        size (customers), revenue_share, growth (revenue of the last period / that of the one before - 1), margin (part
        of revenue), churn_risk (1 - P(alive), or the share of who bought in the period before and not in the last),
        contactability (share who can be written to), loyalty (share with two orders or more), satisfaction (the score
        of the first of NPS, CSAT and CES that enough people answered), value (mean CLV); then the ratings, which win.
        What is not known of more than half of the segments is left out.
    """
    customers = made.customers
    masks = [(made.labels == name).to_numpy() for name in made.segments]
    periods = recent(customers, settings.period_days)
    ways: dict[str, Callable[[Mask], float]] = {
        "size": lambda inside: float(inside.sum()),
        "contactability": _share(reach.reachable(customers, "email", words)),
    }
    ways |= _of_table(customers.table)
    if periods is not None:
        ways["growth"] = lambda inside: _growth(periods, inside)
        ways.setdefault("churn_risk", lambda inside: _left(periods, inside))
    satisfied = _satisfaction(customers)
    if satisfied is not None:
        ways["satisfaction"] = satisfied
    found = {name: np.array([way(inside) for inside in masks], dtype=np.float64) for name, way in ways.items()}
    rated = {name: _rated(of, made.segments) for name, of in settings.ratings.items()}
    known = {name: values for name, values in (found | rated).items() if 2 * np.isnan(values).sum() <= len(values)}
    return Measured(known, frozenset(rated) & set(known))


def recent(customers: Customers, days: int) -> Periods | None:
    """The last period before as_of and the one before it; None without order lines that reach so far back."""
    if customers.transactions is None:
        return None
    bought, as_of = history.purchases(customers), pd.Timestamp(customers.transactions.as_of)
    ago = (as_of - bought[history.DAY]).dt.days.to_numpy()
    if ago.max() <= days:
        return None
    rows, money = bought[CUSTOMER].to_numpy(), bought[history.MONEY].to_numpy()
    size = len(customers.table)
    parts = [(ago > low) & (ago <= low + days) for low in (0, days)]
    sums = [np.bincount(rows[part], money[part], size).astype(np.float64) for part in parts]
    counts = [np.bincount(rows[part], minlength=size) > 0 for part in parts]
    return Periods(sums[0], sums[1], counts[0], counts[1])


def _of_table(table: pd.DataFrame) -> dict[str, Callable[[Mask], float]]:
    ways: dict[str, Callable[[Mask], float]] = {}
    if c.REVENUE in table and table[c.REVENUE].sum() > 0:
        revenue = table[c.REVENUE].to_numpy(dtype=np.float64, na_value=0.0)
        ways["revenue_share"] = lambda inside: float(revenue[inside].sum() / revenue.sum())
        if c.MARGIN in table:
            earned = table[c.MARGIN].to_numpy(dtype=np.float64, na_value=0.0)
            ways["margin"] = lambda inside: float(earned[inside].sum() / max(revenue[inside].sum(), 1e-9))
    if c.ORDERS in table:
        ways["loyalty"] = _share(table[c.ORDERS].fillna(0).to_numpy(dtype=np.float64) > 1)
    if c.P_ALIVE in table:
        ways["churn_risk"] = _mean(1 - table[c.P_ALIVE].to_numpy(dtype=np.float64, na_value=np.nan))
    if c.CLV in table:
        ways["value"] = _mean(table[c.CLV].to_numpy(dtype=np.float64, na_value=np.nan))
    return ways


def _share(mask: Mask) -> Callable[[Mask], float]:
    return lambda inside: float(mask[inside].mean())


def _mean(values: Values) -> Callable[[Mask], float]:
    return lambda inside: float(np.nanmean(values[inside])) if (~np.isnan(values[inside])).any() else np.nan


def _growth(periods: Periods, inside: Mask) -> float:
    before = periods.before[inside].sum()
    return float(periods.now[inside].sum() / before - 1) if before > 0 else np.nan


def _left(periods: Periods, inside: Mask) -> float:
    """Of who bought in the period before, the share that did not in the last."""
    active = inside & periods.bought_before
    return float((~periods.bought_now[active]).mean()) if active.any() else np.nan


def _satisfaction(customers: Customers) -> Callable[[Mask], float] | None:
    """The score of a segment in the first measure that is asked here; NaN where too few answered."""
    for measure in MEASURES:
        values = answers(customers, measure) if measure.name in {"NPS", "CSAT", "CES"} else None
        if values is not None:
            valid, given, score = measure.valid(values), values, measure.score
            return lambda inside: float(score(given[inside & valid])[0]) if (inside & valid).sum() >= FEWEST else np.nan
    return None


def _rated(of: Mapping[str, float], segments: Sequence[str]) -> Values:
    """Ratings in the order of the segments; the middle where one is not rated."""
    middle = (LOWEST_RATING + HIGHEST_RATING) / 2
    return np.array([of.get(name, middle) for name in segments], dtype=np.float64)
