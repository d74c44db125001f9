"""Aggregates of rules, such as count(orders where ...): one value per customer, from a table of several rows each.

No row after the as-of day counts. A window of N days reaches back to the day N days before the as-of day, included.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.ingest import money
from segcli.segment.expressions import nodes
from segcli.segment.expressions.checker import AS_OF, ValueKind, is_same_table
from segcli.segment.expressions.evaluator import RowMask, RuleTable, evaluate_rule, evaluate_value
from segcli.segment.expressions.nodes import ConditionNode

MIN_DAY, MAX_DAY = np.datetime64("0001-01-01", "D"), np.datetime64("9999-12-31", "D")
RowCodes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ActivityRows:
    """Rows of all customers, in any order.

    `table` holds the columns that rules may name. `customer_ids` is categorical. `occurrences` numbers the things that
    `count` counts, such as orders of several lines (default: each row). `only_in_sums` marks the rows that count in no
    aggregate but a sum of one of `net_columns`: returned goods.
    """

    table: pd.DataFrame
    customer_ids: pd.Series
    occurrences: RowCodes | None = None
    only_in_sums: RowMask | None = None
    net_columns: Mapping[str, npt.NDArray[np.float64]] | None = None


class ActivityTable:
    """A table with several rows per customer, loaded when a rule first names it."""

    def __init__(self, load_rows: Callable[[], ActivityRows], time_column: str) -> None:
        self._load_rows, self.time_column = load_rows, time_column

    @cached_property
    def rows(self) -> ActivityRows:
        """The rows."""
        return self._load_rows()

    @cached_property
    def column_kinds(self) -> Mapping[str, ValueKind]:
        """Kind of each column."""
        return RuleTable(self.rows.table, None).column_kinds

    def compute_aggregate(
        self,
        aggregate: nodes.Aggregate,
        customer_ids: pd.Series,
        as_of: date | None,
        tables: "Mapping[str, ActivityTable]",
    ) -> Any:  # noqa: ANN401 - an array of the aggregate's kind
        """Return the value of each customer.

        Args:
            aggregate: the aggregate; it must have passed `check_rule`.
            customer_ids: ids of the customers; shape (n,).
            as_of: the last day that counts (default: no limit).
            tables: the tables by name, for sequences of events.

        Returns:
            Numbers, days, texts or booleans; shape (n,). Without a matching row, counts and sums are 0, and first, last
            and days_since are missing.
        """
        selection = self.select_rows(aggregate, customer_ids, as_of, tables)
        match aggregate.function:
            case "count":
                return self._count_occurrences(selection)
            case "any":
                return selection.count_rows() > 0
            case "sum":
                return self._sum_column(str(aggregate.column), selection)
            case "distinct":
                return self._count_distinct(str(aggregate.column), selection)
            case "days_since":
                return self._days_since(selection, as_of)
            case _:
                return self._take_extreme(str(aggregate.column), selection, is_last=aggregate.function == "last")

    @cached_property
    def days(self) -> npt.NDArray[np.datetime64]:
        """Day of each row."""
        return np.asarray(self._read_column(self.time_column))

    def select_rows(
        self,
        aggregate: nodes.Aggregate,
        customer_ids: pd.Series,
        as_of: date | None,
        tables: "Mapping[str, ActivityTable]",
    ) -> "_Selection":
        """Return the rows of these customers that an aggregate reads; arguments as for `compute_aggregate`."""
        customer_codes = pd.Index(customer_ids.astype("str")).get_indexer(
            self.rows.customer_ids.cat.categories.astype("str")
        )[self.rows.customer_ids.cat.codes.to_numpy()]
        is_selected = (customer_codes >= 0) & self._test_rows(aggregate, as_of)
        selection = _Selection(np.flatnonzero(is_selected), customer_codes[is_selected], len(customer_ids))
        if not isinstance(aggregate.window, nodes.EventSequence):
            return selection
        anchor, anchor_table = aggregate.window.anchor, tables[aggregate.window.anchor.table]
        anchors = anchor_table.select_rows(anchor, customer_ids, as_of, tables)
        anchor_days = anchor_table.days[anchors.rows]
        is_strict = is_same_table(aggregate.table, anchor.table)
        return self._keep_sequence(
            selection, aggregate.window, anchors.customer_codes, anchor_days, is_strict=is_strict
        )

    def _keep_sequence(
        self,
        selection: "_Selection",
        sequence: nodes.EventSequence,
        anchor_codes: RowCodes,
        anchor_days: npt.NDArray[np.datetime64],
        *,
        is_strict: bool,
    ) -> "_Selection":
        """Keep the rows whose customer has an anchor on a day of the time before or after the row.

        Days are compared. If `is_strict`, the same day does not count.
        """
        is_after = sequence.direction == "after"
        days = self.days[selection.rows]
        gap = np.timedelta64(int(is_strict), "D")
        bounds = days - gap if is_after else days + gap
        limits = self._shift_times(sequence.limit, "-" if is_after else "+")[selection.rows]
        lows, highs = (limits, bounds) if is_after else (bounds, limits)
        is_known = ~np.isnat(anchor_days)
        keys = np.sort(_combine_keys(anchor_codes[is_known], anchor_days[is_known]))
        low_keys = _combine_keys(selection.customer_codes, lows)
        order = np.argsort(low_keys)  # a search for sorted values is several times faster
        positions = np.empty(len(order), dtype=np.int64)
        positions[order] = np.searchsorted(keys, low_keys[order], side="left")
        next_keys = np.append(keys, np.iinfo(np.int64).max)[positions]
        has_anchor = next_keys <= _combine_keys(selection.customer_codes, highs)
        return selection.narrow(np.flatnonzero(has_anchor & ~np.isnat(days)))

    def _shift_times(self, limit: nodes.DurationLiteral | None, sign: str) -> npt.NDArray[np.datetime64]:
        """Return the day of each row shifted by the limit; without a limit, the first or last possible day."""
        if limit is None:
            return np.full(len(self.rows.table), MIN_DAY if sign == "-" else MAX_DAY)
        shifted = nodes.Arithmetic(nodes.ColumnReference(self.time_column), sign, limit)
        return np.asarray(evaluate_value(shifted, self._rule_table(None)))

    def _rule_table(self, as_of: date | None) -> RuleTable:
        if as_of not in self._rule_tables:
            self._rule_tables[as_of] = RuleTable(self.rows.table, as_of)
        return self._rule_tables[as_of]

    @cached_property
    def _rule_tables(self) -> dict[date | None, RuleTable]:
        return {}

    def _test_rows(self, aggregate: nodes.Aggregate, as_of: date | None) -> RowMask:
        rows, rule_table = self.rows, self._rule_table(as_of)
        is_selected = np.ones(len(rows.table), dtype=bool)
        for condition in list_row_conditions(aggregate, self.time_column, has_as_of=as_of is not None):
            is_selected &= evaluate_rule(condition, rule_table).is_true
        if rows.only_in_sums is not None and not self._is_net_sum(aggregate):
            is_selected &= ~rows.only_in_sums
        return is_selected

    def _is_net_sum(self, aggregate: nodes.Aggregate) -> bool:
        return aggregate.function == "sum" and aggregate.column in (self.rows.net_columns or {})

    def _read_column(self, name: str) -> Any:  # noqa: ANN401 - a numpy array of the column's kind
        return self._rule_table(None).read_column(name)

    def _count_occurrences(self, selection: "_Selection") -> npt.NDArray[np.float64]:
        if self.rows.occurrences is None:
            return selection.count_rows().astype(np.float64)
        first_rows = np.unique(self.rows.occurrences[selection.rows], return_index=True)[1]
        return selection.narrow(first_rows).count_rows().astype(np.float64)

    def _sum_column(self, name: str, selection: "_Selection") -> npt.NDArray[np.float64]:
        """Sum numbers exactly, so that the result does not depend on the order of rows; missing numbers are skipped."""
        numbers = (self.rows.net_columns or {}).get(name)
        selected = np.nan_to_num((self._read_column(name) if numbers is None else numbers)[selection.rows])
        scale = money.choose_scale(selected)
        units = money.to_minor_units(selected, scale)
        if (units / scale == selected).all():
            sums = np.zeros(selection.customer_count, dtype=np.int64)
            np.add.at(sums, selection.customer_codes, units)
            return sums / scale
        order = np.argsort(selection.customer_codes, kind="stable")
        codes, starts = np.unique(selection.customer_codes[order], return_index=True)
        totals = np.zeros(selection.customer_count)
        totals[codes] = [math.fsum(part) for part in np.split(selected[order], starts[1:])]
        return totals

    def _count_distinct(self, name: str, selection: "_Selection") -> npt.NDArray[np.float64]:
        value_codes = self._rank_values(name, selection)
        known = selection.narrow(np.flatnonzero(value_codes >= 0))
        pairs = np.unique(np.column_stack([known.customer_codes, value_codes[value_codes >= 0]]), axis=0)
        return np.bincount(pairs[:, 0], minlength=selection.customer_count).astype(np.float64)

    def _rank_values(self, name: str, selection: "_Selection") -> RowCodes:
        """Return the rank of each value among the distinct ones; -1 if it is missing."""
        return np.asarray(pd.factorize(self._read_column(name)[selection.rows], sort=True)[0], dtype=np.int64)

    def _days_since(self, selection: "_Selection", as_of: date | None) -> npt.NDArray[np.float64]:
        days = self.days[selection.rows]
        known = selection.narrow(np.flatnonzero(~np.isnat(days)))
        last_days = np.full(selection.customer_count, np.iinfo(np.int64).min)
        np.maximum.at(last_days, known.customer_codes, days[~np.isnat(days)].astype(np.int64))
        days_ago = (np.datetime64(as_of or "NaT", "D").astype(np.int64) - last_days).astype(np.float64)
        return np.where(known.count_rows() > 0, days_ago, np.nan)

    def _take_extreme(self, name: str, selection: "_Selection", *, is_last: bool) -> Any:  # noqa: ANN401 - an array of the column's kind
        """Return the value of the earliest or latest row that has one.

        Of rows of the same time, the first has the smallest value and the last has the largest.
        """
        value_codes, times = self._rank_values(name, selection), self._times[selection.rows]
        is_known = (value_codes >= 0) & ~np.isnat(times)
        known = selection.narrow(np.flatnonzero(is_known))
        order = np.lexsort((value_codes[is_known], times[is_known], known.customer_codes))
        if is_last:
            order = order[::-1]
        codes, positions = np.unique(known.customer_codes[order], return_index=True)
        values = self._read_column(name)
        extremes = np.full(selection.customer_count, _missing_value(values.dtype), dtype=values.dtype)
        extremes[codes] = values[known.rows[order][positions]]
        return extremes

    @cached_property
    def _times(self) -> npt.NDArray[np.datetime64]:
        return self.rows.table[self.time_column].to_numpy()


@dataclass(frozen=True, eq=False)
class _Selection:
    """Selected rows of customers: row numbers and codes of their customers, of which there are `customer_count`."""

    rows: RowCodes
    customer_codes: RowCodes
    customer_count: int

    def narrow(self, positions: RowCodes) -> "_Selection":
        return _Selection(self.rows[positions], self.customer_codes[positions], self.customer_count)

    def count_rows(self) -> RowCodes:
        return np.bincount(self.customer_codes, minlength=self.customer_count)


def _combine_keys(customer_codes: RowCodes, days: npt.NDArray[np.datetime64]) -> RowCodes:
    """Return numbers that sort as customers and then as days."""
    day_numbers = np.clip(days, MIN_DAY, MAX_DAY).astype(np.int64)
    return customer_codes.astype(np.int64) * (1 << 32) + day_numbers


def _missing_value(dtype: np.dtype[Any]) -> Any:  # noqa: ANN401 - a value of the array's kind
    return {"f": np.nan, "M": np.datetime64("NaT", "D")}.get(dtype.kind)


def list_row_conditions(aggregate: nodes.Aggregate, time_column: str, *, has_as_of: bool) -> list[ConditionNode]:
    """Return the conditions that a row must meet: not after the as-of day, inside the window, and the user's own."""
    time, as_of = nodes.ColumnReference(time_column), nodes.ColumnReference(AS_OF)
    conditions: list[ConditionNode] = [nodes.Comparison(time, "<=", as_of)] if has_as_of else []
    match aggregate.window:
        case nodes.DurationLiteral() as duration:
            conditions.append(nodes.Comparison(time, ">=", nodes.Arithmetic(as_of, "-", duration)))
        case nodes.Period(first, last):
            conditions.append(nodes.BetweenTest(time, first, last))
    return [*conditions, *([aggregate.condition] if aggregate.condition is not None else [])]
