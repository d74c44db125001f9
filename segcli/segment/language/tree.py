"""The parts of a rule: frozen, comparable, each knowing the column of the text at which it stands (from 1)."""

from dataclasses import dataclass, field
from typing import Literal

ARITHMETIC = ("+", "-", "*", "/")
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
TEXT_TESTS = ("contains", "starts with", "ends with", "matches")
UNITS = ("days", "weeks", "months", "years")

Unit = Literal["days", "weeks", "months", "years"]


@dataclass(frozen=True)
class Number:
    """A number, such as 3 or 12.50."""

    value: float
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Text:
    """A text in quotes; beside a date it is a day, such as "2026-01-31"."""

    value: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Truth:
    """`true` or `false`."""

    value: bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Name:
    """A column, or `as_of`."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Span:
    """A length of time, such as 30 days."""

    count: float
    unit: Unit
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Negative:
    """-x."""

    of: "Value"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Sum:
    """Two values joined by one of ARITHMETIC."""

    left: "Value"
    sign: str
    right: "Value"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Compare:
    """Two values, one of COMPARISONS between them."""

    left: "Value"
    sign: str
    right: "Value"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Between:
    """A value within two others, both included."""

    value: "Value"
    low: "Value"
    high: "Value"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class In:
    """A value that is one of a list."""

    value: "Value"
    listed: tuple["Value", ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Missing:
    """A value that nothing is known of."""

    value: "Value"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class TextTest:
    """A text that holds, begins with, ends with or wholly matches another."""

    value: "Value"
    test: str
    pattern: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Not:
    """What does not hold."""

    of: "Condition"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class All:
    """What holds all at once."""

    of: tuple["Condition", ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Any:
    """Of which at least one holds."""

    of: tuple["Condition", ...]
    at: int = field(default=0, compare=False)


Value = Number | Text | Truth | Name | Span | Negative | Sum
Condition = Compare | Between | In | Missing | TextTest | Not | All | Any | Truth | Name
Node = Value | Condition


def names(node: Node) -> dict[str, int]:
    """The columns that a rule speaks of, each with the place of its first mention."""
    found: dict[str, int] = {}
    for part in _walk(node):
        if isinstance(part, Name):
            found.setdefault(part.name, part.at)
    return found


def _walk(node: Node) -> "list[Node]":
    match node:
        case Not(inner) | Negative(inner) | Missing(inner) | TextTest(inner):
            return [node, *_walk(inner)]
        case All(parts) | Any(parts):
            return [node, *(one for part in parts for one in _walk(part))]
        case Sum(left, _, right) | Compare(left, _, right):
            return [node, *_walk(left), *_walk(right)]
        case Between(value, low, high):
            return [node, *_walk(value), *_walk(low), *_walk(high)]
        case In(value, listed):
            return [node, *_walk(value), *(one for item in listed for one in _walk(item))]
        case _:
            return [node]
