"""The three measures are taken from the table as they are, or the table is refused with the way out."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from segcli.errors import InputProblem
from segcli.segment.rfm_dimensions import read_dimensions
from tests.oracles.tables import table

BOTH = {"recency_days": [3, 1], "orders": [1, 2]}


@pytest.mark.parametrize(
    ("monetary", "column"),
    [
        ("sum", "revenue"),
        ("mean", "average_order_value"),
        ("median", "median_order_value"),
        ("max", "largest_order"),
    ],
)
def test_monetary_value_is_the_measure_that_is_asked_for(monetary: str, column: str) -> None:
    found = read_dimensions(table(**{**BOTH, "revenue": [9.0, 9.0], column: [5.0, 7.5]}), monetary)
    assert [(d.letter, d.name, d.column, d.low_is_best) for d in found] == [
        ("r", "recency", "recency_days", True),
        ("f", "frequency", "orders", False),
        ("m", "monetary", column, False),
    ]
    assert [d.values.tolist() for d in found] == [[3, 1], [1, 2], [5, 7.5]]
    assert all(d.values.dtype == np.float64 for d in found)


@pytest.mark.parametrize("monetary", ["sum", "mean"])
def test_without_money_there_are_two(monetary: str) -> None:
    assert [d.letter for d in read_dimensions(table(**BOTH), monetary)] == ["r", "f"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"age": [1]}, "no recency_days and no orders: RFM needs .* available: customer_id, age"),
        ({"orders": [1]}, "no recency_days: "),
        ({"recency_days": [1]}, "no orders: "),
        (
            {**BOTH, "revenue": [1.0, 2.0]},
            "the table has no column 'average_order_value', which rfm.monetary: mean needs",
        ),
        ({"recency_days": [], "orders": []}, "no transactions"),
        ({**BOTH, "orders": ["1", "2"]}, "orders.* is not numeric"),
        ({**BOTH, "orders": [True, False]}, "orders.* is not numeric"),
        ({**BOTH, "orders": pd.Series([1, None], dtype="Int64")}, "orders.* 1 customer has no value"),
        ({**BOTH, "average_order_value": [np.nan, np.nan]}, "average_order_value.* 2 customers have no value"),
    ],
)
def test_a_table_without_measures_is_refused_with_the_column(columns: dict[str, Any], said: str) -> None:
    with pytest.raises(InputProblem, match=f"^made by hand.*{said}"):
        read_dimensions(table(**columns), "mean")


def test_whole_numbers_of_any_type_are_measures() -> None:
    counts = {"orders": pd.Series([1, 2], dtype="Int64"), "recency_days": np.array([3, 1], dtype=np.uint8)}
    assert [d.values.tolist() for d in read_dimensions(table(**counts), "sum")] == [[3, 1], [1, 2]]
