"""Orders of customers: shares, Gini and rank correlation against slow recomputations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcli.evaluation.ranking import gain_at_k, gini_coefficient, rank_correlation

PEOPLE = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50)), min_size=2, max_size=30)


def of(people: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    score, revenue = (np.array(column, dtype=np.float64) for column in zip(*people, strict=True))
    return score, revenue


@given(PEOPLE)
def test_the_share_of_the_top_is_the_mean_over_orders_within_ties(people: list[tuple[int, int]]) -> None:
    score, revenue = of(people)
    if not revenue.sum():
        assert np.isnan(gain_at_k(score, revenue, 0.3))
        return
    top = 0.3 * len(people)
    slow = 0.0
    for value in sorted(set(score), reverse=True):
        tied = score == value
        taken = min(top, tied.sum())
        slow += taken / tied.sum() * revenue[tied].sum()
        top -= taken
        if top <= 0:
            break
    assert gain_at_k(score, revenue, 0.3) == pytest.approx(slow / revenue.sum())


@given(PEOPLE)
def test_the_gini_is_between_one_and_minus_one_and_turns_with_the_order(people: list[tuple[int, int]]) -> None:
    score, revenue = of(people)
    if not np.ptp(revenue):
        return
    assert gini_coefficient(revenue, revenue) == pytest.approx(1)
    assert -1 - 1e-9 <= gini_coefficient(score, revenue) <= 1 + 1e-9
    assert gini_coefficient(-score, revenue) == pytest.approx(-gini_coefficient(score, revenue))
    assert gini_coefficient(np.zeros(len(people)), revenue) == pytest.approx(0)


@given(PEOPLE)
def test_the_rank_correlation_is_that_of_averaged_ranks(people: list[tuple[int, int]]) -> None:
    score, revenue = of(people)

    def ranks(values: np.ndarray) -> np.ndarray:
        return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])

    one, other = ranks(score), ranks(revenue)
    if not np.ptp(one) or not np.ptp(other):
        assert rank_correlation(score, revenue) == 0
        return
    one, other = one - one.mean(), other - other.mean()
    assert rank_correlation(score, revenue) == pytest.approx(
        float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))
    )
