"""Parquet as input: the same customers as from CSV, whole and in pieces; what cannot be a table of cells is refused."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.io import chunk_reader

CSV = """customer_id,order_id,order_date,amount,quantity,paid,category
0007,1,2026-01-01,5.00,1,true,tea
0007,2,2026-01-03,2.50,2,false,"rum, old"
b,3,2026-02-01,,1,true,
b,3,2026-02-01,100,1,true,tea
"""
COLUMNS = {
    "customer_id": pa.array(["0007", "0007", "b", "b"]),
    "order_id": pa.array([1, 2, 3, 3]),
    "order_date": pa.array([dt.date(2026, 1, 1), dt.date(2026, 1, 3), *[dt.date(2026, 2, 1)] * 2]),
    "amount": pa.array([5.0, 2.5, None, 100.0]),
    "quantity": pa.array([1, 2, 1, 1]),
    "paid": pa.array([True, False, True, True]),
    "category": pa.array(["tea", "rum, old", None, "tea"]).dictionary_encode(),
}


def customers(path: Path) -> pd.DataFrame:
    return load_customers(IngestSettings(transactions=Source(path=str(path)))).table


@pytest.mark.parametrize("large", [1, 1 << 30])
def test_orders_in_parquet_are_those_in_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int) -> None:
    monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", large)
    (tmp_path / "orders.csv").write_text(CSV, encoding="utf-8")
    parquet.write_table(pa.table(COLUMNS), tmp_path / "orders.parquet", row_group_size=2)
    pd.testing.assert_frame_equal(customers(tmp_path / "orders.csv"), customers(tmp_path / "orders.parquet"))


def test_times_are_read(tmp_path: Path) -> None:
    times = pa.array([dt.datetime(2026, 1, 1, 12, 30), None, *[dt.datetime(2026, 2, 1)] * 2])  # noqa: DTZ001
    parquet.write_table(pa.table({**COLUMNS, "order_date": times}), tmp_path / "orders.parquet")
    assert customers(tmp_path / "orders.parquet")["first_order"].dt.strftime("%Y-%m-%d").tolist() == [
        "2026-01-01",
        "2026-02-01",
    ]


def test_a_table_of_customers_in_parquet(tmp_path: Path) -> None:
    table = pa.table({"customer_id": ["a", "b"], "age": [31, None], "city": ["Bonn", None]})
    parquet.write_table(table, tmp_path / "people.parquet")
    found = customers(tmp_path / "people.parquet")
    assert found["age"].tolist()[0] == 31
    assert found["city"].isna().tolist() == [False, True]


def test_no_rows_are_a_header(tmp_path: Path) -> None:
    parquet.write_table(pa.table(COLUMNS).slice(0, 0), tmp_path / "orders.parquet")
    assert customers(tmp_path / "orders.parquet").empty


def test_lists_are_refused_with_the_column(tmp_path: Path) -> None:
    parquet.write_table(pa.table({**COLUMNS, "tags": [["a"]] * 4}), tmp_path / "orders.parquet")
    with pytest.raises(InputProblem, match=r"nested values \(list"):
        customers(tmp_path / "orders.parquet")


def test_half_a_file_is_said(tmp_path: Path) -> None:
    parquet.write_table(pa.table(COLUMNS), tmp_path / "whole.parquet")
    body = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "orders.parquet").write_bytes(body[: len(body) // 2])
    with pytest.raises(InputProblem, match="looks like Parquet, but"):
        customers(tmp_path / "orders.parquet")
