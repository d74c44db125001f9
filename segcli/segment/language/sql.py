"""A rule as a boolean expression of SQL that holds for the same customers, missing values as NULL.

SQL has Kleene's logic too, so unknown stays unknown. Sums are reckoned in floats as here, whatever the columns are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from segcli.errors import UsageProblem
from segcli.segment.language import tree
from segcli.segment.language.check import AS_OF, Kind, check, kind_of
from segcli.segment.language.dialects import Dialect, dialect_named
from segcli.segment.language.evaluate import whole_days
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.language.tree import Condition, Value

_SIGNS = {"==": "=", "!=": "<>"}


def as_sql(rule: Condition, kinds: Mapping[str, Kind], dialect: str, as_of: date | None) -> str:
    """The rule in SQL.

    Args:
        rule: the tree.
        kinds: what each column holds.
        dialect: duckdb, postgresql, bigquery or snowflake.
        as_of: the day that `as_of` stands for.

    Raises:
        UsageProblem: the rule cannot be asked of these columns, or cannot be said in the dialect.
    """
    try:
        check(rule, kinds)
    except RuleProblem as problem:
        raise UsageProblem(f"the rule cannot be said in SQL: {problem}") from None
    return _Writer(kinds, dialect_named(dialect), as_of).condition(rule)


@dataclass(frozen=True)
class _Writer:
    kinds: Mapping[str, Kind]
    dialect: Dialect
    as_of: date | None

    def condition(self, node: Condition) -> str:
        match node:
            case tree.Not(inner):
                return f"NOT ({self.condition(inner)})"
            case tree.All(parts):
                return f"({' AND '.join(self.condition(part) for part in parts)})"
            case tree.Any(parts):
                return f"({' OR '.join(self.condition(part) for part in parts)})"
            case tree.Compare(left, sign, right):
                return self.compared(left, sign, right)
            case tree.Between(value, low, high):
                return f"({self.compared(value, '>=', low)} AND {self.compared(value, '<=', high)})"
            case tree.In(value, listed):
                return self.listed(value, listed)
            case tree.Missing(value):
                return f"{self.value(value)} IS NULL"
            case tree.TextTest(value, test, pattern):
                return self.dialect.tested(self.value(value), test, pattern)
            case tree.Truth() | tree.Name():
                return self.value(node)

    def compared(self, left: Value, sign: str, right: Value) -> str:
        one, other = self.pair(left, right)
        if self.kind(left) is Kind.TEXT and self.kind(right) is Kind.TEXT and sign not in _SIGNS:
            one = self.dialect.binary.format(one)
        return f"{one} {_SIGNS.get(sign, sign)} {other}"

    def listed(self, value: Value, listed: tuple[Value, ...]) -> str:
        pairs = [self.pair(value, one) for one in listed]
        if len({one for one, _ in pairs}) == 1:
            return f"{pairs[0][0]} IN ({', '.join(other for _, other in pairs)})"
        return f"({' OR '.join(f'{one} = {other}' for one, other in pairs)})"

    def pair(self, left: Value, right: Value) -> tuple[str, str]:
        """Two values that are compared: a text beside a date is a day."""
        if self.kind(left) is Kind.DATE and isinstance(right, tree.Text):
            return self.value(left), self.day(right)
        if self.kind(right) is Kind.DATE and isinstance(left, tree.Text):
            return self.day(left), self.value(right)
        return self.value(left), self.value(right)

    def kind(self, node: Value) -> Kind:
        return kind_of(node, self.kinds)

    def day(self, node: tree.Text) -> str:
        return self.dialect.day(date.fromisoformat(node.value))

    def value(self, node: Value) -> str:
        match node:
            case tree.Number(value):
                return self.dialect.number(value)
            case tree.Text(value):
                return self.dialect.text(value)
            case tree.Truth(value):
                return "TRUE" if value else "FALSE"
            case tree.Span(count, unit):
                return str(whole_days(count, unit))
            case tree.Name(name):
                return self.column(name)
            case tree.Negative(inner):
                return f"(-{self.operand(inner)})"
            case tree.Sum(left, sign, right):
                return self.summed(left, sign, right)

    def column(self, name: str) -> str:
        if name == AS_OF:
            return self.dialect.day(self.as_of)
        quoted = self.dialect.column(name)
        return f"CAST({quoted} AS DATE)" if self.kinds[name] is Kind.DATE else quoted  # it may have a time of day

    def operand(self, node: Value) -> str:
        """A value within a sum: whole numbers and decimals as floats."""
        plain = isinstance(node, tree.Name | tree.Number) and self.kind(node) is Kind.NUMBER
        shown = self.value(node)
        return self.dialect.as_double(shown) if plain and not shown.startswith("CAST(") else shown

    def summed(self, left: Value, sign: str, right: Value) -> str:
        match self.kind(left), self.kind(right):
            case Kind.DATE, Kind.DATE:
                return self.dialect.days_between.format(self.value(left), self.value(right))
            case Kind.DATE, _:
                return self.later(left, sign, right)
            case _, Kind.DATE:
                return self.dialect.add_days[sign].format(self.value(right), self.days(left))
        one, other = self.operand(left), self.operand(right)
        return f"({one} {sign} {f'NULLIF({other}, 0)' if sign == '/' else other})"  # a share of nothing is not known

    def later(self, left: Value, sign: str, right: Value) -> str:
        """A date moved; by months of the calendar where they are said right behind it."""
        if isinstance(right, tree.Span) and right.unit in {"months", "years"}:
            months = int(right.count * (12 if right.unit == "years" else 1))
            return self.dialect.add_months[sign].format(self.value(left), months)
        return self.dialect.add_days[sign].format(self.value(left), self.days(right))

    def days(self, node: Value) -> str:
        return self.value(node) if isinstance(node, tree.Span) else self.dialect.whole.format(self.value(node))
