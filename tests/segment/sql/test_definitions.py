"""Rules as SQL: DuckDB finds what segcli does; the other dialects are held to what a person wrote."""

import contextlib
import math
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.errors import UsageProblem
from segcli.segment.expressions import nodes
from segcli.segment.expressions.checker import ValueKind
from segcli.segment.expressions.evaluator import RuleTable, evaluate_rule
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.sql.conditions import rule_to_sql
from segcli.segment.sql.dialects import DIALECTS, find_dialect

duckdb = pytest.importorskip("duckdb")

AS_OF = date(2026, 7, 1)
QUOTED = 'a "b" `c` \\ d'
TEXTS = ["DE", "de", "", "O'Neill", 'say "x"', "back\\slash", "Ärger", "日本", "😀z", "￿", "a\nb", "%_", None]


def days(*written: str) -> pd.DatetimeIndex:
    return pd.to_datetime(list(written), format="ISO8601")


CUSTOMERS = pd.DataFrame(
    {
        "orders": pd.Series([1, 4, 9, None, 0, 2, 3, 3, 5, 7, 2**31, -1, 12], dtype="Int64"),
        "revenue": [10.0, 400.0, None, 90.0, 0.1, 0.3, -0.0, 1234.56, -12.5, 4.0, 1e15, 0.7, 100.0],
        QUOTED: [0.0, 1.0, 2.0, 3.0, 0.1 + 0.2, 0.5, None, 1.5, 2.5, 1 / 3, 8.0, 13.0, 21.0],
        "country": pd.Series(TEXTS, dtype="str"),
        "city": pd.Series([*TEXTS[3:], "DE", "de", ""], dtype="str"),
        "first": days("2024-02-29", "2025-01-31", "", "2026-03-31 23:59:59", *["2020-12-31"] * 9),
        "last": days("2026-06-30", "2026-05-31 12:00", "2026-01-01", "", *["2026-07-01"] * 9),
        "consent": [True, False, True, False] * 3 + [True],
    }
)
TABLE = RuleTable(CUSTOMERS, AS_OF)
Ask = Callable[[str], list[Any]]


@pytest.fixture(scope="module")
def ask() -> Ask:
    base = duckdb.connect()
    numbered = CUSTOMERS.assign(place=range(len(CUSTOMERS)))
    base.register("arrow", pa.Table.from_pandas(numbered, preserve_index=False))
    base.execute("CREATE TABLE customers AS SELECT * FROM arrow")
    return lambda sql: [row[0] for row in base.execute(_select(sql)).fetchall()]


def _select(sql: str) -> str:
    return f"SELECT {sql} FROM customers ORDER BY place"  # noqa: S608 - what is tested


def said(rule: str, dialect: str = "duckdb", as_of: date | None = AS_OF) -> str:
    return rule_to_sql(parse_rule(rule), TABLE.column_kinds, dialect, as_of)


def decided(rule: nodes.ConditionNode, table: RuleTable = TABLE) -> list[bool | None]:
    holds = evaluate_rule(rule, table)
    return [bool(true) if known else None for true, known in zip(holds.is_true, holds.is_known, strict=True)]


# Rules of every kind, drawn so that they can be asked

NUMBERS = st.recursive(
    st.one_of(
        st.integers(0, 10**6).map(lambda cents: nodes.NumberLiteral(cents / 100)),
        st.sampled_from([0.0, 1.0, 3.0, 0.1, 0.3, 1e15, 2.0**53]).map(nodes.NumberLiteral),
        st.sampled_from(["orders", "revenue", QUOTED]).map(nodes.ColumnReference),
    ),
    lambda inner: st.one_of(
        st.builds(nodes.UnaryMinus, inner), st.builds(nodes.Arithmetic, inner, st.sampled_from(nodes.ARITHMETIC), inner)
    ),
    max_leaves=4,
)
DAYS = st.dates(date(2019, 1, 1), date(2027, 1, 1)).map(lambda day: nodes.TextLiteral(day.isoformat()))
WHOLE = st.builds(nodes.DurationLiteral, st.integers(0, 30).map(float), st.sampled_from(nodes.DURATION_UNITS))
HALVES = st.builds(nodes.DurationLiteral, st.integers(0, 99).map(lambda n: n / 2), st.sampled_from(["days", "weeks"]))
DATES: st.SearchStrategy[Any] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["first", "last", "as_of"]).map(nodes.ColumnReference),
        st.builds(nodes.Arithmetic, DATES, st.sampled_from(["+", "-"]), SPANS),
        st.builds(nodes.Arithmetic, SPANS, st.just("+"), DATES),
    )
)
SPANS: st.SearchStrategy[Any] = st.deferred(
    lambda: st.one_of(
        WHOLE, HALVES, st.builds(nodes.UnaryMinus, SPANS), st.builds(nodes.Arithmetic, DATES, st.just("-"), DATES)
    )
)
WORDS = st.one_of(
    st.sampled_from([text for text in TEXTS if text is not None]), st.text("aDE'\\\"%_ é😀\n", max_size=3)
)
COLUMNS = st.sampled_from(["country", "city"]).map(nodes.ColumnReference)
ANY_TEXT = st.one_of(COLUMNS, st.builds(nodes.TextLiteral, WORDS))
PATTERNS = st.sampled_from(
    ["", "DE", "[A-Z]+", "a.b", "(?i)de", "a|DE", r"\w+", r"O'Ne?.*", "[^D]*", r"\p{L}+", "^DE$"]
)
TRUTHS = st.one_of(st.just(nodes.ColumnReference("consent")), st.builds(nodes.BooleanLiteral, st.booleans()))


def asked(values: st.SearchStrategy[Any], others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(nodes.Comparison, values, st.sampled_from(nodes.COMPARISONS), others),
        st.builds(nodes.Comparison, others, st.sampled_from(nodes.COMPARISONS), values),
        st.builds(nodes.BetweenTest, values, others, others),
        st.builds(nodes.MembershipTest, values, st.lists(others, min_size=1, max_size=3).map(tuple)),
        st.builds(nodes.MissingTest, values),
    )


TESTS = st.one_of(
    asked(NUMBERS, NUMBERS),
    asked(DATES, st.one_of(DATES, DAYS)),
    asked(DAYS, DATES),
    asked(SPANS, SPANS),
    asked(ANY_TEXT, ANY_TEXT),
    st.builds(nodes.TextTest, ANY_TEXT, st.sampled_from(nodes.TEXT_TEST_WORDS[:3]), WORDS),
    st.builds(nodes.TextTest, ANY_TEXT, st.just("matches"), PATTERNS),
    st.builds(nodes.Comparison, TRUTHS, st.sampled_from(["==", "!="]), TRUTHS),
    TRUTHS,
)


def several(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    two = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(nodes.AllOf, two), st.builds(nodes.AnyOf, two), st.builds(nodes.Negation, inner))


@settings(deadline=None)
@given(rule=st.recursive(TESTS, several, max_leaves=5))
def test_duckdb_finds_true_false_and_unknown_where_segcli_does(ask: Ask, rule: nodes.ConditionNode) -> None:
    assert ask(rule_to_sql(rule, TABLE.column_kinds, "duckdb", AS_OF)) == decided(rule)


@settings(max_examples=20, deadline=None)
@given(rule=TESTS, dialect=st.sampled_from(list(DIALECTS)))
def test_every_dialect_says_a_rule_or_why_it_cannot(rule: nodes.ConditionNode, dialect: str) -> None:
    unlike = isinstance(rule, nodes.TextTest) and rule.test == "matches" and dialect in {"postgresql", "snowflake"}
    with contextlib.suppress(UsageProblem) if unlike else contextlib.nullcontext():
        assert rule_to_sql(rule, TABLE.column_kinds, dialect, AS_OF)


@settings(max_examples=50, deadline=None)
@given(number=st.floats(allow_nan=False))
def test_a_number_is_exactly_the_float(ask: Ask, number: float) -> None:
    assert ask(f"CAST({find_dialect('duckdb').format_number(number)} AS DOUBLE)")[0] == number


@settings(max_examples=50, deadline=None)
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_text_is_that_text_whatever_it_holds(ask: Ask, text: str) -> None:
    assert ask(find_dialect("duckdb").quote_text(text))[0] == text


# What people expect to read


@pytest.mark.parametrize(
    ("rule", "sql"),
    [
        ("orders >= 4 and not consent", '("orders" >= 4 AND NOT ("consent"))'),
        ("revenue > 12.34", "\"revenue\" > CAST('12.34' AS DOUBLE)"),
        ("country in ['DE', 'AT']", "\"country\" IN ('DE', 'AT')"),
        ("orders between 1 and 4", '("orders" >= 1 AND "orders" <= 4)'),
        ("country is not missing", 'NOT ("country" IS NULL)'),
        (
            "revenue / orders > 50",
            '(CAST("revenue" AS DOUBLE) / NULLIF(CAST("orders" AS DOUBLE), 0)) > 50',
        ),
        ("last >= as_of - 30 days", "CAST(\"last\" AS DATE) >= (DATE '2026-07-01' - 30)"),
        ("last < '2026-01-31'", "CAST(\"last\" AS DATE) < DATE '2026-01-31'"),
    ],
)
def test_rules_read_as_sql_that_a_person_would_write(rule: str, sql: str) -> None:
    assert said(rule) == sql


@pytest.mark.parametrize(
    ("rule", "postgresql", "bigquery", "snowflake"),
    [
        (
            "country == \"O'Neill\"",
            "\"country\" = 'O''Neill'",
            "`country` = 'O\\'Neill'",
            "\"country\" = 'O''Neill'",
        ),
        (r'country contains "a\\b"', r"""strpos("country", 'a\b') > 0""", r"STRPOS(`country`, 'a\\b') > 0",
         r"""CONTAINS("country", 'a\\b')"""),
        ("country starts with 'D'", "starts_with(\"country\", 'D')", "STARTS_WITH(`country`, 'D')",
         "STARTSWITH(\"country\", 'D')"),
        ("country ends with 'Ä😀'", "right(\"country\", 2) = 'Ä😀'", "ENDS_WITH(`country`, 'Ä😀')",
         "ENDSWITH(\"country\", 'Ä😀')"),
        ("country contains ''", '"country" = "country"', "`country` = `country`", '"country" = "country"'),
        ("country matches '[A-Z]+|x'", "\"country\" ~ '^(?:[A-Z]+|x)$'",
         r"REGEXP_CONTAINS(`country`, '\\A(?:[A-Z]+|x)\\z')", "REGEXP_LIKE(\"country\", '[A-Z]+|x')"),
        ("country < 'M'", "\"country\" COLLATE \"C\" < 'M'", "`country` < 'M'", "\"country\" < 'M'"),
        ("revenue > 0.5", "\"revenue\" > CAST('0.5' AS DOUBLE PRECISION)", "`revenue` > CAST('0.5' AS FLOAT64)",
         "\"revenue\" > CAST('0.5' AS FLOAT)"),
        ("orders / 2 == orders",
         '(CAST("orders" AS DOUBLE PRECISION) / NULLIF(CAST(2 AS DOUBLE PRECISION), 0)) = "orders"',
         "(CAST(`orders` AS FLOAT64) / NULLIF(CAST(2 AS FLOAT64), 0)) = `orders`",
         '(CAST("orders" AS FLOAT) / NULLIF(CAST(2 AS FLOAT), 0)) = "orders"'),
        ("last >= as_of - 30 days", "CAST(\"last\" AS DATE) >= (DATE '2026-07-01' - 30)",
         "CAST(`last` AS DATE) >= DATE_SUB(DATE '2026-07-01', INTERVAL 30 DAY)",
         "CAST(\"last\" AS DATE) >= DATEADD(day, -30, DATE '2026-07-01')"),
        ("last + 1 year < as_of", "CAST(CAST(\"last\" AS DATE) + INTERVAL '12 months' AS DATE) < DATE '2026-07-01'",
         "DATE_ADD(CAST(`last` AS DATE), INTERVAL 12 MONTH) < DATE '2026-07-01'",
         "DATEADD(month, 12, CAST(\"last\" AS DATE)) < DATE '2026-07-01'"),
        ("as_of - last > 2 months", "(DATE '2026-07-01' - CAST(\"last\" AS DATE)) > 60",
         "DATE_DIFF(DATE '2026-07-01', CAST(`last` AS DATE), DAY) > 60",
         "DATEDIFF(day, CAST(\"last\" AS DATE), DATE '2026-07-01') > 60"),
        ("last - 1 month < as_of", "CAST(CAST(\"last\" AS DATE) - INTERVAL '1 months' AS DATE) < DATE '2026-07-01'",
         "DATE_SUB(CAST(`last` AS DATE), INTERVAL 1 MONTH) < DATE '2026-07-01'",
         "DATEADD(month, -1, CAST(\"last\" AS DATE)) < DATE '2026-07-01'"),
        ("last + 30 days < as_of", "(CAST(\"last\" AS DATE) + 30) < DATE '2026-07-01'",
         "DATE_ADD(CAST(`last` AS DATE), INTERVAL 30 DAY) < DATE '2026-07-01'",
         "DATEADD(day, 30, CAST(\"last\" AS DATE)) < DATE '2026-07-01'"),
        ("last + (as_of - first) > as_of",
         "(CAST(\"last\" AS DATE) + (DATE '2026-07-01' - CAST(\"first\" AS DATE))) > DATE '2026-07-01'",
         ("DATE_ADD(CAST(`last` AS DATE), INTERVAL DATE_DIFF(DATE '2026-07-01', CAST(`first` AS DATE), DAY) DAY)"
         " > DATE '2026-07-01'"),
         ("DATEADD(day, DATEDIFF(day, CAST(\"first\" AS DATE), DATE '2026-07-01'), CAST(\"last\" AS DATE))"
         " > DATE '2026-07-01'")),
    ],
)  # fmt: skip
def test_the_other_dialects_are_those_of_their_manuals(
    rule: str, postgresql: str, bigquery: str, snowflake: str
) -> None:
    assert [said(rule, name) for name in ("postgresql", "bigquery", "snowflake")] == [postgresql, bigquery, snowflake]


@pytest.mark.parametrize(
    ("dialect", "column", "text"),
    [
        ("duckdb", '"a ""b"" `c` \\ d"', "'''; DROP TABLE x; --\\'"),
        ("postgresql", '"a ""b"" `c` \\ d"', "'''; DROP TABLE x; --\\'"),
        ("bigquery", '`a "b" \\`c\\` \\\\ d`', "'\\'; DROP TABLE x; --\\\\'"),
        ("snowflake", '"a ""b"" `c` \\ d"', "'''; DROP TABLE x; --\\\\'"),
    ],
)
def test_no_name_and_no_text_ends_its_quotes(dialect: str, column: str, text: str) -> None:
    spoken = find_dialect(dialect)
    assert spoken.quote_column(QUOTED) == column
    assert spoken.quote_text("'; DROP TABLE x; --\\") == text


@pytest.mark.parametrize(
    ("dialect", "double"),
    [("duckdb", "DOUBLE"), ("postgresql", "DOUBLE PRECISION"), ("bigquery", "FLOAT64"), ("snowflake", "FLOAT")],
)
def test_whole_numbers_are_written_plainly_while_each_is_a_float(dialect: str, double: str) -> None:
    spoken = find_dialect(dialect)
    assert [spoken.format_number(one) for one in (0.0, -0.0, -7.0, 1e15)] == ["0", "0", "-7", "1000000000000000"]
    assert spoken.format_number(2.0**53 - 1) == "9007199254740991"
    assert spoken.format_number(2.0**53) == f"CAST('9007199254740992.0' AS {double})"
    assert spoken.format_date(None) == "CAST(NULL AS DATE)"
    assert spoken.format_date(AS_OF) == "DATE '2026-07-01'"


def test_bigquery_keeps_a_text_on_one_line() -> None:
    assert find_dialect("bigquery").quote_text("a\r\nb") == r"'a\r\nb'"


def test_parts_of_a_tables_name_are_quoted_each_by_itself() -> None:
    assert find_dialect("snowflake").quote_table('shop.cus"tomers') == '"shop"."cus""tomers"'
    assert find_dialect("bigquery").quote_table("my-shop.crm.customers") == "`my-shop`.`crm`.`customers`"


# What a day, a share and a missing value are


def test_without_a_day_nothing_is_known_of_it(ask: Ask) -> None:
    rule = parse_rule("last >= as_of - 1 month or as_of is missing and orders >= 9")
    assert ask(rule_to_sql(rule, TABLE.column_kinds, "duckdb", None)) == decided(rule, RuleTable(CUSTOMERS, None))


def test_a_share_of_nothing_is_not_known(ask: Ask) -> None:
    places = [place for place, found in enumerate(ask(said("revenue / orders is missing"))) if found]
    assert places == [2, 3, 4]


def test_sums_are_those_of_floats(ask: Ask) -> None:
    """0.1 + 0.2 is not 0.3 in floats, and is in decimals."""
    assert ask(said("0.1 + 0.2 == 0.3"))[0] is False
    assert Fraction(0.1) + Fraction(0.2) != Fraction(0.3)
    assert ask(said("1 / 2 == 0.5"))[0] is True


@pytest.mark.parametrize("edge", [0.1, 0.3, 4.35, 1234.56, 1e15, 9007199254740991.0, 1e-300, 5e-324])
def test_the_next_float_is_on_the_other_side_of_an_edge(edge: float) -> None:
    base, number = duckdb.connect(), find_dialect("duckdb").format_number(edge)
    for value, reached in ((math.nextafter(edge, -math.inf), False), (edge, True), (math.nextafter(edge, 2e300), True)):
        assert base.execute(f"SELECT ?::DOUBLE >= {number}", [value]).fetchall() == [(reached,)]


def test_months_stand_for_the_calendar_only_behind_a_date(ask: Ask) -> None:
    days = [date(2024, 2, 29), AS_OF - timedelta(days=30)]
    assert said("first + 1 month < as_of") != said("1 month + first < as_of")
    assert ask(f"DATE '{days[0]}' + INTERVAL '12 months' = DATE '2025-02-28'")[0] is True
    assert said("as_of - last > 1 month").endswith("> 30")


# What cannot be said


@pytest.mark.parametrize("dialect", ["postgresql", "snowflake"])
@pytest.mark.parametrize("pattern", [r"\\d+", r"\\p{L}", "(?i)de", "(?P<a>x)", "[[:alpha:]]", r"\\Aa"])
def test_patterns_that_mean_something_else_are_refused(dialect: str, pattern: str) -> None:
    with pytest.raises(UsageProblem, match=f"cannot be used in {dialect}"):
        said(f"country matches '{pattern}'", dialect)
    assert said(f"country matches '{pattern}'")


def test_escaped_signs_in_patterns_are_the_same_everywhere() -> None:
    assert said(r"country matches '\\(?a\\.b'", "postgresql") == r""""country" ~ '^(?:\(?a\.b)$'"""


def test_nul_is_refused_because_databases_do_not_have_it() -> None:
    with pytest.raises(UsageProblem, match="NUL"):
        said("country == 'a\0b'")


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(UsageProblem, match="no column 'ordrs'"):
        said("ordrs > 3")
    with pytest.raises(UsageProblem, match="no SQL dialect 'oracle'; known: duckdb, postgresql, bigquery, snowflake"):
        said("orders > 3", "oracle")
    with pytest.raises(UsageProblem, match="cannot be compared"):
        rule_to_sql(parse_rule("orders > 'x'"), {"orders": ValueKind.NUMBER}, "duckdb", None)
