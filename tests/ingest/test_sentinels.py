"""Numbers that stand for a missing value are told from measurements, prices and scales."""

from collections.abc import Callable

import numpy as np
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.ingest.sentinels import find_sentinels

AGES = [float(age) for age in range(18, 80)]


@pytest.mark.parametrize(
    ("numbers", "sentinels"),
    [
        ([*AGES, 999, 999], [999]),
        ([*AGES, 99, 99, 99], [99]),
        ([*AGES, -1, -1], [-1]),
        ([*AGES, -9, -9, 999, 999], [-9, 999]),
        ([1, 2, 3, 4, 5] * 9 + [99, 99], [99]),
        ([float("nan"), *AGES, 9999, 9999], [9999]),
        ([*AGES, 999], []),  # once
        ([-1, 0, 1] * 20, []),  # a scale around 0
        ([-1, 0, 1, 2] * 20, []),
        ([-5, -1, -1, 0, 7, 20], []),  # other negatives
        ([19, 49, 99, 199, 499, 999] * 5, []),  # price points
        ([0, 1] * 9 + [99, 99], []),  # no range
        ([*range(1000), 999], []),  # no gap
        ([*AGES, 99.5, 99.5], []),
        ([], []),
    ],
)
def test_sentinels_stand_apart_from_a_range(numbers: list[float], sentinels: list[float]) -> None:
    assert find_sentinels(np.array(numbers, dtype=np.float64)) == sentinels


def test_they_are_missing_with_a_note_and_measures_of_orders_are_not_touched(file_of: Callable[..., str]) -> None:
    rows = [f"c{row:02},{-1 if row % 10 == 0 else row},{999 if row % 20 == 0 else row}" for row in range(60)]
    path = file_of("\n".join(["customer_id,visits,orders", *rows, ""]))
    found = load_customers(IngestSettings(transactions=Source(path=path)))
    assert found.table["visits"].isna().sum() == 6
    assert (found.table["orders"] == 999).sum() == 3
    assert "column 'visits': 6 values of -1 beside 1 to 59 count as missing" in found.input_reports[0].notes
