"""Aggregates over order lines: a slow computation row by row agrees, and windows are exact at their edges."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segcli.config.rules import RulesSettings
from segcli.errors import ConfigProblems
from segcli.model import Customers
from segcli.segment import rules
from segcli.segment.activity_tables import build_rule_table
from segcli.segment.expressions import nodes
from segcli.segment.expressions.activity import ActivityRows, ActivityTable
from segcli.segment.expressions.evaluator import RuleTable, evaluate_rule
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.expressions.tokens import RuleProblem
from tests.segment.expressions.matches import who

AS_OF = date(2026, 7, 1)
ORDERS = """order_id,customer_id,order_date,product,category,channel,quantity,amount
1,a,2026-04-02 10:00,Red Mug,toys,store,1,60
1,a,2026-04-02 10:00,Blue Mug,toys,store,1,50.10
2,a,2026-06-30 09:00,Doll,toys,web,2,20
3,a,2026-07-02 09:00,Late Mug,toys,web,1,999
4,b,2026-04-01 10:00,Doll,toys,web,1,30
5,b,2026-06-01 10:00,Pan,home,,1,40
6,b,2026-06-20 10:00,Mug,,store,-1,-15
7,c,2025-07-01 10:00,Pan,home,web,1,10
8,d,2025-06-30 10:00,Pan,home,web,1,10
"""
LoadCustomers = Callable[..., Customers]


@pytest.fixture
def shop(customers_of: LoadCustomers) -> Customers:
    return customers_of(ORDERS, as_of=AS_OF)


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ('count(orders where category == "toys") >= 2', "a"),  # two orders of three lines; the one after as_of is late
        ('count(order_lines where category == "toys") == 3', "a"),
        ('count(orders where category == "toys" within 90 days) == 2', "a"),  # 2026-04-02 is 90 days before as_of
        ('count(orders where category == "toys" within 89 days) == 1', "a"),
        ('any(orders where category == "toys" within 90 days)', "a"),
        ('any(orders where category == "toys" within 91 days)', "ab"),
        ('not any(orders where category == "toys")', "cd"),
        ("not any(orders within 1 year)", "d"),  # c bought on 2025-07-01, exactly a year before
        ('sum(orders.amount where product contains "Mug") > 100', "a"),
        ('sum(orders.amount where product contains "Mug") == -15', "b"),  # the returned mug lowers the sum
        ("sum(orders.amount) == revenue", "abcd"),
        ("count(orders) == orders", "abcd"),
        ("count(order_lines) == order_lines", "abcd"),
        ("days_since(orders) == recency_days", "abcd"),
        ("distinct(orders.category) == distinct_categories", "abcd"),
        ("sum(orders.quantity) == items", "abcd"),
        ('first(orders.channel) == "store"', "a"),
        ('last(orders.channel) == "web"', "abcd"),  # b's later order has no channel, and a return is no order
        ('last(orders.channel) starts with "w"', "abcd"),
        ('first(orders.channel where category == "home") is missing', "ab"),
        ("days_since(orders where channel == 'web') <= 14", "a"),
        ("days_since(orders where channel == 'store') > 14", "a"),  # unknown without such an order
        ("first(orders.order_date) < '2026-01-01'", "cd"),
        ("as_of - last(orders.order_date) <= 30 days", "ab"),
        ("distinct(orders.category within 1 year) == 2", "b"),
        ("distinct(orders.order_date) == 2", "ab"),
        ("count(orders where order_date between '2026-06-01' and '2026-06-30') == 1", "ab"),
        ("count(orders where amount >= 50) / count(orders) == 0.5", "a"),
        ("count(orders where category is missing) == 0", "abcd"),  # the only blank one is a return
        ("last(orders.amount) > first(orders.amount)", "b"),
        ("orders > 1 and count(orders) > 1", "ab"),
    ],
)
def test_an_aggregate_matches_by_hand(shop: Customers, rule: str, matches: str) -> None:
    assert who(shop, rule) == matches


@pytest.mark.parametrize("policy", ["net", "exclude", "separate"])
def test_sums_follow_the_returns_policy_of_revenue(customers_of: LoadCustomers, policy: str) -> None:
    assert who(customers_of(ORDERS, as_of=AS_OF, returns=policy), "sum(orders.amount) == revenue") == "abcd"


@pytest.mark.parametrize("policy", ["order", "day"])
def test_orders_are_collapsed_as_in_the_customer_table(customers_of: LoadCustomers, policy: str) -> None:
    text = ORDERS + "9,a,2026-06-30 22:00,Pan,home,web,1,5\n,a,2026-06-30 23:00,Pan,home,web,1,5\n"
    assert who(customers_of(text, as_of=AS_OF, collapse=policy), "count(orders) == orders") == "abcd"


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("count(orders", "column 13: expected ')'; the rule ends here"),
        ("count() > 1", "column 7: expected the name of a table, such as orders; got ')'"),
        ("count(orders.amount) > 1", "column 1: count takes a table without a column: count(orders)"),
        ("sum(orders) > 1", "column 1: sum takes a column: sum(orders.COLUMN)"),
        ("sum(orders.category) > 1", "column 1: expected a number in sum(...), got a text"),
        ("first(orders.discounted)", "column 1: expected a number, a text or a date in first(...), got true or false"),
        ("count(orders)", "column 1: expected true or false alone, got a number"),
        ("count(orders) > 'x'", "column 17: a number cannot be compared with a text"),
        ("any(orders where categry == 'x')", "column 18: no column 'categry'; did you mean 'category'?"),
        ("any(orders where category > 3)", "column 29: a text cannot be compared with a number"),
        ("any(orders within 90)", "column 19: expected a duration after 'within', such as 90 days"),
        ("any(orders within 1.5 months)", "column 19: months must be a whole number; use days"),
        ("any(orders within 9 days where amount > 1)", "column 26: 'where' must come before 'within'"),
        ("any(orders where any(orders))", "column 18: any(...) cannot be inside another aggregate"),
        ("any(ordrs)", "column 1: no table 'ordrs'; did you mean 'orders'?"),
    ],
)
def test_a_mistake_is_shown_with_its_column_before_data_are_read(rule: str, problem: str) -> None:
    section = RulesSettings.model_validate({"name": "x", "segments": [{"segment": "s", "when": rule}]})
    with pytest.raises(ConfigProblems) as refused:
        rules.prepare_rule_sets([section])
    assert problem in str(refused.value)


def test_a_column_that_this_export_lacks_is_named(customers_of: LoadCustomers) -> None:
    customers = customers_of("customer_id,order_date,amount\na,2026-01-01,1\n")
    with pytest.raises(RuleProblem, match="no column 'category'; available: order_date, amount"):
        who(customers, "any(orders where category == 'x')")


def test_orders_need_an_order_export(customers_of: LoadCustomers) -> None:
    with pytest.raises(RuleProblem, match="orders needs an order export as the input"):
        who(customers_of("customer_id,gender\na,f\nb,m\n"), "any(orders)")


def test_columns_of_order_lines_count_as_used() -> None:
    """Special categories and audit columns stay protected inside an aggregate."""
    when = "any(orders where gender == 'f') and count(orders within 9 days) > orders"
    section = RulesSettings.model_validate({"name": "x", "segments": [{"segment": "s", "when": when}]})
    (rule_set,) = rules.prepare_rule_sets([section])
    assert (rule_set.row_columns, rule_set.input_columns) == ({"gender"}, {"orders"})


def test_the_explanation_shows_counts(shop: Customers) -> None:
    when = 'any(orders where category == "toys" within 90 days) and sum(orders.amount) > 100'
    section = RulesSettings.model_validate({"name": "x", "segments": [{"segment": "s", "when": when}]})
    (rule_set,) = rules.prepare_rule_sets([section])
    (segmentation,) = rules.segment_by_rules(shop, [rule_set])
    lines = list(rules.explain_membership(segmentation, rule_set, "b"))
    assert '[count(orders where category == "toys" within 90 days) = 0]' in lines[2]
    assert "[sum(orders.amount) = 55]" in lines[3]


# A slow computation of each aggregate, row by row

TEXTS = st.sampled_from(["toys", "home", "Ärger", "", None])
NUMBERS = st.sampled_from([0.1, 0.2, 0.3, -1.5, 1e-9, 7.0, 1e12, None])
TIMES = st.one_of(
    st.none(),
    st.integers(0, 13 * 1440).map(lambda minutes: pd.Timestamp("2026-06-20") + pd.Timedelta(minutes=minutes)),
    st.just(pd.Timestamp("2026-06-24 12:00")),
)
ROWS = st.lists(st.tuples(st.sampled_from("abcz"), TIMES, TEXTS, NUMBERS), max_size=25)
Row = tuple[str, pd.Timestamp | None, str | None, float | None]
CUSTOMERS = pd.DataFrame({"customer_id": pd.Series(list("abcd"), dtype="str")})


def activity_table(rows: list[Row]) -> ActivityTable:
    frame = pd.DataFrame(rows, columns=["id", "time", "kind", "value"])
    table = pd.DataFrame(
        {
            "time": pd.to_datetime(frame["time"]).astype("datetime64[us]"),
            "kind": frame["kind"].astype("str").where(frame["kind"].notna()),
            "value": frame["value"].astype("float64"),
        }
    )
    return ActivityTable(lambda: ActivityRows(table, frame["id"].astype("str").astype("category")), "time")


def slow_value(rows: list[Row], customer: str, function: str, kind: str | None, days: int | None) -> Any:  # noqa: PLR0911
    chosen = []
    for row_customer, time, row_kind, value in rows:
        if row_customer != customer or time is None or time.date() > AS_OF:
            continue
        if (kind is not None and row_kind != kind) or (days is not None and (AS_OF - time.date()).days > days):
            continue
        chosen.append((time, value))
    known = sorted((time, value) for time, value in chosen if value is not None)
    match function:
        case "count":
            return len(chosen)
        case "any":
            return bool(chosen)
        case "sum":
            return float(sum((Fraction(value) for _, value in known), Fraction(0)))
        case "distinct":
            return len({value for _, value in known})
        case "days_since":
            return min(((AS_OF - time.date()).days for time, _ in chosen), default=None)
        case "first":
            return known[0][1] if known else None
        case _:
            return known[-1][1] if known else None


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=ROWS,
    function=st.sampled_from(nodes.AGGREGATE_FUNCTIONS),
    kind=st.sampled_from([None, "toys", "Ärger", "absent"]),
    days=st.sampled_from([None, 0, 6, 7, 8, 400]),
    chance=st.randoms(use_true_random=False),
)
def test_a_slow_computation_agrees_whatever_the_order_of_rows(
    rows: list[Row], function: str, kind: str | None, days: int | None, chance: Any
) -> None:
    column = "value" if function in nodes.COLUMN_FUNCTIONS else None
    condition = None if kind is None else parse_rule(f'kind == "{kind}"')
    window = None if days is None else nodes.DurationLiteral(float(days), "days")
    aggregate = nodes.Aggregate(function, "events", column, condition, window)
    expected = [slow_value(rows, customer, function, kind, days) for customer in "abcd"]
    shuffled = list(rows)
    chance.shuffle(shuffled)
    for some_rows in (rows, shuffled):
        values = activity_table(some_rows).compute_aggregate(aggregate, CUSTOMERS["customer_id"], AS_OF, {})
        found = [None if value is None or value != value else value for value in values]  # noqa: PLR0124 - NaN
        assert found == (pytest.approx(expected, rel=1e-15, abs=0) if function == "sum" else expected)


@settings(deadline=None, max_examples=40)
@given(days=st.integers(0, 800), distance=st.integers(-2, 2))
def test_a_window_of_n_days_holds_differences_from_0_to_n(days: int, distance: int) -> None:
    """`any(... within N days)` and `days_since(...) <= N` are one condition; a row after as_of never counts."""
    day = AS_OF - timedelta(days=days + distance)
    table = RuleTable(CUSTOMERS, AS_OF, {"events": activity_table([("a", pd.Timestamp(day), "", 1)])})
    inside = bool(evaluate_rule(parse_rule(f"any(events within {days} days)"), table).is_true[0])
    assert inside == (0 <= days + distance <= days)
    assert inside == bool(evaluate_rule(parse_rule(f"days_since(events) <= {days}"), table).is_true[0])


def test_a_sum_of_decimals_is_exact() -> None:
    """In binary fractions, 0.1 + 0.2 would be more than 0.3."""
    day = pd.Timestamp("2026-06-20")
    table = RuleTable(CUSTOMERS, AS_OF, {"events": activity_table([("a", day, "", 0.1), ("a", day, "", 0.2)])})
    assert evaluate_rule(parse_rule("sum(events.value) == 0.3"), table).is_true.tolist() == [True, False, False, False]


@pytest.mark.parametrize(("day", "inside"), [("2026-02-27", [False] * 4), ("2026-02-28", [True, False, False, False])])
def test_months_are_calendar_months(day: str, inside: list[bool]) -> None:
    table = RuleTable(CUSTOMERS, date(2026, 3, 31), {"events": activity_table([("a", pd.Timestamp(day), "", 1)])})
    assert evaluate_rule(parse_rule("any(events within 1 month)"), table).is_true.tolist() == inside


def test_an_empty_table_counts_nothing() -> None:
    table = RuleTable(CUSTOMERS, AS_OF, {"events": activity_table([])})
    assert table.column_kinds.keys() == {"customer_id"}
    for function, expected in (("count", 0), ("any", False), ("days_since", None)):
        aggregate = nodes.Aggregate(function, "events", None, None, None)
        values = table.read_aggregate(aggregate)
        assert [None if value != value else value for value in values] == [expected] * 4  # noqa: PLR0124 - NaN


def test_windows_need_a_day_to_count_from() -> None:
    table = RuleTable(CUSTOMERS, None, {"events": activity_table([("a", pd.Timestamp("2026-01-01"), "", 1)])})
    assert evaluate_rule(parse_rule("any(events)"), table).is_true.tolist() == [True, False, False, False]
    with pytest.raises(RuleProblem, match="needs an as-of day"):
        evaluate_rule(parse_rule("any(events within 9 days)"), table)


def test_members_of_online_retail_are_those_of_a_plain_group_by(online_retail: Callable[[], Any]) -> None:
    customers = online_retail()
    lines = customers.transactions.lines
    recent = lines["order_date"].to_numpy().astype("datetime64[D]") >= np.datetime64(customers.as_of) - np.timedelta64(
        90, "D"
    )
    is_bag = lines["product"].astype(str).str.startswith("8509").to_numpy()  # stock codes of shopping bags
    chosen = lines[recent & is_bag & ~lines["is_return"].to_numpy()]
    counts = chosen.groupby("customer_id", observed=True)["order_id"].nunique()
    expected = set(counts[counts >= 2].index.astype(str))
    table = build_rule_table(customers)
    rule = parse_rule('count(orders where product starts with "8509" within 90 days) >= 2')
    assert set(customers.table["customer_id"][evaluate_rule(rule, table).is_true]) == expected
    assert len(expected) > 20
