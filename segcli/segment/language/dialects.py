"""What differs between SQL dialects: how names, texts, numbers and days are written, and what functions are called."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from segcli.errors import UsageProblem

LARGEST_WHOLE = 2**53  # from there on not every whole number is a float
_BACKSLASHED = {"\\": "\\\\", "'": "\\'", "`": "\\`", "\n": "\\n", "\r": "\\r"}
_ESCAPED_SIGN = re.compile(r"\\[^0-9A-Za-z]")


@dataclass(frozen=True)
class Dialect:
    """One dialect; the templates take their operands as {0}, {1}, in the order of the text.

    `name_quote` stands around names, `name_escapes` and `text_escapes` say what stands for a character within.
    `binary` puts a text into the order of its code points. `add_days` and `add_months` are by sign; `months` is the
    interval. `unlike_re2` finds what the dialect's patterns lack or read otherwise.
    """

    name: str
    double: str
    name_quote: str
    name_escapes: Mapping[str, str]
    text_escapes: Mapping[str, str]
    tests: Mapping[str, str]
    pattern: str
    add_days: Mapping[str, str]
    add_months: Mapping[str, str]
    days_between: str
    binary: str = "{0}"
    whole: str = "{0}"
    unlike_re2: str = ""

    def column(self, name: str) -> str:
        """A name in quotes.

        Raises:
            UsageProblem: it holds a character that SQL has no place for.
        """
        return f"{self.name_quote}{_escaped(name, self.name_escapes)}{self.name_quote}"

    def table(self, name: str) -> str:
        """A table's name, such as shop.customers; each part is quoted by itself."""
        return ".".join(self.column(part) for part in name.split("."))

    def text(self, value: str) -> str:
        """A text in quotes.

        Raises:
            UsageProblem: it holds a character that SQL has no place for.
        """
        return f"'{_escaped(value, self.text_escapes)}'"

    def number(self, value: float) -> str:
        """A number that is exactly this float: read from a text, because a decimal literal may be rounded twice."""
        if value == round(value, 0) and abs(value) < LARGEST_WHOLE:
            return f"{value:.0f}" if value else "0"
        return self.as_double(f"'{float(value)!r}'")

    def as_double(self, value: str) -> str:
        """A value as the float that segcli reckons with."""
        return f"CAST({value} AS {self.double})"

    def day(self, value: date | None) -> str:
        """A day, or no day."""
        return "CAST(NULL AS DATE)" if value is None else f"DATE '{value.isoformat()}'"

    def tested(self, value: str, test: str, pattern: str) -> str:
        """A test of text: contains, starts with, ends with, matches.

        Raises:
            UsageProblem: the pattern means something else in this dialect, or nothing.
        """
        if test == "matches":
            self._readable(pattern)
            return self.tests[test].format(value, self.text(self.pattern.format(pattern)))
        if not pattern:
            return f"{value} = {value}"  # every text that is known; the functions disagree on the empty one
        return self.tests[test].format(value, self.text(pattern), len(pattern))

    def _readable(self, pattern: str) -> None:
        found = self.unlike_re2 and re.search(self.unlike_re2, _ESCAPED_SIGN.sub("", pattern))
        if found:
            raise UsageProblem(
                f"the pattern '{pattern}' cannot be said in {self.name}, which reads '{found[0]}' otherwise than RE2 "
                "or not at all; write [0-9] for \\d, [A-Za-z0-9_] for \\w, and plain groups"
            )


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    if "\0" in text:
        raise UsageProblem(f"the text {text!r} cannot be said in SQL: it holds the character NUL; take it out")
    return "".join(escapes.get(sign, sign) for sign in text)


def _both(template: Callable[[str], str]) -> Mapping[str, str]:
    return {sign: template(sign) for sign in ("+", "-")}


_DUCKDB = Dialect(
    name="duckdb",
    double="DOUBLE",
    name_quote='"',
    name_escapes={'"': '""'},
    text_escapes={"'": "''"},
    tests={
        "contains": "contains({0}, {1})",
        "starts with": "starts_with({0}, {1})",
        "ends with": "ends_with({0}, {1})",
        "matches": "regexp_full_match({0}, {1})",
    },
    pattern="{0}",
    add_days=_both(lambda sign: f"({{0}} {sign} {{1}})"),
    add_months=_both(lambda sign: f"CAST({{0}} {sign} INTERVAL '{{1}} months' AS DATE)"),
    days_between="({0} - {1})",
    whole="CAST({0} AS INTEGER)",
)
_POSTGRESQL = Dialect(
    name="postgresql",
    double="DOUBLE PRECISION",
    name_quote='"',
    name_escapes={'"': '""'},
    text_escapes={"'": "''"},
    tests={
        "contains": "strpos({0}, {1}) > 0",
        "starts with": "starts_with({0}, {1})",
        "ends with": "right({0}, {2}) = {1}",
        "matches": "{0} ~ {1}",
    },
    pattern="^(?:{0})$",
    add_days=_both(lambda sign: f"({{0}} {sign} {{1}})"),
    add_months=_both(lambda sign: f"CAST({{0}} {sign} INTERVAL '{{1}} months' AS DATE)"),
    days_between="({0} - {1})",
    binary='{0} COLLATE "C"',
    unlike_re2=r"\(\?(?!:)|\\[0-9A-Za-z]|\[:",
)
_BIGQUERY = Dialect(
    name="bigquery",
    double="FLOAT64",
    name_quote="`",
    name_escapes=_BACKSLASHED,
    text_escapes=_BACKSLASHED,
    tests={
        "contains": "STRPOS({0}, {1}) > 0",
        "starts with": "STARTS_WITH({0}, {1})",
        "ends with": "ENDS_WITH({0}, {1})",
        "matches": "REGEXP_CONTAINS({0}, {1})",
    },
    pattern=r"\A(?:{0})\z",
    add_days={"+": "DATE_ADD({0}, INTERVAL {1} DAY)", "-": "DATE_SUB({0}, INTERVAL {1} DAY)"},
    add_months={"+": "DATE_ADD({0}, INTERVAL {1} MONTH)", "-": "DATE_SUB({0}, INTERVAL {1} MONTH)"},
    days_between="DATE_DIFF({0}, {1}, DAY)",
)
_SNOWFLAKE = Dialect(
    name="snowflake",
    double="FLOAT",
    name_quote='"',
    name_escapes={'"': '""'},
    text_escapes={"'": "''", "\\": "\\\\"},
    tests={
        "contains": "CONTAINS({0}, {1})",
        "starts with": "STARTSWITH({0}, {1})",
        "ends with": "ENDSWITH({0}, {1})",
        "matches": "REGEXP_LIKE({0}, {1})",
    },
    pattern="{0}",
    add_days={"+": "DATEADD(day, {1}, {0})", "-": "DATEADD(day, -{1}, {0})"},
    add_months={"+": "DATEADD(month, {1}, {0})", "-": "DATEADD(month, -{1}, {0})"},
    days_between="DATEDIFF(day, {1}, {0})",
    unlike_re2=r"\(\?|\\[0-9A-Za-z]|\[:",
)
DIALECTS: Mapping[str, Dialect] = {one.name: one for one in (_DUCKDB, _POSTGRESQL, _BIGQUERY, _SNOWFLAKE)}


def dialect_named(name: str) -> Dialect:
    """The dialect of this name.

    Raises:
        UsageProblem: segcli does not speak it.
    """
    if name not in DIALECTS:
        raise UsageProblem(f"no SQL dialect '{name}'; known: {', '.join(DIALECTS)}")
    return DIALECTS[name]
