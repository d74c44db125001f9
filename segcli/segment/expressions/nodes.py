"""The nodes of a rule: frozen and comparable; each holds its position in the text, counted from 1."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal

AS_OF = "as_of"  # the name of the as-of day in a rule
ARITHMETIC = ("+", "-", "*", "/")
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
TEXT_TEST_WORDS = ("contains", "starts with", "ends with", "matches")
TEXT_TEST_ALIASES = {"startswith": "starts with", "endswith": "ends with"}
DURATION_UNITS = ("days", "weeks", "months", "years")

AGGREGATE_FUNCTIONS = ("count", "any", "sum", "first", "last", "days_since", "distinct")
COLUMN_FUNCTIONS = ("sum", "first", "last", "distinct")  # aggregates of a column; the others take a table

SequenceDirection = Literal["after", "before"]
DurationUnit = Literal["days", "weeks", "months", "years"]


@dataclass(frozen=True)
class NumberLiteral:
    """A number, such as 3 or 12.50."""

    value: float
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class TextLiteral:
    """A text in quotes; next to a date it is a day, such as "2026-01-31"."""

    value: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class BooleanLiteral:
    """`true` or `false`."""

    value: bool
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class ColumnReference:
    """A column, or `as_of`."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class DurationLiteral:
    """A duration, such as 30 days."""

    count: float
    unit: DurationUnit
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class UnaryMinus:
    """The negative of a value, -x."""

    operand: "ValueNode"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Arithmetic:
    """Two values joined by one of ARITHMETIC."""

    left: "ValueNode"
    operator: str
    right: "ValueNode"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class DateConversion:
    """The day that a text such as 2026-01-31 names; other texts name none."""

    operand: "ValueNode"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class NextAnniversary:
    """The first anniversary of a date, such as a birthday, that is not before the as-of day."""

    operand: "ValueNode"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Period:
    """The time from one day to another, both included."""

    first: "ValueNode"
    last: "ValueNode"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class EventSequence:
    """The time after or before a row of a table, up to a limit, such as 14 days after campaigns where ...

    `anchor` selects these rows; its function is `any`.
    """

    direction: SequenceDirection
    limit: DurationLiteral | None
    anchor: "Aggregate"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Aggregate:
    """A value of each customer computed from their rows in a table, such as count(orders where ... within 90 days).

    `column` is set for COLUMN_FUNCTIONS only. Without a condition and a window, all rows up to the as-of day count.
    """

    function: str
    table: str
    column: str | None
    condition: "ConditionNode | None"
    window: DurationLiteral | Period | EventSequence | None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Comparison:
    """Two values joined by one of COMPARISONS."""

    left: "ValueNode"
    operator: str
    right: "ValueNode"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class BetweenTest:
    """A test whether a value lies between two others, bounds included."""

    value: "ValueNode"
    low: "ValueNode"
    high: "ValueNode"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class MembershipTest:
    """A test whether a value is in a list."""

    value: "ValueNode"
    items: tuple["ValueNode", ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class MissingTest:
    """A test whether a value is missing."""

    value: "ValueNode"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class TextTest:
    """A test whether a text contains, starts with, ends with or fully matches another."""

    value: "ValueNode"
    test: str
    pattern: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class SegmentTest:
    """A test whether a customer is in the segment of this name; `resolve_segments` turns it into a comparison."""

    segment: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Negation:
    """A negated condition."""

    operand: "ConditionNode"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class AllOf:
    """Conditions that must all hold."""

    operands: tuple["ConditionNode", ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True)
class AnyOf:
    """Conditions of which at least one must hold."""

    operands: tuple["ConditionNode", ...]
    position: int = field(default=0, compare=False)


ValueNode = (
    NumberLiteral
    | TextLiteral
    | BooleanLiteral
    | ColumnReference
    | DurationLiteral
    | UnaryMinus
    | Arithmetic
    | DateConversion
    | NextAnniversary
    | Aggregate
)
ConditionNode = (
    Comparison
    | BetweenTest
    | MembershipTest
    | MissingTest
    | TextTest
    | SegmentTest
    | Negation
    | AllOf
    | AnyOf
    | BooleanLiteral
    | ColumnReference
    | Aggregate
)
RuleNode = ValueNode | ConditionNode


def find_columns(node: RuleNode) -> dict[str, int]:
    """Return the customer columns that a rule uses, each with the position of its first mention."""
    positions_by_name: dict[str, int] = {}
    for descendant in _walk_nodes(node):
        if isinstance(descendant, ColumnReference):
            positions_by_name.setdefault(descendant.name, descendant.position)
    return positions_by_name


def find_aggregates(node: RuleNode) -> "list[Aggregate]":
    """Return the aggregates in a rule, each once, in the order of the text."""
    return list(dict.fromkeys(found for found in _walk_nodes(node) if isinstance(found, Aggregate)))


def list_selections(aggregate: Aggregate) -> "list[Aggregate]":
    """Return the aggregate, the anchor of its sequence, and so on."""
    window = aggregate.window
    return [aggregate, *(list_selections(window.anchor) if isinstance(window, EventSequence) else [])]


def find_row_columns(aggregate: Aggregate) -> list[str]:
    """Return the columns of its table that an aggregate names."""
    parts = [aggregate.condition] if aggregate.condition is not None else []
    period = [aggregate.window.first, aggregate.window.last] if isinstance(aggregate.window, Period) else []
    named = [name for part in (*parts, *period) for name in find_columns(part)]
    return list(dict.fromkeys([*([aggregate.column] if aggregate.column else []), *named]))


def resolve_segments(rule: ConditionNode, resolve: Callable[[SegmentTest], ConditionNode]) -> ConditionNode:
    """Return the rule with each test of a segment replaced by a condition."""

    def change(part: Any) -> Any:  # noqa: ANN401 - a node, a tuple of nodes, or another field
        if isinstance(part, SegmentTest):
            return resolve(part)
        if isinstance(part, tuple):
            return tuple(map(change, part))
        if is_dataclass(part) and not isinstance(part, type):
            return replace(part, **{item.name: change(getattr(part, item.name)) for item in fields(part)})
        return part

    changed: ConditionNode = change(rule)
    return changed


def _walk_nodes(node: RuleNode) -> "list[RuleNode]":
    match node:
        case Negation(inner) | UnaryMinus(inner) | MissingTest(inner) | TextTest(inner):
            return [node, *_walk_nodes(inner)]
        case DateConversion(inner) | NextAnniversary(inner):
            return [node, *_walk_nodes(inner)]
        case AllOf(parts) | AnyOf(parts):
            return [node, *(descendant for part in parts for descendant in _walk_nodes(part))]
        case Arithmetic(left, _, right) | Comparison(left, _, right):
            return [node, *_walk_nodes(left), *_walk_nodes(right)]
        case BetweenTest(value, low, high):
            return [node, *_walk_nodes(value), *_walk_nodes(low), *_walk_nodes(high)]
        case MembershipTest(value, listed):
            return [node, *_walk_nodes(value), *(descendant for item in listed for descendant in _walk_nodes(item))]
        case _:
            return [node]
