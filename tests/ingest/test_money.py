"""Money in whole units: exact sums, in any order, that always fit."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcli.ingest import money


@pytest.mark.parametrize(
    ("amounts", "scale"),
    [
        ([], 1_000_000),
        ([0.01, np.nan, -5.0], 1_000_000),
        ([4_611_686_018_427.0], 1_000_000),  # 2**62 millionths are 4,611,686,018,427.39
        ([4_611_686_018_428.0], 10_000),
        ([-4_611_686_018_428.0], 10_000),
        ([2_305_843_009_214.0, 0.0], 1_000_000),
        ([2_305_843_009_214.0, -2_305_843_009_214.0], 10_000),  # returns are reported by themselves
        ([461_168_601_842_738.0], 10_000),
        ([461_168_601_842_739.0], 100),
        ([46_116_860_184_273_880.0], 1),
        ([1e300], 1),
    ],
)
def test_the_unit_is_the_finest_at_which_all_amounts_fit(amounts: list[float], scale: int) -> None:
    assert money.choose_scale(np.array(amounts, dtype=np.float64)) == scale


@given(st.lists(st.floats(-(2.0**61), 2.0**61) | st.just(np.nan), max_size=9).map(np.array))
def test_no_sum_of_units_leaves_64_bits(amounts: np.ndarray) -> None:
    scale = money.choose_scale(amounts)
    if scale > 1:
        assert sum(abs(int(unit)) for unit in money.to_minor_units(amounts, scale)) < 2**63


def test_units_are_the_nearest_whole_ones_and_nothing_is_none() -> None:
    assert money.to_minor_units(np.array([0.29, -19.99, np.nan, 1.005]), 100).tolist() == [29, -1999, 0, 100]
    assert money.to_minor_units(np.array([0.1, 0.2]), 1_000_000).sum() == 300_000


def test_another_currency_is_by_the_rate_of_each_entry() -> None:
    assert money.convert_currency(np.array([100, 333]), np.array([1.25, 0.5])).tolist() == [125, 166]
    assert money.convert_currency(np.array([100, 333]), None).tolist() == [100, 333]


@given(st.lists(st.integers(-(2**62), 2**62), max_size=9))
def test_units_become_the_nearest_float(whole: list[int]) -> None:
    amounts = money.from_minor_units(np.array(whole, dtype=np.int64), 1_000_000)
    assert amounts.tolist() == [unit / 1_000_000 for unit in whole]


@given(st.integers(-(2**62), 2**62), st.decimals("0.0001", 10_000, places=4))
def test_large_money_is_converted_exactly(unit: int, rate: Decimal) -> None:
    exact = Decimal(unit) * rate
    converted = int(money.convert_currency(np.array([unit]), np.array([float(rate)]))[0])
    if abs(exact) < money.UNIT_CAPACITY:
        assert abs(converted - exact) <= Decimal("0.5") + abs(exact) * Decimal(2) ** -51 * (abs(exact) < 2**51)
    else:
        assert abs(converted) == money.UNIT_CAPACITY


def test_sums_of_several_columns_have_a_bound_that_does_not_overflow() -> None:
    largest = np.array([2**61, 2**61, 2**61, -(2**61)])
    assert money.total_magnitude(largest, largest) == money.UNIT_CAPACITY
    assert money.total_magnitude(np.array([5, -7]), np.array([1])) == 13
