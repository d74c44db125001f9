"""Differences between SQL dialects: quoting of names and texts, numbers, dates and function names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from segcli.errors import UsageProblem

MAX_EXACT_INTEGER = 2**53  # above it, not every integer is a float
_BACKSLASH_ESCAPES = {"\\": "\\\\", "'": "\\'", "`": "\\`", "\n": "\\n", "\r": "\\r"}
_ESCAPED_CHARACTER = re.compile(r"\\[^0-9A-Za-z]")


@dataclass(frozen=True)
class SqlDialect:
    """One SQL dialect; templates take their operands as {0}, {1}, in the order of the text.

    `name_quote` surrounds names. `name_escapes` and `text_escapes` map a character to its escape sequence.
    `binary_collation` sorts a text by code points. `add_days` and `add_months` map a sign to a template; the second
    operand of `add_months` is the number of months; in `add_computed_months` it is an expression. `text_to_date` reads
    the day at the start of a text. `unsupported_patterns` matches pattern syntax that the dialect lacks or interprets
    differently.
    """

    name: str
    double_type: str
    name_quote: str
    name_escapes: Mapping[str, str]
    text_escapes: Mapping[str, str]
    text_test_templates: Mapping[str, str]
    pattern_template: str
    add_days: Mapping[str, str]
    add_months: Mapping[str, str]
    add_computed_months: str
    text_to_date: str
    days_between: str
    binary_collation: str = "{0}"
    integer_cast: str = "{0}"
    unsupported_patterns: str = ""

    def quote_column(self, name: str) -> str:
        """Quote a column name.

        Raises:
            UsageProblem: the name has a character that SQL cannot represent.
        """
        return f"{self.name_quote}{_escape_text(name, self.name_escapes)}{self.name_quote}"

    def quote_table(self, name: str) -> str:
        """Quote the name of a table, such as shop.customers, part by part."""
        return ".".join(self.quote_column(part) for part in name.split("."))

    def quote_text(self, value: str) -> str:
        """Quote a text.

        Raises:
            UsageProblem: the text has a character that SQL cannot represent.
        """
        return f"'{_escape_text(value, self.text_escapes)}'"

    def format_number(self, value: float) -> str:
        """Format a number as exactly this float: cast from a text, because a decimal literal may be rounded twice."""
        if value == round(value, 0) and abs(value) < MAX_EXACT_INTEGER:
            return f"{value:.0f}" if value else "0"
        return self.cast_double(f"'{float(value)!r}'")

    def cast_double(self, value: str) -> str:
        """Cast a value to the float type that segcli computes with."""
        return f"CAST({value} AS {self.double_type})"

    def format_date(self, date_value: date | None) -> str:
        """Format a date, or a NULL date."""
        return "CAST(NULL AS DATE)" if date_value is None else f"DATE '{date_value.isoformat()}'"

    def format_text_test(self, value: str, test: str, pattern: str) -> str:
        """Format a text test: contains, starts with, ends with, matches.

        Raises:
            UsageProblem: the dialect lacks the pattern or interprets it differently.
        """
        if test == "matches":
            self._require_portable_pattern(pattern)
            return self.text_test_templates[test].format(value, self.quote_text(self.pattern_template.format(pattern)))
        if not pattern:
            return f"{value} = {value}"  # true for every text that is not NULL; dialects differ on empty patterns
        return self.text_test_templates[test].format(value, self.quote_text(pattern), len(pattern))

    def _require_portable_pattern(self, pattern: str) -> None:
        unsupported = self.unsupported_patterns and re.search(
            self.unsupported_patterns, _ESCAPED_CHARACTER.sub("", pattern)
        )
        if unsupported:
            raise UsageProblem(
                f"the pattern '{pattern}' cannot be used in {self.name}, "
                f"which reads '{unsupported[0]}' differently from RE2 or not at all; "
                "write [0-9] for \\d, [A-Za-z0-9_] for \\w, and plain groups"
            )


def _escape_text(text: str, escapes: Mapping[str, str]) -> str:
    if "\0" in text:
        raise UsageProblem(f"the text {text!r} cannot be written in SQL: it contains the character NUL; remove it")
    return "".join(escapes.get(character, character) for character in text)


def _templates_by_sign(template: Callable[[str], str]) -> Mapping[str, str]:
    return {sign: template(sign) for sign in ("+", "-")}


_DUCKDB = SqlDialect(
    name="duckdb",
    double_type="DOUBLE",
    name_quote='"',
    name_escapes={'"': '""'},
    text_escapes={"'": "''"},
    text_test_templates={
        "contains": "contains({0}, {1})",
        "starts with": "starts_with({0}, {1})",
        "ends with": "ends_with({0}, {1})",
        "matches": "regexp_full_match({0}, {1})",
    },
    pattern_template="{0}",
    add_days=_templates_by_sign(lambda sign: f"({{0}} {sign} {{1}})"),
    add_months=_templates_by_sign(lambda sign: f"CAST({{0}} {sign} INTERVAL '{{1}} months' AS DATE)"),
    add_computed_months="CAST({0} + to_months(CAST({1} AS INTEGER)) AS DATE)",
    text_to_date="TRY_CAST(substr({0}, 1, 10) AS DATE)",
    days_between="({0} - {1})",
    integer_cast="CAST({0} AS INTEGER)",
)
_POSTGRESQL = SqlDialect(
    name="postgresql",
    double_type="DOUBLE PRECISION",
    name_quote='"',
    name_escapes={'"': '""'},
    text_escapes={"'": "''"},
    text_test_templates={
        "contains": "strpos({0}, {1}) > 0",
        "starts with": "starts_with({0}, {1})",
        "ends with": "right({0}, {2}) = {1}",
        "matches": "{0} ~ {1}",
    },
    pattern_template="^(?:{0})$",
    add_days=_templates_by_sign(lambda sign: f"({{0}} {sign} {{1}})"),
    add_months=_templates_by_sign(lambda sign: f"CAST({{0}} {sign} INTERVAL '{{1}} months' AS DATE)"),
    add_computed_months="CAST({0} + make_interval(months => CAST({1} AS INTEGER)) AS DATE)",
    text_to_date="CAST(substr({0}, 1, 10) AS DATE)",
    days_between="({0} - {1})",
    binary_collation='{0} COLLATE "C"',
    unsupported_patterns=r"\(\?(?!:)|\\[0-9A-Za-z]|\[:",
)
_BIGQUERY = SqlDialect(
    name="bigquery",
    double_type="FLOAT64",
    name_quote="`",
    name_escapes=_BACKSLASH_ESCAPES,
    text_escapes=_BACKSLASH_ESCAPES,
    text_test_templates={
        "contains": "STRPOS({0}, {1}) > 0",
        "starts with": "STARTS_WITH({0}, {1})",
        "ends with": "ENDS_WITH({0}, {1})",
        "matches": "REGEXP_CONTAINS({0}, {1})",
    },
    pattern_template=r"\A(?:{0})\z",
    add_days={"+": "DATE_ADD({0}, INTERVAL {1} DAY)", "-": "DATE_SUB({0}, INTERVAL {1} DAY)"},
    add_months={"+": "DATE_ADD({0}, INTERVAL {1} MONTH)", "-": "DATE_SUB({0}, INTERVAL {1} MONTH)"},
    add_computed_months="DATE_ADD({0}, INTERVAL {1} MONTH)",
    text_to_date="SAFE_CAST(SUBSTR({0}, 1, 10) AS DATE)",
    days_between="DATE_DIFF({0}, {1}, DAY)",
)
_SNOWFLAKE = SqlDialect(
    name="snowflake",
    double_type="FLOAT",
    name_quote='"',
    name_escapes={'"': '""'},
    text_escapes={"'": "''", "\\": "\\\\"},
    text_test_templates={
        "contains": "CONTAINS({0}, {1})",
        "starts with": "STARTSWITH({0}, {1})",
        "ends with": "ENDSWITH({0}, {1})",
        "matches": "REGEXP_LIKE({0}, {1})",
    },
    pattern_template="{0}",
    add_days={"+": "DATEADD(day, {1}, {0})", "-": "DATEADD(day, -{1}, {0})"},
    add_months={"+": "DATEADD(month, {1}, {0})", "-": "DATEADD(month, -{1}, {0})"},
    add_computed_months="DATEADD(month, {1}, {0})",
    text_to_date="TRY_TO_DATE(SUBSTR({0}, 1, 10))",
    days_between="DATEDIFF(day, {1}, {0})",
    unsupported_patterns=r"\(\?|\\[0-9A-Za-z]|\[:",
)
DIALECTS: Mapping[str, SqlDialect] = {
    dialect.name: dialect for dialect in (_DUCKDB, _POSTGRESQL, _BIGQUERY, _SNOWFLAKE)
}


def find_dialect(name: str | SqlDialect) -> SqlDialect:
    """Return the dialect of this name; a dialect is returned unchanged.

    Raises:
        UsageProblem: segcli does not support the dialect.
    """
    if isinstance(name, SqlDialect):
        return name
    if name not in DIALECTS:
        raise UsageProblem(f"no SQL dialect '{name}'; known: {', '.join(DIALECTS)}")
    return DIALECTS[name]
