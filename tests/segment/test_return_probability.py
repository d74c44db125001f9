"""The probability to order again: the product-limit curve by hand, censored gaps, and stages in a shop with dropout."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from segcli.config.rules import RulesSettings
from segcli.customers.order_history import customers_as_of
from segcli.model import Customers
from segcli.segment import rules
from segcli.segment.return_probability import MIN_AT_RISK, Gaps, ReturnCurve, list_gaps
from segcli.value.outcomes import measure_outcomes

START, END = date(2021, 1, 1), date(2023, 12, 31)


def gaps_of(days: list[int], ended: list[bool]) -> Gaps:
    return Gaps(np.array(days, dtype=float), np.array(ended), np.ones(len(days), dtype=np.int64), np.ones(len(days)))


def slow_survival(days: list[int], ended: list[bool], day: int) -> float:
    share = 1.0
    for earlier in range(day + 1):
        reached = sum(length >= earlier for length in days)
        share *= 1 - sum(e and length == earlier for length, e in zip(days, ended, strict=True)) / reached
    return share


def test_the_curve_is_the_product_limit_estimate_of_a_slow_recomputation() -> None:
    chance = np.random.default_rng(1)
    days = chance.integers(0, 90, 400).tolist()
    ended = (chance.random(400) < 0.6).tolist()
    curve = ReturnCurve.from_gaps(gaps_of(days, ended))
    last = max(day for day in range(91) if sum(length >= day for length in days) >= MIN_AT_RISK)
    assert len(curve.survival) == last + 1
    for day in range(0, last + 1, 7):
        assert curve.survival[day] == pytest.approx(slow_survival(days, ended, day))
    probability = curve.probability(20)
    assert probability[5] == pytest.approx(1 - slow_survival(days, ended, 25) / slow_survival(days, ended, 5))


def test_gaps_that_have_not_ended_count() -> None:
    """Exponential gaps of 60 days on average, seen for 90 days: the true probability of 30 days is 1 - exp(-1/2)."""
    chance = np.random.default_rng(2)
    lengths = np.ceil(chance.exponential(60, 20_000)).astype(int)
    seen = np.minimum(lengths, 90)
    with_open = ReturnCurve.from_gaps(gaps_of(seen.tolist(), (lengths <= 90).tolist())).probability(30)
    only_ended = ReturnCurve.from_gaps(gaps_of(lengths[lengths <= 90].tolist(), [True] * int((lengths <= 90).sum())))
    truth = 1 - np.exp(-0.5)
    assert with_open[:55] == pytest.approx(np.full(55, truth), abs=0.03)
    assert only_ended.probability(30)[50] > truth + 0.2, "without open gaps, long ones are missing"


def simulate_shop(customers_of: Callable[..., Any], dropout_days: float | None, seed: int) -> Customers:
    """500 customers; gaps are exponential with an own mean, and each customer stops after an exponential time."""
    chance = np.random.default_rng(seed)
    lines = ["customer_id,order_date,amount"]
    for number in range(500):
        day, mean_gap = float(chance.integers(0, 900)), float(chance.gamma(4, 10))
        stop = day + (chance.exponential(dropout_days) if dropout_days else 1e9)
        while day < min(stop, (END - START).days):
            lines.append(f"c{number:03},{START + timedelta(days=int(day))},{10 + number % 5}")
            day += max(chance.exponential(mean_gap), 1.0)
    found: Customers = customers_of("\n".join(lines) + "\n", as_of=END)
    return found


def stages_and_buyers(customers: Customers, day: date, days: int) -> dict[str, tuple[int, float]]:
    """Share of buyers in the days after, by the stage at the day."""
    then = customers_as_of(customers, day)
    (stages,) = rules.segment_by_rules(then, rules.prepare_rule_sets([RulesSettings(base="lifecycle")]))
    later = measure_outcomes(customers, then.table["customer_id"], day - timedelta(days=1), days).has_bought
    return {
        name: (int((stages.labels == name).sum()), float(later[(stages.labels == name).to_numpy()].mean()))
        for name in stages.segments
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_in_a_shop_with_dropout_customers_at_risk_buy_clearly_less(customers_of: Callable[..., Any], seed: int) -> None:
    shop = simulate_shop(customers_of, 300.0, seed)
    found = stages_and_buyers(shop, END - timedelta(days=90), 90)
    current = [found[name] for name in ("new", "reactivated", "active", "loyal") if name in found]
    current_rate = sum(count * rate for count, rate in current) / sum(count for count, _ in current)
    assert found["lost"][1] < 0.1
    assert "at risk" in found
    for name in {"at risk", "lapsed"} & set(found):
        assert found[name][1] < 0.75 * current_rate, name


def test_without_dropout_nobody_is_lost(customers_of: Callable[..., Any]) -> None:
    shop = simulate_shop(customers_of, None, 3)
    found = stages_and_buyers(shop, END - timedelta(days=90), 90)
    assert sum(count for name, (count, _) in found.items() if name in {"lapsed", "lost"}) < 0.05 * 500


def test_stages_use_no_later_orders(customers_of: Callable[..., Any]) -> None:
    shop = simulate_shop(customers_of, 300.0, 4)
    day = END - timedelta(days=200)
    then = customers_as_of(shop, day)
    assert shop.transactions is not None
    early = shop.transactions.lines
    early = early[early["order_date"].dt.date < day]
    text = early.assign(day=early["order_date"].dt.date, money=early["amount"] / shop.transactions.money_scale)
    rows = "".join(f"{who},{when},{money}\n" for who, when, money in text[["customer_id", "day", "money"]].values)
    alone = customers_of("customer_id,order_date,amount\n" + rows, as_of=day)
    made = [
        rules.segment_by_rules(known, rules.prepare_rule_sets([RulesSettings(base="lifecycle")]))[0]
        for known in (then, alone)
    ]
    assert made[0].labels.tolist() == made[1].labels.tolist()
    assert made[0].notes == made[1].notes
    assert list_gaps(then).days.tolist() == list_gaps(alone).days.tolist()


@pytest.mark.parametrize(("file", "days"), [("cdnow/cdnow_master.csv", 90), ("online_retail/online_retail.csv.gz", 60)])
def test_real_shops_have_customers_at_risk_who_buy_less_than_active_ones(
    file: str, days: int, shared_data: Any
) -> None:
    from segcli.config.ingest import IngestSettings, Source
    from segcli.customers import load_customers

    everybody = load_customers(IngestSettings(transactions=Source(path=str(shared_data / file))))
    assert everybody.as_of is not None
    found = stages_and_buyers(everybody, everybody.as_of - timedelta(days=days), days)
    assert found["at risk"][0] > 100
    assert found["at risk"][1] < 0.8 * found["active"][1]
