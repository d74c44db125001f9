"""Rules are read, checked, written and decided as a person would; a slow reading row by row agrees."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.segment.expressions import nodes
from segcli.segment.expressions.checker import ValueKind, check_rule
from segcli.segment.expressions.evaluator import RuleTable, evaluate_rule
from segcli.segment.expressions.formatter import format_rule
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.expressions.tokens import RuleProblem

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": pd.Series(["a", "b", "c", "d"], dtype="str"),
        "orders": pd.Series([1, 4, 9, None], dtype="Int64"),
        "revenue": [10.0, 400.0, float("nan"), 90.0],
        "country": pd.Series(["DE", "FR", None, "AT"], dtype="str"),
        "last_order": pd.to_datetime(["2026-06-30", "2026-05-31", "2025-01-01", None]),
        "consent": [True, False, True, False],
        "my column": [0.0, 1.0, 2.0, 3.0],
    }
)
TABLE = RuleTable(CUSTOMERS, date(2026, 7, 1))


def who(rule: str | dict[str, object]) -> str:
    found = parse_rule(rule)
    check_rule(found, TABLE.column_kinds)
    return "".join(CUSTOMERS["customer_id"][evaluate_rule(found, TABLE).is_true])


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("orders >= 4", "bc"),
        ("orders == 4", "b"),
        ("orders != 4", "ac"),
        ("not orders == 4", "ac"),
        ("orders < 4 or revenue > 100", "ab"),
        ("orders >= 4 and revenue > 100", "b"),
        ("orders < 4 or revenue > 100 and country == 'FR'", "ab"),
        ("(orders < 4 or revenue > 100) and country == 'FR'", "b"),
        ("not (orders >= 4 and revenue > 100)", "ad"),
        ("country in ['DE', 'AT']", "ad"),
        ("country not in ['DE', 'AT']", "b"),
        ("orders between 1 and 4", "ab"),
        ("orders not between 1 and 4", "c"),
        ("country is missing", "c"),
        ("country is not missing", "abd"),
        ("revenue / orders > 50", "b"),
        ("revenue / (orders - 1) > 50", "b"),
        ("-orders < -3 + 1 * 2", "bc"),
        ("2 - 1 - 1 == 0", "abcd"),
        ("country contains 'R'", "b"),
        ("country starts with 'A'", "d"),
        ("country ends with 'E'", "a"),
        ("country matches '[AD].'", "ad"),
        ("country not matches '[AD].'", "b"),
        ("last_order >= as_of - 30 days", "a"),
        ("last_order >= as_of - 31 days", "ab"),
        ("last_order >= as_of - 1 month", "a"),
        ("last_order <= as_of - 1 year", "c"),
        ("as_of - last_order > 30 days", "bc"),
        ("last_order < '2026-01-01'", "c"),
        ("'2026-06-30' == last_order", "a"),
        ("consent", "ac"),
        ("not consent and orders > 1", "b"),
        ("consent == false", "bd"),
        ("`my column` > 1", "cd"),
        ("true", "abcd"),
    ],
)
def test_a_rule_holds_for_whom_it_says(rule: str, holds: str) -> None:
    assert who(rule) == holds


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"all": ["orders >= 4", "revenue > 100"]}, "b"),
        ({"any": ["orders >= 9", "country == 'DE'"]}, "ac"),
        ({"none": ["orders >= 9", "country == 'DE'"]}, "b"),
        ({"all": ["orders >= 1", {"none": ["country == 'FR'"]}]}, "a"),
        ({"any": ["orders == 1", "orders == 4"], "none": ["country == 'FR'"]}, "a"),
    ],
)
def test_rules_may_be_nested_as_lists(rule: dict[str, object], holds: str) -> None:
    assert who(rule) == holds


def test_the_opposite_of_what_is_not_known_is_not_known_either() -> None:
    """Only `is missing` finds whom nothing is known of; and-or with something certain is certain."""
    assert who("not country == 'DE'") == who("country != 'DE'") == "bd"
    assert who("country == 'DE' or orders >= 9") == "ac"
    assert who("not (country == 'DE' and orders >= 99)") == "abcd"
    unknown = evaluate_rule(parse_rule("country == 'DE' and orders >= 4"), TABLE)
    assert (unknown.is_known.tolist(), unknown.is_true.tolist()) == ([True, True, False, True], [False] * 4)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("", "column 1: expected a column, a number or a text; the rule ends here"),
        ("orders >=", "column 10: expected a column, a number or a text; the rule ends here"),
        ("orders", "column 1: expected true or false alone, got a number"),
        ("orders >= 3 4", "column 13: unexpected '4'"),
        ("orders = 3", "column 8: cannot read '= 3'"),
        ("orders >= 'x", "column 11: quoted text is not closed"),
        ("(orders >= 3", "column 13: expected ')'; the rule ends here"),
        ("country in []", "column 13: expected a column, a number or a text; got ']'"),
        ("ordrs >= 3", "column 1: no column 'ordrs'; did you mean 'orders'?"),
        ("orders >= 'x'", "column 11: a number cannot be compared with a text"),
        ("country > 3", "column 11: a text cannot be compared with a number"),
        ("last_order > 3", "column 14: a date cannot be compared with a number"),
        ("last_order > '2026-02-30'", "column 14: '2026-02-30' is not a date like 2026-01-31"),
        ("country + 1 == 2", "column 9: a text + a number is not defined"),
        ("orders contains 'x'", "column 8: expected a text before 'contains', got a number"),
        ("country contains 3", "column 18: expected a text in quotes"),
        ("consent > true", "column 11: true and false cannot be ordered"),
        ("orders not 3", "column 12: expected in, between or a text test after 'not'"),
        ("last_order > as_of - 1.5 months", "column 22: months must be a whole number; use days"),
        ("(orders > 3) + 1 == 2", "column 9: expected a value, not a condition"),
        ("__import__('os')", "column 11: unexpected '('"),
        ("not " * 100 + "consent", "nested deeper than 60 levels"),
        ("(" * 100 + "consent" + ")" * 100, "nested deeper than 60 levels"),
        ("x" * 10_001, "column 1: longer than 10,000 characters"),
    ],
)
def test_what_cannot_be_asked_is_refused_where_it_stands(rule: str, problem: str) -> None:
    with pytest.raises(RuleProblem) as refused:
        check_rule(parse_rule(rule), TABLE.column_kinds)
    assert problem in str(refused.value)


@pytest.mark.parametrize("rule", [{}, {"some": ["consent"]}, {"all": []}, {"all": "consent"}, {"all": [3]}])
def test_a_nesting_that_means_nothing_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(RuleProblem):
        parse_rule(rule)


NAMES = st.sampled_from(["orders", "country", "my column", "not", "as_of", "Größe"])
NUMBERS = st.integers(0, 10**6).map(lambda cents: nodes.NumberLiteral(cents / 100))
SPANS = st.builds(nodes.DurationLiteral, st.integers(0, 99).map(float), st.sampled_from(nodes.DURATION_UNITS))
LEAVES = st.one_of(
    NUMBERS, st.builds(nodes.TextLiteral, st.text(max_size=6)), st.builds(nodes.ColumnReference, NAMES), SPANS
)
ROW_NAMES = st.sampled_from(["orders", "my table", "within", "after", "last", "between", "where"])
ROW_TESTS = st.none() | st.builds(nodes.Comparison, LEAVES, st.sampled_from(nodes.COMPARISONS), LEAVES)


def _rows(function: str, window: st.SearchStrategy[Any]) -> st.SearchStrategy[nodes.Aggregate]:
    return st.builds(nodes.Aggregate, st.just(function), ROW_NAMES, st.none() | ROW_NAMES, ROW_TESTS, window)


WINDOWS = st.none() | SPANS | st.builds(nodes.Period, LEAVES, LEAVES)
SEQUENCES = st.recursive(
    WINDOWS,
    lambda inner: st.builds(
        nodes.EventSequence, st.sampled_from(["after", "before"]), st.none() | SPANS, _rows("any", inner)
    ),
    max_leaves=3,
)
AGGREGATES = st.sampled_from(nodes.AGGREGATE_FUNCTIONS).flatmap(lambda function: _rows(function, SEQUENCES))
VALUES = st.recursive(
    LEAVES | AGGREGATES,
    lambda inner: st.one_of(
        *(st.builds(kind, inner) for kind in (nodes.UnaryMinus, nodes.DateConversion, nodes.NextAnniversary)),
        st.builds(nodes.Arithmetic, inner, st.sampled_from(nodes.ARITHMETIC), inner),
    ),
    max_leaves=4,
)
TESTS = st.one_of(
    st.builds(nodes.Comparison, VALUES, st.sampled_from(nodes.COMPARISONS), VALUES),
    st.builds(nodes.BetweenTest, VALUES, VALUES, VALUES),
    st.builds(nodes.MembershipTest, VALUES, st.lists(VALUES, min_size=1, max_size=3).map(tuple)),
    st.builds(nodes.MissingTest, VALUES),
    st.builds(nodes.TextTest, VALUES, st.sampled_from(nodes.TEXT_TEST_WORDS), st.text(max_size=5)),
    st.builds(nodes.ColumnReference, NAMES),
    st.builds(nodes.BooleanLiteral, st.booleans()),
    st.builds(nodes.SegmentTest, st.text(max_size=5)),
)


def _several(inner: st.SearchStrategy[nodes.ConditionNode]) -> st.SearchStrategy[nodes.ConditionNode]:
    """Parts of one kind inside a part of the same kind are written in brackets, and stay apart."""
    two = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(nodes.AllOf, two), st.builds(nodes.AnyOf, two), st.builds(nodes.Negation, inner))


CONDITIONS = st.recursive(TESTS, _several, max_leaves=6)


@settings(deadline=None)
@given(CONDITIONS)
def test_writing_and_reading_are_inverse(rule: nodes.ConditionNode) -> None:
    assert parse_rule(format_rule(rule)) == rule


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_rule_or_a_problem_with_its_place(text: str) -> None:
    try:
        found = parse_rule(text)
    except RuleProblem as problem:
        place = problem.position
    else:
        assert parse_rule(format_rule(found)) == found
        place = 1
    assert 1 <= place <= len(text) + 1


@settings(deadline=None)
@given(
    orders=st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=8),
    low=st.integers(0, 9),
    high=st.integers(0, 9),
)
def test_columns_decide_as_rows_do(orders: list[int | None], low: int, high: int) -> None:
    """A slow reading, customer by customer, in three-valued logic."""
    table = RuleTable(pd.DataFrame({"orders": pd.Series(orders, dtype="Int64")}), None)
    rule = parse_rule(f"not orders between {low} and {high} or orders == {low}")
    slow = [n is not None and (not low <= n <= high or n == low) for n in orders]
    assert evaluate_rule(rule, table).is_true.tolist() == slow


def test_kinds_are_those_of_the_table() -> None:
    kinds = TABLE.column_kinds
    assert (kinds["orders"], kinds["country"], kinds["last_order"]) == (
        ValueKind.NUMBER,
        ValueKind.TEXT,
        ValueKind.DATE,
    )
    assert kinds["consent"] is ValueKind.BOOLEAN
    assert np.isnan(TABLE.read_column("orders")[3])
