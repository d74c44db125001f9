"""segcli cohort as its users run it."""

import json
from pathlib import Path
from typing import Any

ORDERS = "customer_id,order_date,amount\na,2024-01-05,10\na,2024-02-20,5\nb,2024-01-31,20\nc,2024-02-01,30\n"


def test_a_table_by_period_rows_in_a_pipe_and_by_segment(segcli: Any, folder: Path) -> None:
    (folder / "o.csv").write_text(ORDERS)
    shown = segcli("cohort", "o.csv", "-f", "table", "-q").stdout
    assert "2024-01    2 100█ 50█" in shown
    assert "the last month is not complete: the data end on 2024-02-20" in shown
    rows = segcli("cohort", "o.csv").stdout.splitlines()
    assert rows[0] == "cohort,period,size,watched,customers,retention,orders,revenue,value"
    assert rows[1:] == [
        "2024-01,0,2,2,2,1.0,2,30.0,15.0",
        "2024-01,1,2,2,1,0.5,1,5.0,17.5",
        "2024-02,0,1,1,1,1.0,1,30.0,30.0",
    ]
    told = json.loads(segcli("cohort", "o.csv", "--by", "rfm_segment", "-f", "json").stdout)
    assert sum(one["size"] for one in told["cohorts"] if one["period"] == 0) == 2, "a and b, known before 1 February"
    assert [one["customers"] for one in told["cohorts"] if one["period"] == 0 and one["cohort"]].count(1) == 1
    assert any("cohorts are the segments of 2024-02-01" in note for note in told["notes"])


def test_what_cannot_be_shown(segcli: Any, folder: Path) -> None:
    (folder / "o.csv").write_text("customer_id,order_date\na,2024-01-05\nb,2024-02-01\n")
    refused = segcli("cohort", "o.csv", "--show", "value", "-f", "table")
    assert refused.returncode == 2
    assert "cohort.show: value needs amounts" in refused.stderr
    assert segcli("cohort", "o.csv", "--by", "shoe").returncode == 2
