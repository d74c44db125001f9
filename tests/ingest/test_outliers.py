"""Amounts that are too large, told from bins, against the same on the amounts themselves."""

import numpy as np
import pytest

from segcli.ingest.outliers import OUTLIER_DISTANCE, AmountHistogram, amount_outlier_notes


def slowly(money: np.ndarray) -> int:
    """How many are far, by medians of the logarithms themselves."""
    logs = np.log(money[money > 0])
    spread = 1.4826 * np.median(np.abs(logs - np.median(logs)))
    return int((logs - np.median(logs) > OUTLIER_DISTANCE * spread).sum()) if spread else 0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("slips", [0, 1, 7])
def test_bins_find_what_the_amounts_themselves_do(seed: int, slips: int) -> None:
    chance = np.random.default_rng(seed)
    sold = np.rint(np.exp(chance.normal(17, 1, 400))).astype(np.int64)
    money = np.concatenate([sold, -sold[:20], np.zeros(5, np.int64), np.full(slips, sold.max() * 10**6)])
    whole = AmountHistogram.from_units(money)
    assert whole.count_outliers() == slowly(money) >= slips
    parts = [(AmountHistogram.from_units(money[start : start + 50]), start) for start in range(0, len(money), 50)]
    together = AmountHistogram.merge(parts)
    assert (together.counts == whole.counts).all()
    assert (together.largest, together.largest_row) == (money.max(), money.argmax())


def test_equal_amounts_and_few_amounts_have_no_outliers() -> None:
    assert not list(amount_outlier_notes(AmountHistogram.from_units(np.array([5] * 30 + [10**12])), 1, lambda row: row))
    assert not list(amount_outlier_notes(AmountHistogram.from_units(np.array([5, 6, 10**12])), 1, lambda row: row))
    assert not list(amount_outlier_notes(AmountHistogram.from_units(np.array([], dtype=np.int64)), 1, lambda row: row))
