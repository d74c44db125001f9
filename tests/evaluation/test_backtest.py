"""Backtests: what came after counted by hand, no look at the future, real shops, chance without lift."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segcli.config.backtest import BacktestSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.config.rfm import RfmSettings
from segcli.customers import load_customers
from segcli.customers.order_history import customers_as_of
from segcli.errors import InputProblem
from segcli.evaluation.backtest import BacktestResult, LabelsBySegmentation, run_backtest
from segcli.model import Customers
from segcli.segment import maps, rfm
from segcli.value.outcomes import measure_outcomes


def by_rfm(*several: Customers) -> tuple[LabelsBySegmentation, LabelsBySegmentation]:
    then, once = (
        {"rfm": rfm.segment_by_rfm(one, RfmSettings(), maps.load_map("default"), 1).labels} for one in several
    )
    return then, once


def shop(path: Path, rows: Sequence[tuple[str, date, float]]) -> Customers:
    text = "".join(f"{who},{day.isoformat()},{money}\n" for who, day, money in rows)
    path.write_text("customer_id,order_date,amount\n" + text, encoding="utf-8")
    return load_customers(IngestSettings(transactions=Source(path=str(path))))


@pytest.fixture
def regular(tmp_path: Path) -> Customers:
    """100 customers who buy every month, 100 who bought once at some time."""
    chance = np.random.default_rng(5)
    start = date(2024, 1, 1)
    rows = [(f"r{n:03}", start + timedelta(days=30 * k + n % 30), 20.0) for n in range(100) for k in range(12)]
    rows += [(f"s{n:03}", start + timedelta(days=int(chance.integers(0, 360))), 20.0) for n in range(100)]
    return shop(tmp_path / "o.csv", rows)


def test_what_came_after_is_counted_to_the_last_day(tmp_path: Path) -> None:
    days = [date(2024, 1, 10), date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 12), date(2024, 3, 13)]
    everybody = shop(
        tmp_path / "o.csv", [("a", day, 10.0) for day in days] + [("b", days[0], 5.0), ("c", days[4], 5.0)]
    )
    then = customers_as_of(everybody, date(2024, 3, 2))
    found = measure_outcomes(everybody, then.table["customer_id"], date(2024, 3, 1), 11)
    assert then.table["customer_id"].tolist() == ["a", "b"]
    assert found.orders.tolist() == [2, 0], "2 and 12 March; the 13th is beyond, the 1st was known"
    assert found.revenue.tolist() == [20, 0]


def test_segments_that_were_planted_are_told_apart_and_chance_is_not(regular: Customers) -> None:
    made = run_backtest(regular, BacktestSettings(period_days=60, folds=2), 1, by_rfm)
    summary = made.summary.set_index("segmentation")
    assert summary.loc["rfm", "rank_correlation"] > 0.5
    assert summary.loc["rfm", "verdict"].startswith("separates future spenders well")
    assert summary.loc["rfm", "lift_low"] > 1
    assert abs(summary.loc["random", "rank_correlation"]) < 0.15
    assert summary.loc["random", "lift_low"] < 1 < summary.loc["random", "lift_high"]
    assert made.segments["fold"].unique().tolist() == [1, 2]
    first = made.segments[(made.segments["fold"] == 1) & (made.segments["segmentation"] == "rfm")]
    assert first["customers"].sum() == len(
        customers_as_of(regular, date.fromisoformat(first["until"].iloc[0]) + timedelta(1)).table
    )
    assert first["revenue_share"].sum() == pytest.approx(1)
    assert first["foretold"].is_monotonic_decreasing


def changed_after(everybody: Customers, day: date) -> Customers:
    """The same past; after that day every other customer spends a thousand times as much."""
    lines = everybody.transactions
    assert lines is not None
    late = (lines.lines["order_date"] > pd.Timestamp(day)).to_numpy()
    late = late & lines.lines["customer_id"].astype("str").str.endswith(("0", "2", "4", "6", "8")).to_numpy()
    amount = lines.lines["amount"].where(~late, lines.lines["amount"] * 1000)
    return replace(everybody, transactions=replace(lines, load_lines=lambda: lines.lines.assign(amount=amount)))


def leaks(made: BacktestResult, other: BacktestResult) -> bool:
    """Whether anything that is said to be known before differs, though only what came after does."""
    known = ["segmentation", "segment", "customers", "foretold"]
    return not made.segments[known].equals(other.segments[known])


def test_nothing_of_what_came_after_is_known_before_and_a_planted_leak_is_caught(regular: Customers) -> None:
    settings = BacktestSettings(period_days=60)
    made = run_backtest(regular, settings, 1, by_rfm)
    changed = changed_after(regular, date.fromisoformat(made.segments["until"].iloc[0]))
    other = run_backtest(changed, settings, 1, by_rfm)
    assert not leaks(made, other)
    assert not made.segments["revenue"].equals(other.segments["revenue"]), "the future did change"

    def leaking(everybody: Customers) -> BacktestResult:
        total = everybody.transactions.lines.groupby("customer_id", observed=True)["amount"].sum()  # type: ignore[union-attr]

        def by_all_they_ever_spend(*several: Customers) -> tuple[LabelsBySegmentation, LabelsBySegmentation]:
            then, once = (
                {"leak": one.table["customer_id"].map(total).gt(total.median()).astype("str")} for one in several
            )
            return then, once

        return run_backtest(everybody, settings, 1, by_all_they_ever_spend)

    assert leaks(leaking(regular), leaking(changed))


def test_too_little_of_a_past_is_refused(tmp_path: Path) -> None:
    few = shop(tmp_path / "o.csv", [("a", date(2024, 1, 1), 1.0), ("b", date(2024, 2, 1), 1.0)])
    with pytest.raises(InputProblem, match="2024-01-01 to 2024-02-01 do not cover 1 period of 90 days"):
        run_backtest(few, BacktestSettings(), 1, by_rfm)


@pytest.mark.parametrize(
    ("file", "settings", "scores"),
    [
        ("cdnow/cdnow_master.csv", BacktestSettings(until="1997-09-30", period_days=273), (0.66, 0.44)),
        ("online_retail/online_retail.csv.gz", BacktestSettings(until="2011-09-09", period_days=91), (0.55, 0.44)),
    ],
)
def test_real_shops_rfm_orders_what_customers_will_spend(
    file: str, settings: BacktestSettings, scores: tuple[float, float], shared_data: Path
) -> None:
    everybody = load_customers(IngestSettings(transactions=Source(path=str(shared_data / file))))
    made = run_backtest(everybody, settings, 20240607, by_rfm)
    summary = made.summary.set_index("segmentation")
    assert (summary.loc["rfm", "captured"], summary.loc["rfm", "rank_correlation"]) == pytest.approx(scores, abs=0.01)
    rows = made.segments[made.segments["segmentation"] == "rfm"].set_index("segment")
    best, rest = rows.loc["Champions", "revenue_a_head"], rows.loc["Hibernating", "revenue_a_head"]
    assert best > 5 * rest
    assert rows.loc["Champions", "revenue_a_head_low"] > rows.loc["Loyal", "revenue_a_head_high"]
    assert 0.95 < summary.loc["random", "lift"] < 1.08
    assert abs(summary.loc["random", "rank_correlation"]) < 0.03
