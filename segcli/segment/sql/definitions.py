"""SQL definitions of segmentations by rules, and the header of every definition: columns read and conditions of use."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from segcli import columns
from segcli.model import Segmentation
from segcli.segment.expressions import nodes
from segcli.segment.expressions.checker import AS_OF, ValueKind
from segcli.segment.expressions.evaluator import RuleTable
from segcli.segment.rule_set import RuleSet
from segcli.segment.sql.aggregates import AggregateQueries
from segcli.segment.sql.conditions import translate_rule
from segcli.segment.sql.dialects import SqlDialect, find_dialect

DEFAULT_TABLE_NAME = "customers"


@dataclass(frozen=True)
class SqlDefinition:
    """A segmentation as one SELECT in a dialect, from a table with the columns `input_columns`.

    `notes` are the conditions for getting segcli's labels; they also appear as comments above the statement.
    `segments` are all labels that the statement can give.
    """

    column: str
    dialect: str
    as_of: date | None
    input_columns: tuple[str, ...]
    notes: tuple[str, ...]
    select_statement: str
    segments: tuple[str, ...]

    @property
    def comment_lines(self) -> list[str]:
        """What the statement defines, and its notes, each on one line."""
        as_of_clause = f", as of {self.as_of}" if self.as_of else ""
        lines = [f"{self.column} as segcli computes it{as_of_clause}, for {self.dialect}", *self.notes]
        return [" ".join(line.split()) for line in lines]

    @property
    def sql_text(self) -> str:
        """Statement with its header comments."""
        return "".join(f"-- {line}\n" for line in self.comment_lines) + f"{self.select_statement};\n"


@dataclass(frozen=True)
class SegmentConditions:
    """Segments with their conditions in evaluation order, and the segment of all other customers."""

    rules: Sequence[tuple[str, nodes.ConditionNode]]
    otherwise: str
    notes: tuple[str, ...] = ()


def define_rules(
    segmentation: Segmentation, rule_set: RuleSet, dialect: str | SqlDialect, table_name: str = DEFAULT_TABLE_NAME
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
    segmentation: Segmentation,
    conditions: SegmentConditions,
    dialect: str | SqlDialect,
    table_name: str = DEFAULT_TABLE_NAME,
) -> SqlDefinition:
    """Define segments with conditions as a CASE.

    Raises:
        UsageProblem: the dialect cannot express a condition.
    """
    sql_dialect, as_of, rules = find_dialect(dialect), segmentation.customers.as_of, conditions.rules
    aggregates = AggregateQueries(segmentation.customers, sql_dialect, table_name)
    branches = [(translate_rule(rule, aggregates.context), sql_dialect.quote_text(name)) for name, rule in rules]
    case_column = format_case(
        branches, sql_dialect.quote_text(conditions.otherwise), sql_dialect.quote_column(segmentation.column), "  "
    )
    select = (
        f"{aggregates.with_clause}SELECT\n  {sql_dialect.quote_column(columns.CUSTOMER_ID)},\n  {case_column}\n"
        f"FROM {sql_dialect.quote_table(table_name)}{aggregates.join_clauses}"
    )
    input_columns = tuple(
        dict.fromkeys(name for _, rule in rules for name in nodes.find_columns(rule) if name != AS_OF)
    )
    notes = (
        *conditions.notes,
        *describe_terms(segmentation, input_columns, sql_dialect),
        *aggregates.notes,
        *_describe_patterns(rules, sql_dialect),
    )
    segments = tuple(dict.fromkeys([*(name for name, _ in rules), conditions.otherwise]))
    return SqlDefinition(segmentation.column, sql_dialect.name, as_of, input_columns, notes, select, segments)


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
