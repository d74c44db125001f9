"""SQL of a rule: a boolean expression that holds for the same customers, with missing values as NULL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from segcli.errors import UsageProblem
from segcli.segment.expressions import nodes
from segcli.segment.expressions.checker import AS_OF, RuleSchema, ValueKind, check_rule, infer_kind
from segcli.segment.expressions.evaluator import DAY_PATTERN, duration_days
from segcli.segment.expressions.formatter import format_rule
from segcli.segment.expressions.nodes import ConditionNode, ValueNode
from segcli.segment.expressions.tokens import RuleProblem
from segcli.segment.sql.dialects import SqlDialect, find_dialect

_SQL_OPERATORS = {"==": "=", "!=": "<>"}


@dataclass(frozen=True)
class SqlContext:
    """What a rule may name, the dialect, the as-of day, and the column that holds each aggregate.

    `write_aggregate` returns the SQL of an aggregate; without it, aggregates are refused.
    """

    schema: RuleSchema
    dialect: SqlDialect
    as_of: date | None
    write_aggregate: Callable[[nodes.Aggregate], str] | None = None


def rule_to_sql(rule: ConditionNode, column_kinds: Mapping[str, ValueKind], dialect: str, as_of: date | None) -> str:
    """Translate a rule to SQL.

    Args:
        rule: the tree.
        column_kinds: the kind of each column.
        dialect: duckdb, postgresql, bigquery or snowflake.
        as_of: the day that `as_of` means.

    Raises:
        UsageProblem: the rule does not match these columns, or the dialect cannot express it.
    """
    return translate_rule(rule, SqlContext(RuleSchema(column_kinds), find_dialect(dialect), as_of))


def translate_rule(rule: ConditionNode, context: SqlContext) -> str:
    """Translate a rule to SQL in a context, which collects the sub-queries of its aggregates.

    Raises:
        UsageProblem: the rule does not match the columns, or the dialect cannot express it.
    """
    try:
        check_rule(rule, context.schema.columns, context.schema.tables)
    except RuleProblem as problem:
        raise UsageProblem(f"cannot translate the rule to SQL: {problem}; change the rule") from None
    return _SqlWriter(context).write_condition(rule)


def translate_column(name: str, context: SqlContext) -> str:
    """Translate a column; a date column may include a time of day, which is cut off."""
    return _SqlWriter(context).write_column(name)


def shift_date(date_sql: str, operator: str, duration: nodes.DurationLiteral, dialect: SqlDialect) -> str:
    """Write a date shifted by a duration; months and years are calendar months."""
    if duration.unit in {"months", "years"}:
        months = int(duration.count * (12 if duration.unit == "years" else 1))
        return dialect.add_months[operator].format(date_sql, months)
    return dialect.add_days[operator].format(date_sql, duration_days(duration.count, duration.unit))


@dataclass(frozen=True)
class _SqlWriter:
    context: SqlContext

    @property
    def dialect(self) -> SqlDialect:
        return self.context.dialect

    def write_condition(self, node: ConditionNode) -> str:
        match node:
            case nodes.Negation(inner):
                return f"NOT ({self.write_condition(inner)})"
            case nodes.AllOf(parts):
                return f"({' AND '.join(self.write_condition(part) for part in parts)})"
            case nodes.AnyOf(parts):
                return f"({' OR '.join(self.write_condition(part) for part in parts)})"
            case nodes.Comparison(left, sign, right):
                return self.write_comparison(left, sign, right)
            case nodes.BetweenTest(value, low, high):
                return f"({self.write_comparison(value, '>=', low)} AND {self.write_comparison(value, '<=', high)})"
            case nodes.MembershipTest(value, listed):
                return self.write_membership(value, listed)
            case nodes.MissingTest(value):
                return f"{self.write_value(value)} IS NULL"
            case nodes.TextTest(value, test, pattern):
                return self.dialect.format_text_test(self.write_value(value), test, pattern)
            case nodes.SegmentTest():
                raise AssertionError(node)  # check_rule refuses it
            case nodes.BooleanLiteral() | nodes.ColumnReference() | nodes.Aggregate():
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
        """Write two compared values; a text next to a date is a day."""
        if self.value_kind(left) is ValueKind.DATE and isinstance(right, nodes.TextLiteral):
            return self.write_value(left), self.write_date(right)
        if self.value_kind(right) is ValueKind.DATE and isinstance(left, nodes.TextLiteral):
            return self.write_date(left), self.write_value(right)
        return self.write_value(left), self.write_value(right)

    def value_kind(self, node: ValueNode) -> ValueKind:
        return infer_kind(node, self.context.schema)

    def write_date(self, date_literal: nodes.TextLiteral) -> str:
        return self.dialect.format_date(date.fromisoformat(date_literal.value))

    def write_value(self, node: ValueNode) -> str:
        match node:
            case nodes.NumberLiteral(value):
                return self.dialect.format_number(value)
            case nodes.TextLiteral(value):
                return self.dialect.quote_text(value)
            case nodes.BooleanLiteral(value):
                return "TRUE" if value else "FALSE"
            case nodes.DurationLiteral(count, unit):
                return str(duration_days(count, unit))
            case nodes.ColumnReference(name):
                return self.write_column(name)
            case nodes.UnaryMinus(inner):
                return f"(-{self.write_operand(inner)})"
            case nodes.Arithmetic(left, sign, right):
                return self.write_arithmetic(left, sign, right)
            case nodes.DateConversion(inner):
                if self.value_kind(inner) is ValueKind.DATE:
                    return self.write_value(inner)
                has_day = self.dialect.format_text_test(self.write_value(inner), "matches", DAY_PATTERN.pattern)
                day = self.dialect.text_to_date.format(self.write_value(inner))
                return f"(CASE WHEN {has_day} THEN {day} END)"
            case nodes.NextAnniversary(inner):
                return self.write_anniversary(self.write_value(inner))
            case nodes.Aggregate():
                if self.context.write_aggregate is None:
                    raise UsageProblem(
                        f"{format_rule(node)} has no SQL form here: it reads the table {node.table}; change the rule"
                    )
                return self.context.write_aggregate(node)

    def write_column(self, name: str) -> str:
        if name == AS_OF:
            return self.dialect.format_date(self.context.as_of)
        quoted_name = self.dialect.quote_column(name)
        return (
            f"CAST({quoted_name} AS DATE)" if self.context.schema.columns[name] is ValueKind.DATE else quoted_name
        )  # the column may include a time of day

    def write_operand(self, node: ValueNode) -> str:
        """Write an operand of arithmetic; integers and decimals become floats."""
        is_plain_number = (
            isinstance(node, nodes.ColumnReference | nodes.NumberLiteral | nodes.Aggregate)
            and self.value_kind(node) is ValueKind.NUMBER
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
        # a division by 0 is unknown
        return f"({left_sql} {operator} {f'NULLIF({right_sql}, 0)' if operator == '/' else right_sql})"

    def write_anniversary(self, date_sql: str) -> str:
        """Write the first anniversary of a date that is not before the as-of day."""
        as_of = self.dialect.format_date(self.context.as_of)
        years = f"GREATEST(EXTRACT(YEAR FROM {as_of}) - EXTRACT(YEAR FROM {date_sql}), 0)"
        this_year, next_year = (
            self.dialect.add_computed_months.format(date_sql, f"12 * ({years}{later})") for later in ("", " + 1")
        )
        return f"(CASE WHEN {this_year} >= {as_of} THEN {this_year} ELSE {next_year} END)"

    def write_date_shift(self, left: ValueNode, operator: str, right: ValueNode) -> str:
        """Write a shifted date; months and years directly after the sign are calendar months."""
        if isinstance(right, nodes.DurationLiteral):
            return shift_date(self.write_value(left), operator, right, self.dialect)
        return self.dialect.add_days[operator].format(self.write_value(left), self.write_days(right))

    def write_days(self, node: ValueNode) -> str:
        return (
            self.write_value(node)
            if isinstance(node, nodes.DurationLiteral)
            else self.dialect.integer_cast.format(self.write_value(node))
        )
