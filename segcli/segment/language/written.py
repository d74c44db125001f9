"""A tree as the text that parses to it."""

import re

from segcli.segment.language import tree
from segcli.segment.language.parse import KEYWORDS
from segcli.segment.language.tree import Node

_WORD = re.compile(r"[^\W\d]\w*")
# How tightly a part binds: a part that binds less than what it stands in needs brackets.
_OR, _AND, _NOT, _TEST, _SUM, _PRODUCT, _LEAF = range(7)


def written(node: Node) -> str:
    """The rule as text; `parse` of it gives the same tree.

    >>> from segcli.segment.language.parse import parse
    >>> written(parse("(orders>=3 or not a in ['x']) and `my column` is missing"))
    '(orders >= 3 or not a in ["x"]) and `my column` is missing'
    """
    return _text(node)[0]


def _text(node: Node) -> tuple[str, int]:
    match node:
        case tree.Any(parts):
            return " or ".join(_inside(part, _AND) for part in parts), _OR
        case tree.All(parts):
            return " and ".join(_inside(part, _NOT) for part in parts), _AND
        case tree.Not(inner):
            return f"not {_inside(inner, _NOT)}", _NOT
        case tree.Compare(left, sign, right):
            return f"{_inside(left, _SUM)} {sign} {_inside(right, _SUM)}", _TEST
        case tree.Between(value, low, high):
            return f"{_inside(value, _SUM)} between {_inside(low, _SUM)} and {_inside(high, _SUM)}", _TEST
        case tree.In(value, listed):
            return f"{_inside(value, _SUM)} in [{', '.join(_inside(one, _SUM) for one in listed)}]", _TEST
        case tree.Missing(value):
            return f"{_inside(value, _SUM)} is missing", _TEST
        case tree.TextTest(value, test, pattern):
            return f"{_inside(value, _SUM)} {test} {_quoted(pattern)}", _TEST
        case tree.Sum(left, sign, right):
            binds = _SUM if sign in {"+", "-"} else _PRODUCT
            return f"{_inside(left, binds)} {sign} {_inside(right, binds + 1)}", binds
        case tree.Negative(inner):
            return f"-{_inside(inner, _LEAF)}", _LEAF
        case _:
            return _leaf(node), _LEAF


def _inside(node: Node, binds: int) -> str:
    text, own = _text(node)
    return text if own >= binds else f"({text})"


def _leaf(node: Node) -> str:
    match node:
        case tree.Number(value):
            return _number(value)
        case tree.Text(value):
            return _quoted(value)
        case tree.Truth(value):
            return "true" if value else "false"
        case tree.Span(count, unit):
            return f"{_number(count)} {unit}"
        case tree.Name(name):
            return name if _WORD.fullmatch(name) and name not in KEYWORDS else f"`{name}`"
        case _:
            raise AssertionError(node)


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.20f}".rstrip("0")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
