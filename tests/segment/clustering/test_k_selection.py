"""Which k is kept, why, and what it is called: rules on measures made by hand, and measures on groups made by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

from segcli.config.cluster import ClusterSettings
from segcli.errors import InputProblem
from segcli.segment.clustering import k_candidates, k_selection
from segcli.segment.clustering.gap_statistic import GapStatistic
from segcli.segment.clustering.k_candidates import KCandidate
from segcli.segment.clustering.stability import BootstrapStability, segment_purity
from segcli.segment.methods import ClusterFit, Matrix


def candidate(  # noqa: PLR0913 - measures of one solution
    k: int,
    ari: float,
    silhouette: float = 0.5,
    share: float = 0.2,
    gap: float = 1.0,
    *,
    whole: Sequence[float] = (),
    bic: float | None = None,
) -> KCandidate:
    """A solution of which this was measured; `whole` is how much of each segment returned."""
    fit = ClusterFit(np.arange(k), np.zeros((k, 1)), 1.0, bic=bic)
    returned = np.tile([*whole] or [0.9] * k, (2, 1))
    return KCandidate(
        fit,
        silhouette,
        0.0,
        0.0,
        share,
        BootstrapStability(np.array([ari]), returned),
        GapStatistic(k, gap, error=0.25),
    )


def choose(found: Sequence[KCandidate], *, gap: float = 0.5, by_bic: bool = False, **wanted: Any) -> tuple[int, str]:
    """The chosen k and why, where one group has this gap."""
    chosen, why = k_selection._choose_candidate(
        found, ClusterSettings(**wanted), GapStatistic(1, gap, 0.25) if found[0].stability else None, by_bic=by_bic
    )
    return chosen.k, why


@pytest.mark.parametrize(
    ("found", "k", "reason"),
    [
        (
            [(2, 0.9, 0.9), (3, 0.85, 0.2, 0.2, 1.5), (4, 0.2, 0.9, 0.2, 2.0)],
            3,
            "the largest stable number that adds separation (median ARI 0.85)",
        ),
        (
            [(2, 0.9, 0.3), (3, 0.95, 0.2, 0.2, 1.25), (4, 0.9, 0.1, 0.2, 1.26)],
            2,
            "the largest stable number that adds separation (median ARI 0.90)",
        ),
        (
            [(2, 0.7, 0.3, 0.2, 1.5), (3, 0.95, 0.2, 0.2, 1.7), (4, 0.9, 0.3, 0.2, 1.6)],
            4,
            "stable (median ARI 0.90), with the best silhouette of the stable numbers",
        ),
        ([(2, 0.79, 0.2), (3, 0.3, 0.9)], 3, "best silhouette (0.90) of k = 2 to 3; no k is stable"),
        (
            [(2, 0.9, 0.4, 0.2, 0.1), (3, 0.9, 0.4, 0.2, 0.1)],
            2,
            "stable (median ARI 0.90), with the best silhouette of the stable numbers",
        ),
    ],
)
def test_the_largest_stable_k_that_adds_separation_is_kept(found: list[Any], k: int, reason: str) -> None:
    """A gap adds separation if it exceeds every smaller one by more than its error, 0.25; one group has 0.5."""
    assert choose([candidate(*one) for one in found]) == (k, f"k = {k}: {reason}")


def test_a_k_with_one_segment_that_does_not_return_is_not_stable() -> None:
    torn = candidate(3, 0.9, gap=2.0, whole=(0.9, 0.9, 0.74))
    assert choose([candidate(2, 0.9), torn])[0] == 2
    assert choose([candidate(2, 0.9), candidate(3, 0.9, gap=2.0, whole=(0.9, 0.9, 0.75))])[0] == 3


def test_the_reason_names_the_segment_that_makes_the_closest_k_unstable() -> None:
    torn = candidate(2, 0.97, 0.2, whole=(0.9, 0.68))
    reason = "best silhouette (0.90) of k = 2 to 3; no k is stable: at k = 2, a segment has a mean Jaccard of only 0.68"
    assert choose([torn, candidate(3, 0.3, 0.9)]) == (3, f"k = 3: {reason}")


def test_without_pairs_separation_alone_decides() -> None:
    found = [KCandidate(candidate(k, 0).fit, best, 0, 0, 0.2) for k, best in ((2, 0.3), (3, 0.4))]
    assert choose(found, pairs=0) == (3, "k = 3: best silhouette (0.40) of k = 2 to 3")


def test_latent_classes_are_chosen_by_bic_however_stable() -> None:
    found = [candidate(k, ari, bic=bic) for k, ari, bic in ((2, 0.95, 9000.0), (3, 0.5, 8000.4), (4, 0.9, 8001.0))]
    assert choose(found, by_bic=True) == (3, "k = 3: lowest BIC (8,000) of k = 2 to 4")


def test_the_end_of_the_range_is_said() -> None:
    found = [candidate(2, 0.9), candidate(3, 0.9, gap=2.0)]
    assert choose(found, k="2-3")[1].endswith("(median ARI 0.90); the largest number tried, so more may be better")
    assert "tried" not in choose(found, k="2-4")[1]


def test_a_tiny_segment_is_passed_over_and_told() -> None:
    """A segment of 5 % is large enough if 5 % are wanted."""
    small, enough = (candidate(3, 0.95, 0.6, share, 2.0) for share in (0.0499, 0.05))
    k, why = choose([candidate(2, 0.9), small], minimum_share=0.05)
    assert k == 2
    assert why.endswith("; k = 3 would be better but has a segment under 5%")
    assert choose([candidate(2, 0.9), enough], minimum_share=0.05)[0] == 3


def test_where_all_have_a_tiny_segment_the_best_is_kept_and_it_is_told() -> None:
    found = [candidate(2, 0.9, 0.5, 0.01), candidate(3, 0.8, 0.4, 0.01)]
    k, why = choose(found, minimum_share=0.05)
    assert k == 2
    assert why.endswith("(median ARI 0.90); all have segments under 5%")


@pytest.mark.parametrize(("asked", "why"), [(3, "k = 3 as requested"), ("auto", "k = 3"), (4, "k = 3")])
def test_an_only_k_was_asked_for_or_found(asked: Any, why: str) -> None:
    assert choose([candidate(3, 0.1)], k=asked) == (3, why)


@pytest.mark.parametrize(
    ("ari", "neighbours", "whole", "gap", "verdict"),
    [
        (0.9, (0.88, 0.88), (0.75, 0.75, 0.75), 1.0, "natural"),
        (0.899, (0.5, 0.5), (), 1.0, "reproducible"),
        (0.9, (1.0, 0.5), (), 1.0, "natural"),
        (0.9, (0.5, 0.89), (), 1.0, "reproducible"),
        (1.0, (0.5, 0.5), (0.9, 0.9, 0.749), 1.0, "reproducible"),
        (1.0, (0.5, 0.5), (), 0.75, "reproducible"),
        (1.0, (0.5, 0.5), (), 0.76, "natural"),
        (0.8, (0.5, 0.5), (), 1.0, "reproducible"),
        (0.799, (0.5, 0.5), (), 1.0, "constructive"),
    ],
)
def test_natural_is_stable_a_peak_whole_and_beyond_chance(
    ari: float, neighbours: tuple[float, float], whole: tuple[float, ...], gap: float, verdict: str
) -> None:
    """One group has a gap of 0.25 with an error of 0.25; only one segment more must be less stable."""
    chosen = replace(candidate(3, ari, whole=whole), gap=GapStatistic(3, gap, 0.25))
    found = [candidate(2, neighbours[0]), chosen, candidate(4, neighbours[1]), candidate(5, 1.0)]
    assert k_selection._choose_verdict(found, chosen, GapStatistic(1, 0.25, 0.25)) == verdict


def test_without_stability_or_a_gap_there_is_no_verdict() -> None:
    assert k_selection._choose_verdict([candidate(2, 1.0)], candidate(2, 1.0), None) == ""
    bare = KCandidate(candidate(2, 1.0).fit, 0.5, 0, 0, 0.2)
    assert k_selection._choose_verdict([bare], bare, GapStatistic(1, 0.25, 0.25)) == ""
    assert bare.median_ari == 0.0


def test_whose_place_is_noise_returns_less_often_and_is_not_judged() -> None:
    """Of three groups the last is noise: how much of it returns does not count."""
    chosen = candidate(3, 1.0, whole=(0.9, 0.9, 0.1))
    noisy = replace(chosen, fit=replace(chosen.fit, has_noise=True))
    assert noisy.k == 2
    assert k_selection._choose_verdict([noisy], noisy, GapStatistic(1, 0.25, 0.25)) == "natural"


# Measures


def pairs(size: int = 10) -> tuple[Matrix, np.ndarray]:
    """Rows in three groups on a line, and which is whose."""
    labels = np.repeat(np.arange(3), size)
    return np.column_stack([labels * 10.0 + np.tile(np.arange(size) / size, 3)]), labels


def test_measures_are_scikit_learns_on_the_rows_of_the_sample() -> None:
    matrix, labels = pairs()
    sample = np.arange(0, 30, 2)
    found = k_candidates.evaluate_fit(ClusterFit(labels, np.zeros((3, 1)), 1.0), matrix, sample)
    rows, theirs = matrix[sample], labels[sample]
    assert found.silhouette == pytest.approx(silhouette_score(rows, theirs))
    assert found.calinski_harabasz == pytest.approx(calinski_harabasz_score(rows, theirs))
    assert found.davies_bouldin == pytest.approx(davies_bouldin_score(rows, theirs))
    assert found.smallest_share == pytest.approx(1 / 3)


def test_noise_has_a_say_in_no_measure() -> None:
    """The last 4 rows are in no segment; of the others 20 are in one and 6 in the other."""
    matrix, _ = pairs()
    labels = np.repeat([0, 1, 2], [20, 6, 4])
    found = k_candidates.evaluate_fit(ClusterFit(labels, np.zeros((3, 1)), 1.0, has_noise=True), matrix, np.arange(30))
    assert found.silhouette == pytest.approx(silhouette_score(matrix[:26], labels[:26]))
    assert found.davies_bouldin == pytest.approx(davies_bouldin_score(matrix[:26], labels[:26]))
    assert found.smallest_share == pytest.approx(6 / 30)


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2]])
def test_one_segment_and_segments_of_one_are_not_separated(labels: list[int]) -> None:
    matrix, fit = np.array([[0.0], [1.0], [5.0]]), ClusterFit(np.array(labels), np.zeros((max(labels) + 1, 1)), 1.0)
    found = k_candidates.evaluate_fit(fit, matrix, np.arange(3))
    assert (found.silhouette, found.calinski_harabasz, found.davies_bouldin) == (0.0, 0.0, 0.0)


# The sweep


def told(**more: Any) -> tuple[Any, list[Any]]:
    """A method that cuts a line into k equal parts, and what it was asked."""
    asked: list[Any] = []

    def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
        asked.append((len(matrix), k, seed, starts))
        places = np.arange(len(matrix)) * k // len(matrix)
        centres = np.array([matrix[places == one].mean(axis=0) for one in range(k)])
        return ClusterFit(places, centres, 1.0)

    return SimpleNamespace(fit=fit, **more), asked


@pytest.mark.parametrize(("size", "starts"), [(20, 100), (200, 50), (500, 20), (1000, 10)])
def test_small_tables_get_more_starts(size: int, starts: int) -> None:
    method, asked = told()
    found = k_selection.select_k(
        np.arange(float(size))[:, None], [5, 3], method, ClusterSettings(pairs=0, starts=10), 7
    )
    assert asked == [(size, 5, 7, starts), (size, 3, 7, starts)]
    assert [one.k for one in found.candidates] == [3, 5]
    assert found.candidates[0].slsa is None
    first, second = found.candidates
    assert second.slsa is not None
    assert second.slsa.tolist() == segment_purity(first.fit.labels, second.fit.labels).tolist()
    assert found.verdict == ""
    assert found.samples == {"sweep": size, "silhouette": size, "stability": size}


def test_what_is_measured_on_samples_is_told() -> None:
    method, _ = told()
    settings = ClusterSettings(pairs=0, sample=200, stability_sample=150)
    found = k_selection.select_k(np.arange(400.0)[:, None], [2], method, settings, 7)
    assert found.samples == {"sweep": 400, "silhouette": 200, "stability": 150}


def measured(
    worth: dict[int, float],
    rest: dict[int, float],
    gap: Mapping[int, float] | None = None,
    jaccard: Mapping[int, float] | None = None,
) -> tuple[Any, list[tuple[int, int]]]:
    """What is chosen if the first quarter of pairs has one ARI and the rest another, and who got how many pairs."""
    asked: list[tuple[int, range]] = []

    def stability(_matrix: Any, labels: Any, _method: Any, k: int, which: range, _seed: int) -> BootstrapStability:
        assert len(labels) == 50
        asked.append((k, which))
        ari = worth[k] if which.start == 0 else rest[k]
        return BootstrapStability(np.full(len(which), ari), np.full((2 * len(which), k), (jaccard or {}).get(k, 0.9)))

    def gaps(_matrix: Matrix, ks: list[int], _seed: int) -> dict[int, GapStatistic]:
        return {k: GapStatistic(k, float((gap or {}).get(k, k)), 0.25) for k in (1, *ks)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(k_selection, "measure_stability", stability)
        patch.setattr(k_selection, "gap_statistics", gaps)
        method, _ = told()
        settings = ClusterSettings(pairs=24, minimum_share=0)
        found = k_selection.select_k(np.arange(50.0)[:, None], list(worth), method, settings, 7)
    assert [k for k, which in asked if which == range(6)] == list(worth)
    assert all(which == range(6, 24) for _, which in asked[len(worth) :])
    return found, [(one.k, len(one.stability.ari)) for one in found.candidates if one.stability]


def test_the_chosen_k_gets_all_pairs_and_others_a_quarter() -> None:
    """k = 4 lies more than twice 0.05 below 0.8 and is passed over; k = 2 is never needed."""
    found, pairs = measured({2: 0.95, 3: 0.85, 4: 0.69}, {3: 0.84})
    assert (found.best_candidate.k, pairs) == (3, [(2, 6), (3, 24), (4, 6)])


@pytest.mark.parametrize(("jaccard", "pairs"), [(0.74, [(2, 24), (3, 6)]), (0.75, [(2, 6), (3, 24)])])
def test_a_k_with_a_segment_that_seldom_returns_is_passed_over(jaccard: float, pairs: list[Any]) -> None:
    """0.74 in every sample is surely below 0.75; with 0.75 all pairs decide."""
    assert measured({2: 0.85, 3: 0.9}, {2: 0.85, 3: 0.9}, jaccard={3: jaccard})[1] == pairs


def test_a_k_that_turns_out_unstable_is_followed_by_the_next() -> None:
    found, pairs = measured({2: 0.72, 3: 0.85, 4: 0.71}, {2: 0.85, 3: 0.7, 4: 0.7})
    assert (found.best_candidate.k, pairs) == (2, [(2, 24), (3, 24), (4, 24)])


@pytest.mark.parametrize(("next_ari", "verdict"), [(0.92, "reproducible"), (0.9, "natural")])
def test_the_next_k_gets_all_pairs_if_the_verdict_depends_on_it(next_ari: float, verdict: str) -> None:
    """Natural segments are a peak: 0.93 must exceed the ARI of one segment more by 0.02, over all pairs."""
    found, pairs = measured({2: 0.5, 3: 0.93, 4: 0.75}, {3: 0.93, 4: next_ari}, gap={4: 3.0})
    assert pairs == [(2, 6), (3, 24), (4, 24)]
    assert (found.best_candidate.k, found.verdict) == (3, verdict)


@pytest.mark.parametrize("seed", range(40))
def test_the_choice_is_that_of_all_pairs_for_each_k_that_may_be_stable(seed: int) -> None:
    """Compared with the choice and the verdict if every k that may be stable after a quarter of the pairs gets all."""
    chance = np.random.default_rng(seed)
    first, rest = ({k: float(round(chance.uniform(0.6, 1.0), 2)) for k in range(2, 7)} for _ in range(2))
    gap = {k: float(chance.uniform(1, 3)) for k in range(2, 7)}
    found, _ = measured(first, rest, gap)
    complete = []
    for one in found.candidates:
        aris = np.array([first[one.k]] * 6 + [rest[one.k]] * 18 * (first[one.k] >= k_candidates.SCREENING_ARI))
        assert one.stability
        stability = BootstrapStability(aris, one.stability.jaccard)
        complete.append(replace(one, stability=stability, has_all_pairs=True))
    one_group, settings = GapStatistic(1, 1.0, 0.25), ClusterSettings(minimum_share=0)
    best, _ = k_selection._choose_candidate(complete, settings, one_group, by_bic=False)
    assert found.best_candidate.k == best.k
    assert found.best_candidate.has_all_pairs
    if best.is_stable:  # otherwise the best silhouette may get more pairs here
        assert found.verdict == k_selection._choose_verdict(complete, best, one_group)


@pytest.mark.parametrize(("one_group", "verdict"), [(0.25, "natural"), (0.75, "reproducible")])
def test_stability_and_gaps_are_those_of_the_sample(
    monkeypatch: pytest.MonkeyPatch, one_group: float, verdict: str
) -> None:
    """Two segments have a gap of 1 with an error of 0.25; that of one group decides whether it is more than chance."""

    def stability(matrix: Matrix, labels: Any, _method: Any, k: int, which: range, _seed: int) -> BootstrapStability:
        assert matrix[:, 0].tolist() == sorted(set(matrix[:, 0].tolist()))
        assert len(matrix) == len(labels) == 50
        return BootstrapStability(np.full(len(which), 1.0 if k == 2 else 0.5), np.full((2 * len(which), k), 0.9))

    def gaps(matrix: Matrix, ks: list[int], _seed: int) -> dict[int, GapStatistic]:
        assert len(matrix) == 50
        assert ks == [2, 3]
        return {1: GapStatistic(1, one_group, 0.25), 2: GapStatistic(2, 1.0, 0.25), 3: GapStatistic(3, 0.5, 0.25)}

    monkeypatch.setattr(k_selection, "measure_stability", stability)
    monkeypatch.setattr(k_selection, "gap_statistics", gaps)
    method, _ = told()
    found = k_selection.select_k(
        np.arange(60.0)[:, None], [2, 3], method, ClusterSettings(pairs=4, stability_sample=50, minimum_share=0), 7
    )
    assert (found.best_candidate.k, found.verdict) == (2, verdict)
    assert [one.gap.k for one in found.candidates if one.gap] == [2, 3]
    assert found.samples["stability"] == 50


def test_the_chosen_solution_labels_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fitted to 40 of 100 rows; each of the 100 takes the nearest centre, and squares are summed over all."""
    monkeypatch.setattr(k_selection, "SWEEP_ROWS", 40)
    method, _ = told(predict=lambda fit, rows: np.abs(rows - fit.centres.T).argmin(axis=1))
    matrix = np.arange(100.0)[:, None]
    found = k_selection.select_k(matrix, [4], method, ClusterSettings(pairs=0), 7)
    assert found.samples["sweep"] == 40
    assert len(found.candidates[0].fit.labels) == 40
    fit = found.best_candidate.fit
    apart = np.abs(matrix - fit.centres.T)
    assert fit.labels.tolist() == apart.argmin(axis=1).tolist()
    assert fit.inertia == pytest.approx((apart.min(axis=1) ** 2).sum())


def test_a_method_that_can_goes_on_from_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(k_selection, "SWEEP_ROWS", 40)
    whole = ClusterFit(np.zeros(100, dtype=np.int64), np.zeros((1, 1)), 2.0)
    asked: list[Any] = []

    def refit(matrix: Matrix, before: ClusterFit, *, seed: int) -> ClusterFit:
        asked.append((len(matrix), before.k, seed))
        return whole

    method, _ = told(refit=refit)
    assert (
        k_selection.select_k(np.arange(100.0)[:, None], [4], method, ClusterSettings(pairs=0), 7).best_candidate.fit
        is whole
    )
    assert asked == [(100, 4, 7)]


def test_a_method_that_finds_nothing_is_answered() -> None:
    nothing = ClusterFit(np.zeros(9, dtype=np.int64), np.zeros((1, 1)), 1.0, has_noise=True)
    method: Any = SimpleNamespace(fit=lambda *_, **__: nothing)
    with pytest.raises(InputProblem, match="no segments: no region is denser"):
        k_selection.select_k(np.zeros((9, 1)), [2], method, ClusterSettings(), 1)


@pytest.mark.parametrize("k", [2, 5])
def test_distances_that_serve_for_every_k_change_no_bit_of_the_silhouette(k: int) -> None:
    chance = np.random.default_rng(7)
    matrix, labels = chance.normal(size=(500, 3)), chance.integers(0, k, 500)
    distances = k_candidates.pairwise_distances(matrix)
    assert k_candidates.silhouette_mean(matrix, labels, distances) == k_candidates.silhouette_mean(matrix, labels)
    assert k_candidates.pairwise_distances(np.zeros((2100, 1))) is None
