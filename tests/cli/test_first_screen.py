"""Each number of the first screen is one that a command prints."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

ORDERS = "sample_data/orders.csv"
PERIOD = 90


@pytest.fixture(scope="module")
def root() -> Path:
    return Path(__file__).parents[2]


def read_rows(text: str) -> dict[str, dict[str, str]]:
    return {row["customer_id"]: row for row in csv.DictReader(io.StringIO(text))}


def add_up(rows: dict[str, dict[str, str]], column: str) -> float:
    return sum(float(row[column] or 0) for row in rows.values())


@pytest.mark.long
def test_the_first_screen_has_the_numbers_of_commands(segcli: Any, root: Path) -> None:
    def run(*arguments: object) -> str:
        done = segcli(*arguments, "-q")
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    orders = root / ORDERS
    report = json.loads(run("report", orders, "--brief", "-f", "json"))
    figures = {figure["id"]: figure for figure in report["key_figures"]}
    findings = {finding["id"]: finding["figures"] for finding in report["findings"]}
    as_of = date.fromisoformat(figures["customers"]["trend"][-1]["as_of"])
    days = [as_of - timedelta(days=1 + back) for back in (0, PERIOD, 365)]  # a figure uses the orders before its day
    now, before, year_ago = (read_rows(run("ingest", orders, "--as-of", day)) for day in days)

    # Tiles: segcli ingest
    revenue = add_up(now, "revenue") - add_up(before, "revenue")
    order_count = add_up(now, "orders") - add_up(before, "orders")
    overdue = [
        name
        for name, row in now.items()
        if float(row["orders"]) >= 3 and row["first_order"] < row["last_order"]
        if (as_of - date.fromisoformat(row["last_order"][:10])).days > 2 * float(row["mean_days_between_orders"])
    ]
    at_risk = sum(
        max(float(now[name]["revenue"]) - float(year_ago.get(name, {}).get("revenue") or 0), 0.0) for name in overdue
    )
    expected = {
        "customers": len(now),
        "active": sum((as_of - date.fromisoformat(row["last_order"][:10])).days <= PERIOD for row in now.values()),
        "revenue": revenue,
        "repeat_rate": sum(float(row["orders"]) > 1 for row in now.values()) / len(now),
        "average_order": revenue / order_count,
        "revenue_at_risk": at_risk,
    }
    assert {name: figure["value"] for name, figure in figures.items()} == pytest.approx(expected, rel=1e-6)
    assert figures["customers"]["previous"] == len(before)

    # Findings: segcli ingest and segcli rfm
    ranked = sorted((float(row["revenue"]) for row in now.values()), reverse=True)
    assert findings["concentration"]["revenue"] == pytest.approx(sum(ranked[: len(ranked) // 5]), rel=1e-6)
    assert findings["one_time_buyers"]["customers"] == sum(float(row["orders"]) == 1 for row in now.values())
    assert findings["revenue_at_risk"]["overdue"] == len(overdue)
    segments = json.loads(run("rfm", orders, "-f", "json"))["segments"]
    top = max(segments, key=lambda segment: segment["revenue"])
    assert {name: findings["top_segment"][name] for name in ("customers", "revenue")} == {
        name: pytest.approx(top[name]) for name in ("customers", "revenue")
    }

    # Next steps: segcli target
    targets = json.loads(run("target", orders, "-f", "json"))
    chosen = {row["segment"]: row["customers"] for row in targets["targets"] if row["chosen"] == "yes"}
    assert {step["segment"]: step["customers"] for step in report["next_steps"]} == chosen


@pytest.mark.long
def test_a_page_is_the_same_bytes_again_and_hides_small_groups(segcli: Any, root: Path, folder: Path) -> None:
    sections = "summary,segments,trends,migration,backtest"
    pages = []
    for _ in range(2):
        path = folder / "page.html"
        done = segcli("report", root / ORDERS, "-q", "-o", path, "--sections", sections, "--audience", "external")
        assert done.returncode == 0, done.stderr
        pages.append(path.read_bytes())
    assert pages[0] == pages[1]
    assert len(pages[0]) < 1_000_000
    told = json.loads(
        segcli("report", root / ORDERS, "-q", "-f", "json", "--sections", sections, "--audience", "external").stdout
    )
    for flow in told["migration"][0]["flows"]:
        assert flow["customers"] >= 11
    for row in told.get("trends", {"segments": []})["segments"]:
        assert all(size == 0 or size >= 11 for size in row["customers"])
        assert all(
            later == earlier or abs(later - earlier) >= 11
            for earlier, later in zip(row["customers"], row["customers"][1:], strict=False)
        )
    assert "foretold" not in json.dumps(told["backtest"])
