"""The profile by hand, and segmentations read back from a table."""

import pandas as pd
import pytest

from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.profiles import build_profile
from segcli.segment.segmentation import read_segmentation, segment_columns
from tests.oracles.tables import table

THREE = table(
    recency_days=[10, 20, 60],
    orders=[4, 1, 1],
    revenue=[90.0, 10.0, 100.0],
    rfm_segment=pd.Series(["A", "A", "B"], dtype="str"),
)


def test_a_profile_recomputed_by_hand() -> None:
    rows = build_profile(THREE.table, THREE.table["rfm_segment"]).to_dict("records")
    shared = {"revenue": 100.0, "revenue_share": 0.5, "mean_revenue": 50.0}
    first = {"segment": "A", "customers": 2, "share": 2 / 3, "orders": 5, **shared}
    assert rows[0] == {**first, "mean_recency_days": 15.0, "mean_orders": 2.5, "mean_order_value": 20.0}
    assert rows[1]["mean_order_value"] == rows[1]["mean_revenue"] == 100.0


def test_without_money_the_largest_segment_comes_first() -> None:
    rows = build_profile(table(orders=[1, 1, 9]).table, pd.Series(["Many", "Many", "A few"]))
    assert rows["segment"].tolist() == ["Many", "A few"]
    assert "revenue" not in rows


def test_revenue_that_sums_to_nothing_has_no_shares() -> None:
    rows = build_profile(table(orders=[1, 1], revenue=[5.0, -5.0]).table, pd.Series(["A", "B"]))
    assert rows["revenue_share"].tolist() == [0.0, 0.0]


def test_a_segmentation_is_read_back_from_its_column() -> None:
    assert segment_columns(THREE) == ["rfm_segment"]
    found = read_segmentation(THREE, "rfm_segment")
    assert (found.segments, found.labels.tolist()) == (["A", "B"], ["A", "A", "B"])
    assert found.provenance.method == "rfm"
    pd.testing.assert_frame_equal(found.table, THREE.table)


def test_a_customer_without_a_segment_is_refused() -> None:
    customers = Customers(THREE.table.assign(rfm_segment=["A", None, "B"]), THREE.as_of, THREE.input_reports)
    with pytest.raises(InputProblem, match="1 customer has no segment"):
        read_segmentation(customers, "rfm_segment")
