"""A rule as a boolean expression of SQL that holds for the same customers, missing values as NULL.

SQL has Kleene's logic too, so unknown stays unknown. Sums are reckoned in floats as here, whatever the columns are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from segcli.errors import UsageProblem
from segcli.segment.language import tree
from segcli.segment.language.check import AS_OF, ValueKind, check_rule, infer_kind
from segcli.segment.language.dialects import SqlDialect, find_dialect
from segcli.segment.language.evaluate import duration_days
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.language.tree import ConditionNode, ValueNode

_SQL_OPERATORS = {"==": "=", "!=": "<>"}


def rule_to_sql(rule: ConditionNode, column_kinds: Mapping[str, ValueKind], dialect: str, as_of: date | None) -> str:
    """The rule in SQL.

    Args:
        rule: the tree.
        column_kinds: what each column holds.
        dialect: duckdb, postgresql, bigquery or snowflake.
        as_of: the day that `as_of` stands for.

    Raises:
        UsageProblem: the rule cannot be asked of these columns, or cannot be said in the dialect.
    """
    try:
        check_rule(rule, column_kinds)
    except RuleProblem as problem:
        raise UsageProblem(f"the rule cannot be said in SQL: {problem}") from None
    return _SqlWriter(column_kinds, find_dialect(dialect), as_of).write_condition(rule)


@dataclass(frozen=True)
class _SqlWriter:
    column_kinds: Mapping[str, ValueKind]
    dialect: SqlDialect
    as_of: date | None

    def write_condition(self, node: ConditionNode) -> str:
        match node:
            case tree.Negation(inner):
                return f"NOT ({self.write_condition(inner)})"
            case tree.AllOf(parts):
                return f"({' AND '.join(self.write_condition(part) for part in parts)})"
            case tree.AnyOf(parts):
                return f"({' OR '.join(self.write_condition(part) for part in parts)})"
            case tree.Comparison(left, sign, right):
                return self.write_comparison(left, sign, right)
            case tree.BetweenTest(value, low, high):
                return f"({self.write_comparison(value, '>=', low)} AND {self.write_comparison(value, '<=', high)})"
            case tree.MembershipTest(value, listed):
                return self.write_membership(value, listed)
            case tree.MissingTest(value):
                return f"{self.write_value(value)} IS NULL"
            case tree.TextTest(value, test, pattern):
                return self.dialect.format_text_test(self.write_value(value), test, pattern)
            case tree.BooleanLiteral() | tree.ColumnReference():
                return self.write_value(node)

    def write_comparison(self, left: ValueNode, operator: str, right: ValueNode) -> str:
        left_sql, right_sql = self.write_pair(left, right)
        if (
            self.value_kind(left) is ValueKind.TEXT
            and self.value_kind(right) is ValueKind.TEXT
            and operator not in _SQL_OPERATORS
        ):
            left_sql = self.dialect.binary_collation.format(left_sql)
        return f"{left_sql} {_SQL_OPERATORS.get(operator, operator)} {right_sql}"

    def write_membership(self, value: ValueNode, items: tuple[ValueNode, ...]) -> str:
        pairs = [self.write_pair(value, item) for item in items]
        if len({item for item, _ in pairs}) == 1:
            return f"{pairs[0][0]} IN ({', '.join(item_sql for _, item_sql in pairs)})"
        return f"({' OR '.join(f'{item} = {item_sql}' for item, item_sql in pairs)})"

    def write_pair(self, left: ValueNode, right: ValueNode) -> tuple[str, str]:
        """Two values that are compared: a text beside a date is a day."""
        if self.value_kind(left) is ValueKind.DATE and isinstance(right, tree.TextLiteral):
            return self.write_value(left), self.write_date(right)
        if self.value_kind(right) is ValueKind.DATE and isinstance(left, tree.TextLiteral):
            return self.write_date(left), self.write_value(right)
        return self.write_value(left), self.write_value(right)

    def value_kind(self, node: ValueNode) -> ValueKind:
        return infer_kind(node, self.column_kinds)

    def write_date(self, date_literal: tree.TextLiteral) -> str:
        return self.dialect.format_date(date.fromisoformat(date_literal.value))

    def write_value(self, node: ValueNode) -> str:
        match node:
            case tree.NumberLiteral(value):
                return self.dialect.format_number(value)
            case tree.TextLiteral(value):
                return self.dialect.quote_text(value)
            case tree.BooleanLiteral(value):
                return "TRUE" if value else "FALSE"
            case tree.DurationLiteral(count, unit):
                return str(duration_days(count, unit))
            case tree.ColumnReference(name):
                return self.write_column(name)
            case tree.UnaryMinus(inner):
                return f"(-{self.write_operand(inner)})"
            case tree.Arithmetic(left, sign, right):
                return self.write_arithmetic(left, sign, right)

    def write_column(self, name: str) -> str:
        if name == AS_OF:
            return self.dialect.format_date(self.as_of)
        quoted_name = self.dialect.quote_column(name)
        return (
            f"CAST({quoted_name} AS DATE)" if self.column_kinds[name] is ValueKind.DATE else quoted_name
        )  # it may have a time of day

    def write_operand(self, node: ValueNode) -> str:
        """A value within a sum: whole numbers and decimals as floats."""
        is_plain_number = (
            isinstance(node, tree.ColumnReference | tree.NumberLiteral) and self.value_kind(node) is ValueKind.NUMBER
        )
        value_sql = self.write_value(node)
        return (
            self.dialect.cast_double(value_sql) if is_plain_number and not value_sql.startswith("CAST(") else value_sql
        )

    def write_arithmetic(self, left: ValueNode, operator: str, right: ValueNode) -> str:
        match self.value_kind(left), self.value_kind(right):
            case ValueKind.DATE, ValueKind.DATE:
                return self.dialect.days_between.format(self.write_value(left), self.write_value(right))
            case ValueKind.DATE, _:
                return self.write_date_shift(left, operator, right)
            case _, ValueKind.DATE:
                return self.dialect.add_days[operator].format(self.write_value(right), self.write_days(left))
        left_sql, right_sql = self.write_operand(left), self.write_operand(right)
        # a share of nothing is not known
        return f"({left_sql} {operator} {f'NULLIF({right_sql}, 0)' if operator == '/' else right_sql})"

    def write_date_shift(self, left: ValueNode, operator: str, right: ValueNode) -> str:
        """A date moved; by months of the calendar where they are said right behind it."""
        if isinstance(right, tree.DurationLiteral) and right.unit in {"months", "years"}:
            months = int(right.count * (12 if right.unit == "years" else 1))
            return self.dialect.add_months[operator].format(self.write_value(left), months)
        return self.dialect.add_days[operator].format(self.write_value(left), self.write_days(right))

    def write_days(self, node: ValueNode) -> str:
        return (
            self.write_value(node)
            if isinstance(node, tree.DurationLiteral)
            else self.dialect.integer_cast.format(self.write_value(node))
        )
