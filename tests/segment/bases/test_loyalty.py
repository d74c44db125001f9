"""Loyalty tiers against a slow reading of the rules, customer by customer and review by review."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segcli.errors import ConfigProblems
from segcli.model import Customers
from segcli.segment import bases
from tests.segment.bases.conftest import DAY, customers, decided, labels, texts

Bought = Callable[..., Customers]
TIERS = {"Member": 0, "Silver": 3, "Gold": 6}


def ago(days: int) -> str:
    return (DAY - timedelta(days=days)).isoformat()


@pytest.mark.base("loyalty")
def test_up_at_once_down_by_a_step_after_grace(bought: Bought) -> None:
    """A: six orders 400 days ago, so Gold until they leave the window, then one tier each 90 days of grace."""
    table = bought([("A", ago(400))] * 6 + [("B", ago(10))] * 3 + [("C", ago(1))])
    made = decided("loyalty", table, tiers=TIERS)
    rows = made.table.set_index("customer_id")[["loyalty", "loyalty_before", "loyalty_move"]]
    assert rows.loc["A"].tolist() == ["Gold", "Gold", "same"]  # lost 35 days ago: within grace
    assert rows.loc["B"].tolist() == ["Silver", "not yet", "new"]
    assert rows.loc["C"].tolist() == ["Member", "not yet", "new"]
    no_grace = decided("loyalty", table, tiers=TIERS, grace_days=0)
    assert no_grace.labels[0] == "Member"  # two reviews since, a step each
    assert decided("loyalty", table, tiers=TIERS, grace_days=45, since_days=30).labels[0] == "Silver"
    direct = decided("loyalty", table, tiers=TIERS, grace_days=30, downgrade="direct")
    assert direct.table["loyalty_move"].tolist()[0] == "down"
    movers = direct.tables["Movers"].set_index(["from", "to"])
    assert movers["customers"].to_dict() == {("Gold", "Member"): 1, ("not yet", "Silver"): 1, ("not yet", "Member"): 1}
    assert movers["share"]["not yet", "Silver"] == 0.5


def slowly(days: list[int], first_of_all: int, grace: int, downgrade: str) -> str:
    """The tier of one customer who ordered so many days ago, by the rules as they are written."""
    names = list(TIERS)
    tier, earned_on = -1, 0
    reviews = [-n * 30 for n in range(999) if -n * 30 > -first_of_all]
    for review in sorted(reviews) or [0]:
        window = [day for day in days if review - 365 <= -day < review]
        if not any(-day < review for day in days):
            continue
        earned = sum(len(window) >= least for least in TIERS.values()) - 1
        if earned >= tier:
            tier, earned_on = earned, review
        elif review - earned_on >= grace:
            tier, earned_on = (max(tier - 1, earned) if downgrade == "step" else earned), review
    return names[tier]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=st.lists(st.lists(st.integers(1, 900), min_size=1, max_size=10), min_size=1, max_size=4),
    grace=st.sampled_from([0, 45, 90]),
    downgrade=st.sampled_from(["step", "direct"]),
)
def test_tiers_are_those_of_a_slow_reading(bought: Bought, drawn: list[list[int]], grace: int, downgrade: str) -> None:
    table = bought([(f"C{n}", ago(day)) for n, days in enumerate(drawn) for day in days])
    first = max(day for days in drawn for day in days)
    made = decided("loyalty", table, tiers=TIERS, grace_days=grace, downgrade=downgrade)
    assert list(made.labels) == [slowly(days, first, grace, downgrade) for days in drawn]


def test_money_in_the_window_counts_where_asked(bought: Bought) -> None:
    table = bought([("A", ago(10), "99.99"), ("A", ago(9), "0.01"), ("B", ago(10), "99.99"), ("C", ago(500), "900")])
    made = labels("loyalty", table, of="revenue", tiers={"plain": 0, "card": 100})
    assert made == ["card", "plain", "plain"]


def test_without_orders_a_column_as_it_stands_and_the_tier_held_before() -> None:
    table = customers(points=[10.0, 0.0, 0.0, None, 3.0], held=texts("member", "Gold", "Silver", "Gold", None))
    made = decided("loyalty", table, of="points", tiers=TIERS, held="held")
    assert list(made.labels) == ["Gold", "Silver", "Member", "unknown", "Silver"]
    assert made.table["loyalty_move"].tolist() == ["up", "down", "down", "", "new"]
    assert made.segments == ["Gold", "Silver", "Member", "unknown"]
    lifetime = decided("loyalty", customers(orders=[7, 1]), tiers=TIERS)
    assert lifetime.warnings == ("no individual orders: tiers use all-time orders, not a window of days",)


def test_tiers_must_rise() -> None:
    with pytest.raises(ConfigProblems, match="tiers must rise, lowest first"):
        bases.parse_options("loyalty", {"tiers": {"Gold": 6, "Silver": 3}})


@pytest.mark.base("lifecycle")
def test_who_came_back_after_long_is_reactivated(bought: Bought) -> None:
    """By the given days: lapsed after 90; A came back after 200, B after 60."""
    made = decided("lifecycle", bought([("A", ago(205)), ("A", ago(5)), ("B", ago(65)), ("B", ago(5))]))
    assert list(made.labels) == ["reactivated", "active"]


@pytest.mark.base("lifecycle", "stage")
def test_rates_by_hand(bought: Bought) -> None:
    """Of A, B and C, who bought 91-180 days ago, A bought again in the last 90; D is new. A, B: two orders or more."""
    lines = [("A", ago(100)), ("A", ago(3)), ("B", ago(180)), ("B", ago(170)), ("C", ago(91)), ("D", ago(90))]
    table = bought(lines)
    rates = decided("stage", table).tables["Rates"].set_index("measure")
    assert rates["customers"].tolist() == [4, 3, 3]
    assert rates["rate"].tolist() == pytest.approx([2 / 4, 1 / 3, 2 / 3])
    assert rates.loc["churn (90 days)", ["low_rate", "high_rate"]].tolist() == pytest.approx([0.2077, 0.9385], abs=1e-4)
    assert "referral" not in rates.index


@pytest.mark.base("stage")
def test_stages_of_the_funnel() -> None:
    table = customers(
        orders=[None, 1, 3, 5, 5, 1],
        recency_days=[None, 10, 10, 10, 300, 60],
        referrer=pd.Series([None, "003", "003", None, None, "004"], dtype="str"),
    )
    made = decided("stage", table)
    assert list(made.labels) == ["acquire", "activate", "retain", "refer", "churn", "activate"]
    rates = made.tables["Rates"].set_index("measure")
    assert rates.loc["referral", ["customers", "rate"]].tolist() == [6, 0.5]
    told = decided("stage", customers(orders=[2], recency_days=[1], order_lines=[2])).warnings
    assert told == ("no column referrer: the stage refer stays empty",)


def test_orders_at_the_borders_of_a_period_count_once(bought: Bought) -> None:
    from segcli.segment.customer_rates import compute_rates

    table: Any = bought([("A", ago(91)), ("B", ago(90)), ("C", ago(181)), ("D", ago(180))], as_of=date(2026, 7, 1))
    found = compute_rates(table).set_index("measure")
    assert found.loc["retention (90 days)", "customers"] == 2  # A and D
