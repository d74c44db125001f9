"""Check rules against the columns of a table: column names must exist, and compared kinds must match."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from segcli.columns import ORDER_LINES, ORDERS, is_computed
from segcli.segment.expressions import nodes
from segcli.segment.expressions.nodes import ConditionNode, ValueNode
from segcli.segment.expressions.tokens import RuleProblem

AS_OF = nodes.AS_OF
ORDER_TABLES = (ORDERS, ORDER_LINES)  # the order lines, counted by order or by line


class ValueKind(StrEnum):
    """The kind of a value."""

    NUMBER = "a number"
    TEXT = "a text"
    DATE = "a date"
    DURATION = "a duration"
    BOOLEAN = "true or false"
    ANY = "anything"  # a column whose kind is not known yet


class ActivitySchema(Protocol):
    """Columns of a table with several rows per customer, and the column that windows refer to."""

    @property
    def column_kinds(self) -> Mapping[str, ValueKind]:
        """Kind of each column."""
        ...

    @property
    def time_column(self) -> str:
        """Name of the column with the time of each row."""
        ...


@dataclass(frozen=True)
class DeclaredSchema:
    """Schema of a table that is known before any data are read."""

    column_kinds: Mapping[str, ValueKind]
    time_column: str


_NO_TABLES: Mapping[str, ActivitySchema] = MappingProxyType({})


@dataclass(frozen=True)
class RuleSchema:
    """Everything that a rule may name: columns of the customers, and tables with several rows per customer."""

    columns: Mapping[str, ValueKind]
    tables: Mapping[str, ActivitySchema] = field(default_factory=dict)

    def select_table(self, aggregate: nodes.Aggregate) -> "RuleSchema":
        """Return the schema of the rows that an aggregate reads.

        Raises:
            RuleProblem: there is no such table.
        """
        name, tables = aggregate.table, self.tables
        if name in tables:
            return RuleSchema(tables[name].column_kinds)
        if name in ORDER_TABLES:
            raise RuleProblem(f"{name} needs an order export as the input of the command", aggregate.position)
        hint = suggest_name(name, tables) if tables else "; declare it under ingest.events"
        raise RuleProblem(f"no table '{name}'{hint}", aggregate.position)


def check_rule(
    rule: ConditionNode, columns: Mapping[str, ValueKind], tables: Mapping[str, ActivitySchema] = _NO_TABLES
) -> None:
    """Reject a rule that can never be evaluated.

    Args:
        rule: the tree.
        columns: the kind of each available column.
        tables: the tables with several rows per customer, which aggregates read.

    Raises:
        RuleProblem: the rule is invalid; gives the position in its text.
    """
    _check_condition(rule, RuleSchema(columns, tables))


def _check_condition(node: ConditionNode, schema: RuleSchema) -> None:
    match node:
        case nodes.AllOf(parts) | nodes.AnyOf(parts):
            for part in parts:
                _check_condition(part, schema)
        case nodes.Negation(inner):
            _check_condition(inner, schema)
        case nodes.Comparison(left, sign, right):
            _require_comparable(left, right, schema, needs_order=sign not in {"==", "!="})
        case nodes.BetweenTest(value, low, high):
            _require_comparable(value, low, schema, needs_order=True)
            _require_comparable(value, high, schema, needs_order=True)
        case nodes.MembershipTest(value, listed):
            for item in listed:
                _require_comparable(value, item, schema, needs_order=False)
        case nodes.MissingTest(value):
            infer_kind(value, schema)
        case nodes.TextTest(value, test, _):
            _require_kind(infer_kind(value, schema), ValueKind.TEXT, f"before '{test}'", node.position)
        case nodes.SegmentTest():
            raise RuleProblem("in_segment(...) works only in the rules of a config", node.position)
        case nodes.BooleanLiteral() | nodes.ColumnReference() | nodes.Aggregate():
            _require_kind(infer_kind(node, schema), ValueKind.BOOLEAN, "alone", node.position)


def _require_kind(actual_kind: ValueKind, expected_kind: ValueKind, location: str, position: int) -> None:
    if actual_kind not in {expected_kind, ValueKind.ANY}:
        raise RuleProblem(f"expected {expected_kind} {location}, got {actual_kind}", position)


def _require_comparable(left: ValueNode, right: ValueNode, schema: RuleSchema, *, needs_order: bool) -> None:
    left_kind, right_kind = infer_kind(left, schema), infer_kind(right, schema)
    for kind, literal in ((left_kind, right), (right_kind, left)):
        if kind is ValueKind.DATE and isinstance(literal, nodes.TextLiteral):
            _require_iso_date(literal)
            return
    if ValueKind.ANY in {left_kind, right_kind}:
        return
    if left_kind is not right_kind:
        raise RuleProblem(f"{left_kind} cannot be compared with {right_kind}", right.position)
    if needs_order and left_kind is ValueKind.BOOLEAN:
        raise RuleProblem("true and false cannot be ordered", right.position)


def _require_iso_date(date_literal: nodes.TextLiteral) -> None:
    from datetime import date

    try:
        date.fromisoformat(date_literal.value)
    except ValueError:
        raise RuleProblem(f"'{date_literal.value}' is not a date like 2026-01-31", date_literal.position) from None


def infer_kind(node: ValueNode, schema: RuleSchema) -> ValueKind:
    """Return the kind of a value.

    Raises:
        RuleProblem: a column or a table does not exist, or kinds do not match.
    """
    match node:
        case nodes.NumberLiteral():
            return ValueKind.NUMBER
        case nodes.TextLiteral():
            return ValueKind.TEXT
        case nodes.BooleanLiteral():
            return ValueKind.BOOLEAN
        case nodes.DurationLiteral(count, unit):
            if count % 1 and unit in {"months", "years"}:
                raise RuleProblem(f"{unit} must be a whole number; use days", node.position)
            return ValueKind.DURATION
        case nodes.ColumnReference(name):
            return _column_kind(name, node.position, schema.columns)
        case nodes.UnaryMinus(inner):
            operand_kind = infer_kind(inner, schema)
            if operand_kind not in {ValueKind.NUMBER, ValueKind.DURATION, ValueKind.ANY}:
                raise RuleProblem(f"{operand_kind} cannot be negated", node.position)
            return operand_kind
        case nodes.Arithmetic(left, sign, right):
            return _arithmetic_kind(infer_kind(left, schema), sign, infer_kind(right, schema), node.position)
        case nodes.DateConversion() | nodes.NextAnniversary():
            _check_date_argument(node, schema)
            return ValueKind.DATE
        case nodes.Aggregate():
            return _aggregate_kind(node, schema)


def _check_date_argument(node: nodes.DateConversion | nodes.NextAnniversary, schema: RuleSchema) -> None:
    kind = infer_kind(node.operand, schema)
    if isinstance(node, nodes.NextAnniversary):
        _require_kind(kind, ValueKind.DATE, "in anniversary(...)", node.position)
    elif kind is not ValueKind.DATE:
        _require_kind(kind, ValueKind.TEXT, "in date(...)", node.position)


def _column_kind(name: str, position: int, columns: Mapping[str, ValueKind]) -> ValueKind:
    if name == AS_OF:
        return ValueKind.DATE
    if name not in columns and is_computed(name):
        raise RuleProblem(f"no column '{name}'", position)
    if name not in columns:
        raise RuleProblem(f"no column '{name}'{suggest_name(name, columns)}", position)
    return columns[name]


def suggest_name(name: str, available: Iterable[str]) -> str:
    """Return a hint: the most similar of the available names, or all of them."""
    similar_names = difflib.get_close_matches(name, available, n=1)
    return f"; did you mean '{similar_names[0]}'?" if similar_names else f"; available: {', '.join(available)}"


_AGGREGATE_KINDS: Mapping[str, ValueKind] = {
    "count": ValueKind.NUMBER,
    "any": ValueKind.BOOLEAN,
    "sum": ValueKind.NUMBER,
    "days_since": ValueKind.NUMBER,
    "distinct": ValueKind.NUMBER,
}


def _aggregate_kind(aggregate: nodes.Aggregate, schema: RuleSchema) -> ValueKind:
    """Check an aggregate, and return the kind of its value; first and last have that of their column."""
    row_schema, position, function = schema.select_table(aggregate), aggregate.position, aggregate.function
    if aggregate.column is None and function in nodes.COLUMN_FUNCTIONS:
        raise RuleProblem(f"{function} takes a column: {function}({aggregate.table}.COLUMN)", position)
    if aggregate.column is not None and function not in nodes.COLUMN_FUNCTIONS:
        raise RuleProblem(f"{function} takes a table without a column: {function}({aggregate.table})", position)
    if aggregate.condition is not None:
        _check_condition(aggregate.condition, row_schema)
    _check_window(aggregate, row_schema, schema)
    if aggregate.column is None:
        return _AGGREGATE_KINDS[function]
    column_kind = _column_kind(aggregate.column, position, row_schema.columns)
    if function == "sum":
        _require_kind(column_kind, ValueKind.NUMBER, "in sum(...)", position)
    if function in {"first", "last"} and column_kind is ValueKind.BOOLEAN:
        raise RuleProblem(f"expected a number, a text or a date in {function}(...), got {column_kind}", position)
    return _AGGREGATE_KINDS.get(function, column_kind)


def _check_window(aggregate: nodes.Aggregate, row_schema: RuleSchema, schema: RuleSchema) -> None:
    match aggregate.window:
        case nodes.Period(first, last):
            time = nodes.ColumnReference(schema.tables[aggregate.table].time_column, aggregate.position)
            _check_condition(nodes.BetweenTest(time, first, last, aggregate.position), row_schema)
        case nodes.EventSequence(_, limit, anchor):
            if limit is not None:
                infer_kind(limit, row_schema)
            _aggregate_kind(anchor, schema)
        case nodes.DurationLiteral() as duration:
            infer_kind(duration, row_schema)


def is_same_table(first: str, second: str) -> bool:
    """Return whether two names mean the same rows: orders are counted from their lines."""
    return first == second or {first, second} <= set(ORDER_TABLES)


_ARITHMETIC_KINDS: Mapping[tuple[ValueKind, str, ValueKind], ValueKind] = {
    **{(ValueKind.NUMBER, operator, ValueKind.NUMBER): ValueKind.NUMBER for operator in nodes.ARITHMETIC},
    (ValueKind.DATE, "+", ValueKind.DURATION): ValueKind.DATE,
    (ValueKind.DATE, "-", ValueKind.DURATION): ValueKind.DATE,
    (ValueKind.DURATION, "+", ValueKind.DATE): ValueKind.DATE,
    (ValueKind.DATE, "-", ValueKind.DATE): ValueKind.DURATION,
}


def _arithmetic_kind(left_kind: ValueKind, operator: str, right_kind: ValueKind, position: int) -> ValueKind:
    if ValueKind.ANY in {left_kind, right_kind}:
        return ValueKind.ANY
    result_kind = _ARITHMETIC_KINDS.get((left_kind, operator, right_kind))
    if result_kind is None:
        raise RuleProblem(f"{left_kind} {operator} {right_kind} is not defined", position)
    return result_kind
