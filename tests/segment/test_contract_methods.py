"""One contract for every file of segcli/segment/methods: what any clustering method must keep."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.errors import ConfigProblems
from segcli.segment import methods
from segcli.segment.methods import Fit, Matrix
from segcli.segment.methods._many import many
from tests.oracles.agreement import adjusted_rand

METHODS = sorted(file.stem for file in Path(methods.__file__).parent.glob("[a-z]*.py"))
every_method = pytest.mark.parametrize("method", METHODS)


def fit(method: str, matrix: Matrix, k: int, seed: int = 1) -> Fit:
    return methods.load(method).fit(matrix, k, seed=seed, starts=3)


def blobs(k: int, size: int = 40) -> tuple[Matrix, list[int]]:
    """Points around k far corners, and which corner each is from."""
    chance = np.random.default_rng(7)
    truth = [number for number in range(k) for _ in range(size)]
    corners = np.array([[10.0 * number, 10.0 * (number % 2), -5.0 * number] for number in range(k)])
    return corners[truth] + chance.normal(size=(k * size, 3)), truth


def test_the_listed_methods_are_the_files_of_the_folder() -> None:
    assert methods.names() == METHODS
    assert "kmeans" in METHODS


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigProblems, match=r"no method 'kmean'; known: .*kmeans"):
        methods.load("kmean")


@every_method
@settings(max_examples=10, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 3)), min_size=2, max_size=30, unique=True),
    k=st.integers(2, 6),
)
def test_every_row_is_in_one_of_k_groups_and_none_is_empty(method: str, rows: list[tuple[int, int]], k: int) -> None:
    """Of k-means there are k wherever rows differ; other methods may find fewer."""
    k = min(k, len(rows))
    found = fit(method, np.array(rows, dtype=np.float64), k)
    assert found.labels.shape == (len(rows),)
    assert found.k == k if method == "kmeans" else 1 <= found.k <= k
    assert set(found.labels.tolist()) == set(range(found.k))
    assert found.centres.shape == (found.k, 2)
    assert found.inertia >= 0


@every_method
@pytest.mark.parametrize("spread", [0.5, 4.0])
def test_what_was_fitted_is_labelled_again_as_it_was(method: str, spread: float) -> None:
    matrix = np.random.default_rng(9).normal(size=(400, 3)) * [1.0, spread, 1.0]
    found = fit(method, matrix, 4)
    assert (methods.load(method).assign(found, matrix) == found.labels).all()
    margin, second = methods.load(method).margins(found, matrix)
    assert ((margin >= 0) & (margin <= 1)).all()
    assert (second != found.labels).all()


@every_method
def test_groups_in_another_order_label_rows_likewise(method: str) -> None:
    matrix, _ = blobs(3)
    found = fit(method, matrix, 3)
    turned = found.renumbered(np.array([2, 0, 1]))
    again = methods.load(method).assign(turned, matrix)
    assert (again == turned.labels).all()
    assert (np.array([2, 0, 1])[again] == found.labels).all()


def test_many_samples_at_once_are_clustered_as_one_by_one() -> None:
    """On planted groups both ways find them, whatever the weights; a row that is drawn twice counts twice."""
    matrix, truth = blobs(4)
    chance = np.random.default_rng(6)
    weights = np.array(
        [np.bincount(chance.integers(0, len(matrix), len(matrix)), minlength=len(matrix)) for _ in range(60)]
    )
    for labels in many(matrix, weights, 4, chance):
        assert adjusted_rand(labels.tolist(), truth) == 1
    few = np.array([[0.0], [1.0], [10.0], [11.0]])
    (one,) = many(few, np.array([[1, 1, 0, 0]]), 2, chance)
    assert one.tolist() in ([0, 1, 1, 1], [1, 0, 0, 0]), "rows that were not drawn move no centre, and are labelled"


@every_method
def test_the_inertia_is_the_squared_distance_to_the_centres(method: str) -> None:
    matrix, _ = blobs(3)
    found = fit(method, matrix, 3)
    slow = sum(
        (x - y) ** 2
        for row, label in zip(matrix.tolist(), found.labels.tolist(), strict=True)
        for x, y in zip(row, found.centres[label].tolist(), strict=True)
    )
    assert found.inertia == pytest.approx(slow)


@every_method
@pytest.mark.parametrize("k", [2, 3, 5])
def test_planted_groups_are_found(method: str, k: int) -> None:
    matrix, truth = blobs(k)
    assert adjusted_rand(fit(method, matrix, k).labels.tolist(), truth) > 0.95


@every_method
def test_the_same_arguments_give_the_same_bits(method: str) -> None:
    matrix = np.random.default_rng(3).normal(size=(300, 4))
    one, other = fit(method, matrix, 4), fit(method, matrix, 4)
    assert (one.labels == other.labels).all()
    assert one.centres.tobytes() == other.centres.tobytes()
    assert one.inertia == other.inertia


@every_method
def test_numpys_own_random_state_is_neither_read_nor_moved(method: str) -> None:
    matrix, _ = blobs(3)
    np.random.seed(1)  # noqa: NPY002 - the global state is what is tested
    before = np.random.get_state()[1].tobytes()  # type: ignore[index,union-attr]  # noqa: NPY002
    one = fit(method, matrix, 3)
    assert np.random.get_state()[1].tobytes() == before  # type: ignore[index,union-attr]  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    assert (fit(method, matrix, 3).labels == one.labels).all()


@every_method
def test_the_matrix_is_left_as_it_was(method: str) -> None:
    matrix, _ = blobs(2)
    before = matrix.copy()
    fit(method, matrix, 2)
    assert (matrix == before).all()
