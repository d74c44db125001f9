"""Sizes of segments over time equal those of earlier days, and hide small numbers and small differences."""

import json
import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.customers.order_history import customers_as_of
from segcli.evaluation.disclosure_control import WITHHELD_LABEL
from segcli.model import Customers, Segmentation
from segcli.reports import size_trends
from segcli.reports.size_trends import SizeTrend, compute_size_trend
from segcli.segment.segmentation import segmentation_from_labels

ROOT = Path(__file__).parents[2]
ORDERS = ROOT / "sample_data" / "orders.csv"
PERIOD = 90


def run(*arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "segcli", *arguments, "-q", "-f", "json", "--set", "rfm.segments=default"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.mark.long
def test_sizes_are_those_of_rfm_as_of_the_end_of_each_month() -> None:
    """A day of the trend uses the orders before it, so it has the segments of the day before."""
    trend = run("report", str(ORDERS), "--sections", "segments,trends")["trends"]
    days = trend["days"]  # type: ignore[index]
    assert days[-1] == "2026-07-01"
    assert len(days) == 13
    for position in (0, 8, 12):
        month_end = date.fromisoformat(days[position]) - timedelta(days=1)
        sizes = {
            row["segment"]: row["customers"]
            for row in run("rfm", str(ORDERS), "--as-of", month_end.isoformat())["segments"]  # type: ignore[attr-defined]
        }
        shown = {row["segment"]: row["customers"][position] for row in trend["segments"]}  # type: ignore[index]
        assert {name: size for name, size in shown.items() if size} == sizes


def by_recency(customers: Customers) -> Segmentation:
    """Segment customers by whether they have ordered in the last 60 days."""
    labels = (customers.table[columns.RECENCY_DAYS] <= 60).map({True: "active", False: "lapsed"}).astype("str")
    return segmentation_from_labels(customers, "x_segment", labels, {"name": "x"})


def make_trend(customers: Customers, hidden: list[str] | None = None, smallest: int = 1) -> SizeTrend | None:
    return compute_size_trend(
        by_recency(customers), lambda earlier, _: [by_recency(earlier)], PERIOD, hidden or [], smallest
    )


@pytest.fixture(scope="module")
def customers() -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=str(ORDERS))))


def test_later_orders_change_no_earlier_size(customers: Customers) -> None:
    whole, earlier = make_trend(customers), make_trend(customers_as_of(customers, date(2026, 3, 1)))
    assert whole is not None
    assert earlier is not None
    now = {day: whole.sizes[:, position].tolist() for position, day in enumerate(whole.days)}
    then = {day: earlier.sizes[:, position].tolist() for position, day in enumerate(earlier.days)}
    shared = set(now) & set(then)
    assert len(shared) >= 8
    order = [earlier.segments.index(name) for name in whole.segments]
    assert all(now[day] == [then[day][row] for row in order] for day in shared)


def test_a_trend_starts_when_the_orders_cover_a_period(customers: Customers) -> None:
    trend = make_trend(customers_as_of(customers, date(2024, 12, 1)))
    assert trend is not None
    assert trend.days[0] - timedelta(days=PERIOD) >= date(2024, 7, 1)
    assert make_trend(customers_as_of(customers, date(2024, 8, 1))) is None


@pytest.mark.parametrize("seed", range(8))
def test_small_sizes_and_small_differences_are_hidden_and_do_not_follow(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.cumsum(rng.integers(0, 30, (6, 12)), axis=1) + rng.integers(0, 40, (6, 1))
    visible = size_trends._select_rows(rows, [False] * 6, 11)
    hidden = sorted(set(range(6)) - set(visible))
    assert hidden, "the sample should need suppression"
    for row in rows[visible]:
        assert all(size == 0 or size >= 11 for size in row)
        assert all(later == earlier or abs(later - earlier) >= 11 for earlier, later in pairwise(row))
    rest = rows[hidden].sum(axis=0)
    is_safe = all(later == earlier or abs(later - earlier) >= 11 for earlier, later in pairwise(rest))
    assert not visible or (len(hidden) > 1 and is_safe and rest.min() >= 11)


def test_a_hidden_segment_takes_another_with_it() -> None:
    rows = np.array([[100, 150], [80, 120], [60, 90]])
    assert size_trends._select_rows(rows, [False, False, False], 11) == [0, 1, 2]
    assert size_trends._select_rows(rows, [True, False, False], 11) == [1]
    small = np.array([[5, 5], [20, 20], [100, 130]])
    assert size_trends._select_rows(small, [False] * 3, 11) == [2], "5 and 20 are 25 together"


def test_a_trend_of_two_segments_with_one_hidden_is_not_shown(customers: Customers) -> None:
    assert make_trend(customers, ["lapsed"], 11) is None


def make_shop(folder: Path, days: list[str]) -> Customers:
    """Read orders of 30 customers on each day."""
    lines = [f"{day}-{who},{day},1" for day in days for who in range(30)]
    path = folder / "o.csv"
    path.write_text("\n".join(["customer_id,order_date,amount", *lines, ""]), encoding="utf-8")
    return load_customers(IngestSettings(transactions=Source(path=str(path))))


def by_month(customers: Customers) -> Segmentation:
    """Segment customers by the month of their first order."""
    labels = customers.table[columns.FIRST_ORDER].dt.strftime("%B")
    return segmentation_from_labels(customers, "x_segment", labels, {"name": "x"})


def test_a_trend_by_hand(tmp_path: Path) -> None:
    """The orders begin on 2026-01-01 and cover a period of 30 days from 2026-01-31 on; the as-of day is 2026-03-02."""
    customers = make_shop(tmp_path, ["2026-01-01", "2026-01-20", "2026-02-10", "2026-03-01"])

    def trend(period_days: int, hidden: list[str], smallest: int = 1) -> SizeTrend | None:
        return compute_size_trend(by_month(customers), lambda day, _: [by_month(day)], period_days, hidden, smallest)

    shown = trend(30, [])
    assert shown is not None
    assert shown.to_dict() == {
        "column": "x_segment",
        "days": [date(2026, 2, 2), date(2026, 3, 2)],
        "segments": [
            {"segment": "January", "customers": [60, 60]},
            {"segment": "February", "customers": [0, 30]},
            {"segment": "March", "customers": [0, 30]},
        ],
    }
    assert trend(33, []) is None, "on 2026-02-02, the orders cover 32 days"
    hidden = trend(30, ["March"])
    assert hidden is not None
    assert (hidden.segments, hidden.sizes.tolist()) == (["January", WITHHELD_LABEL], [[60, 60], [0, 60]])
