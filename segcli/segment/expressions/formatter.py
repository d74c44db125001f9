"""Format a tree as the text that parses to it."""

import re

from segcli.segment.expressions import nodes
from segcli.segment.expressions.nodes import RuleNode
from segcli.segment.expressions.parser import KEYWORDS

_WORD_PATTERN = re.compile(r"[^\W\d]\w*")
# Precedence: a part with lower precedence than its surroundings needs brackets.
_OR, _AND, _NOT, _TEST, _SUM, _PRODUCT, _LEAF = range(7)


def format_rule(node: RuleNode) -> str:
    """Format a rule as text; `parse_rule` of the text gives the same tree.

    >>> from segcli.segment.expressions.parser import parse_rule
    >>> format_rule(parse_rule("(orders>=3 or not a in ['x']) and `my column` is missing"))
    '(orders >= 3 or not a in ["x"]) and `my column` is missing'
    """
    return _format_node(node)[0]


def _format_node(node: RuleNode) -> tuple[str, int]:
    match node:
        case nodes.AnyOf(parts):
            return " or ".join(_format_operand(part, _AND) for part in parts), _OR
        case nodes.AllOf(parts):
            return " and ".join(_format_operand(part, _NOT) for part in parts), _AND
        case nodes.Negation(inner):
            return f"not {_format_operand(inner, _NOT)}", _NOT
        case nodes.Comparison(left, sign, right):
            return f"{_format_operand(left, _SUM)} {sign} {_format_operand(right, _SUM)}", _TEST
        case nodes.BetweenTest(value, low, high):
            return (
                (
                    f"{_format_operand(value, _SUM)} between "
                    f"{_format_operand(low, _SUM)} and {_format_operand(high, _SUM)}"
                ),
                _TEST,
            )
        case nodes.MembershipTest(value, listed):
            return (
                f"{_format_operand(value, _SUM)} in [{', '.join(_format_operand(item, _SUM) for item in listed)}]",
                _TEST,
            )
        case nodes.MissingTest(value):
            return f"{_format_operand(value, _SUM)} is missing", _TEST
        case nodes.TextTest(value, test, pattern):
            return f"{_format_operand(value, _SUM)} {test} {_quote_text(pattern)}", _TEST
        case nodes.Arithmetic(left, sign, right):
            precedence = _SUM if sign in {"+", "-"} else _PRODUCT
            return f"{_format_operand(left, precedence)} {sign} {_format_operand(right, precedence + 1)}", precedence
        case nodes.UnaryMinus(inner):
            return f"-{_format_operand(inner, _LEAF)}", _LEAF
        case _:
            return _format_leaf(node), _LEAF


def _format_operand(node: RuleNode, precedence: int) -> str:
    text, own_precedence = _format_node(node)
    return text if own_precedence >= precedence else f"({text})"


def _format_leaf(node: RuleNode) -> str:
    match node:
        case nodes.NumberLiteral(value):
            return _format_number(value)
        case nodes.TextLiteral(value):
            return _quote_text(value)
        case nodes.BooleanLiteral(value):
            return "true" if value else "false"
        case nodes.DurationLiteral(count, unit):
            return f"{_format_number(count)} {unit}"
        case nodes.ColumnReference(name):
            return _format_name(name)
        case _:
            return _format_call(node)


def _format_call(node: RuleNode) -> str:
    match node:
        case nodes.DateConversion(inner):
            return f"date({_format_node(inner)[0]})"
        case nodes.NextAnniversary(inner):
            return f"anniversary({_format_node(inner)[0]})"
        case nodes.SegmentTest(segment):
            return f"in_segment({_quote_text(segment)})"
        case nodes.Aggregate(function):
            return f"{function}({_format_rows(node)})"
        case _:
            raise AssertionError(node)


def _format_rows(aggregate: nodes.Aggregate) -> str:
    source = _format_name(aggregate.table) + (f".{_format_name(aggregate.column)}" if aggregate.column else "")
    where = f" where {format_rule(aggregate.condition)}" if aggregate.condition is not None else ""
    return f"{source}{where}{_format_window(aggregate.window)}"


def _format_window(window: nodes.DurationLiteral | nodes.Period | nodes.EventSequence | None) -> str:
    match window:
        case None:
            return ""
        case nodes.Period(first, last):
            return f" between {_format_operand(first, _SUM)} and {_format_operand(last, _SUM)}"
        case nodes.EventSequence(direction, limit, anchor):
            return f"{_format_window(limit)} {direction} {_format_rows(anchor)}"
        case _:
            return f" within {_format_leaf(window)}"


def _format_name(name: str) -> str:
    return name if _WORD_PATTERN.fullmatch(name) and name not in KEYWORDS else f"`{name}`"


def _format_number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.20f}".rstrip("0")


def _quote_text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
