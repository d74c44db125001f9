"""Segmentations by written rules as SQL, and the frame that every definition has: what it reads, and on what terms."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from segcli import columns as c
from segcli.model import Segmentation
from segcli.segment.language import tree
from segcli.segment.language.check import AS_OF, Kind
from segcli.segment.language.dialects import Dialect, dialect_named
from segcli.segment.language.evaluate import Table
from segcli.segment.language.sql import as_sql
from segcli.segment.ruled import Ruled

TABLE = "customers"


@dataclass(frozen=True)
class Definition:
    """A segmentation as one SELECT in a dialect, of a table that has the columns it `reads`.

    `notes` are the terms on which it gives segcli's labels; they also stand at its head as comments.
    """

    column: str
    dialect: str
    as_of: date | None
    reads: tuple[str, ...]
    notes: tuple[str, ...]
    select: str

    @property
    def sql(self) -> str:
        """The statement with its head."""
        on = f", as of {self.as_of}" if self.as_of else ""
        lines = [f"{self.column} as segcli decides it{on}, for {self.dialect}", *self.notes]
        return "".join(f"-- {' '.join(line.split())}\n" for line in lines) + f"{self.select};\n"


@dataclass(frozen=True)
class Conditions:
    """Segments with their conditions in the order in which they are asked, and who is in none of them."""

    rules: Sequence[tuple[str, tree.Condition]]
    otherwise: str
    notes: tuple[str, ...] = ()


def of_rules(made: Segmentation, rule: Ruled, dialect: str, table: str = TABLE) -> Definition:
    """Written rules as a CASE: the first that holds names the segment.

    Args:
        made: the segmentation.
        rule: what it was made by.
        dialect: duckdb, postgresql, bigquery or snowflake.
        table: the customer table; dots part its schema from its name.

    Raises:
        UsageProblem: a rule cannot be said in the dialect.
    """
    left_out = () if rule.settings.exclusive else (f"{rule.column}_all is left out",)
    return of_conditions(made, Conditions(rule.rules, rule.settings.otherwise, left_out), dialect, table)


def of_conditions(made: Segmentation, asked: Conditions, dialect: str, table: str = TABLE) -> Definition:
    """Segments by conditions as a CASE.

    Raises:
        UsageProblem: a condition cannot be said in the dialect.
    """
    spoken, as_of, rules = dialect_named(dialect), made.customers.as_of, asked.rules
    kinds = Table(made.customers.table, as_of).kinds
    branches = [(as_sql(rule, kinds, dialect, as_of), spoken.text(name)) for name, rule in rules]
    named = case(branches, spoken.text(asked.otherwise), spoken.column(made.column), "  ")
    select = f"SELECT\n  {spoken.column(c.CUSTOMER_ID)},\n  {named}\nFROM {spoken.table(table)}"
    reads = tuple(dict.fromkeys(name for _, rule in rules for name in tree.names(rule) if name != AS_OF))
    notes = (*asked.notes, *terms_of(made, reads, spoken), *_patterns(rules, spoken))
    return Definition(made.column, dialect, as_of, reads, notes, select)


def case(branches: Iterable[tuple[str, str]], otherwise: str, name: str, margin: str) -> str:
    """A CASE as a column of a SELECT; lines after the first begin with the margin."""
    asked = [f"  WHEN {condition} THEN {value}" for condition, value in branches]
    return f"\n{margin}".join(["CASE", *asked, f"  ELSE {otherwise}", f"END AS {name}"])


def terms_of(made: Segmentation, reads: Sequence[str], dialect: Dialect) -> Iterator[str]:
    """On what terms the same labels come out."""
    kinds = Table(made.customers.table, made.customers.as_of).kinds
    if reads:
        yield f"reads {', '.join(f'{name} ({kinds[name]})' for name in reads)}"
    if set(reads) & {*c.MEASURES, c.AGE}:
        yield "what is measured, such as recency_days, must be counted to the same day"
    yield "what is missing must be NULL: an empty text or NaN is a value"
    if dialect.name == "snowflake":
        yield "names are quoted, so columns and the table must be named in the same case as here"
    if dialect.name == "postgresql" and Kind.TEXT in {kinds[name] for name in reads}:
        yield "the database must be in UTF-8"


def _patterns(rules: Sequence[tuple[str, tree.Condition]], dialect: Dialect) -> Iterator[str]:
    """Where patterns are not RE2, `.` is one thing that no text of theirs shows."""
    asked = any(part.test == "matches" for _, rule in rules for part in _text_tests(rule))
    if asked and dialect.unlike_re2:
        yield f"patterns are read by {dialect.name}, not by RE2: they may differ on texts of several lines"


def _text_tests(node: tree.Condition) -> Iterator[tree.TextTest]:
    match node:
        case tree.TextTest():
            yield node
        case tree.Not(inner):
            yield from _text_tests(inner)
        case tree.All(parts) | tree.Any(parts):
            for part in parts:
                yield from _text_tests(part)
