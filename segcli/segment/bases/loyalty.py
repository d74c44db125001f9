"""Behavioural: loyalty tiers, by what a customer bought in a rolling window, and who moved up or down."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import AfterValidator, Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.counting import counted
from segcli.customers import history
from segcli.customers.history import CUSTOMER
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column, numbers, with_unknown

SOURCE = (
    "the usual rules of tiered programmes: reviewed every so many days on a rolling window, up at once, down by one "
    "tier after a time of grace"
)
NEEDS = "an order export, or a column such as points"
ADDS = ("loyalty_before", "loyalty_move")
NOBODY = "not yet"
WINDOWED = (c.ORDERS, c.REVENUE, c.ITEMS)

Values = npt.NDArray[np.float64]
Tiers = npt.NDArray[np.int64]


def _ascending(tiers: dict[str, float]) -> dict[str, float]:
    if list(tiers.values()) != sorted(set(tiers.values())):
        raise ValueError(f"tiers must rise, lowest first; got {tiers}")
    return tiers


class Options(Section):
    """What counts, how much of it each tier takes, and how tiers are lost."""

    of: str = Field(c.ORDERS, description="orders, revenue or items in the window; or any column, as it stands.")
    tiers: Annotated[dict[str, float], Field(min_length=2), AfterValidator(_ascending)] = Field(
        default={"Member": 0, "Silver": 3, "Gold": 6, "Platinum": 12}, description="Least value of each tier."
    )
    window_days: int = Field(365, ge=1, description="Days that count at a review.")
    review_days: int = Field(30, ge=1, description="Days between reviews; the last one is at as_of.")
    grace_days: int = Field(90, ge=0, description="Days for which a tier is kept after it was last earned.")
    downgrade: Literal["step", "direct"] = Field(
        "step", description="Whether a tier that is lost is followed by the next lower one, or by the one earned."
    )
    since_days: int = Field(90, ge=1, description="Days over which movers are told, in whole reviews.")
    held: str | None = Field(None, description="Column with the tier held before, where there are no orders.")


def decide(customers: Customers, options: Options) -> Decided:
    """The tier of each customer at as_of, the one before, and the move between them."""
    names = list(options.tiers)
    if options.of in WINDOWED and customers.transactions is not None:
        now, before, notes = _reviewed(customers, options)
        warnings: tuple[str, ...] = ()
    else:
        now, before, notes, warnings = _standing(customers, options, names)
    labels = _named(now, names, UNKNOWN)
    known = _named(before, names, NOBODY)
    moves = np.select(
        [now < 0, before < 0, now > before, now < before], ["", "new", "up", "down"], default="same"
    ).astype(object)
    order = [name for name in reversed(names) if (labels == name).any()]
    added = customers.table[[]].assign(loyalty_before=known.astype(str), loyalty_move=moves.astype(str))
    movers = _movers(known, labels, [*reversed(names), NOBODY])
    return Decided(labels, with_unknown(order, labels), notes, warnings, added, {"Movers": movers})


def _named(places: Tiers, names: Sequence[str], nobody: str) -> npt.NDArray[np.object_]:
    found: npt.NDArray[np.object_] = np.array([*names, nobody], dtype=object)[places]
    return found


def _movers(before: npt.NDArray[np.object_], now: npt.NDArray[np.object_], order: Sequence[str]) -> pd.DataFrame:
    """Customers by the tier they had and the one they have, and their share of those who had it."""
    pairs = pd.DataFrame({"from": before, "to": now}).value_counts().rename(c.CUSTOMERS).reset_index()
    place = {name: number for number, name in enumerate([*order, UNKNOWN])}
    pairs = pairs.sort_values(["from", "to"], key=lambda names: names.map(place), ignore_index=True)
    return pairs.assign(share=pairs[c.CUSTOMERS] / pairs.groupby("from")[c.CUSTOMERS].transform("sum"))


def _standing(
    customers: Customers, options: Options, names: Sequence[str]
) -> tuple[Tiers, Tiers, tuple[str, ...], tuple[str, ...]]:
    """By a column as it stands; somebody who holds a tier falls by one at most, if the options say so."""
    earned: Tiers = _tier(numbers(column(customers, options.of)), options)
    place = {name.casefold(): number for number, name in enumerate(names)}
    before: Tiers = np.full(len(earned), -1, dtype=np.int64)
    if options.held:
        held = column(customers, options.held).astype("str").str.strip().str.casefold()
        before = np.asarray(held.map(place).fillna(-1), dtype=np.int64)
    now = np.maximum(earned, before - 1) if options.downgrade == "step" else earned
    windowed = options.of in WINDOWED
    warning = f"no single orders here: tiers by all {options.of} there ever were, not by a window of days"
    return np.where(earned < 0, -1, now), before, (), (warning,) * windowed


def _tier(values: Values, options: Options) -> Tiers:
    """The highest tier whose least value is reached; -1 where the value is not known, or below the lowest."""
    found = np.searchsorted(list(options.tiers.values()), values, side="right") - 1
    return np.where(np.isnan(values), -1, found).astype(np.int64)


def _reviewed(customers: Customers, options: Options) -> tuple[Tiers, Tiers, tuple[str, ...]]:
    """Tiers review by review, from the first order on."""
    assert customers.as_of is not None, "orders have a last day"
    sums = _Windows(customers, options.of)
    reviews = _reviews(customers.as_of, sums.first, options.review_days)
    tier: Tiers = np.full(len(customers.table), -1, dtype=np.int64)
    earned_on: Tiers = np.zeros(len(customers.table), dtype=np.int64)
    back = min(max(options.since_days // options.review_days, 1), len(reviews))
    before = tier.copy()
    for number, day in enumerate(reviews):
        earned: Tiers = np.where(sums.bought(day), _tier(sums.within(day - options.window_days, day), options), -1)
        holds = earned >= tier
        lost = ~holds & (day - earned_on >= options.grace_days)
        fallen = np.maximum(tier - 1, earned) if options.downgrade == "step" else earned
        earned_on = np.where(holds | lost, day, earned_on).astype(np.int64)
        tier = np.where(holds, earned, np.where(lost, fallen, tier))
        if number == len(reviews) - 1 - back:
            before = tier.copy()
    since = (reviews[-1] - reviews[-1 - back]) if back < len(reviews) else 0
    window, moved = counted(options.window_days, "day"), counted(since, "day")
    note = f"{counted(len(reviews), 'review')} of {options.of} in {window}; movers over {moved}"
    return tier, before, (note,)


def _reviews(as_of: date, first: int, every: int) -> list[int]:
    """Days of review as numbers, the last at as_of, the first after the first order."""
    last = int(np.datetime64(as_of, "D").astype(np.int64))
    return list(range(last, first, -every))[::-1] or [last]


class _Windows:
    """Sums of what customers bought between two days, the second left out."""

    def __init__(self, customers: Customers, of: str) -> None:
        bought = history.purchases(customers)
        self._size = len(customers.table)
        day = bought[history.DAY].to_numpy().astype("datetime64[D]").astype(np.int64)
        values = {c.REVENUE: history.MONEY, c.ITEMS: c.ITEMS}
        amount = bought[values[of]].to_numpy(dtype=np.float64) if of in values else np.ones(len(bought))
        self.first = int(day.min())
        self._span = int(day.max()) - self.first + 2
        self._keys = bought[CUSTOMER].to_numpy() * self._span + (day - self.first)
        self._sums = np.concatenate([[0.0], np.cumsum(amount)])

    def within(self, start: int, end: int) -> Values:
        """What each customer bought from `start` to the day before `end`."""
        low, high = (self._places(day) for day in (start, end))
        found: Values = self._sums[high] - self._sums[low]
        return np.round(found, 6)  # differences of running sums; money has fewer digits

    def bought(self, before: int) -> npt.NDArray[np.bool_]:
        """Who had bought anything before a day."""
        found: npt.NDArray[np.bool_] = self._places(before) > self._places(self.first)
        return found

    def _places(self, day: int) -> npt.NDArray[np.int64]:
        within = min(max(day - self.first, 0), self._span - 1)
        return np.searchsorted(self._keys, np.arange(self._size) * self._span + within, side="left")
