"""segcli backtest as its users run it, with rules and clusters beside RFM."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

CONFIG = """
ingest: {transactions: {path: orders.csv}}
rfm: {}
rules: [{base: lifecycle}]
cluster: {k: 3, pairs: 0}
backtest: {period_days: 60}
"""


def test_segmentations_side_by_side(segcli: Any, folder: Path) -> None:
    chance = np.random.default_rng(1)
    rows = ["customer_id,order_date,amount"]
    for n in range(150):
        gap = 15 if n % 3 else 90
        day = date(2024, 1, 1) + timedelta(days=int(chance.integers(0, 60)))
        while day < date(2024, 12, 1):
            rows.append(f"C{n:03},{day},{10 + n % 7}")
            day += timedelta(days=1 + int(chance.exponential(gap)))
    (folder / "orders.csv").write_text("\n".join(rows) + "\n")
    (folder / "c.yaml").write_text(CONFIG)
    told = json.loads(segcli("backtest", "-c", "c.yaml", "-f", "json").stdout)
    names = [one["segmentation"] for one in told["summary"]]
    assert names == [
        *("rfm", "lifecycle", "cluster"),
        *("recency only", "frequency only", "last spend", "rfm quintile sum", "random"),
    ]
    correlations = {one["segmentation"]: one["rank_correlation"] for one in told["summary"]}
    assert correlations["rfm"] > 0.3 > correlations["random"]
    assert correlations["cluster"] > 0.3
    shown = segcli("backtest", "-c", "c.yaml", "-f", "table", "-q").stdout
    assert "separates future spenders well" in shown
    assert "measured on the next 60 days" in shown
    again = segcli("backtest", "-c", "c.yaml")
    assert again.stdout.startswith("fold,until,segmentation,segment,foretold,customers,buyers")


def test_a_day_that_is_none_is_refused(segcli: Any, folder: Path) -> None:
    (folder / "o.csv").write_text("customer_id,order_date,amount\na,2024-01-05,10\n")
    refused = segcli("backtest", "o.csv", "--until", "2024-02-31")
    assert refused.returncode == 2
    assert "must be a date such as 2026-03-31" in refused.stderr
