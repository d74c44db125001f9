"""Parquet keeps types and values, is read again as the same table, and replaces only its own files."""

import io
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import UsageProblem
from segcli.io import overwrite_guard
from segcli.message import message
from segcli.reports.blocks import Result
from segcli.reports.formats import Page, encode_result, load_format

ROWS = pd.DataFrame(
    {
        "customer_id": ["007", "=1+1", "ü"],
        "last_order": pd.to_datetime(["2026-01-05", "2026-01-06", None]).astype("datetime64[s]"),
        "orders": [1, 2, 9007199254740993],
        "last_gap_days": pd.array([3, None, 5], dtype="Int64"),
        "revenue": [0.1, None, 1e300],
        "rfm_segment": [str(message("{name}", name="Best")), "two\nlines", "Best"],
        "mixed": [1, "a", None],
    }
)


def encode(rows: pd.DataFrame) -> bytes:
    return b"".join(encode_result(load_format("parquet"), Result(rows, dict, ()), Page()))


def test_types_and_values_are_kept() -> None:
    table = parquet.read_table(io.BytesIO(encode(ROWS)))
    types = {field.name: field.type for field in table.schema}
    assert types["last_order"] == pa.date32()
    assert types["orders"] == types["last_gap_days"] == pa.int64()
    assert types["revenue"] == pa.float64()
    assert table.to_pydict() == {
        "customer_id": ["007", "=1+1", "ü"],
        "last_order": [date(2026, 1, 5), date(2026, 1, 6), None],
        "orders": [1, 2, 9007199254740993],
        "last_gap_days": [3, None, 5],
        "revenue": [0.1, None, 1e300],
        "rfm_segment": ["Best", "two\nlines", "Best"],
        "mixed": ["1", "a", None],
    }


def test_the_same_rows_give_the_same_bytes_and_no_rows_a_header() -> None:
    assert encode(ROWS) == encode(ROWS.copy())
    assert parquet.read_table(io.BytesIO(encode(ROWS.iloc[:0]))).column_names == list(ROWS)


def test_a_table_is_read_again_as_written(tmp_path: Path) -> None:
    path = tmp_path / "scored.parquet"
    columns = ["customer_id", "last_order", "orders", "revenue", "rfm_segment"]
    path.write_bytes(encode(ROWS[columns].assign(orders=[1, 2, 3])))
    customers = load_customers(IngestSettings(transactions=Source(path=str(path))))
    assert customers.table["customer_id"].tolist() == ["007", "=1+1", "ü"]
    assert customers.table["rfm_segment"].tolist() == ["Best", "two\nlines", "Best"]
    assert customers.table["orders"].tolist() == [1, 2, 3]


def test_only_an_earlier_result_is_replaced(tmp_path: Path) -> None:
    own, foreign = tmp_path / "own.parquet", tmp_path / "orders.parquet"
    own.write_bytes(encode(ROWS))
    parquet.write_table(pa.table({"customer_id": ["a"]}), foreign)
    overwrite_guard.refuse_foreign_file(str(own))
    for body in (foreign.read_bytes(), b"PAR1", b"PAR1" + bytes(20)):
        foreign.write_bytes(body)
        with pytest.raises(UsageProblem, match="not an earlier output"):
            overwrite_guard.refuse_foreign_file(str(foreign))


def test_a_terminal_gets_no_binary() -> None:
    with pytest.raises(UsageProblem, match=r"hint: write a file with -o FILE\.parquet"):
        load_format("parquet").render(Result(ROWS, dict, ()), Page())
