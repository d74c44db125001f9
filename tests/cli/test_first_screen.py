"""The first screen of a report: every number on it is printed by another command."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ORDERS = Path(__file__).parents[2] / "sample_data" / "orders.csv"
CUSTOMERS = ORDERS.with_name("customers.csv")


def run_json(segcli: Any, *arguments: object) -> Any:
    done = segcli(*arguments, "-q", "-f", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def read_rows(segcli: Any, *arguments: object) -> pd.DataFrame:
    done = segcli(*arguments, "-q", "-f", "csv")
    assert done.returncode == 0, done.stderr
    return pd.DataFrame(csv.DictReader(io.StringIO(done.stdout))).set_index("customer_id")


def test_every_number_of_the_first_screen_is_printed_by_a_command(segcli: Any) -> None:
    report = run_json(segcli, "report", ORDERS, "--brief")
    now = read_rows(segcli, "rfm", ORDERS)
    quarter, year = (read_rows(segcli, "ingest", ORDERS, "--as-of", day) for day in ("2026-04-01", "2025-06-30"))
    # --as-of counts the orders of that day too, so the tables are those of the day before
    for table in (now, quarter, year):
        for name in ("orders", "revenue", "recency_days"):
            table[name] = table[name].astype(float)
    figures = {figure["id"]: figure for figure in report["key_figures"]}
    revenue = now["revenue"].sum() - quarter["revenue"].sum()
    assert figures["customers"]["value"] == len(now)
    assert figures["customers"]["previous"] == len(quarter)
    assert figures["active"]["value"] == (now["recency_days"] <= 90).sum()
    assert figures["active"]["previous"] == (quarter["recency_days"] <= 89).sum()
    assert figures["revenue"]["value"] == pytest.approx(revenue)
    assert figures["repeat_rate"]["value"] == pytest.approx((now["orders"] > 1).mean())
    assert figures["average_order"]["value"] == pytest.approx(revenue / (now["orders"].sum() - quarter["orders"].sum()))
    span = (pd.to_datetime(now["last_order"]) - pd.to_datetime(now["first_order"])).dt.days
    gaps = span / (now["orders"] - 1).clip(lower=1)
    overdue = (now["orders"] >= 3) & (gaps > 0) & (now["recency_days"] > 2 * gaps)
    yearly = (now["revenue"] - year["revenue"].reindex(now.index).fillna(0)).clip(lower=0)
    assert figures["revenue_at_risk"]["value"] == pytest.approx(yearly[overdue].sum())

    lines = run_json(segcli, "ingest", ORDERS)["inputs"][0]["lines"]
    trust = report["data_trust"]
    assert (trust["lines_read"], trust["lines_used"]) == (lines["read"], lines["kept"])
    assert (trust["money_read"], trust["money_used"]) == (lines["money"]["read"], lines["money"]["kept"])

    findings = {finding["id"]: finding["figures"] for finding in report["findings"]}
    assert set(findings) == {"concentration", "top_segment", "revenue_at_risk", "one_time_buyers", "revenue_change"}
    segments = {row["segment"]: row for row in run_json(segcli, "rfm", ORDERS)["segments"]}
    assert findings["top_segment"] == pytest.approx(
        {name: segments["Champions"][name] for name in ("customers", "share", "revenue", "revenue_share")}
    )
    largest = now["revenue"].sort_values(ascending=False)
    assert findings["concentration"]["revenue"] == pytest.approx(largest.iloc[: len(now) // 5].sum())
    assert findings["revenue_at_risk"]["overdue"] == overdue.sum()
    in_loyal = overdue & (now["rfm_segment"] == "Loyal")
    assert findings["revenue_at_risk"]["segment_overdue"] == in_loyal.sum()
    assert findings["revenue_at_risk"]["segment_revenue_at_risk"] == pytest.approx(yearly[in_loyal].sum())
    assert findings["one_time_buyers"]["customers"] == (now["orders"] == 1).sum()
    assert findings["revenue_change"]["orders"] == now["orders"].sum() - quarter["orders"].sum()
    money = [finding["money"] for finding in report["findings"]]
    assert money == sorted(money, reverse=True)

    targets = [row for row in run_json(segcli, "target", ORDERS)["targets"] if row["chosen"] == "yes"]
    personas = {row["segment"]: row for row in run_json(segcli, "persona", ORDERS)["personas"]}
    assert [(step["segment"], step["customers"], step["action"]) for step in report["next_steps"]] == [
        (row["segment"], row["customers"], personas[row["segment"]]["action"]) for row in targets
    ]
    for step in report["next_steps"]:  # an order export has no contacts
        assert (step["reach"], step["cost"], step["expected_margin"]) == (None, None, None)
        assert "reach" in step["missing"]


def test_steps_have_margin_cost_and_holdout_where_the_config_has_them(segcli: Any, folder: Path) -> None:
    (folder / "step.yaml").write_text(
        f"ingest: {{customers: {{path: {CUSTOMERS}, columns: {{customer_id: id, email_consent: newsletter}}}}}}\n"
        "target: {contact_cost: {email: 0.02}, response: {email: 0.03}, margin: 0.4}\n"
        "privacy: {key_file: ../key}\n"
        "export: [{to: klaviyo, of: target, holdout: 10%}]\n",
        encoding="utf-8",
    )
    report = run_json(segcli, "report", ORDERS, "--brief", "-c", "step.yaml")
    targets = [
        row for row in run_json(segcli, "target", ORDERS, "-c", "step.yaml")["targets"] if row["chosen"] == "yes"
    ]
    for step, row in zip(report["next_steps"], targets, strict=True):
        assert (step["expected_margin"], step["cost"]) == pytest.approx((row["expected_margin"], row["cost"]))
        assert (step["reach"], step["channel"]) == (row["contacts"], "email")
        assert step["reach"] < step["customers"]
        assert step["holdout_share"] == pytest.approx(0.1)
        assert step["missing"] == []


def test_the_short_report_fits_a_terminal_and_is_short(segcli: Any) -> None:
    done = segcli("report", ORDERS, "-q", "--brief")
    assert len(done.stdout.splitlines()) < 60
    assert "As of" not in done.stdout
    assert "Champions" in done.stdout


def test_a_table_of_customers_has_figures_of_all_time(segcli: Any) -> None:
    assert segcli("rfm", ORDERS, "-q", "-o", "scored.csv").returncode == 0
    report = run_json(segcli, "report", "scored.csv", "--brief")
    totals = report["totals"]
    assert {figure["id"]: figure["value"] for figure in report["key_figures"]} == pytest.approx(
        {
            "customers": totals["customers"],
            "total_revenue": totals["revenue"],
            "repeat_rate": next(f["value"] for f in report["key_figures"] if f["id"] == "repeat_rate"),
            "average_order": totals["revenue"] / totals["orders"],
        }
    )
    assert "need an order export with amounts" in segcli("report", "scored.csv", "-q", "--brief", "-f", "md").stdout


def test_answers_without_orders_have_findings_without_money(segcli: Any, folder: Path) -> None:
    rows = ["customer_id,sport,music"] + [f"c{n},{n % 2},{n % 3 == 0:d}" for n in range(120)]
    (folder / "survey.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    report = run_json(segcli, "report", "survey.csv", "--brief", "--set", "cluster.features=[sport,music]")
    assert report["findings"]
    assert {finding["money"] for finding in report["findings"]} == {None}
    assert report["findings"][0]["id"] == "segment_1"
