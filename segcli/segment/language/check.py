"""Whether a rule can be asked of these columns: names that are there, and kinds that go together."""

import difflib
from collections.abc import Mapping
from enum import StrEnum

from segcli.columns import is_computed
from segcli.segment.language import tree
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.language.tree import Condition, Value

AS_OF = "as_of"


class Kind(StrEnum):
    """What a value is."""

    NUMBER = "a number"
    TEXT = "a text"
    DATE = "a date"
    SPAN = "a length of time"
    TRUTH = "true or false"
    ANY = "anything"  # a column that nothing is known of yet


def check(rule: Condition, columns: Mapping[str, Kind]) -> None:
    """Refuse a rule that could never be decided.

    Args:
        rule: the tree.
        columns: the kind of each column there is.

    Raises:
        RuleProblem: with the column of the text at which it shows.
    """
    _condition(rule, columns)


def _condition(node: Condition, columns: Mapping[str, Kind]) -> None:
    match node:
        case tree.All(parts) | tree.Any(parts):
            for part in parts:
                _condition(part, columns)
        case tree.Not(inner):
            _condition(inner, columns)
        case tree.Compare(left, sign, right):
            _comparable(left, right, columns, ordered=sign not in {"==", "!="})
        case tree.Between(value, low, high):
            _comparable(value, low, columns, ordered=True)
            _comparable(value, high, columns, ordered=True)
        case tree.In(value, listed):
            for one in listed:
                _comparable(value, one, columns, ordered=False)
        case tree.Missing(value):
            kind_of(value, columns)
        case tree.TextTest(value, test, _):
            _require(kind_of(value, columns), Kind.TEXT, f"before '{test}'", node.at)
        case tree.Truth() | tree.Name():
            _require(kind_of(node, columns), Kind.TRUTH, "alone", node.at)


def _require(found: Kind, wanted: Kind, where: str, at: int) -> None:
    if found not in {wanted, Kind.ANY}:
        raise RuleProblem(f"{where} stands {wanted}; this is {found}", at)


def _comparable(left: Value, right: Value, columns: Mapping[str, Kind], *, ordered: bool) -> None:
    one, other = kind_of(left, columns), kind_of(right, columns)
    for date, text in ((one, right), (other, left)):
        if date is Kind.DATE and isinstance(text, tree.Text):
            _day(text)
            return
    if Kind.ANY in {one, other}:
        return
    if one is not other:
        raise RuleProblem(f"{one} cannot be compared with {other}", right.at)
    if ordered and one is Kind.TRUTH:
        raise RuleProblem("true and false have no order", right.at)


def _day(text: tree.Text) -> None:
    from datetime import date

    try:
        date.fromisoformat(text.value)
    except ValueError:
        raise RuleProblem(f"'{text.value}' is no day such as 2026-01-31", text.at) from None


def kind_of(node: Value, columns: Mapping[str, Kind]) -> Kind:
    """The kind of a value.

    Raises:
        RuleProblem: there is no such column, or kinds do not go together.
    """
    match node:
        case tree.Number():
            return Kind.NUMBER
        case tree.Text():
            return Kind.TEXT
        case tree.Truth():
            return Kind.TRUTH
        case tree.Span(count, unit):
            if count % 1 and unit in {"months", "years"}:
                raise RuleProblem(f"{unit} must be whole; say days", node.at)
            return Kind.SPAN
        case tree.Name(name):
            return _column(name, node.at, columns)
        case tree.Negative(inner):
            found = kind_of(inner, columns)
            if found not in {Kind.NUMBER, Kind.SPAN, Kind.ANY}:
                raise RuleProblem(f"{found} has no negative", node.at)
            return found
        case tree.Sum(left, sign, right):
            return _sum(kind_of(left, columns), sign, kind_of(right, columns), node.at)


def _column(name: str, at: int, columns: Mapping[str, Kind]) -> Kind:
    if name == AS_OF:
        return Kind.DATE
    if name not in columns and is_computed(name):
        raise RuleProblem(f"no column '{name}'", at)
    if name not in columns:
        close = difflib.get_close_matches(name, columns, n=1)
        meant = f"; did you mean '{close[0]}'?" if close else f"; there is: {', '.join(columns)}"
        raise RuleProblem(f"no column '{name}'{meant}", at)
    return columns[name]


_SUMS: Mapping[tuple[Kind, str, Kind], Kind] = {
    **{(Kind.NUMBER, sign, Kind.NUMBER): Kind.NUMBER for sign in tree.ARITHMETIC},
    (Kind.DATE, "+", Kind.SPAN): Kind.DATE,
    (Kind.DATE, "-", Kind.SPAN): Kind.DATE,
    (Kind.SPAN, "+", Kind.DATE): Kind.DATE,
    (Kind.DATE, "-", Kind.DATE): Kind.SPAN,
}


def _sum(left: Kind, sign: str, right: Kind, at: int) -> Kind:
    if Kind.ANY in {left, right}:
        return Kind.ANY
    found = _SUMS.get((left, sign, right))
    if found is None:
        raise RuleProblem(f"{left} {sign} {right} means nothing", at)
    return found
