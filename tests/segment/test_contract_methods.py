"""One contract for every file of segcli/segment/methods: what any clustering method must keep."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.errors import ConfigProblems, InputProblem, UsageProblem
from segcli.segment import methods
from segcli.segment.methods import ClusterFit, Matrix, hdbscan, kmeans, latent, medoids
from tests.oracles.agreement import adjusted_rand

METHODS = sorted(file.stem for file in Path(methods.__file__).parent.glob("[a-z]*.py"))
every_method = pytest.mark.parametrize("method", METHODS)


LABELLING = [name for name in METHODS if methods.can_predict(methods.load_method(name))]
every_labelling_method = pytest.mark.parametrize("method", LABELLING)


def fit(method: str, matrix: Matrix, k: int, seed: int = 1) -> ClusterFit:
    return methods.load_method(method).fit(matrix, k, seed=seed, starts=3)


def suited(method: str, matrix: Matrix) -> Matrix:
    """The matrix, or for latent classes yes or no: is it above the quartiles of its column?"""
    if method != "latent":
        return matrix
    cuts = np.quantile(matrix, [0.25, 0.5, 0.75], axis=0)
    return np.hstack([matrix > cut for cut in cuts]).astype(np.float64)


def finds_k(method: str) -> bool:
    return getattr(methods.load_method(method), "FINDS_K", False)


def blobs(k: int, size: int = 40) -> tuple[Matrix, list[int]]:
    """Points around k far corners, and which corner each is from."""
    chance = np.random.default_rng(7)
    truth = [number for number in range(k) for _ in range(size)]
    corners = np.array([[10.0 * number, 10.0 * (number % 2), -5.0 * number] for number in range(k)])
    return corners[truth] + chance.normal(size=(k * size, 3)), truth


def test_the_listed_methods_are_the_files_of_the_folder() -> None:
    assert methods.list_methods() == METHODS
    assert "kmeans" in METHODS


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigProblems, match=r"no method 'kmean'; known: .*kmeans"):
        methods.load_method("kmean")


@every_method
@settings(max_examples=10, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 3)), min_size=2, max_size=30, unique=True),
    k=st.integers(2, 6),
)
def test_every_row_is_in_one_of_k_groups_and_none_is_empty(method: str, rows: list[tuple[int, int]], k: int) -> None:
    """Of k-means there are k wherever rows differ; other methods may find fewer, or as many as they like."""
    k = min(k, len(rows))
    matrix = suited(method, np.array(rows, dtype=np.float64))
    found = fit(method, matrix, k)
    assert found.labels.shape == (len(rows),)
    assert found.k == k if method == "kmeans" else 1 <= found.k <= (len(rows) if finds_k(method) else k)
    assert set(found.labels.tolist()) == set(range(found.k))
    assert found.centres.shape == (found.k, matrix.shape[1])
    assert found.inertia >= 0


@every_labelling_method
@pytest.mark.parametrize("spread", [0.5, 4.0])
def test_what_was_fitted_is_labelled_again_as_it_was(method: str, spread: float) -> None:
    matrix = suited(method, np.random.default_rng(9).normal(size=(400, 3)) * [1.0, spread, 1.0])
    found = fit(method, matrix, 4)
    assert (methods.load_predictive_method(method).predict(found, matrix) == found.labels).all()
    margin, _ = methods.load_method(method).margins(found, matrix)
    assert ((margin >= 0) & (margin <= 1)).all()


def test_a_method_that_labels_no_others_says_so() -> None:
    assert sorted({*METHODS} - {*LABELLING}) == ["hdbscan"]
    with pytest.raises(UsageProblem, match="hdbscan labels only the customers it was fitted on"):
        methods.load_predictive_method("hdbscan")


@every_method
def test_margins_are_shares_and_the_second_group_is_another(method: str) -> None:
    matrix = suited(method, blobs(3)[0])
    found = fit(method, matrix, 3)
    margin, second = methods.load_method(method).margins(found, matrix)
    assert ((margin >= 0) & (margin <= 1)).all()
    assert (second != found.labels).all()


@every_labelling_method
def test_groups_in_another_order_label_rows_likewise(method: str) -> None:
    matrix = suited(method, blobs(3)[0])
    found = fit(method, matrix, 3)
    turned = found.reorder_groups(np.array([2, 0, 1]))
    again = methods.load_predictive_method(method).predict(turned, matrix)
    assert (again == turned.labels).all()
    assert (np.array([2, 0, 1])[again] == found.labels).all()


@pytest.mark.parametrize("many", [kmeans.fit_bootstraps, medoids.fit_bootstraps])
def test_many_samples_at_once_are_clustered_as_one_by_one(many: Any) -> None:
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
    matrix = suited(method, blobs(3)[0])
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
    assert adjusted_rand(fit(method, suited(method, matrix), k).labels.tolist(), truth) > 0.9


@every_method
def test_the_same_arguments_give_the_same_bits(method: str) -> None:
    matrix = suited(method, np.random.default_rng(3).normal(size=(300, 4)))
    one, other = fit(method, matrix, 4), fit(method, matrix, 4)
    assert (one.labels == other.labels).all()
    assert one.centres.tobytes() == other.centres.tobytes()
    assert one.inertia == other.inertia


@every_method
def test_numpys_own_random_state_is_neither_read_nor_moved(method: str) -> None:
    matrix = suited(method, blobs(3)[0])
    np.random.seed(1)  # noqa: NPY002 - the global state is what is tested
    before = np.random.get_state()[1].tobytes()  # type: ignore[index,union-attr]  # noqa: NPY002
    one = fit(method, matrix, 3)
    assert np.random.get_state()[1].tobytes() == before  # type: ignore[index,union-attr]  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    assert (fit(method, matrix, 3).labels == one.labels).all()


@every_method
def test_the_matrix_is_left_as_it_was(method: str) -> None:
    matrix = suited(method, blobs(2)[0])
    before = matrix.copy()
    fit(method, matrix, 2)
    assert (matrix == before).all()


@pytest.mark.parametrize("seed", range(8))
def test_medoids_are_as_near_as_any_single_swap_could_make_them(seed: int) -> None:
    """Against a slow recomputation of every swap, and on tables this small mostly against every choice there is."""
    matrix = np.random.default_rng(seed).normal(size=(14, 2)).round(1)
    found = fit("medoids", matrix, 3)

    def cost(chosen: Any) -> float:
        return float(np.abs(matrix[:, None] - matrix[list(chosen)]).sum(axis=2).min(axis=1).sum())

    chosen = [int(np.flatnonzero((matrix == centre).all(axis=1))[0]) for centre in found.centres]
    swapped = min(
        cost({*chosen} - {one} | {other}) for one in chosen for other in range(len(matrix)) if other not in chosen
    )
    assert cost(chosen) <= swapped + 1e-9
    assert cost(chosen) <= min(map(cost, combinations(range(len(matrix)), 3))) * 1.1


def test_rows_in_no_dense_place_are_noise_and_counted() -> None:
    matrix, truth = blobs(3)
    far = np.array([[200.0, 200.0, 200.0], [-300.0, 90.0, 5.0], [150.0, -220.0, 70.0]])
    found = hdbscan.fit(np.vstack([matrix, far]), 0, seed=1, starts=1)
    assert found.has_noise
    assert found.noise_mask[-3:].all()
    assert found.k == 4
    assert adjusted_rand(found.labels[:-3].tolist(), truth) > 0.95
    margin, second = hdbscan.margins(found, np.vstack([matrix, far]))
    assert (margin[-3:] == 0).all()
    assert (second < 3).all()


def test_rings_that_no_centre_tells_apart_are_told_by_density() -> None:
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    matrix, truth = np.vstack([ring, 3 * ring]), [0] * 200 + [1] * 200
    assert adjusted_rand(fit("hdbscan", matrix, 0).labels.tolist(), truth) == 1
    assert adjusted_rand(fit("kmeans", matrix, 2).labels.tolist(), truth) < 0.1


def test_few_rows_are_all_noise() -> None:
    found = hdbscan.fit(np.arange(8.0).reshape(4, 2), 0, seed=1, starts=1)
    assert found.k == 1
    assert found.noise_mask.all()


def test_latent_classes_find_the_probabilities_that_were_planted() -> None:
    chance = np.random.default_rng(5)
    yes = np.array([[0.9] * 4 + [0.1] * 4, [0.1] * 4 + [0.9] * 4])
    truth = chance.choice(2, 2000, p=[0.7, 0.3])
    matrix = (chance.random((2000, 8)) < yes[truth]).astype(np.float64)
    found = fit("latent", matrix, 2)
    assert adjusted_rand(found.labels.tolist(), truth.tolist()) > 0.9
    weights, probabilities = found.shape_arrays["weights"][:, 0], found.shape_arrays["probabilities"]
    larger = int(weights.argmax())
    assert weights[larger] == pytest.approx(0.7, abs=0.03)
    assert probabilities[larger, 1::2] == pytest.approx(yes[0], abs=0.05)
    assert probabilities[:, ::2] + probabilities[:, 1::2] == pytest.approx(np.ones((2, 8)))
    parts = [
        np.log(weights[group])
        + np.log(np.where(matrix > 0, probabilities[group, 1::2], probabilities[group, ::2])).sum(axis=1)
        for group in range(2)
    ]
    likelihood = np.logaddexp(*parts).sum()
    assert found.bic == pytest.approx(-2 * likelihood + 17 * np.log(2000), rel=1e-5)


@pytest.mark.parametrize(("answers", "measurement"), [(2, "binary"), (4, "categorical")])
def test_latent_classes_are_those_of_stepmix(answers: int, measurement: str) -> None:
    """The same likelihood and the same groups, on overlapping classes of yes-or-no and of four answers."""
    stepmix = pytest.importorskip("stepmix.stepmix")
    chance = np.random.default_rng(8)
    shares = chance.dirichlet(np.full(answers, 0.6), size=(3, 6))
    truth = chance.integers(0, 3, 700)
    matrix = np.array([[chance.choice(answers, p=item) for item in shares[group]] for group in truth], dtype=np.float64)
    found = fit("latent", matrix + 1, 3)
    other = stepmix.StepMix(
        3, measurement=measurement, n_init=20, max_iter=1000, abs_tol=1e-9, random_state=1, verbose=0, progress_bar=0
    ).fit(matrix)
    assert found.bic == pytest.approx(other.bic(matrix), abs=0.05)
    assert adjusted_rand(found.labels.tolist(), other.predict(matrix).tolist()) > 0.99


def test_latent_classes_of_measurements_are_refused() -> None:
    with pytest.raises(InputProblem, match="at most 12 different values"):
        latent.fit(np.arange(26.0).reshape(13, 2), 2, seed=1, starts=1)
