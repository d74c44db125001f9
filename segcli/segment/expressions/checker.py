"""Check rules against the columns of a table: column names must exist, and compared kinds must match."""

import difflib
from collections.abc import Mapping
from enum import StrEnum

from segcli.columns import is_computed
from segcli.segment.expressions import nodes
from segcli.segment.expressions.nodes import ConditionNode, ValueNode
from segcli.segment.expressions.parser import RuleProblem

AS_OF = "as_of"


class ValueKind(StrEnum):
    """The kind of a value."""

    NUMBER = "a number"
    TEXT = "a text"
    DATE = "a date"
    DURATION = "a duration"
    BOOLEAN = "true or false"
    ANY = "anything"  # a column whose kind is not known yet


def check_rule(rule: ConditionNode, columns: Mapping[str, ValueKind]) -> None:
    """Reject a rule that can never be evaluated.

    Args:
        rule: the tree.
        columns: the kind of each available column.

    Raises:
        RuleProblem: the rule is invalid; gives the position in its text.
    """
    _check_condition(rule, columns)


def _check_condition(node: ConditionNode, columns: Mapping[str, ValueKind]) -> None:
    match node:
        case nodes.AllOf(parts) | nodes.AnyOf(parts):
            for part in parts:
                _check_condition(part, columns)
        case nodes.Negation(inner):
            _check_condition(inner, columns)
        case nodes.Comparison(left, sign, right):
            _require_comparable(left, right, columns, needs_order=sign not in {"==", "!="})
        case nodes.BetweenTest(value, low, high):
            _require_comparable(value, low, columns, needs_order=True)
            _require_comparable(value, high, columns, needs_order=True)
        case nodes.MembershipTest(value, listed):
            for item in listed:
                _require_comparable(value, item, columns, needs_order=False)
        case nodes.MissingTest(value):
            infer_kind(value, columns)
        case nodes.TextTest(value, test, _):
            _require_kind(infer_kind(value, columns), ValueKind.TEXT, f"before '{test}'", node.position)
        case nodes.BooleanLiteral() | nodes.ColumnReference():
            _require_kind(infer_kind(node, columns), ValueKind.BOOLEAN, "alone", node.position)


def _require_kind(actual_kind: ValueKind, expected_kind: ValueKind, location: str, position: int) -> None:
    if actual_kind not in {expected_kind, ValueKind.ANY}:
        raise RuleProblem(f"expected {expected_kind} {location}, got {actual_kind}", position)


def _require_comparable(
    left: ValueNode, right: ValueNode, columns: Mapping[str, ValueKind], *, needs_order: bool
) -> None:
    left_kind, right_kind = infer_kind(left, columns), infer_kind(right, columns)
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


def infer_kind(node: ValueNode, columns: Mapping[str, ValueKind]) -> ValueKind:
    """Return the kind of a value.

    Raises:
        RuleProblem: a column does not exist, or kinds do not match.
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
            return _column_kind(name, node.position, columns)
        case nodes.UnaryMinus(inner):
            operand_kind = infer_kind(inner, columns)
            if operand_kind not in {ValueKind.NUMBER, ValueKind.DURATION, ValueKind.ANY}:
                raise RuleProblem(f"{operand_kind} cannot be negated", node.position)
            return operand_kind
        case nodes.Arithmetic(left, sign, right):
            return _arithmetic_kind(infer_kind(left, columns), sign, infer_kind(right, columns), node.position)


def _column_kind(name: str, position: int, columns: Mapping[str, ValueKind]) -> ValueKind:
    if name == AS_OF:
        return ValueKind.DATE
    if name not in columns and is_computed(name):
        raise RuleProblem(f"no column '{name}'", position)
    if name not in columns:
        similar_names = difflib.get_close_matches(name, columns, n=1)
        hint = f"; did you mean '{similar_names[0]}'?" if similar_names else f"; available: {', '.join(columns)}"
        raise RuleProblem(f"no column '{name}'{hint}", position)
    return columns[name]


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
