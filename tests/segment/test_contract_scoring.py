"""One contract for every file of segcli/segment/scoring: what any way to cut scores must keep."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.segment import scoring
from segcli.segment.scoring import BinScores, ScoreRequest

METHODS = sorted(file.stem for file in Path(scoring.__file__).parent.glob("*.py") if file.stem != "__init__")
SPLITS_TIES = {"ntile"}
EDGES = (10.0, 100.0, 1000.0, 10_000.0)

# Whole cents and whole counts up to a million, with many ties.
values = st.lists(st.one_of(st.integers(0, 5), st.integers(0, 10**6)), min_size=1, max_size=40)
bin_counts = st.integers(2, 10)
every_method = pytest.mark.parametrize("method", METHODS)
laws = settings(max_examples=30, deadline=None)


def scored(method: str, numbers: list[float], bins: int, *, low_is_best: bool = False) -> BinScores:
    order = np.arange(len(numbers))
    given_edges = EDGES if method == "fixed" else ()
    request = ScoreRequest(np.array(numbers, dtype=np.float64), low_is_best, bins, order, edges=given_edges)
    return scoring.load_scoring_method(method).score_values(request)


def bins_of(method: str, bins: int) -> int:
    return len(EDGES) + 1 if method == "fixed" else bins


def test_the_folder_holds_the_known_methods() -> None:
    assert set(METHODS) >= {"quantile", "edges", "fixed", "ntile", "jenks"}


@every_method
@laws
@given(numbers=values, bins=bin_counts, low_is_best=st.booleans())
def test_scores_are_whole_numbers_from_1_to_bins(
    method: str, numbers: list[float], bins: int, *, low_is_best: bool
) -> None:
    scores = scored(method, numbers, bins, low_is_best=low_is_best)
    assert scores.shape == (len(numbers),)
    assert scores.dtype.kind == "i"
    assert scores.min() >= 1
    assert scores.max() <= bins_of(method, bins)


@every_method
@laws
@given(numbers=values, bins=bin_counts, low_is_best=st.booleans())
def test_a_better_value_never_has_a_lower_score(
    method: str, numbers: list[float], bins: int, *, low_is_best: bool
) -> None:
    scores = scored(method, numbers, bins, low_is_best=low_is_best)
    best_last = np.argsort(-np.array(numbers) if low_is_best else np.array(numbers), kind="stable")
    assert (np.diff(scores[best_last]) >= 0).all()


@pytest.mark.parametrize("method", [m for m in METHODS if m not in SPLITS_TIES])
@laws
@given(numbers=values, bins=bin_counts, low_is_best=st.booleans())
def test_equal_values_have_equal_scores(method: str, numbers: list[float], bins: int, *, low_is_best: bool) -> None:
    scores = scored(method, numbers, bins, low_is_best=low_is_best)
    assert len(set(zip(numbers, scores.tolist(), strict=True))) == len(set(numbers))


@pytest.mark.parametrize("method", [m for m in METHODS if m != "fixed"])
@laws
@given(numbers=values, bins=bin_counts, low_is_best=st.booleans())
def test_the_unique_best_of_enough_customers_has_the_highest_score(
    method: str, numbers: list[float], bins: int, *, low_is_best: bool
) -> None:
    best = min(numbers) - 1 if low_is_best else max(numbers) + 1
    crowd = [*numbers, *numbers[:1] * max(bins - len(numbers) - 1, 0), best]
    assert scored(method, crowd, bins, low_is_best=low_is_best)[-1] == bins


@every_method
@laws
@given(numbers=values, bins=bin_counts, shuffle=st.randoms(use_true_random=False))
def test_the_order_of_customers_changes_no_score(method: str, numbers: list[float], bins: int, shuffle: object) -> None:
    places = list(range(len(numbers)))
    shuffle.shuffle(places)  # type: ignore[attr-defined]
    order = np.array(places)
    edges = EDGES if method == "fixed" else ()
    shuffled = ScoreRequest(np.array(numbers, dtype=np.float64)[order], False, bins, order, edges=edges)
    assert (
        scoring.load_scoring_method(method).score_values(shuffled).tolist()
        == scored(method, numbers, bins)[order].tolist()
    )


@every_method
@laws
@given(numbers=values, bins=bin_counts)
def test_the_values_are_left_as_they_were(method: str, numbers: list[float], bins: int) -> None:
    array = np.array(numbers, dtype=np.float64)
    before = array.copy()
    edges = EDGES if method == "fixed" else ()
    scoring.load_scoring_method(method).score_values(
        ScoreRequest(array, True, bins, np.arange(len(array)), edges=edges)
    )
    assert (array == before).all()


@pytest.mark.parametrize("method", [m for m in METHODS if m != "fixed"])
@laws
@given(numbers=values, bins=bin_counts, low_is_best=st.booleans())
def test_a_unit_eight_times_as_large_changes_no_score(
    method: str, numbers: list[float], bins: int, *, low_is_best: bool
) -> None:
    """Eight is exact in binary, so even ties between cuts must fall the same way."""
    eighths = [number / 8 for number in numbers]
    assert (
        scored(method, eighths, bins, low_is_best=low_is_best).tolist()
        == scored(method, numbers, bins, low_is_best=low_is_best).tolist()
    )


@every_method
@pytest.mark.parametrize("number", [0.0, 7.0, 0.01])
def test_one_customer_has_a_score(method: str, number: float) -> None:
    assert 1 <= scored(method, [number], 5)[0] <= 5
