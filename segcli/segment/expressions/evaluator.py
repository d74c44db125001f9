"""Evaluate rules on a table, on whole columns at a time.

A comparison with a missing value is neither true nor false but unknown, and so is its negation (Kleene's logic, as in
SQL). A customer with a missing country matches neither `country != "DE"` nor `not country == "DE"`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.segment.expressions import nodes
from segcli.segment.expressions.checker import AS_OF, ActivitySchema, RuleSchema, ValueKind, infer_kind
from segcli.segment.expressions.nodes import ConditionNode, ValueNode
from segcli.segment.expressions.tokens import RuleProblem

DAY_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?")
RowMask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TruthMask:
    """Whether a rule is true for each customer, and whether that is known; both have shape (n,)."""

    is_true: RowMask
    is_known: RowMask


EncodedTexts = tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]  # codes (-1 where missing) and distinct texts


class ActivitySource(ActivitySchema, Protocol):
    """A table with several rows per customer, from which aggregates are computed."""

    def compute_aggregate(
        self,
        aggregate: nodes.Aggregate,
        customer_ids: pd.Series,
        as_of: date | None,
        tables: Mapping[str, Any],
    ) -> Any:  # noqa: ANN401 - an array of the aggregate's kind
        """Return the value of each customer; shape (n,). Sequences refer to other tables."""
        ...


_NO_SOURCES: Mapping[str, ActivitySource] = MappingProxyType({})


class RuleTable:
    """A customer table for the evaluation of rules, with the tables that aggregates read."""

    def __init__(
        self, table: pd.DataFrame, as_of: date | None, sources: Mapping[str, ActivitySource] = _NO_SOURCES
    ) -> None:
        self._table, self._as_of, self.sources = table, as_of, sources
        self._column_values: dict[str, Any] = {}
        self._aggregate_values: dict[nodes.Aggregate, Any] = {}
        self._encoded_texts: dict[ValueNode, EncodedTexts] = {}

    @cached_property
    def column_kinds(self) -> Mapping[str, ValueKind]:
        """Kind of each column."""
        return {str(name): _series_kind(self._table[name]) for name in self._table.columns}

    @cached_property
    def schema(self) -> RuleSchema:
        """Everything that a rule on this table may name."""
        return RuleSchema(self.column_kinds, self.sources)

    @property
    def row_count(self) -> int:
        """Number of customers."""
        return len(self._table)

    def select_row(self, row_number: int) -> "RuleTable":
        """Return a table of one customer."""
        return RuleTable(self._table.iloc[[row_number]], self._as_of, self.sources)

    def read_column(self, name: str) -> Any:  # noqa: ANN401 - a numpy array of the column's kind
        """Return a column as numbers, days, objects or booleans; missing values are NaN, NaT or None."""
        if name not in self._column_values:
            self._column_values[name] = self._convert_column(name)
        return self._column_values[name]

    def read_aggregate(self, aggregate: nodes.Aggregate) -> Any:  # noqa: ANN401 - a numpy array of the aggregate's kind
        """Return an aggregate as `read_column` returns a column.

        Raises:
            RuleProblem: the aggregate depends on the as-of day, and this table has none.
        """
        if self._as_of is None and _needs_as_of(aggregate):
            raise RuleProblem("a number of days needs an as-of day; hint: set it with --as-of", aggregate.position)
        if aggregate not in self._aggregate_values:
            self._aggregate_values[aggregate] = self.sources[aggregate.table].compute_aggregate(
                aggregate, self._table[columns.CUSTOMER_ID], self._as_of, self.sources
            )
        return self._aggregate_values[aggregate]

    def encode_texts(self, node: ValueNode) -> EncodedTexts:
        """Return texts as codes (-1 where missing) and distinct texts, to test each text only once."""
        if node not in self._encoded_texts:
            texts = self._table[node.name] if isinstance(node, nodes.ColumnReference) else evaluate_value(node, self)
            if isinstance(texts, pd.Series) and isinstance(texts.dtype, pd.CategoricalDtype):
                codes, distinct_texts = texts.cat.codes.to_numpy(), np.asarray(texts.cat.categories)
            else:
                codes, distinct_texts = pd.factorize(np.asarray(texts, dtype=object), use_na_sentinel=True)
            self._encoded_texts[node] = (codes.astype(np.int64), distinct_texts.astype(object))
        return self._encoded_texts[node]

    def holds_texts(self, node: ValueNode) -> bool:
        """Return whether a value is a text for each customer: a column or an aggregate."""
        is_per_customer = isinstance(node, nodes.ColumnReference | nodes.Aggregate)
        return is_per_customer and infer_kind(node, self.schema) is ValueKind.TEXT

    def _convert_column(self, name: str) -> Any:  # noqa: ANN401 - a numpy array of the column's kind
        if name == AS_OF:
            return np.asarray(self._as_of or "NaT", dtype="datetime64[D]")
        values = self._table[name]
        match _series_kind(values):
            case ValueKind.NUMBER:
                return values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
            case ValueKind.DATE:
                return values.to_numpy(dtype="datetime64[D]")
            case ValueKind.BOOLEAN:
                return values.to_numpy(dtype=bool)
            case _:
                return values.astype(object).where(values.notna(), None).to_numpy()


def _needs_as_of(aggregate: nodes.Aggregate) -> bool:
    """Return whether the rows of an aggregate, or their number of days, depend on the as-of day."""
    selections = nodes.list_selections(aggregate)
    has_window = any(isinstance(selection.window, nodes.DurationLiteral) for selection in selections)
    names_as_of = any(AS_OF in nodes.find_row_columns(selection) for selection in selections)
    return aggregate.function == "days_since" or has_window or names_as_of


def _series_kind(values: pd.Series) -> ValueKind:
    if pd.api.types.is_bool_dtype(values.dtype):
        return ValueKind.BOOLEAN
    if pd.api.types.is_numeric_dtype(values.dtype):
        return ValueKind.NUMBER
    return ValueKind.DATE if pd.api.types.is_datetime64_any_dtype(values.dtype) else ValueKind.TEXT


def evaluate_rule(rule: ConditionNode, rule_table: RuleTable) -> TruthMask:
    """Evaluate a rule; it must have passed `check_rule` for this table's columns."""
    match rule:
        case nodes.Negation(inner):
            operand_mask = evaluate_rule(inner, rule_table)
            return TruthMask(operand_mask.is_known & ~operand_mask.is_true, operand_mask.is_known)
        case nodes.AllOf(parts):
            return reduce(_combine_and, (evaluate_rule(part, rule_table) for part in parts))
        case nodes.AnyOf(parts):
            return reduce(_combine_or, (evaluate_rule(part, rule_table) for part in parts))
        case nodes.Comparison(left, sign, right):
            return _compare_values(left, _COMPARISON_FUNCTIONS[sign], right, rule_table)
        case nodes.BetweenTest(value, low, high):
            return _combine_and(
                _compare_values(value, np.greater_equal, low, rule_table),
                _compare_values(value, np.less_equal, high, rule_table),
            )
        case nodes.MembershipTest(value, listed):
            return reduce(_combine_or, (_compare_values(value, np.equal, item, rule_table) for item in listed))
        case nodes.MissingTest(value):
            is_missing = (
                rule_table.encode_texts(value)[0] < 0
                if rule_table.holds_texts(value)
                else _find_missing(evaluate_value(value, rule_table))
            )
            return _mark_known(is_missing, rule_table.row_count)
        case nodes.TextTest(value, test, pattern):
            return _evaluate_text_test(value, test, pattern, rule_table, rule.position)
        case nodes.SegmentTest():
            raise AssertionError(rule)  # check_rule refuses it
        case nodes.BooleanLiteral() | nodes.ColumnReference() | nodes.Aggregate():
            return _mark_known(evaluate_value(rule, rule_table), rule_table.row_count)


def _mark_known(is_true: Any, row_count: int) -> TruthMask:  # noqa: ANN401 - a boolean array, or one boolean for all
    return TruthMask(np.broadcast_to(np.asarray(is_true, dtype=bool), row_count), np.ones(row_count, dtype=bool))


_COMPARISON_FUNCTIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _combine_and(first: TruthMask, second: TruthMask) -> TruthMask:
    """Combine masks by AND: known if both are known, or one is known to be false."""
    is_false = (first.is_known & ~first.is_true) | (second.is_known & ~second.is_true)
    return TruthMask(first.is_true & second.is_true, (first.is_known & second.is_known) | is_false)


def _combine_or(first: TruthMask, second: TruthMask) -> TruthMask:
    """Combine masks by OR: known if both are known, or one is known to be true."""
    is_true = first.is_true | second.is_true
    return TruthMask(is_true, (first.is_known & second.is_known) | is_true)


def _compare_values(
    left: ValueNode, compare: Callable[[Any, Any], Any], right: ValueNode, rule_table: RuleTable
) -> TruthMask:
    if rule_table.holds_texts(left) and isinstance(right, nodes.TextLiteral):
        return _test_texts(rule_table, left, lambda texts: compare(texts, right.value))
    left_values, right_values = evaluate_value(left, rule_table), evaluate_value(right, rule_table)
    if left_values.dtype.kind == "M" and isinstance(right, nodes.TextLiteral):
        right_values = _parse_date(right.value)
    elif right_values.dtype.kind == "M" and isinstance(left, nodes.TextLiteral):
        left_values = _parse_date(left.value)
    if left_values.dtype.kind == "O" or right_values.dtype.kind == "O":
        return _compare_objects(left_values, compare, right_values, rule_table.row_count)
    is_known = np.broadcast_to(~(_find_missing(left_values) | _find_missing(right_values)), rule_table.row_count)
    return TruthMask(np.broadcast_to(compare(left_values, right_values), rule_table.row_count) & is_known, is_known)


def _parse_date(text: str) -> Any:  # noqa: ANN401 - a numpy day
    """Parse a day as `check_rule` does; numpy alone accepts fewer formats."""
    return np.datetime64(date.fromisoformat(text), "D")


def _test_texts(
    rule_table: RuleTable, texts_node: ValueNode, text_test: Callable[[npt.NDArray[np.object_]], Any]
) -> TruthMask:
    """Test the text of each customer; each distinct text is tested once."""
    codes, distinct_texts = rule_table.encode_texts(texts_node)
    is_known = codes >= 0
    text_results = np.append(np.asarray(text_test(distinct_texts), dtype=bool), False)  # the last entry is for code -1
    return TruthMask(text_results[codes], is_known)


def _compare_objects(
    left_values: Any,  # noqa: ANN401 - an array
    compare: Callable[[Any, Any], Any],
    right_values: Any,  # noqa: ANN401 - an array
    row_count: int,
) -> TruthMask:
    """Compare texts value by value, if both sides vary."""
    left_values, right_values = np.broadcast_to(left_values, row_count), np.broadcast_to(right_values, row_count)
    is_known = ~(_find_missing(left_values) | _find_missing(right_values))
    is_true = np.zeros(row_count, dtype=bool)
    is_true[is_known] = compare(left_values[is_known], right_values[is_known])
    return TruthMask(is_true, is_known)


def _find_missing(array: Any) -> Any:  # noqa: ANN401 - an array of any kind, or a single value
    if array.dtype.kind in "Mm":
        return np.isnat(array)
    if array.dtype.kind == "f":
        return np.isnan(array)
    if array.dtype.kind == "O":
        return np.array([value is None for value in array.ravel()], dtype=bool).reshape(array.shape)
    return np.zeros(array.shape, dtype=bool)


def evaluate_value(node: ValueNode, rule_table: RuleTable) -> Any:  # noqa: ANN401 - an array of the value's kind
    """Return the value of each row, or one value for all; its node must have passed `check_rule`."""
    match node:
        case nodes.NumberLiteral(value):
            return np.asarray(value)  # a single value is enough: arrays broadcast
        case nodes.TextLiteral(value):
            return np.asarray(value, dtype=object)
        case nodes.BooleanLiteral(value):
            return np.asarray(value)
        case nodes.DurationLiteral(count, unit):
            return np.asarray(duration_days(count, unit), dtype="timedelta64[D]")
        case nodes.ColumnReference(name):
            return rule_table.read_column(name)
        case nodes.Aggregate():
            return rule_table.read_aggregate(node)
        case nodes.UnaryMinus(inner):
            return -evaluate_value(inner, rule_table)
        case nodes.Arithmetic(left, sign, right):
            return _evaluate_arithmetic(left, sign, right, rule_table)
        case nodes.DateConversion(inner):
            return _convert_texts_to_days(inner, rule_table)
        case nodes.NextAnniversary(inner):
            return _find_next_anniversary(evaluate_value(inner, rule_table), rule_table.read_column(AS_OF))


def _evaluate_arithmetic(left: ValueNode, operator: str, right: ValueNode, rule_table: RuleTable) -> Any:  # noqa: ANN401 - an array
    left_values = evaluate_value(left, rule_table)
    if isinstance(right, nodes.DurationLiteral) and right.unit in {"months", "years"} and left_values.dtype.kind == "M":
        months = int(right.count * (12 if right.unit == "years" else 1)) * (-1 if operator == "-" else 1)
        timestamps = pd.DatetimeIndex(np.atleast_1d(left_values).astype("datetime64[s]"))
        return (timestamps + pd.DateOffset(months=months)).to_numpy().astype("datetime64[D]").reshape(left_values.shape)
    right_values = evaluate_value(right, rule_table)
    with np.errstate(divide="ignore", invalid="ignore"):
        match operator:
            case "+":
                return left_values + right_values
            case "-":
                return left_values - right_values
            case "*":
                return left_values * right_values
            case _:
                quotient = left_values / right_values
                return np.where(np.isfinite(quotient), quotient, np.nan)  # a division by 0 is unknown


def _convert_texts_to_days(node: ValueNode, rule_table: RuleTable) -> Any:  # noqa: ANN401 - an array of days
    """Return the day at the start of each text, such as 2026-01-31 or 2026-01-31 09:30; each text is parsed once."""
    if infer_kind(node, rule_table.schema) is ValueKind.DATE:
        return evaluate_value(node, rule_table)
    if not rule_table.holds_texts(node):
        return np.asarray(_parse_day(evaluate_value(node, rule_table).item()), dtype="datetime64[D]")
    codes, distinct_texts = rule_table.encode_texts(node)
    days = np.array([*map(_parse_day, distinct_texts), "NaT"], dtype="datetime64[D]")  # the last is for code -1
    return days[codes]


def _parse_day(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat() if DAY_PATTERN.fullmatch(text) else "NaT"
    except ValueError:
        return "NaT"


def _find_next_anniversary(days: Any, as_of: Any) -> Any:  # noqa: ANN401 - arrays of days
    """Return the first anniversary from the as-of day on; that of 29 February is 28 February in other years."""
    years = np.maximum(as_of.astype("datetime64[Y]") - days.astype("datetime64[Y]"), np.timedelta64(0, "Y"))
    this_year = _add_years(days, years)
    return np.where(this_year >= as_of, this_year, _add_years(days, years + np.timedelta64(1, "Y")))


def _add_years(days: Any, years: Any) -> Any:  # noqa: ANN401 - arrays of days
    months = days.astype("datetime64[M]")
    shifted = months + years.astype("timedelta64[M]")
    last_days = (shifted + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.minimum(shifted.astype("datetime64[D]") + (days - months.astype("datetime64[D]")), last_days)


def duration_days(count: float, unit: str) -> int:
    """Convert a duration to days without a calendar: a year has 365 days, a month 30."""
    return round(count * {"days": 1, "weeks": 7, "months": 30, "years": 365}[unit])


def _evaluate_text_test(value: ValueNode, test: str, pattern: str, rule_table: RuleTable, position: int) -> TruthMask:
    def match_texts(texts: Any) -> Any:  # noqa: ANN401 - arrays
        return _match_texts(pa.array(np.atleast_1d(texts).tolist(), pa.string()), test, pattern, position)

    if rule_table.holds_texts(value):
        return _test_texts(rule_table, value, match_texts)
    return _mark_known(
        match_texts(evaluate_value(value, rule_table))[0], rule_table.row_count
    )  # a text literal of the rule


def _match_texts(texts: pa.Array, test: str, pattern: str, position: int) -> RowMask:
    tests = {"contains": pc.match_substring, "starts with": pc.starts_with, "ends with": pc.ends_with}
    try:
        matches = (
            tests[test](texts, pattern) if test in tests else pc.match_substring_regex(texts, rf"\A(?:{pattern})\z")
        )
    except pa.ArrowInvalid as error:
        raise RuleProblem(f"not a valid RE2 pattern ({str(error).rpartition(': ')[2]})", position) from None
    return np.asarray(matches.fill_null(fill_value=False), dtype=bool)
