"""Segmentations by written rules as SQL, and the frame that every definition has: what it reads, and on what terms."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from segcli import columns
from segcli.model import Segmentation
from segcli.segment.language import tree
from segcli.segment.language.check import AS_OF, ValueKind
from segcli.segment.language.dialects import SqlDialect, find_dialect
from segcli.segment.language.evaluate import RuleTable
from segcli.segment.language.sql import rule_to_sql
from segcli.segment.ruled import RuleSet

DEFAULT_TABLE_NAME = "customers"


@dataclass(frozen=True)
class SqlDefinition:
    """A segmentation as one SELECT in a dialect, of a table that has the columns it `input_columns`.

    `notes` are the terms on which it gives segcli's labels; they also stand at its head as comments.
    """

    column: str
    dialect: str
    as_of: date | None
    input_columns: tuple[str, ...]
    notes: tuple[str, ...]
    select_statement: str

    @property
    def sql_text(self) -> str:
        """The statement with its head."""
        as_of_clause = f", as of {self.as_of}" if self.as_of else ""
        comment_lines = [f"{self.column} as segcli decides it{as_of_clause}, for {self.dialect}", *self.notes]
        return "".join(f"-- {' '.join(line.split())}\n" for line in comment_lines) + f"{self.select_statement};\n"


@dataclass(frozen=True)
class SegmentConditions:
    """Segments with their conditions in the order in which they are asked, and who is in none of them."""

    rules: Sequence[tuple[str, tree.ConditionNode]]
    otherwise: str
    notes: tuple[str, ...] = ()


def define_rules(
    segmentation: Segmentation, rule_set: RuleSet, dialect: str, table_name: str = DEFAULT_TABLE_NAME
) -> SqlDefinition:
    """Written rules as a CASE: the first that holds names the segment.

    Args:
        segmentation: the segmentation.
        rule_set: what it was made by.
        dialect: duckdb, postgresql, bigquery or snowflake.
        table_name: the customer table; dots part its schema from its name.

    Raises:
        UsageProblem: a rule cannot be said in the dialect.
    """
    omission_notes = () if rule_set.settings.exclusive else (f"{rule_set.column}_all is left out",)
    return define_conditions(
        segmentation,
        SegmentConditions(rule_set.rules, rule_set.settings.otherwise, omission_notes),
        dialect,
        table_name,
    )


def define_conditions(
    segmentation: Segmentation, conditions: SegmentConditions, dialect: str, table_name: str = DEFAULT_TABLE_NAME
) -> SqlDefinition:
    """Segments by conditions as a CASE.

    Raises:
        UsageProblem: a condition cannot be said in the dialect.
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
    input_columns = tuple(dict.fromkeys(name for _, rule in rules for name in tree.find_columns(rule) if name != AS_OF))
    notes = (
        *conditions.notes,
        *describe_terms(segmentation, input_columns, sql_dialect),
        *_describe_patterns(rules, sql_dialect),
    )
    return SqlDefinition(segmentation.column, dialect, as_of, input_columns, notes, select)


def format_case(branches: Iterable[tuple[str, str]], otherwise: str, column_name: str, margin: str) -> str:
    """A CASE as a column of a SELECT; lines after the first begin with the margin."""
    when_clauses = [f"  WHEN {condition} THEN {value}" for condition, value in branches]
    return f"\n{margin}".join(["CASE", *when_clauses, f"  ELSE {otherwise}", f"END AS {column_name}"])


def describe_terms(segmentation: Segmentation, input_columns: Sequence[str], dialect: SqlDialect) -> Iterator[str]:
    """On what terms the same labels come out."""
    kinds = RuleTable(segmentation.customers.table, segmentation.customers.as_of).column_kinds
    if input_columns:
        yield f"reads {', '.join(f'{name} ({kinds[name]})' for name in input_columns)}"
    if set(input_columns) & {*columns.MEASURES, columns.AGE}:
        yield "what is measured, such as recency_days, must be counted to the same day"
    yield "what is missing must be NULL: an empty text or NaN is a value"
    if dialect.name == "snowflake":
        yield "names are quoted, so columns and the table must be named in the same case as here"
    if dialect.name == "postgresql" and ValueKind.TEXT in {kinds[name] for name in input_columns}:
        yield "the database must be in UTF-8"


def _describe_patterns(rules: Sequence[tuple[str, tree.ConditionNode]], dialect: SqlDialect) -> Iterator[str]:
    """Where patterns are not RE2, `.` is one thing that no text of theirs shows."""
    has_patterns = any(part.test == "matches" for _, rule in rules for part in _find_text_tests(rule))
    if has_patterns and dialect.unsupported_patterns:
        yield f"patterns are read by {dialect.name}, not by RE2: they may differ on texts of several lines"


def _find_text_tests(node: tree.ConditionNode) -> Iterator[tree.TextTest]:
    match node:
        case tree.TextTest():
            yield node
        case tree.Negation(inner):
            yield from _find_text_tests(inner)
        case tree.AllOf(parts) | tree.AnyOf(parts):
            for part in parts:
                yield from _find_text_tests(part)
