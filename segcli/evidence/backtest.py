"""Do segments tell who will buy? Each is made on what was known at a day, and held against what came after.

Segments are ordered by what their customers spent in a time before that day, so that the order, too, knows nothing of
what came after: the segmentation is made once more so much earlier (a period, or half of what is known), and watched.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.backtest import BacktestSettings
from segcli.counting import counted
from segcli.customers.history import earlier
from segcli.errors import InputProblem
from segcli.evidence.baselines import baselines
from segcli.evidence.ranking import captured, gini, rank_correlation
from segcli.model import Customers
from segcli.segment.intervals import mean, wilson
from segcli.value.outcomes import Outcomes, outcomes

FEWEST = 30  # customers of a segment below which it is not told as the best
WELL, USEFUL = 0.3, 0.1  # rank correlation from which segments separate well, and usefully
SHORTEST = 7  # days from which the order of segments may be learnt
Labelled = Mapping[str, pd.Series]
Make = Callable[[Customers, Customers], tuple[Labelled, Labelled]]


@dataclass(frozen=True, eq=False)
class Backtest:
    """`segments`: one row per fold, segmentation and segment. `scores`: one row per fold and segmentation.

    `summary`: means of the scores over folds, with a verdict in words; `baseline` marks what is there to compare with.
    """

    segments: pd.DataFrame
    scores: pd.DataFrame
    summary: pd.DataFrame
    notes: tuple[str, ...]


def backtest(everybody: Customers, settings: BacktestSettings, seed: int, make: Make) -> Backtest:
    """Hold segmentations against what came after them.

    Args:
        everybody: customers with all their orders.
        settings: which periods.
        seed: of random groups.
        make: the labels of customers at a day, and of customers at an earlier day by the same segmentations.

    Raises:
        InputProblem: the input is no order export, or has not enough of a past.
    """
    segments, scores = [], []
    for fold, day in enumerate(_days(everybody, settings), 1):
        for name, rows, score in _fold(everybody, day, settings, seed, make):
            segments.append(rows.assign(fold=fold, until=day.isoformat(), segmentation=name))
            scores.append({"fold": fold, "until": day.isoformat(), "segmentation": name, **score})
    told = pd.concat(segments, ignore_index=True)
    front = ["fold", "until", "segmentation"]
    told = told[[*front, *(name for name in told.columns if name not in front)]]
    table = pd.DataFrame(scores)
    return Backtest(told, table, _summary(table, seed), tuple(_notes(everybody, table, settings)))


def _days(everybody: Customers, settings: BacktestSettings) -> list[date]:
    """The last day known in each fold, latest first."""
    if everybody.transactions is None or everybody.as_of is None:
        raise InputProblem(
            "holds no single orders",
            source=everybody.readings[0].input.name,
            remedy="Give an order export, not a customer table",
        )
    last = everybody.as_of - timedelta(days=1)
    first = date.fromisoformat(settings.until) if settings.until else last - timedelta(days=settings.period_days)
    days = [first - timedelta(days=settings.period_days * fold) for fold in range(settings.folds)]
    began = everybody.table[c.FIRST_ORDER].min().date()
    if (days[-1] - began).days < 2 * SHORTEST or first >= last:
        raise InputProblem(
            f"orders from {began.isoformat()} to {last.isoformat()} are too few for "
            f"{counted(settings.folds, 'period')} of {counted(settings.period_days, 'day')}, and some to learn from",
            source=everybody.readings[0].input.name,
            remedy="Lower backtest.period_days or backtest.folds",
        )
    return days


def _fold(
    everybody: Customers, day: date, settings: BacktestSettings, seed: int, make: Make
) -> Iterator[tuple[str, pd.DataFrame, dict[str, float | str]]]:
    """For each segmentation its segments and its scores."""
    days, learning = settings.period_days, _learning(everybody, day, settings)
    before = day - timedelta(days=learning)
    then, once = (earlier(everybody, known + timedelta(days=1)) for known in (day, before))
    labels, labels_once = make(then, once)
    lately, lately_once = (
        outcomes(everybody, some.table[c.CUSTOMER_ID], known - timedelta(days=learning), learning).revenue
        for known, some in ((day, then), (before, once))
    )
    for name, label in baselines(seed).items():
        labels = {**labels, name: label(then, lately)}
        labels_once = {**labels_once, name: label(once, lately_once)}
    after = outcomes(everybody, then.table[c.CUSTOMER_ID], day, days)
    after_once = outcomes(everybody, once.table[c.CUSTOMER_ID], before, learning)
    for name, found in labels.items():
        learnt = pd.Series(after_once.revenue).groupby(labels_once[name].to_numpy()).mean()
        spent = found.map(learnt).fillna(after_once.revenue.mean())
        order = np.asarray(spent, dtype=np.float64)
        yield name, _segments(found, order, after), _scores(found, order, after, settings.top)


def _learning(everybody: Customers, day: date, settings: BacktestSettings) -> int:
    """Days before a day from which the order of segments is learnt."""
    began: date = everybody.table[c.FIRST_ORDER].min().date()
    return min(settings.period_days, (day - began).days // 2)


def _segments(labels: pd.Series, order: npt.NDArray[np.float64], after: Outcomes) -> pd.DataFrame:
    """What the customers of each segment did, in the order that was foretold."""
    base = after.bought.mean()
    total = after.revenue.sum()
    rows = []
    for name in labels.unique():
        inside = (labels == name).to_numpy()
        customers, buyers = int(inside.sum()), int(after.bought[inside].sum())
        low, high = wilson(buyers, customers)
        money_low, money_high = mean(after.revenue[inside])
        rows.append(
            {
                c.NAME: name,
                "foretold": float(order[inside][0]),
                c.CUSTOMERS: customers,
                "buyers": buyers,
                "buyer_rate": buyers / customers,
                "buyer_rate_low": low,
                "buyer_rate_high": high,
                "lift": buyers / customers / base if base else np.nan,
                c.ORDERS: float(after.orders[inside].sum()),
                c.REVENUE: float(after.revenue[inside].sum()),
                c.REVENUE_SHARE: float(after.revenue[inside].sum() / total) if total else np.nan,
                "revenue_a_head": float(after.revenue[inside].mean()),
                "revenue_a_head_low": money_low,
                "revenue_a_head_high": money_high,
            }
        )
    return pd.DataFrame(rows).sort_values(["foretold", c.NAME], ascending=[False, True], ignore_index=True)


def _scores(labels: pd.Series, order: npt.NDArray[np.float64], after: Outcomes, top: float) -> dict[str, float | str]:
    """Of a whole segmentation: lift of its best segment, and how well its order foretells."""
    sizes = labels.value_counts()
    large = [name for name, size in sizes.items() if size >= FEWEST] or list(sizes.index)
    base = float(after.bought.mean())
    best = max(large, key=lambda name: (float(order[(labels == name).to_numpy()][0]), str(name)))
    inside = (labels == best).to_numpy()
    low, high = wilson(int(after.bought[inside].sum()), int(inside.sum()))
    return {
        "best": str(best),
        "lift": float(after.bought[inside].mean()) / base if base else np.nan,
        "lift_low": low / base if base else np.nan,
        "lift_high": high / base if base else np.nan,
        "captured": captured(order, after.revenue, top),
        "rank_correlation": rank_correlation(order, after.revenue),
        "gini": gini(order, after.revenue),
    }


def _summary(scores: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Means over folds, and what they say."""
    measures = ["lift", "lift_low", "lift_high", "captured", "rank_correlation", "gini"]
    rows = scores.groupby("segmentation", sort=False)[measures].mean().reset_index()
    rows["baseline"] = rows["segmentation"].isin(list(baselines(seed)))
    against = float(rows.loc[rows["segmentation"] == "rfm quintiles", "rank_correlation"].iloc[0])
    rows["verdict"] = [_verdict(row, against) for row in rows.to_dict("records")]
    return rows


def _verdict(row: Mapping[Any, Any], against: float) -> str:
    if row["baseline"]:
        return "baseline"
    correlation = float(row["rank_correlation"])
    if correlation < USEFUL:
        return "says little about what customers will spend; use it for other ends"
    how = "separates well who will spend" if correlation >= WELL else "useful"
    return how + ("" if correlation >= against else ", weaker than rfm quintiles")


def _notes(everybody: Customers, scores: pd.DataFrame, settings: BacktestSettings) -> Iterator[str]:
    days: Sequence[str] = list(scores["until"].unique())
    yield f"built on orders to {', '.join(days)}, measured on the {counted(settings.period_days, 'day')} after"
    learning = [_learning(everybody, date.fromisoformat(day), settings) for day in days]
    yield f"segments are ordered by what their customers spent in the {min(learning)} days before"
    if len(everybody.readings) > 1:
        yield "who customers are and what they answered is as of today: what was asked later may know what came after"
