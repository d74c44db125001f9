"""Events of the customers in the customer table, and counts, sums and other aggregates of them by customer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.config.events import EVENT_TIME, TIME_ROLES, TOUCHPOINT_FEATURES
from segcli.customers.event_kinds import list_value_words
from segcli.ingest.column_matching import normalise_name

BLOCK_ROWS = 2_000_000  # events whose features are computed together
TICKET_RESULTS = ("csat", "ces", "duration")  # known once a ticket is solved
EXACT_SUM_LIMIT = 2**53  # up to here, sums of whole numbers are exact

RowMask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class EventRows:
    """Events of the customers in the customer table: the row of each event's customer, its time, and its columns.

    `horizon` is the day from which nothing is known.
    """

    positions: npt.NDArray[np.int32]
    times: npt.NDArray[np.datetime64]
    table: pd.DataFrame
    customer_count: int
    as_of: np.datetime64
    horizon: np.datetime64

    @classmethod
    def select(
        cls, events: pd.DataFrame, customer_ids: pd.Series, as_of: np.datetime64, horizon: np.datetime64
    ) -> "EventRows":
        """Select the events of these customers before the horizon."""
        event_ids = events[columns.CUSTOMER_ID]
        rows_by_category = pd.Index(customer_ids.astype("str")).get_indexer(event_ids.cat.categories.astype("str"))
        codes = event_ids.cat.codes.to_numpy()
        rows_by_category = np.append(rows_by_category, -1)  # the last one is that of the code -1
        positions = rows_by_category.astype(np.int32)[codes]
        times = events[EVENT_TIME].to_numpy()
        is_selected = (positions >= 0) & (times < horizon)
        if not is_selected.all():
            positions, times, events = positions[is_selected], times[is_selected], events[is_selected]
        return cls(positions, times, events, len(customer_ids), as_of, horizon)

    def filter(self, is_kept: RowMask) -> "EventRows":
        """Return the events that a mask marks."""
        return replace(self, positions=self.positions[is_kept], times=self.times[is_kept], table=self.table[is_kept])

    def split_customers(self, features: Sequence[str]) -> Iterator["EventRows"]:
        """Yield the events of consecutive blocks of customers, so that the work on one block needs little memory.

        Columns by touchpoint depend on the touchpoints of all customers, so that these are not split.
        """
        block_count = 1 if set(features) & set(TOUCHPOINT_FEATURES) else 1 + len(self.times) // BLOCK_ROWS
        bounds = np.linspace(0, self.customer_count, block_count + 1).astype(int).tolist()
        for start, end in pairwise(bounds):
            if block_count == 1:
                yield self
                continue
            rows = np.flatnonzero((self.positions >= start) & (self.positions < end))
            table = self.table.take(rows)
            yield replace(
                self,
                positions=self.positions[rows] - start,
                times=self.times[rows],
                table=table,
                customer_count=end - start,
            )

    @cached_property
    def days_ago(self) -> npt.NDArray[np.int64]:
        """Days from each event to the as-of day."""
        return (self.as_of - self.times.astype("datetime64[D]")).astype(np.int64)

    def numbers(self, role: str) -> FloatArray:
        """Return a column as numbers; texts are missing."""
        values = self.table[role]
        if pd.api.types.is_numeric_dtype(values.dtype):
            return values.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.full(len(values), np.nan)

    def times_before_horizon(self, role: str) -> npt.NDArray[np.datetime64]:
        """Return a column of times; NaT if a time is missing or not known yet."""
        values = self.table.get(role)
        if values is None or not pd.api.types.is_datetime64_dtype(values.dtype):
            return np.full(len(self.times), np.datetime64("NaT", "us"))
        times = values.to_numpy()
        return np.where(times < self.horizon, times, np.datetime64("NaT", "us"))

    def codes(self, role: str) -> npt.NDArray[np.int64]:
        """Return a code of each value of a column; -1 if it is missing."""
        values = self.table[role]
        if isinstance(values.dtype, pd.CategoricalDtype):
            return values.cat.codes.to_numpy().astype(np.int64)
        return np.asarray(pd.factorize(values)[0], dtype=np.int64)

    def mark_words(self, role: str, list_key: str, words: str) -> RowMask:
        """Mark the rows whose value is one of these words."""
        values = self.table[role]
        if not isinstance(values.dtype, pd.CategoricalDtype):
            return np.zeros(len(values), dtype=bool)
        known_words = list_value_words(list_key, words)
        is_word = np.array([normalise_name(str(text)) in known_words for text in values.cat.categories], dtype=bool)
        codes = values.cat.codes.to_numpy()
        return (codes >= 0) & is_word[codes] if len(is_word) else np.zeros(len(codes), dtype=bool)

    def count(self, is_counted: RowMask | None = None) -> npt.NDArray[np.int64]:
        """Count the events of each customer."""
        positions = self.positions if is_counted is None else self.positions[is_counted]
        return np.bincount(positions, minlength=self.customer_count)

    def count_pairs(self, codes: npt.NDArray[np.int64], is_counted: RowMask) -> npt.NDArray[np.int64]:
        """Count the distinct codes of each customer; -1 does not count."""
        return np.bincount(unique_pairs(self.positions, codes, is_counted)[0], minlength=self.customer_count)

    def sum(self, values: FloatArray, is_counted: RowMask) -> FloatArray:
        """Sum numbers by customer; the sum does not depend on the order of rows."""
        positions, values = self.positions[is_counted], values[is_counted]
        if not ((values == np.rint(values)).all() and np.abs(values).sum() < EXACT_SUM_LIMIT):
            order = np.lexsort((values, positions))
            positions, values = positions[order], values[order]
        return np.bincount(positions, weights=values, minlength=self.customer_count).astype(np.float64)

    def mean(self, values: FloatArray, is_counted: RowMask | None = None) -> pd.Series:
        """Return the mean of the known numbers of each customer; missing without one."""
        is_known = ~np.isnan(values) if is_counted is None else is_counted & ~np.isnan(values)
        return divide_by_count(self.sum(values, is_known), self.count(is_known))

    def last(self, values: FloatArray, is_counted: RowMask | None = None) -> pd.Series:
        """Return the latest known number of each customer; of those at the same time, the largest."""
        is_known = ~np.isnan(values) if is_counted is None else is_counted & ~np.isnan(values)
        positions, known = self.positions[is_known], values[is_known]
        order = np.lexsort((known, self.times[is_known], positions))
        result = np.full(self.customer_count, np.nan)
        result[positions[order]] = known[order]  # of several, the last assignment counts
        return pd.Series(result)


def hide_later_facts(rows: pd.DataFrame, horizon: np.datetime64) -> pd.DataFrame:
    """Return the events without what was not known before a day: later times, and ratings of tickets solved later."""
    later = {
        role: (rows[role].to_numpy() >= horizon)
        for role in TIME_ROLES
        if role in rows and role != EVENT_TIME and pd.api.types.is_datetime64_dtype(rows[role].dtype)
    }
    hidden = {role: is_later for role, is_later in later.items() if is_later.any()}
    if "solved" in hidden:
        hidden |= {role: hidden["solved"] for role in TICKET_RESULTS if role in rows}
    return rows.assign(**{role: rows[role].mask(is_hidden) for role, is_hidden in hidden.items()})


def unique_pairs(
    positions: npt.NDArray[np.int32], codes: npt.NDArray[np.int64], is_counted: RowMask
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the distinct pairs of customer and code, sorted; the code -1 does not count."""
    is_counted = is_counted & (codes >= 0)
    size = int(codes.max(initial=0)) + 1
    pairs = positions[is_counted].astype(np.int64) * size + codes[is_counted]
    pairs.sort()  # ten times as fast as the hash table of np.unique
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    return pairs // size, pairs % size


def divide_by_count(sums: npt.NDArray[np.float64] | npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> pd.Series:
    """Divide, with a missing result where the count is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.Series(np.where(counts > 0, sums / counts, np.nan))
