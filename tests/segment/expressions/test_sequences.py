"""Sequences, periods, ratios, anniversaries and tests of segments: slow computations day by day agree."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from segcli.config.rules import RulesSettings
from segcli.errors import ConfigProblems
from segcli.model import Customers
from segcli.segment import rules
from segcli.segment.expressions.activity import ActivityRows, ActivityTable
from segcli.segment.expressions.checker import check_rule
from segcli.segment.expressions.evaluator import RuleTable, evaluate_rule
from segcli.segment.expressions.formatter import format_rule
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.expressions.tokens import RuleProblem
from tests.segment.expressions.matches import who

AS_OF = date(2026, 7, 1)
ORDERS = """order_id,customer_id,order_date,category,channel,amount,discount
1,a,2026-04-02 10:00,toys,store,60,5
2,a,2026-04-12 09:00,toys,web,20,0
3,a,2026-06-30 09:00,home,web,20,0
4,b,2026-04-01 10:00,toys,web,30,5
5,b,2026-06-01 10:00,home,store,40,5
6,c,2026-05-01 10:00,home,web,10,0
7,c,2026-05-01 18:00,toys,store,10,0
8,d,2026-06-30 10:00,home,web,10,0
"""


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ('any(orders within 10 days after orders where category == "toys")', "a"),
        ('any(orders within 9 days after orders where category == "toys")', ""),
        ('any(orders within 61 days after orders where category == "toys")', "ab"),
        ('any(orders within 2 months after orders where channel == "web")', "b"),  # 2026-04-01 to 2026-06-01
        ('any(orders after orders where category == "toys")', "ab"),  # c bought both on one day
        ('any(orders where category == "home" after orders)', "ab"),
        ('any(orders where category == "home" before orders where category == "toys")', ""),
        ('count(orders before orders where category == "home") == 2', "a"),
        ('sum(orders.amount within 90 days before orders where category == "home") == 80', "a"),
        ('any(orders after orders after orders where channel == "store")', "a"),
        ('any(order_lines after orders where category == "toys")', "ab"),
        ('any(orders within 90 days after orders where category == "toys" within 85 days)', "a"),
        ('any(orders between "2026-04-01" and "2026-04-02")', "ab"),
        ('count(orders where channel == "web" between "2026-04-12" and "2026-06-30") == 2', "a"),
        ("any(orders between as_of - 60 days and as_of - 30 days)", "b"),
        ("any(orders where discounted == true between as_of - 3 months and as_of)", "ab"),
        ("ratio(orders where discounted) == 1", "b"),
        ("ratio(orders where channel == 'web', orders where channel == 'store') >= 2", "a"),
        ("ratio(orders.amount where channel == 'web') == 0.4", "a"),
        ("ratio(orders where channel == 'web' within 30 days, orders where channel == 'web') == 0.5", "a"),
        ("ratio(orders where category == 'home', orders where category == 'toys') is missing", "d"),
        ("last_order within last 1 day", "ad"),
        ("not first_order within last 2 months", "ab"),
        ("last_order + 1 month within next 30 days", "abd"),
        ('any(orders where category startswith "to" and channel endswith "re")', "ac"),
    ],
)
def test_a_rule_matches_by_hand(customers_of: Callable[..., Customers], rule: str, matches: str) -> None:
    assert who(customers_of(ORDERS, as_of=AS_OF), rule) == matches


def test_functions_are_written_out() -> None:
    text = 'ratio(orders where discounted within 1 years) > 0.5 and birthday within next 14 days and in_segment("VIP")'
    assert format_rule(parse_rule(text)) == (
        "count(orders where discounted within 1 years) / count(orders within 1 years) > 0.5 "
        'and anniversary(birth_date) between as_of and as_of + 14 days and in_segment("VIP")'
    )


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("ratio(orders) > 1", "column 1: ratio(...) needs a condition (where ...) or a second table"),
        ("any(orders within 9 days after)", "column 31: expected the name of a table, such as orders; got ')'"),
        ("any(orders after ordrs)", "column 18: no table 'ordrs'; did you mean 'orders'?"),
        ("any(orders after orders where categry == 'x')", "column 31: no column 'categry'; did you mean 'category'?"),
        ("any(orders within 1.5 months after orders)", "column 19: months must be a whole number; use days"),
        ("any(orders between '2026-13-01' and '2026-01-01')", "column 20: '2026-13-01' is not a date like 2026-01-31"),
        ("any(orders between 3 and 4)", "column 20: a date cannot be compared with a number"),
        ("any(orders between '2026-01-01')", "column 32: expected 'and'; got ')'"),
        ("last_order within next 14", "column 24: expected a duration after 'within next', such as 90 days"),
        ("orders within next 14 days", "a number cannot be compared with a date"),
        ("anniversary(orders) > as_of", "column 1: expected a date in anniversary(...), got a number"),
        ("anniversary(last_order)", "column 1: expected a comparison, such as orders >= 3"),
        ("in_segment(x)", "column 12: expected a text in quotes"),
        ("in_segment('x')", "column 1: 'x' is a segment of the same column, tier; "),
        ("in_segment('goldd')", "column 1: no segment 'goldd'; did you mean 'gold'?"),
        ("any(orders where in_segment('gold'))", "column 18: in_segment(...) cannot be inside an aggregate"),
        ("in_segment('twin')", 'several segments are named \'twin\'; write one == "twin" or two == "twin"'),
    ],
)
def test_a_mistake_is_shown_with_its_column_before_data_are_read(rule: str, problem: str) -> None:
    others = [("vip", "gold"), ("one", "twin"), ("two", "twin")]
    sections = [
        RulesSettings.model_validate({"name": name, "segments": [{"segment": segment, "when": when}]})
        for name, segment, when in [("tier", "x", rule), *((*names, "orders > 1") for names in others)]
    ]
    with pytest.raises(ConfigProblems) as refused:
        rules.prepare_rule_sets(sections)
    assert problem in str(refused.value)


def test_a_segment_includes_or_excludes_another_by_name(customers_of: Callable[..., Customers]) -> None:
    def section(name: str, segment: str, when: str) -> RulesSettings:
        return RulesSettings.model_validate({"name": name, "segments": [{"segment": segment, "when": when}]})

    sections = [
        section("second", "toy lapsers", 'in_segment("toy fans") and not in_segment("recent")'),
        section("first", "toy fans", 'any(orders where category == "toys")'),
        section("third", "recent", "any(orders within 30 days)"),
    ]
    customers = customers_of(ORDERS, as_of=AS_OF)
    made = {
        segmentation.column: segmentation
        for segmentation in rules.segment_by_rules(customers, rules.prepare_rule_sets(sections))
    }
    labels = made["second"].labels.to_numpy()
    assert "".join(customers.table["customer_id"][labels == "toy lapsers"]) == "c"


def test_segments_that_name_each_other_are_refused() -> None:
    sections = [
        RulesSettings.model_validate({"name": name, "segments": [{"segment": name, "when": f'in_segment("{other}")'}]})
        for name, other in (("a", "b"), ("b", "a"))
    ]
    with pytest.raises(ConfigProblems, match="segmentations depend on each other"):
        rules.prepare_rule_sets(sections)


def test_the_explanation_shows_the_counts_of_a_sequence(customers_of: Callable[..., Customers]) -> None:
    when = 'any(orders within 61 days after orders where category == "toys")'
    section = RulesSettings.model_validate({"name": "x", "segments": [{"segment": "s", "when": when}]})
    (rule_set,) = rules.prepare_rule_sets([section])
    (segmentation,) = rules.segment_by_rules(customers_of(ORDERS, as_of=AS_OF), [rule_set])
    lines = list(rules.explain_membership(segmentation, rule_set, "a"))
    assert lines[1].endswith('[count(orders within 61 days after orders where category == "toys") = 1]')


# Slow computations

DAYS = st.integers(-40, 10).map(lambda days: pd.Timestamp(AS_OF) + pd.Timedelta(days=days))
TIMES = st.one_of(
    st.none(), st.tuples(DAYS, st.integers(0, 23)).map(lambda pair: pair[0] + pd.Timedelta(hours=pair[1]))
)
ROWS = st.lists(st.tuples(st.sampled_from("abz"), TIMES, st.sampled_from(["x", "y"])), max_size=20)
Row = tuple[str, pd.Timestamp | None, str]
CUSTOMERS = pd.DataFrame({"customer_id": pd.Series(list("abc"), dtype="str")})


def activity_table(rows: list[Row]) -> ActivityTable:
    frame = pd.DataFrame(rows, columns=["id", "time", "kind"])
    times = pd.to_datetime(frame["time"]).astype("datetime64[us]")
    table = pd.DataFrame({"time": times, "kind": frame["kind"].astype("str")})
    return ActivityTable(lambda: ActivityRows(table, frame["id"].astype("str").astype("category")), "time")


def known_days(rows: list[Row], customer: str, kind: str | None = None) -> list[date]:
    return [
        time.date()
        for row_customer, time, row_kind in rows
        if row_customer == customer and time is not None and time.date() <= AS_OF and kind in {None, row_kind}
    ]


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(visits=ROWS, clicks=ROWS, direction=st.sampled_from(["after", "before"]), limit=st.sampled_from([None, 0, 1, 7]))
def test_a_sequence_agrees_with_all_pairs_of_rows(
    visits: list[Row], clicks: list[Row], direction: str, limit: int | None
) -> None:
    within = "" if limit is None else f"within {limit} days "
    table = RuleTable(CUSTOMERS, AS_OF, {"visits": activity_table(visits), "clicks": activity_table(clicks)})

    def slow_count(anchors: list[Row], kind: str | None, customer: str, *, is_strict: bool) -> int:
        sign = 1 if direction == "after" else -1
        return sum(
            any(
                (1 if is_strict else 0) <= sign * (day - anchor).days <= (10**6 if limit is None else limit)
                for anchor in known_days(anchors, customer, kind)
            )
            for day in known_days(visits, customer)
        )

    for source, anchors, is_strict in (("clicks", clicks, False), ("visits", visits, True)):
        rule: Any = parse_rule(f'count(visits {within}{direction} {source} where kind == "x") > 0')
        found = table.read_aggregate(rule.left).tolist()
        assert found == [slow_count(anchors, "x", customer, is_strict=is_strict) for customer in "abc"]


@settings(deadline=None, max_examples=30)
@given(rows=ROWS, first=st.integers(-45, 5), length=st.integers(-3, 40))
def test_a_period_has_the_days_from_first_to_last(rows: list[Row], first: int, length: int) -> None:
    start = AS_OF + timedelta(days=first)
    end = start + timedelta(days=length)
    table = RuleTable(CUSTOMERS, AS_OF, {"visits": activity_table(rows)})
    rule: Any = parse_rule(f'count(visits between "{start}" and "{end}") > 0')
    assert table.read_aggregate(rule.left).tolist() == [
        sum(start <= day <= end for day in known_days(rows, customer)) for customer in "abc"
    ]


def slow_anniversary(day: date, as_of: date) -> date:
    """Return the first day from the as-of day on, and not before the date, that has its month and day."""
    current = max(day, as_of)
    while True:
        tomorrow = current + timedelta(days=1)
        is_clamped = (day.month, day.day) == (2, 29) and (current.month, current.day) == (2, 28) and tomorrow.month == 3
        if (current.month, current.day) == (day.month, day.day) or is_clamped:
            return current
        current = tomorrow


@settings(deadline=None, max_examples=30)
@given(
    day=st.dates(date(1930, 1, 1), date(2030, 12, 31)),
    as_of=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    days=st.integers(0, 60),
)
@example(day=date(1992, 2, 29), as_of=date(2026, 2, 28), days=0)
@example(day=date(1992, 2, 29), as_of=date(2028, 2, 28), days=1)
@example(day=date(2000, 1, 3), as_of=date(2026, 12, 25), days=9)
def test_a_birthday_is_the_next_day_of_the_year(day: date, as_of: date, days: int) -> None:
    table = RuleTable(pd.DataFrame({"birth_date": pd.to_datetime([day, None])}), as_of)
    rule = parse_rule(f"birthday within next {days} days")
    check_rule(rule, table.column_kinds)
    is_near = (slow_anniversary(day, as_of) - as_of).days <= days
    assert evaluate_rule(rule, table).is_true.tolist() == [is_near, False]
    assert evaluate_rule(rule, table).is_known.tolist() == [True, False]


def test_a_text_names_the_day_at_its_start() -> None:
    texts = ["2026-01-31", "2026-01-31 09:30", "2026-01-31T09:30Z", "2026-02-31", "2026-01-311", "31.01.2026", "", None]
    table = RuleTable(pd.DataFrame({"joined": pd.Series(texts, dtype="str")}), AS_OF)
    for text, matches in (("date(joined) == '2026-01-31'", 3), ("date(joined) + 1 day is missing", 5)):
        rule = parse_rule(text)
        check_rule(rule, table.column_kinds)
        assert int(evaluate_rule(rule, table).is_true.sum()) == matches
    assert evaluate_rule(parse_rule("date('2026-07-01 10:00') == as_of"), table).is_true.all()
    with pytest.raises(RuleProblem, match=r"expected a text in date\(...\), got a number"):
        check_rule(parse_rule("date(3) == as_of"), {})


def test_a_period_up_to_the_as_of_day_needs_one() -> None:
    table = RuleTable(CUSTOMERS, None, {"visits": activity_table([("a", pd.Timestamp("2026-01-01"), "x")])})
    assert evaluate_rule(parse_rule('any(visits between "2026-01-01" and "2026-01-02")'), table).is_true[0]
    for text in ("between as_of - 9 days and as_of", "after visits within 9 days"):
        with pytest.raises(RuleProblem, match="needs an as-of day"):
            evaluate_rule(parse_rule(f"any(visits {text})"), table)
