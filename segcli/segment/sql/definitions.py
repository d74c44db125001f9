"""SQL definitions of segmentations by rules, and the header of every definition: columns read and conditions of use."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from segcli import columns
from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.segment.expressions import nodes
from segcli.segment.expressions.checker import AS_OF, RuleSchema, ValueKind, check_rule, infer_kind
from segcli.segment.expressions.evaluator import RuleTable, duration_days
from segcli.segment.expressions.formatter import format_rule
from segcli.segment.expressions.nodes import ConditionNode, ValueNode
from segcli.segment.expressions.parser import RuleProblem
from segcli.segment.rule_set import RuleSet
from segcli.segment.sql.dialects import SqlDialect, find_dialect

# SQL of a rule: a boolean expression that holds for the same customers, with missing values as NULL.
_SQL_OPERATORS = {"==": "=", "!=": "<>"}


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
    for aggregate in nodes.find_aggregates(rule):
        raise UsageProblem(f"{format_rule(aggregate)} has no SQL form: it reads single rows of {aggregate.table}")
    try:
        check_rule(rule, column_kinds)
    except RuleProblem as problem:
        raise UsageProblem(f"cannot translate the rule to SQL: {problem}") from None
    return _SqlWriter(column_kinds, find_dialect(dialect), as_of).write_condition(rule)


@dataclass(frozen=True)
class _SqlWriter:
    column_kinds: Mapping[str, ValueKind]
    dialect: SqlDialect
    as_of: date | None

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
        return infer_kind(node, RuleSchema(self.column_kinds))

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
            case nodes.Aggregate():
                raise UsageProblem(f"{format_rule(node)} has no SQL form: it reads single rows of {node.table}")

    def write_column(self, name: str) -> str:
        if name == AS_OF:
            return self.dialect.format_date(self.as_of)
        quoted_name = self.dialect.quote_column(name)
        return (
            f"CAST({quoted_name} AS DATE)" if self.column_kinds[name] is ValueKind.DATE else quoted_name
        )  # the column may include a time of day

    def write_operand(self, node: ValueNode) -> str:
        """Write an operand of arithmetic; integers and decimals become floats."""
        is_plain_number = (
            isinstance(node, nodes.ColumnReference | nodes.NumberLiteral) and self.value_kind(node) is ValueKind.NUMBER
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

    def write_date_shift(self, left: ValueNode, operator: str, right: ValueNode) -> str:
        """Write a shifted date; months and years directly after the sign are calendar months."""
        if isinstance(right, nodes.DurationLiteral) and right.unit in {"months", "years"}:
            months = int(right.count * (12 if right.unit == "years" else 1))
            return self.dialect.add_months[operator].format(self.write_value(left), months)
        return self.dialect.add_days[operator].format(self.write_value(left), self.write_days(right))

    def write_days(self, node: ValueNode) -> str:
        return (
            self.write_value(node)
            if isinstance(node, nodes.DurationLiteral)
            else self.dialect.integer_cast.format(self.write_value(node))
        )


DEFAULT_TABLE_NAME = "customers"


@dataclass(frozen=True)
class SqlDefinition:
    """A segmentation as one SELECT in a dialect, from a table with the columns `input_columns`.

    `notes` are the conditions for getting segcli's labels; they also appear as comments above the statement.
    """

    column: str
    dialect: str
    as_of: date | None
    input_columns: tuple[str, ...]
    notes: tuple[str, ...]
    select_statement: str

    @property
    def sql_text(self) -> str:
        """Statement with its header comments."""
        as_of_clause = f", as of {self.as_of}" if self.as_of else ""
        comment_lines = [f"{self.column} as segcli computes it{as_of_clause}, for {self.dialect}", *self.notes]
        return "".join(f"-- {' '.join(line.split())}\n" for line in comment_lines) + f"{self.select_statement};\n"


@dataclass(frozen=True)
class SegmentConditions:
    """Segments with their conditions in evaluation order, and the segment of all other customers."""

    rules: Sequence[tuple[str, nodes.ConditionNode]]
    otherwise: str
    notes: tuple[str, ...] = ()


def define_rules(
    segmentation: Segmentation, rule_set: RuleSet, dialect: str, table_name: str = DEFAULT_TABLE_NAME
) -> SqlDefinition:
    """Define rules as a CASE; the first rule that holds names the segment.

    Args:
        segmentation: the segmentation.
        rule_set: the rules that made it.
        dialect: duckdb, postgresql, bigquery or snowflake.
        table_name: the customer table; a dot separates schema and name.

    Raises:
        UsageProblem: the dialect cannot express a rule.
    """
    omission_notes = () if rule_set.settings.exclusive else (f"{rule_set.column}_all is omitted",)
    return define_conditions(
        segmentation,
        SegmentConditions(rule_set.rules, rule_set.settings.otherwise, omission_notes),
        dialect,
        table_name,
    )


def define_conditions(
    segmentation: Segmentation, conditions: SegmentConditions, dialect: str, table_name: str = DEFAULT_TABLE_NAME
) -> SqlDefinition:
    """Define segments with conditions as a CASE.

    Raises:
        UsageProblem: the dialect cannot express a condition.
    """
    sql_dialect, as_of, rules = find_dialect(dialect), segmentation.customers.as_of, conditions.rules
    kinds = RuleTable(segmentation.customers.table, as_of).column_kinds
    branches = [(rule_to_sql(rule, kinds, dialect, as_of), sql_dialect.quote_text(name)) for name, rule in rules]
    case_column = format_case(
        branches, sql_dialect.quote_text(conditions.otherwise), sql_dialect.quote_column(segmentation.column), "  "
    )
    select = (
        f"SELECT\n  {sql_dialect.quote_column(columns.CUSTOMER_ID)},\n  {case_column}\n"
        f"FROM {sql_dialect.quote_table(table_name)}"
    )
    input_columns = tuple(
        dict.fromkeys(name for _, rule in rules for name in nodes.find_columns(rule) if name != AS_OF)
    )
    notes = (
        *conditions.notes,
        *describe_terms(segmentation, input_columns, sql_dialect),
        *_describe_patterns(rules, sql_dialect),
    )
    return SqlDefinition(segmentation.column, dialect, as_of, input_columns, notes, select)


def format_case(branches: Iterable[tuple[str, str]], otherwise: str, column_name: str, margin: str) -> str:
    """Format a CASE as a column of a SELECT; lines after the first start with the margin."""
    when_clauses = [f"  WHEN {condition} THEN {value}" for condition, value in branches]
    return f"\n{margin}".join(["CASE", *when_clauses, f"  ELSE {otherwise}", f"END AS {column_name}"])


def describe_terms(segmentation: Segmentation, input_columns: Sequence[str], dialect: SqlDialect) -> Iterator[str]:
    """Yield the conditions under which the SQL returns the same labels."""
    kinds = RuleTable(segmentation.customers.table, segmentation.customers.as_of).column_kinds
    if input_columns:
        yield f"input columns: {', '.join(f'{name} ({kinds[name]})' for name in input_columns)}"
    if set(input_columns) & {*columns.MEASURES, columns.AGE}:
        yield "measures such as recency_days must be computed as of the same day"
    yield "missing values must be NULL: an empty text or NaN is a value"
    if dialect.name == "snowflake":
        yield "names are quoted, so the names of columns and the table are case-sensitive"
    if dialect.name == "postgresql" and ValueKind.TEXT in {kinds[name] for name in input_columns}:
        yield "the database must use UTF-8"


def _describe_patterns(rules: Sequence[tuple[str, nodes.ConditionNode]], dialect: SqlDialect) -> Iterator[str]:
    """Yield a note if the dialect does not use RE2, because patterns may then differ on multi-line texts."""
    has_patterns = any(part.test == "matches" for _, rule in rules for part in _find_text_tests(rule))
    if has_patterns and dialect.unsupported_patterns:
        yield f"patterns run in {dialect.name}, not in RE2: they may differ on multi-line texts"


def _find_text_tests(node: nodes.ConditionNode) -> Iterator[nodes.TextTest]:
    match node:
        case nodes.TextTest():
            yield node
        case nodes.Negation(inner):
            yield from _find_text_tests(inner)
        case nodes.AllOf(parts) | nodes.AnyOf(parts):
            for part in parts:
                yield from _find_text_tests(part)
