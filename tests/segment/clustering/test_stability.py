"""Stability against slow recomputations, on planted groups, and on noise, which must never be called natural."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, sem
from sklearn.cluster import KMeans

from segcli.config.cluster import ClusterSettings
from segcli.errors import InputProblem
from segcli.segment import methods
from segcli.segment.clustering.gap_statistic import gap_statistics
from segcli.segment.clustering.k_selection import select_k
from segcli.segment.clustering.stability import (
    BootstrapStability,
    best_jaccard,
    compute_adjusted_rand,
    describe_jaccard,
    measure_stability,
    segment_purity,
)
from segcli.segment.methods import ClusterFit, Matrix, _bootstrap_kmeans, kmeans
from tests.oracles import stability as oracle
from tests.oracles.agreement import adjusted_rand as slow_rand

KMEANS = methods.load_method("kmeans")
labelling = st.lists(st.integers(0, 3), min_size=6, max_size=30)


def whole(labels: list[int]) -> np.ndarray:
    """Numbered from 0 without gaps."""
    return np.unique(np.array(labels), return_inverse=True)[1].astype(np.int64)


@settings(deadline=None)
@given(labelling, st.randoms(use_true_random=False))
def test_measures_are_those_of_the_slow_recomputation(one: list[int], chance: Any) -> None:
    other = [chance.choice([label, chance.randint(0, 2)]) for label in one]
    a, b = whole(one), whole(other)
    assert compute_adjusted_rand(a, b) == pytest.approx(slow_rand(a.tolist(), b.tolist()))
    assert best_jaccard(a, b, int(a.max()) + 1).tolist() == pytest.approx(oracle.jaccards(a.tolist(), b.tolist()))
    assert segment_purity(a, b).tolist() == pytest.approx(oracle.slsa(a.tolist(), b.tolist()))


def test_slsa_at_its_ends() -> None:
    """A segment that comes from one parent has 1, one that comes from all alike 0; one parent is no choice."""
    assert segment_purity(whole([0, 0, 1, 1]), whole([0, 0, 1, 1])).tolist() == [1, 1]
    assert segment_purity(whole([0, 1, 0, 1]), whole([0, 0, 1, 1])).tolist() == pytest.approx([0, 0])
    assert segment_purity(whole([0, 0, 0, 0]), whole([0, 0, 1, 1])).tolist() == [1, 1]


def blobs(*centres: tuple[float, ...], spread: float = 0.4, size: int = 60) -> Matrix:
    chance = np.random.default_rng(8)
    return np.vstack([chance.normal(centre, spread, (size, len(centre))) for centre in centres])


def test_planted_groups_return_and_torn_ones_do_not() -> None:
    matrix = blobs((0, 0), (5, 0), (0, 5))
    labels = KMEANS.fit(matrix, 3, seed=1, starts=5).labels
    right = measure_stability(matrix, labels, KMEANS, 3, range(20), 1)
    assert right.ari_median == 1.0
    assert right.slsw_by_segment.min() > 0.99
    torn = KMEANS.fit(matrix, 4, seed=1, starts=5).labels
    wrong = measure_stability(matrix, torn, KMEANS, 4, range(20), 1)
    assert wrong.ari_median < 0.95
    assert min(wrong.slsw_by_segment) < 0.75
    assert right.jaccard.shape == (40, 3)
    assert [describe_jaccard(value) for value in (0.76, 0.75, 0.7, 0.59)] == [
        "stable",
        "stable",
        "doubtful",
        "not to be trusted",
    ]


def test_a_pair_is_the_same_whoever_else_is_drawn_with_other_methods() -> None:
    """Pairs of methods that are fitted one by one depend on their number alone."""
    matrix, ward = blobs((0, 0), (3, 0)), methods.load_method("hierarchical")
    labels = ward.fit(matrix, 2, seed=1, starts=1).labels
    together = measure_stability(matrix, labels, ward, 2, range(6), 1)
    parts = [measure_stability(matrix, labels, ward, 2, part, 1) for part in (range(2), range(2, 6))]
    assert parts[0].merge_pairs(parts[1]).ari.tolist() == together.ari.tolist()


def weighted_inertia(matrix: Matrix, labels: np.ndarray, weights: np.ndarray) -> float:
    """Squared distances to the means of the groups, each row as often as it was drawn."""
    groups = [labels == group for group in np.unique(labels)]
    return sum(
        float(
            ((matrix[rows] - np.average(matrix[rows], axis=0, weights=weights[rows])) ** 2).sum(axis=1) @ weights[rows]
        )
        for rows in groups
        if weights[rows].sum()
    )


def test_each_sample_ends_at_the_inertia_of_many_starts() -> None:
    """Lloyd's algorithm keeps each solution, and together they are as good as scikit-learn's from ten starts."""
    matrix = np.random.default_rng(5).normal(size=(120, 2))
    chance = np.random.default_rng(2)
    weights = np.array([np.bincount(chance.integers(0, 120, 120), minlength=120) for _ in range(20)])
    inertias = []
    for labels, counted in zip(
        _bootstrap_kmeans.fit_bootstraps(matrix, weights, 5, np.random.default_rng(1)), weights, strict=True
    ):
        drawn = np.repeat(np.arange(120), counted)
        centres = [matrix[drawn][labels[drawn] == group].mean(axis=0).tolist() for group in range(5)]
        assert labels[drawn].tolist() == oracle.lloyd(matrix[drawn].tolist(), centres)
        other = KMeans(5, n_init=10, random_state=1).fit(matrix, sample_weight=counted).inertia_
        inertias.append((weighted_inertia(matrix, labels, counted), other))
    own_mean, other_mean = np.mean(inertias, axis=0)
    assert own_mean <= other_mean * 1.002


def test_threads_and_batches_do_not_change_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.random.default_rng(5).normal(size=(900, 3))
    weights = np.ones((12, 900), dtype=np.int64)
    found = _bootstrap_kmeans.fit_bootstraps(matrix, weights, 4, np.random.default_rng(1))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    again = _bootstrap_kmeans.fit_bootstraps(matrix, weights, 4, np.random.default_rng(1))
    assert (found == again).all()


class ManyStarts:
    """k-means whose bootstrap samples are fitted one by one by scikit-learn, from ten starts."""

    predict = staticmethod(kmeans.predict)

    def fit(self, matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
        assert starts == 10
        return KMEANS.fit(matrix, k, seed=seed, starts=10)

    def margins(self, _fit: ClusterFit, _matrix: Matrix) -> Any:
        raise AssertionError


def survey(rows: int = 500) -> Matrix:
    """Answers of overlapping classes to yes-or-no questions, where a single start often ends badly."""
    chance = np.random.default_rng(3)
    shares = np.where(chance.random((4, 12)) < 0.5, 0.7, 0.2)
    answers: Matrix = (chance.random((rows, 12)) < shares[chance.integers(0, 4, rows)]).astype(np.float64)
    return answers


def test_stability_is_that_of_scikit_learn_with_ten_starts() -> None:
    """On the same draws; with one start, the mean ARI of three segments would be far lower."""
    matrix = survey()
    for k in (2, 3, 4):
        labels = KMEANS.fit(matrix, k, seed=1, starts=20).labels
        own, other = (measure_stability(matrix, labels, method, k, range(30), 1) for method in (KMEANS, ManyStarts()))
        assert own.ari.mean() == pytest.approx(other.ari.mean(), abs=0.04)
        assert own.slsw_by_segment == pytest.approx(other.slsw_by_segment, abs=0.05)


def verdict(matrix: Matrix, ks: range, method: Any = KMEANS, **wanted: Any) -> tuple[int, str]:
    chosen = select_k(matrix, ks, method, ClusterSettings(**{"pairs": 24, **wanted}), 1)
    return chosen.best_candidate.k, chosen.verdict


def test_clear_groups_are_natural() -> None:
    assert verdict(blobs((0, 0), (5, 0), (0, 5), (5, 5)), range(2, 8)) == (4, "natural")


def test_groups_that_blend_are_reproducible() -> None:
    """A long cloud can be cut in two at the same place each time, and there is nothing between the halves."""
    cloud = np.random.default_rng(4).normal(size=(600, 2)) * [6.0, 1.0]
    k, found = verdict(cloud, range(2, 7))
    assert (k, found) == (2, "reproducible")


@pytest.mark.parametrize("seed", range(4))  # and 20 for each method, below
def test_noise_is_never_natural(seed: int) -> None:
    chance = np.random.default_rng(seed)
    assert verdict(chance.uniform(size=(100, 2)), range(2, 6), pairs=8)[1] != "natural"
    assert verdict(chance.uniform(size=(100, 5)), range(2, 4), pairs=8)[1] == "constructive"


@pytest.mark.slow
@pytest.mark.parametrize("name", methods.list_methods())
@pytest.mark.parametrize("seed", range(20))
def test_no_method_calls_noise_natural(name: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    noise = chance.uniform(size=(200, 4))
    matrix = (noise > 0.5).astype(np.float64) if name == "latent" else noise
    try:
        _, found = verdict(matrix, range(2, 6), methods.load_method(name), pairs=8)
    except InputProblem:
        found = "refused"  # density-based methods find no group at all
    assert found != "natural"


@pytest.mark.slow
@pytest.mark.parametrize("name", methods.list_methods())
def test_every_method_finds_planted_groups(name: str) -> None:
    if name == "latent":
        chance = np.random.default_rng(1)
        truth = np.repeat([0, 1, 2], 100)
        matrix = (chance.random((300, 9)) < np.where(truth[:, None] == np.arange(9) // 3, 0.95, 0.05)).astype(float)
    else:
        matrix = blobs((0, 0), (8, 0), (0, 8), size=100)
    assert verdict(matrix, range(2, 6), methods.load_method(name)) == (3, "natural")


def test_without_pairs_there_is_no_verdict() -> None:
    assert verdict(blobs((0, 0), (5, 0)), range(2, 4), pairs=0) == (2, "")


def test_the_gap_tells_groups_from_none() -> None:
    """The gap of planted groups is largest at their number; of one cloud it is largest at one."""
    found = gap_statistics(blobs((0, 0), (5, 0), (0, 5)), range(2, 6), 1)
    assert max(found, key=lambda k: found[k].gap) == 3
    alone = gap_statistics(np.random.default_rng(3).normal(size=(300, 2)), range(2, 6), 1)
    assert alone[1].gap + alone[1].error >= max(one.gap - one.error for one in alone.values())
    assert all(one.error > 0 for one in found.values())


def test_large_tables_are_judged_on_samples_that_are_told_and_fitted_whole() -> None:
    matrix = np.vstack([blobs((0, 0), (5, 0), (0, 5), size=9000)])
    chosen = select_k(matrix, range(2, 5), KMEANS, ClusterSettings(pairs=8, sample=500), 1)
    assert chosen.samples == {"sweep": 20_000, "silhouette": 500, "stability": 2000}
    assert chosen.best_candidate.k == 3
    assert len(chosen.best_candidate.fit.labels) == 27_000
    whole_fit = KMEANS.fit(matrix, 3, seed=1, starts=3)
    assert chosen.best_candidate.fit.inertia == pytest.approx(whole_fit.inertia, rel=1e-6)


class ByColumn:
    """A method that labels no other rows: by the sign of a column; it keeps what it was asked."""

    def __init__(self, column: int) -> None:
        self.column, self.asked = column, list[tuple[Matrix, int, int, int]]()

    def fit(self, matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
        self.asked.append((matrix, k, seed, starts))
        return ClusterFit((matrix[:, self.column] > 0).astype(np.int64), np.zeros((2, 3)), 0.0)

    def margins(self, _fit: ClusterFit, _matrix: Matrix) -> Any:
        raise AssertionError


def test_a_method_that_labels_no_others_is_judged_by_halves_of_the_rows() -> None:
    """Each half is so many rows once each, in their order; halves agree on what both have, and by their own labels."""
    chance = np.random.default_rng(5)
    matrix = np.column_stack([chance.choice([-1.0, 1.0], size=(61, 2)), np.arange(61.0)])
    truth = (matrix[:, 0] > 0).astype(np.int64)
    same, other = ByColumn(0), ByColumn(1)
    found, apart = (measure_stability(matrix, truth, method, 2, [0, 1, 2], 9) for method in (same, other))
    assert found.ari.tolist() == [1.0] * 3
    assert found.jaccard.tolist() == [[1.0, 1.0]] * 6
    assert apart.ari.tolist() == [1.0] * 3  # halves agree with each other, not with the segments
    halves = [half for half, *_ in other.asked]
    assert [(len(half), *more) for half, *more in other.asked] == [(31, 0, 9, 10)] * 6
    assert all((np.diff(half[:, 2]) > 0).all() for half in halves)
    assert any((one[:, 2] != half[:, 2]).any() for one, half in zip(halves[::2], halves[1::2], strict=True))
    rows = [half[:, 2].astype(np.int64) for half in halves]
    expected = [oracle.jaccards(truth[row].tolist(), (matrix[row, 1] > 0).astype(int).tolist()) for row in rows]
    np.testing.assert_allclose(apart.jaccard, expected)
    assert measure_stability(matrix, truth, ByColumn(1), 2, [2], 9).jaccard.tolist() == apart.jaccard[4:].tolist()


def test_the_middle_half_of_pairs() -> None:
    found = BootstrapStability(np.array([0.4, 0.0, 0.1, 0.3, 0.2]), np.ones((10, 1)))
    assert found.ari_quartiles == pytest.approx((0.1, 0.3))
    assert found.ari_iqr == pytest.approx(0.2)


def test_bounds_of_the_jaccard_index_are_those_of_the_normal_distribution() -> None:
    values = np.random.default_rng(2).uniform(0.5, 1.0, (50, 3))
    found = BootstrapStability(np.ones(25), values).slsw_upper_bounds
    expected = [norm.interval(0.99, column.mean(), sem(column))[1] for column in values.T]
    assert found == pytest.approx(expected, abs=1e-4)
