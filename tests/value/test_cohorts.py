"""Cohorts: published tables, cells counted by hand, blanks after the end, money that adds up."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segcli.config.cohort import CohortSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import UsageProblem
from segcli.model import Customers
from segcli.value.cohorts import analyse_cohorts

ORDERS = """customer_id,order_id,order_date,amount,channel
a,1,2024-01-05,10,web
a,2,2024-01-20,5,web
a,3,2024-03-02,7,web
b,4,2024-01-31,20,shop
c,5,2024-02-01,30,shop
c,6,2024-03-31,1,shop
d,7,2024-03-15,4,web
"""


@pytest.fixture
def shop(tmp_path: Path) -> Customers:
    (tmp_path / "o.csv").write_text(ORDERS, encoding="utf-8")
    return load_customers(IngestSettings(transactions=Source(path=str(tmp_path / "o.csv"))))


def cells(customers: Customers, column: str, **wanted: str) -> dict[tuple[str, int], float]:
    table = analyse_cohorts(customers, CohortSettings.model_validate(wanted)).table
    return {(one["cohort"], one["period"]): one[column] for one in table.to_dict("records")}


def test_cells_counted_by_hand(shop: Customers) -> None:
    assert cells(shop, "customers") == {
        ("2024-01", 0): 2,
        ("2024-01", 1): 0,
        ("2024-01", 2): 1,
        ("2024-02", 0): 1,
        ("2024-02", 1): 1,
        ("2024-03", 0): 1,
    }
    assert cells(shop, "retention")["2024-01", 2] == 0.5
    assert cells(shop, "orders")["2024-01", 0] == 3
    assert cells(shop, "revenue")["2024-01", 0] == 35
    assert cells(shop, "value")["2024-01", 2] == (35 + 7) / 2
    assert cells(shop, "customers", by="quarter", period="quarter") == {("2024-Q1", 0): 4}
    assert not analyse_cohorts(shop, CohortSettings()).notes, "March is there to its end"


def test_cohorts_by_a_column_count_only_those_who_could_be_seen(shop: Customers) -> None:
    watched = cells(shop, "watched", by="top_channel")
    assert watched == {
        ("shop", 0): 2,
        ("shop", 1): 2,
        ("shop", 2): 1,
        ("web", 0): 2,
        ("web", 1): 1,
        ("web", 2): 1,
    }
    retention = cells(shop, "retention", by="top_channel")
    assert retention["web", 2] == 1, "a of a; d came too late to be seen"
    assert retention["shop", 1] == 0.5
    assert np.isnan(cells(shop, "value", by="top_channel")["web", 1]), "not all of them were seen so far"
    with pytest.raises(UsageProblem, match="'store' is not month, quarter or a column"):
        analyse_cohorts(shop, CohortSettings(by="store"))


def test_sums_over_cohorts_are_those_of_the_export(shop: Customers) -> None:
    for by in ("month", "quarter", "top_channel"):
        table = analyse_cohorts(shop, CohortSettings(by=by)).table
        assert table["revenue"].sum() == 77
        assert table["orders"].sum() == 7
        assert table.groupby("cohort")["size"].first().sum() == 4


@pytest.mark.parametrize(
    ("oracle", "ingest"),
    [
        ("positive_rows", {"free_lines": "exclude"}),
        # without amounts there are no returns: every line of a known customer is one they came for
        ("all_rows_with_id", {"leave_out": ["Quantity", "UnitPrice"]}),
    ],
)
def test_online_retail_has_the_published_cohorts(oracle: str, ingest: dict[str, object], shared_data: Path) -> None:
    folder = shared_data / "online_retail"
    left_out = ingest.pop("leave_out", [])
    source = Source.model_validate({"path": str(folder / "online_retail.csv.gz"), "leave_out": left_out})
    made = analyse_cohorts(
        load_customers(IngestSettings.model_validate({"transactions": source, **ingest})), CohortSettings()
    )
    published = pd.read_csv(folder / f"ORACLE_cohort_counts_{oracle}.csv", index_col=0)
    months = list(published.columns)
    pairs = zip(made.table["cohort"], made.table["period"], strict=True)
    found = made.table.assign(month=[months[months.index(cohort) + period] for cohort, period in pairs])
    square = found.pivot_table("customers", "cohort", "month", aggfunc="first")
    assert (square.fillna(-1) == published.fillna(-1)).all(axis=None)
    assert made.notes == ("the last month is not complete: the data end on 2011-12-09",)
