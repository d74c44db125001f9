"""Backtests: what came after counted by hand, no look at the future, real shops, chance without lift."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm

from segcli.config.backtest import BacktestSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.config.rfm import RfmSettings
from segcli.customers import load_customers
from segcli.customers.order_history import customers_as_of
from segcli.errors import InputProblem
from segcli.evaluation.backtest import (
    BacktestResult,
    LabelsBySegmentation,
    _average,
    _describe_correlation,
    _Fold,
    _list_fold_days,
    _summarise_segments,
    run_backtest,
)
from segcli.evaluation.ranking import RankedOutcomes
from segcli.model import Customers
from segcli.segment import maps, rfm
from segcli.value.outcomes import Outcomes, measure_outcomes
from tests.oracles.tables import table


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
    made = run_backtest(regular, BacktestSettings(period_days=60, folds=2), 2, by_rfm)
    summary = made.summary.set_index("segmentation")
    assert summary.loc["rfm", "rank_correlation"] > 0.5
    assert summary.loc["rfm", "verdict"].startswith("separates future spenders well")
    assert summary.loc["rfm", "lift_low"] > 1
    assert abs(summary.loc["random", "rank_correlation"]) < 0.15
    assert summary.loc["random", "rank_correlation_low"] < 0 < summary.loc["random", "rank_correlation_high"]
    assert made.segments["fold"].unique().tolist() == [1, 2]
    first = made.segments[(made.segments["fold"] == 1) & (made.segments["segmentation"] == "rfm")]
    assert first["customers"].sum() == len(
        customers_as_of(regular, date.fromisoformat(first["until"].iloc[0]) + timedelta(1)).table
    )
    assert first["revenue_share"].sum() == pytest.approx(1)
    assert first["foretold"].is_monotonic_decreasing


@pytest.fixture
def seasonal(tmp_path: Path) -> Customers:
    """A shop in which most customers spend nothing in most quarters, over three years."""
    chance = np.random.default_rng(11)
    rows = []
    for n in range(400):
        rate, alive = chance.gamma(0.6, 0.006), int(chance.exponential(600))
        first = int(chance.integers(0, 900))
        days = [first, *(first + np.cumsum(chance.exponential(1 / max(rate, 1e-4), 40)).astype(int))]
        money = float(np.exp(chance.normal(3, 0.7)))
        rows += [
            (f"c{n:03}", date(2021, 1, 1) + timedelta(days=int(day)), round(money, 2))
            for day in days
            if day <= min(first + alive, 1094)
        ]
    return shop(tmp_path / "o.csv", [*rows, ("zz", date(2023, 12, 31), 10.0)])


def slow_scores(scores: list[float], outcomes: list[float], bought: list[bool]) -> tuple[float, float]:
    """Lift of the top fifth and Spearman's correlation, by counting pairs and walking down the ranking."""

    def ranks(values: list[float]) -> np.ndarray:
        return np.array([sum(v < w for v in values) + (sum(v == w for v in values) + 1) / 2 for w in values])

    top, left = 0.0, 0.2 * len(scores)
    for score in sorted(set(scores), reverse=True):
        tied = [b for s, b in zip(scores, bought, strict=True) if s == score]
        taken = min(left, len(tied))
        top, left = top + taken * sum(tied) / len(tied), left - taken
    return top / (0.2 * sum(bought)), float(np.corrcoef(ranks(scores), ranks(outcomes))[0, 1])


@pytest.mark.parametrize("has_money", [True, False])
def test_baselines_are_those_of_a_slow_recomputation(seasonal: Customers, tmp_path: Path, *, has_money: bool) -> None:
    assert seasonal.transactions is not None
    lines = [
        (str(who), when.date(), money / seasonal.transactions.money_scale)
        for who, when, money in seasonal.transactions.lines[["customer_id", "order_date", "amount"]].itertuples(
            index=False
        )
    ]
    if not has_money:
        text = "".join(f"{who},{day}\n" for who, day, _ in lines)
        (tmp_path / "n.csv").write_text("customer_id,order_date\n" + text)
        seasonal = load_customers(IngestSettings(transactions=Source(path=str(tmp_path / "n.csv"))))
        lines = [(who, day, 1.0) for who, day, _ in lines]
    day, period = date(2023, 10, 2), timedelta(days=90)
    made = run_backtest(seasonal, BacktestSettings(folds=1), 1, by_rfm)
    summary = made.summary.set_index("segmentation")
    assert made.segments["until"].unique().tolist() == [day.isoformat()]
    known = sorted({who for who, when, _ in lines if when <= day})
    spent = {who: [m for w, when, m in lines if w == who and day < when <= day + period] for who in known}
    before = {who: [m for w, when, m in lines if w == who and day - period < when <= day] for who in known}
    assert sum(not money for money in before.values()) > 0.6 * len(known), "most spent nothing: the case that failed"
    past = {who: [when for w, when, _ in lines if w == who and when <= day] for who in known}
    by_name = {
        "recency only": [float(max(past[who]).toordinal()) for who in known],
        "frequency only": [float(len(past[who])) for who in known],
        "last spend" if has_money else "last orders": [sum(before[who]) if before[who] else -1.0 for who in known],
    }
    later = [float(sum(spent[who])) for who in known]
    for name, scores in by_name.items():
        lift, correlation = slow_scores(scores, later, [bool(spent[who]) for who in known])
        assert summary.loc[name, "lift"] == pytest.approx(lift), name
        assert summary.loc[name, "rank_correlation"] == pytest.approx(correlation), name
    last = summary.loc["last spend" if has_money else "last orders"]
    assert last["lift"] > 2
    assert last["rank_correlation"] > 0.3, "customers without purchases are lowest, not in the best fifth"
    assert not summary[["lift", "captured", "rank_correlation", "gini"]].isna().any().any()
    assert not made.segments[made.segments["segmentation"] == "rfm"].isna().any().any()
    assert ("revenue" in made.segments) == has_money
    assert f"of the {'revenue' if has_money else 'orders'}; to sort customers" in made.notes[0]


def test_the_verdict_names_the_best_simple_ranking_and_the_season_of_last_year(seasonal: Customers) -> None:
    made = run_backtest(seasonal, BacktestSettings(), 1, by_rfm)
    days = [date.fromisoformat(day) for day in made.scores["until"].unique()]
    assert [(days[0] - day).days for day in days] == [0, 90, 180, 365]
    summary = made.summary.set_index("segmentation")
    best = summary.loc[summary["baseline"], "rank_correlation"].idxmax()
    assert best != "random"
    assert summary.loc["rfm", "best_baseline"] == best
    assert summary.loc["rfm", "verdict"].endswith(best)
    row = summary.loc["rfm"]
    comparison = "better" if row["difference_low"] > 0 else "weaker" if row["difference_high"] < 0 else "as good"
    assert comparison in row["verdict"]
    assert row["rank_correlation_low"] < row["rank_correlation"] < row["rank_correlation_high"]
    verdicts = [note for note in made.notes if f"best simple ranking, {best}" in note]
    assert [note.partition(":")[0] for note in verdicts] == ["rfm"]


def test_a_ranking_that_is_planted_as_better_or_worse_is_told_so(seasonal: Customers) -> None:
    def by_chance(*several: Customers) -> tuple[LabelsBySegmentation, LabelsBySegmentation]:
        then, once = (
            {"parity": one.table["customer_id"].str[-1].isin(list("02468")).map({True: "even", False: "odd"})}
            for one in several
        )
        return then, once

    made = run_backtest(seasonal, BacktestSettings(), 1, by_chance)
    verdict = made.summary.set_index("segmentation").loc["parity", "verdict"]
    assert verdict == "barely predicts future spending; use it for other purposes"


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
        ("cdnow/cdnow_master.csv", BacktestSettings(until="1997-09-30", period_days=273, folds=1), (0.644, 0.44)),
        (
            "online_retail/online_retail.csv.gz",
            BacktestSettings(until="2011-09-09", period_days=91, folds=1),
            (0.55, 0.44),
        ),
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
    assert 0.92 < summary.loc["random", "lift"] < 1.08
    assert abs(summary.loc["random", "rank_correlation"]) < 0.03


@pytest.mark.parametrize(
    ("first_order", "as_of", "settings", "until"),
    [
        ("2020-01-01", "2024-01-01", BacktestSettings(), ["2023-10-02", "2023-07-04", "2023-04-05", "2022-10-02"]),
        # The season of the year before needs two periods of history too: 180 days before 2022-10-02.
        ("2022-04-05", "2024-01-01", BacktestSettings(), ["2023-10-02", "2023-07-04", "2023-04-05", "2022-10-02"]),
        ("2022-04-06", "2024-01-01", BacktestSettings(), ["2023-10-02", "2023-07-04", "2023-04-05"]),
        # With periods of 150 days, the season of the year before overlaps the last of the three periods.
        ("2020-01-01", "2024-01-01", BacktestSettings(period_days=150), ["2023-08-03", "2023-03-06", "2022-10-07"]),
        ("2023-01-01", "2024-01-01", BacktestSettings(), ["2023-10-02", "2023-07-04"]),
        ("2020-01-01", "2024-01-01", BacktestSettings(folds=2, until="2023-05-31"), ["2023-05-31", "2023-03-02"]),
        ("2023-12-01", "2024-01-01", BacktestSettings(period_days=1, folds=1, until="2023-12-15"), ["2023-12-15"]),
        ("2023-12-01", "2024-01-01", BacktestSettings(period_days=1, folds=1, until="2023-12-14"), None),
        ("2023-01-01", "2024-01-01", BacktestSettings(folds=1, until="2023-10-02"), ["2023-10-02"]),
    ],
)
def test_days_of_the_periods(
    tmp_path: Path, first_order: str, as_of: str, settings: BacktestSettings, until: list[str] | None
) -> None:
    """The last day of data is the day before `as_of`; a period needs 14 days of history before."""
    days = [date.fromisoformat(first_order), date.fromisoformat(as_of) - timedelta(days=1)]
    customers = shop(tmp_path / "o.csv", [("a", day, 1.0) for day in days])
    if until is None:
        with pytest.raises(InputProblem, match="do not cover 1 period"):
            _list_fold_days(customers, settings)
    else:
        assert [day.isoformat() for day in _list_fold_days(customers, settings)] == until


def test_a_period_that_is_not_over_is_refused_with_the_last_day_that_is_possible(tmp_path: Path) -> None:
    customers = shop(tmp_path / "o.csv", [("a", date(2023, 1, 1), 1.0), ("a", date(2023, 12, 31), 1.0)])
    with pytest.raises(
        InputProblem, match="orders end on 2023-12-31, before 90 days after 2023-10-03 have passed"
    ) as it:
        _list_fold_days(customers, BacktestSettings(folds=1, until="2023-10-03"))
    assert "set backtest.until to 2023-10-02 or earlier" in str(it.value)


def test_a_table_without_orders_is_refused() -> None:
    with pytest.raises(InputProblem, match="contains no individual orders"):
        run_backtest(table(revenue=[1.0, 2.0]), BacktestSettings(), 1, by_rfm)


def test_rows_of_segments_by_hand() -> None:
    """Segments with equal scores are in the order of their names; c bought nothing before."""
    labels, scores = pd.Series(list("bbaac")), np.array([2.0, 2.0, 1.0, 3.0, -np.inf])
    later = Outcomes(np.array([1.0, 0, 2, 0, 1]), np.array([10.0, 0, 30, 0, 4]))
    rows = _summarise_segments(labels, scores, later, has_money=True).set_index("segment")
    assert rows.index.tolist() == ["a", "b", "c"]
    expected = {
        "foretold": [2, 2, np.nan],
        "customers": [2, 2, 1],
        "buyers": [1, 1, 1],
        "buyer_rate": [1 / 2, 1 / 2, 1],
        "lift": [(1 / 2) / (3 / 5), (1 / 2) / (3 / 5), 5 / 3],
        "orders": [2, 1, 1],
        "orders_a_head": [1, 1 / 2, 1],
        "order_share": [1 / 2, 1 / 4, 1 / 4],
        "revenue": [30, 10, 4],
        "revenue_share": [30 / 44, 10 / 44, 4 / 44],
        "revenue_a_head": [15, 5, 4],
    }
    for column, values in expected.items():
        assert rows[column].to_list() == pytest.approx(values, nan_ok=True), column
    wilson = binomtest(1, 2).proportion_ci(method="wilson")
    assert rows.loc["a", ["buyer_rate_low", "buyer_rate_high"]].tolist() == pytest.approx([wilson.low, wilson.high])
    half_width = norm.ppf(0.975) * 15  # the standard error of the mean of 0 and 30
    bounds = rows[["revenue_a_head_low", "revenue_a_head_high"]]
    assert bounds.loc["a"].tolist() == pytest.approx([15 - half_width, 15 + half_width])
    assert bounds.loc["c"].tolist() == [-np.inf, np.inf], "one customer has no variance"


def test_shares_of_a_period_without_purchases_are_unknown() -> None:
    nothing = np.zeros(3)
    rows = _summarise_segments(pd.Series(list("aab")), np.arange(3.0), Outcomes(nothing, nothing), has_money=True)
    assert rows[["lift", "order_share", "revenue_share"]].isna().all(axis=None)
    assert rows["buyer_rate"].tolist() == [0, 0]


def test_a_resample_takes_the_ranked_customers_among_all() -> None:
    fold = _Fold(date(2024, 1, 1), {}, [], np.array([4, 0, 2]))
    assert fold.locate(np.array([2, 4, 1, 4, 0, 3]), 5).tolist() == [2, 0, 0, 1]


def test_periods_in_which_no_sampled_customer_was_ranked_are_left_out() -> None:
    ranking = RankedOutcomes.from_scores(np.array([1.0, 2, 3]), np.array([0.0, 5, 5]))
    nobody = ranking.select(np.empty(0, dtype=np.int64))
    assert _average([nobody, ranking], 0.2) == list(ranking.measure(0.2).values())
    assert np.isnan(_average([nobody], 0.2)).tolist() == [True] * 4


@pytest.mark.parametrize(
    ("correlation", "difference", "verdict"),
    [
        ((0.3, 0.01), (0.01, 0.1), "separates future spenders well, better than recency only"),
        ((0.29, 0.01), (-0.1, -0.01), "useful, weaker than recency only"),
        ((0.1, 0.01), (0.0, 0.1), "useful, as good as recency only"),
        ((0.3, 0.01), (-0.1, 0.0), "separates future spenders well, as good as recency only"),
        ((0.09, 0.01), (0.01, 0.1), "barely predicts future spending; use it for other purposes"),
        ((0.3, 0.0), (0.01, 0.1), "barely predicts future spending; use it for other purposes"),
    ],
)
def test_a_verdict_needs_a_correlation_above_zero_and_a_difference_above_chance(
    correlation: tuple[float, float], difference: tuple[float, float], verdict: str
) -> None:
    row = {"segmentation": "rfm", "baseline": False, "best_baseline": "recency only"}
    row |= dict(zip(("rank_correlation", "rank_correlation_low"), correlation, strict=True))
    row |= dict(zip(("difference_low", "difference_high"), difference, strict=True))
    assert _describe_correlation(row) == verdict
