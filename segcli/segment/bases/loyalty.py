"""Behavioural: loyalty tiers by purchases in a rolling window, with upgrades and downgrades."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import AfterValidator, Field

from segcli import columns, formatting
from segcli.config.section import Section
from segcli.customers import order_history
from segcli.customers.order_history import CUSTOMER_ROW
from segcli.message import count_message, message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, require_column, to_floats

SOURCE = (
    "common rules of tiered programmes: regular reviews of a rolling window, immediate upgrades, downgrades by one "
    "tier after a grace period"
)
NEEDS = "an order export, or a column such as points"
ADDS = ("loyalty_before", "loyalty_move")
NO_TIER_YET = "not yet"
WINDOW_COLUMNS = (columns.ORDERS, columns.REVENUE, columns.ITEMS)

CustomerValues = npt.NDArray[np.float64]
TierNumbers = npt.NDArray[np.int64]


def _require_ascending(tiers: dict[str, float]) -> dict[str, float]:
    if list(tiers.values()) != sorted(set(tiers.values())):
        raise ValueError(f"tiers must rise, lowest first; got {tiers}")
    return tiers


class Options(Section):
    """Measure, thresholds of the tiers, window, reviews and downgrades."""

    of: str = Field(
        columns.ORDERS,
        description="Measure of the tiers: orders, revenue or items in the window, or the value of any other column.",
    )
    tiers: Annotated[dict[str, float], Field(min_length=2), AfterValidator(_require_ascending)] = Field(
        default={"Member": 0, "Silver": 3, "Gold": 6, "Platinum": 12},
        description="Lower bound of each tier, in ascending order.",
    )
    window_days: int = Field(365, ge=1, description="Length of the rolling window in days.")
    review_days: int = Field(30, ge=1, description="Days between reviews. The last review is at as_of.")
    grace_days: int = Field(
        90, ge=0, description="Grace period in days during which a tier is kept after it was last earned."
    )
    downgrade: Literal["step", "direct"] = Field(
        "step", description="Downgrade: by one tier (step), or to the tier earned (direct)."
    )
    since_days: int = Field(
        90, ge=1, description="Period in days for the comparison with the previous tier, in whole reviews."
    )
    held: str | None = Field(
        None, description="Column with the previous tier, for input without order lines. Default: none."
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's tier at as_of, with the previous tier and the move between the two."""
    names = list(options.tiers)
    if options.of in WINDOW_COLUMNS and customers.transactions is not None:
        current_tiers, previous_tiers, notes = _tiers_by_review(customers, options)
        warnings: tuple[str, ...] = ()
    else:
        current_tiers, previous_tiers, notes, warnings = _tiers_by_column(customers, options, names)
    labels = _name_tiers(current_tiers, names, UNKNOWN)
    previous_names = _name_tiers(previous_tiers, names, NO_TIER_YET)
    tier_moves = np.select(
        [current_tiers < 0, previous_tiers < 0, current_tiers > previous_tiers, current_tiers < previous_tiers],
        ["", "new", "up", "down"],
        default="same",
    ).astype(object)
    order = [name for name in reversed(names) if (labels == name).any()]
    extra_scores = customers.table[[]].assign(
        loyalty_before=previous_names.astype(str), loyalty_move=tier_moves.astype(str)
    )
    movers = _count_movers(previous_names, labels, [*reversed(names), NO_TIER_YET])
    return BaseResult(labels, append_unknown(order, labels), notes, warnings, extra_scores, {message("Movers"): movers})


def _name_tiers(tier_numbers: TierNumbers, names: Sequence[str], blank_name: str) -> npt.NDArray[np.object_]:
    tier_names: npt.NDArray[np.object_] = np.array([*names, blank_name], dtype=object)[tier_numbers]
    return tier_names


def _count_movers(
    previous_names: npt.NDArray[np.object_], current_names: npt.NDArray[np.object_], order: Sequence[str]
) -> pd.DataFrame:
    """Return the transitions: customers by previous and current tier, and their share of the previous tier."""
    mover_table = (
        pd.DataFrame({"from": previous_names, "to": current_names})
        .value_counts()
        .rename(columns.CUSTOMERS)
        .reset_index()
    )
    position_by_name = {name: number for number, name in enumerate([*order, UNKNOWN])}
    mover_table = mover_table.sort_values(
        ["from", "to"], key=lambda names: names.map(position_by_name), ignore_index=True
    )
    return mover_table.assign(
        share=mover_table[columns.CUSTOMERS] / mover_table.groupby("from")[columns.CUSTOMERS].transform("sum")
    )


def _tiers_by_column(
    customers: Customers, options: Options, names: Sequence[str]
) -> tuple[TierNumbers, TierNumbers, tuple[str, ...], tuple[str, ...]]:
    """Assign tiers by the current value of a column; with `downgrade: step`, a held tier falls by at most one tier."""
    earned_tiers: TierNumbers = _find_tiers(to_floats(require_column(customers, options.of)), options)
    tier_by_name = {name.casefold(): number for number, name in enumerate(names)}
    previous_tiers: TierNumbers = np.full(len(earned_tiers), -1, dtype=np.int64)
    if options.held:
        held_tiers = require_column(customers, options.held).astype("str").str.strip().str.casefold()
        previous_tiers = np.asarray(held_tiers.map(tier_by_name).fillna(-1), dtype=np.int64)
    current_tiers = np.maximum(earned_tiers, previous_tiers - 1) if options.downgrade == "step" else earned_tiers
    is_windowed = options.of in WINDOW_COLUMNS
    warning = message(
        "no individual orders: tiers use all-time {label}, not a window of days",
        label=formatting.column_label(options.of),
    )
    return np.where(earned_tiers < 0, -1, current_tiers), previous_tiers, (), (warning,) * is_windowed


def _find_tiers(values: CustomerValues, options: Options) -> TierNumbers:
    """Return the highest tier whose threshold is reached; -1 if the value is unknown or below the lowest tier."""
    tier_numbers = np.searchsorted(list(options.tiers.values()), values, side="right") - 1
    return np.where(np.isnan(values), -1, tier_numbers).astype(np.int64)


def _tiers_by_review(customers: Customers, options: Options) -> tuple[TierNumbers, TierNumbers, tuple[str, ...]]:
    """Assign tiers review by review, from the first order on."""
    assert customers.as_of is not None, "orders have a last day"
    window_sums = _WindowSums(customers, options.of)
    reviews = _review_days(customers.as_of, window_sums.first, options.review_days)
    current_tiers: TierNumbers = np.full(len(customers.table), -1, dtype=np.int64)
    earned_on: TierNumbers = np.zeros(len(customers.table), dtype=np.int64)
    reviews_back = min(max(options.since_days // options.review_days, 1), len(reviews))
    previous_tiers = current_tiers.copy()
    for number, day in enumerate(reviews):
        earned_tiers: TierNumbers = np.where(
            window_sums.has_bought_before(day),
            _find_tiers(window_sums.sum_between(day - options.window_days, day), options),
            -1,
        )
        is_kept = earned_tiers >= current_tiers
        is_lost = ~is_kept & (day - earned_on >= options.grace_days)
        lowered_tiers = np.maximum(current_tiers - 1, earned_tiers) if options.downgrade == "step" else earned_tiers
        earned_on = np.where(is_kept | is_lost, day, earned_on).astype(np.int64)
        current_tiers = np.where(is_kept, earned_tiers, np.where(is_lost, lowered_tiers, current_tiers))
        if number == len(reviews) - 1 - reviews_back:
            previous_tiers = current_tiers.copy()
    days_since = (reviews[-1] - reviews[-1 - reviews_back]) if reviews_back < len(reviews) else 0
    note = message(
        "{reviews} of {label} in {window}; movers over {days}",
        reviews=count_message("{count} review", "{count} reviews", len(reviews)),
        label=formatting.column_label(options.of),
        window=count_message("{count} day", "{count} days", options.window_days),
        days=count_message("{count} day", "{count} days", int(days_since)),
    )
    return current_tiers, previous_tiers, (note,)


def _review_days(as_of: date, first_day: int, review_interval: int) -> list[int]:
    """Return the days of review as day numbers: the last is as_of, the first is after the first order."""
    last_day = int(np.datetime64(as_of, "D").astype(np.int64))
    return list(range(last_day, first_day, -review_interval))[::-1] or [last_day]


class _WindowSums:
    """Sums of each customer's purchases between two days, the second excluded."""

    def __init__(self, customers: Customers, measure: str) -> None:
        purchases = order_history.list_orders(customers)
        self._size = len(customers.table)
        day_numbers = purchases[order_history.ORDER_DAY].to_numpy().astype("datetime64[D]").astype(np.int64)
        column_by_measure = {columns.REVENUE: order_history.LINE_MONEY, columns.ITEMS: columns.ITEMS}
        amount = (
            purchases[column_by_measure[measure]].to_numpy(dtype=np.float64)
            if measure in column_by_measure
            else np.ones(len(purchases))
        )
        self.first = int(day_numbers.min())
        self._span = int(day_numbers.max()) - self.first + 2
        self._keys = purchases[CUSTOMER_ROW].to_numpy() * self._span + (day_numbers - self.first)
        self._sums = np.concatenate([[0.0], np.cumsum(amount)])

    def sum_between(self, start_day: int, end_day: int) -> CustomerValues:
        """Return the sum of each customer's purchases from `start_day` to the day before `end_day`, shape (n,)."""
        low_positions, high_positions = (self._find_positions(day) for day in (start_day, end_day))
        window_sums: CustomerValues = self._sums[high_positions] - self._sums[low_positions]
        return np.round(window_sums, 6)  # removes rounding errors of cumulative sums; money has fewer digits

    def has_bought_before(self, day: int) -> npt.NDArray[np.bool_]:
        """Return whether each customer bought anything before a day, shape (n,)."""
        has_bought: npt.NDArray[np.bool_] = self._find_positions(day) > self._find_positions(self.first)
        return has_bought

    def _find_positions(self, day: int) -> npt.NDArray[np.int64]:
        day_offset = min(max(day - self.first, 0), self._span - 1)
        return np.searchsorted(self._keys, np.arange(self._size) * self._span + day_offset, side="left")
