"""Hand-made customer tables, for tests that need no file."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from segcli.model import Customers, Input, InputReport

READING = InputReport(Input("made by hand", 0, "", 0), "customers", "", {})


def table(**columns: Sequence[Any]) -> Customers:
    """Customers c0000, c0001, ... with these columns, in this order."""
    return from_columns(columns)


def from_columns(columns: Mapping[str, Sequence[Any]]) -> Customers:
    """As `table`, for columns whose names are no Python names."""
    size = len(next(iter(columns.values())))
    ids = pd.Series([f"c{i:04d}" for i in range(size)], dtype="str")
    return Customers(pd.DataFrame({"customer_id": ids, **columns}), date(2024, 1, 1), (READING,))


def rfm_table(recency: Sequence[float], orders: Sequence[float], revenue: Sequence[float]) -> Customers:
    """Customers with the three measures of RFM, in the order of recency, orders, revenue."""
    return table(recency_days=recency, orders=orders, revenue=revenue)
