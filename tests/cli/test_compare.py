"""segcli compare as its users run it: two tables, two runs, one export at two days, the gate of drift."""

import json
from pathlib import Path
from typing import Any

import pytest

ROWS = [(f"c{n:03}", 1 + n % 300, 1 + n % 9, 10.0 * (1 + n % 9)) for n in range(300)]


@pytest.fixture
def tables(folder: Path) -> Path:
    for name, factor in (("old", 1), ("new", 1), ("far", 9)):
        rows = [
            f"{who},{recency},{orders},{money * factor},{'big' if money * factor > 50 else 'small'}"
            for who, recency, orders, money in ROWS
        ]
        (folder / f"{name}.csv").write_text(
            "customer_id,recency_days,orders,revenue,rfm_segment\n" + "\n".join(rows) + "\n"
        )
    return folder


@pytest.mark.usefixtures("tables")
def test_two_tables_and_the_gate(segcli: Any) -> None:
    same = segcli("compare", "old.csv", "new.csv", "--fail-on", "drift", "-f", "json")
    assert same.returncode == 0, same.stderr
    told = json.loads(same.stdout)
    assert told["drifted"] == []
    assert told["notes"][-1] == "keep the segments: no drift"
    far = segcli("compare", "old.csv", "far.csv", "--fail-on", "drift")
    assert far.returncode == 4
    assert far.stdout.startswith("segmentation,from,to,customers,share,value_share"), "the result is written before"
    assert "drift: rfm_segment, revenue (compare.fail_on)" in far.stderr
    assert segcli("compare", "old.csv", "far.csv").returncode == 0
    refused = segcli("compare", "old.csv")
    assert refused.returncode == 2
    assert "OLD NEW, or one export and --then DATE" in refused.stderr
    refused = segcli("compare", "old.csv", "--then", "soon")
    assert refused.returncode == 2
    assert "--then must be a date such as 2026-03-31; got soon" in refused.stderr


def test_one_export_at_two_days_and_two_runs(segcli: Any, folder: Path) -> None:
    rows = [f"c{n % 60:02},2024-{1 + (n * 7 + n // 60) % 12:02}-{1 + n % 28:02},{5 + n % 11}" for n in range(600)]
    (folder / "orders.csv").write_text("customer_id,order_date,amount\n" + "\n".join(rows) + "\n")
    shown = segcli("compare", "orders.csv", "--then", "2024-09-30", "-f", "table", "-q")
    assert shown.returncode == 0, shown.stderr
    assert "changed segment" in shown.stdout
    for name, day in (("one", "2024-09-30"), ("two", "2024-12-31")):
        (folder / f"{name}.yaml").write_text(
            f"ingest: {{transactions: {{path: orders.csv}}}}\nrfm: {{}}\noutput: runs/{name}\nas_of: '{day}'\n"
        )
        ran = segcli("run", f"{name}.yaml", "-q")
        assert ran.returncode == 0, ran.stderr
    both = segcli("compare", "runs/one", "runs/two", "-f", "json", "-q")
    assert both.returncode == 0, both.stderr
    rows_of = json.loads(both.stdout)["migration"]
    assert {one["segmentation"] for one in rows_of} == {"rfm_segment"}
    listed = segcli("compare", "runs", "--history").stdout.splitlines()
    assert listed[0] == "run,as_of,segmentation,customers,segments,largest,largest_share,psi"
    assert [line.split(",")[0] for line in listed[1:]] == ["one", "two"]
    none = segcli("compare", "orders.csv", "--history")
    assert none.returncode == 3


def test_a_campaign_is_read_by_group_after_its_day(segcli: Any, folder: Path) -> None:
    (folder / "o.csv").write_text(
        "customer_id,order_date,amount\na,2024-01-05,10\na,2024-03-02,7\nb,2024-01-31,20\nc,2024-02-20,30\n"
    )
    (folder / "g.csv").write_text("customer_id,group\na,mail\nb,mail\nc,holdout\nnobody,holdout\n")
    done = segcli("compare", "o.csv", "--then", "2024-02-01", "--treated", "g.csv", "-f", "json")
    assert done.returncode == 0, done.stderr
    rows = {one["group"]: one for one in json.loads(done.stdout)["groups"]}
    assert (rows["mail"]["buyers"], rows["mail"]["customers"]) == (1, 2)
    assert (rows["holdout"]["buyers"], rows["holdout"]["customers"]) == (1, 2), "who never bought counts"
    segments = json.loads(done.stdout)["segments"]
    assert sum(one["customers"] for one in segments) == 2
    assert {one["segment"] for one in segments} > {"(no segment)"}, "c and nobody had not bought by then"
    (folder / "g.csv").write_text("Customer ID,Group,Segment\na,mail,x\nb,mail,\nc,holdout,x\n")
    done = segcli("compare", "o.csv", "--then", "2024-02-01", "--treated", "g.csv", "-f", "json")
    rows = {one["segment"]: one for one in json.loads(done.stdout)["segments"]}
    assert set(rows) == {"x", "(no segment)"}, "segments of the list"
    assert (rows["x"]["customers"], rows["x"]["holdout_customers"], rows["x"]["too_small"]) == (1, 1, "yes")
    (folder / "g.csv").write_text("customer_id,group\na,mail\na,holdout\n")
    refused = segcli("compare", "o.csv", "--then", "2024-02-01", "--treated", "g.csv")
    assert refused.returncode == 3
    assert "1 customer is listed more than once" in refused.stderr
    assert segcli("compare", "o.csv", "--treated", "g.csv").returncode == 2


def test_the_list_of_a_campaign_is_never_written_over(segcli: Any, folder: Path) -> None:
    (folder / "o.csv").write_text("customer_id,order_date,amount\na,2024-01-05,10\nb,2024-02-20,7\n")
    (folder / "g.csv").write_text("customer_id,group\na,mail\nb,holdout\n")
    refused = segcli("compare", "o.csv", "--then", "2024-02-01", "--treated", "g.csv", "-o", "g.csv")
    assert refused.returncode == 2, refused.stderr
    assert (folder / "g.csv").read_text() == "customer_id,group\na,mail\nb,holdout\n"
