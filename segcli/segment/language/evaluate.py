"""A rule and a table -> for whom it holds, in whole columns at a time.

What compares with a missing value is neither true nor false but unknown, and so is its opposite (Kleene's logic, as
in SQL): a customer whose country nobody knows is not in `country != "DE"`, nor in `not country == "DE"`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.segment.language import tree
from segcli.segment.language.check import AS_OF, Kind
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.language.tree import Condition, Value

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Holds:
    """For each customer whether a rule is true and whether that is known; both have shape (n,)."""

    true: Mask
    known: Mask


class Table:
    """A customer table whose columns rules can ask for."""

    def __init__(self, table: pd.DataFrame, as_of: date | None) -> None:
        self._table, self._as_of = table, as_of
        self._read: dict[str, Any] = {}
        self._coded: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]] = {}

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """What each column holds."""
        return {str(name): _kind(self._table[name]) for name in self._table.columns}

    @property
    def rows(self) -> int:
        """How many customers there are."""
        return len(self._table)

    def row(self, place: int) -> "Table":
        """One customer alone."""
        return Table(self._table.iloc[[place]], self._as_of)

    def column(self, name: str) -> Any:  # noqa: ANN401 - a numpy array of the column's kind
        """The values of a column as numbers (NaN), days (NaT), objects (None) or truths."""
        if name not in self._read:
            self._read[name] = self._values(name)
        return self._read[name]

    def coded(self, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
        """A text column as codes (-1 where missing) of its distinct texts: a test then looks at each text once."""
        if name not in self._coded:
            codes, texts = pd.factorize(self._table[name].astype(object), use_na_sentinel=True)
            self._coded[name] = (codes, np.asarray(texts, dtype=object))
        return self._coded[name]

    def is_text(self, node: Value) -> TypeGuard[tree.Name]:
        """Whether a value is a column of text."""
        return isinstance(node, tree.Name) and node.name != AS_OF and self.kinds[node.name] is Kind.TEXT

    def _values(self, name: str) -> Any:  # noqa: ANN401 - as above
        if name == AS_OF:
            return np.asarray(self._as_of or "NaT", dtype="datetime64[D]")
        values = self._table[name]
        match _kind(values):
            case Kind.NUMBER:
                return values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
            case Kind.DATE:
                return values.to_numpy(dtype="datetime64[D]")
            case Kind.TRUTH:
                return values.to_numpy(dtype=bool)
            case _:
                return values.astype(object).where(values.notna(), None).to_numpy()


def _kind(values: pd.Series) -> Kind:
    if pd.api.types.is_bool_dtype(values.dtype):
        return Kind.TRUTH
    if pd.api.types.is_numeric_dtype(values.dtype):
        return Kind.NUMBER
    return Kind.DATE if pd.api.types.is_datetime64_any_dtype(values.dtype) else Kind.TEXT


def evaluate(rule: Condition, table: Table) -> Holds:
    """For whom a rule holds; it must have passed `check` for this table's columns."""
    match rule:
        case tree.Not(inner):
            of = evaluate(inner, table)
            return Holds(of.known & ~of.true, of.known)
        case tree.All(parts):
            return reduce(_both, (evaluate(part, table) for part in parts))
        case tree.Any(parts):
            return reduce(_either, (evaluate(part, table) for part in parts))
        case tree.Compare(left, sign, right):
            return _compared(left, _SIGNS[sign], right, table)
        case tree.Between(value, low, high):
            return _both(_compared(value, np.greater_equal, low, table), _compared(value, np.less_equal, high, table))
        case tree.In(value, listed):
            return reduce(_either, (_compared(value, np.equal, one, table) for one in listed))
        case tree.Missing(value):
            missing = table.coded(value.name)[0] < 0 if table.is_text(value) else _missing(_values(value, table))
            return _certain(missing, table.rows)
        case tree.TextTest(value, test, pattern):
            return _tested(value, test, pattern, table, rule.at)
        case tree.Truth() | tree.Name():
            return _certain(_values(rule, table), table.rows)


def _certain(true: Any, rows: int) -> Holds:  # noqa: ANN401 - an array of truths, or one for all
    return Holds(np.broadcast_to(np.asarray(true, dtype=bool), rows), np.ones(rows, dtype=bool))


_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _both(one: Holds, other: Holds) -> Holds:
    """Known where both are, or where one is known to be false."""
    false = (one.known & ~one.true) | (other.known & ~other.true)
    return Holds(one.true & other.true, (one.known & other.known) | false)


def _either(one: Holds, other: Holds) -> Holds:
    """Known where both are, or where one is known to be true."""
    true = one.true | other.true
    return Holds(true, (one.known & other.known) | true)


def _compared(left: Value, sign: Callable[[Any, Any], Any], right: Value, table: Table) -> Holds:
    if table.is_text(left) and isinstance(right, tree.Text):
        return _of_texts(table, left.name, lambda texts: sign(texts, right.value))
    one, other = _values(left, table), _values(right, table)
    if one.dtype.kind == "M" and isinstance(right, tree.Text):
        other = _day(right.value)
    elif other.dtype.kind == "M" and isinstance(left, tree.Text):
        one = _day(left.value)
    if one.dtype.kind == "O" or other.dtype.kind == "O":
        return _of_objects(one, sign, other, table.rows)
    known = np.broadcast_to(~(_missing(one) | _missing(other)), table.rows)
    return Holds(np.broadcast_to(sign(one, other), table.rows) & known, known)


def _day(text: str) -> Any:  # noqa: ANN401 - a numpy day
    """A day as `check` reads it; numpy reads fewer forms."""
    return np.datetime64(date.fromisoformat(text), "D")


def _of_texts(table: Table, name: str, test: Callable[[npt.NDArray[np.object_]], Any]) -> Holds:
    """A test of a text column, asked of each distinct text once."""
    codes, texts = table.coded(name)
    known = codes >= 0
    held = np.append(np.asarray(test(texts), dtype=bool), False)  # the last, for code -1
    return Holds(held[codes], known)


def _of_objects(one: Any, sign: Callable[[Any, Any], Any], other: Any, rows: int) -> Holds:  # noqa: ANN401 - arrays
    """Texts compared value by value, where both sides vary."""
    one, other = np.broadcast_to(one, rows), np.broadcast_to(other, rows)
    known = ~(_missing(one) | _missing(other))
    true = np.zeros(rows, dtype=bool)
    true[known] = sign(one[known], other[known])
    return Holds(true, known)


def _missing(values: Any) -> Any:  # noqa: ANN401 - an array of any kind, or a single value
    if values.dtype.kind in "Mm":
        return np.isnat(values)
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind == "O":
        return np.array([value is None for value in values.ravel()], dtype=bool).reshape(values.shape)
    return np.zeros(values.shape, dtype=bool)


def _values(node: Value, table: Table) -> Any:  # noqa: ANN401 - an array of the value's kind
    match node:
        case tree.Number(value):
            return np.asarray(value)  # a single value stands for all: arrays broadcast
        case tree.Text(value):
            return np.asarray(value, dtype=object)
        case tree.Truth(value):
            return np.asarray(value)
        case tree.Span(count, unit):
            return np.asarray(whole_days(count, unit), dtype="timedelta64[D]")
        case tree.Name(name):
            return table.column(name)
        case tree.Negative(inner):
            return -_values(inner, table)
        case tree.Sum(left, sign, right):
            return _summed(left, sign, right, table)


def _summed(left: Value, sign: str, right: Value, table: Table) -> Any:  # noqa: ANN401 - an array
    one = _values(left, table)
    if isinstance(right, tree.Span) and right.unit in {"months", "years"} and one.dtype.kind == "M":
        months = int(right.count * (12 if right.unit == "years" else 1)) * (-1 if sign == "-" else 1)
        days = pd.DatetimeIndex(np.atleast_1d(one).astype("datetime64[s]"))
        return (days + pd.DateOffset(months=months)).to_numpy().astype("datetime64[D]").reshape(one.shape)
    other = _values(right, table)
    with np.errstate(divide="ignore", invalid="ignore"):
        match sign:
            case "+":
                return one + other
            case "-":
                return one - other
            case "*":
                return one * other
            case _:
                quotient = one / other
                return np.where(np.isfinite(quotient), quotient, np.nan)  # a share of nothing is not known


def whole_days(count: float, unit: str) -> int:
    """A length of time in days, where it does not stand beside a date: a year is 365 of them, a month 30."""
    return round(count * {"days": 1, "weeks": 7, "months": 30, "years": 365}[unit])


def _tested(value: Value, test: str, pattern: str, table: Table, at: int) -> Holds:
    def held(texts: Any) -> Any:  # noqa: ANN401 - arrays
        return _matching(pa.array(np.atleast_1d(texts).tolist(), pa.string()), test, pattern, at)

    if table.is_text(value):
        return _of_texts(table, value.name, held)
    return _certain(held(_values(value, table))[0], table.rows)  # a text of the rule itself


def _matching(texts: pa.Array, test: str, pattern: str, at: int) -> Mask:
    tests = {"contains": pc.match_substring, "starts with": pc.starts_with, "ends with": pc.ends_with}
    try:
        found = tests[test](texts, pattern) if test in tests else pc.match_substring_regex(texts, rf"\A(?:{pattern})\z")
    except pa.ArrowInvalid as error:
        raise RuleProblem(f"not a pattern that RE2 reads ({str(error).rpartition(': ')[2]})", at) from None
    return np.asarray(found.fill_null(fill_value=False), dtype=bool)
