"""Number of segments: try every k, choose the largest that is stable and adds separation, and give a verdict.

natural: every segment recurs in other samples, one segment more would not, and the gap statistic finds groups.
reproducible: the segments recur in other samples, but blend into each other. constructive: the segments do not recur
and are a useful partition only (Dolnicar, Gruen and Leisch, Market segmentation analysis, 2018, chapter 7).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from segcli import progress
from segcli.config.cluster import ClusterSettings
from segcli.errors import InputProblem
from segcli.message import join_messages, message
from segcli.parallel import limit_blas_threads
from segcli.segment.clustering.stability import STABLE_JACCARD, BootstrapStability, measure_stability, segment_purity
from segcli.segment.methods import (
    SWEEP_ROWS,
    ClusterFit,
    ClusteringMethod,
    Labels,
    Matrix,
    apply_in_chunks,
    can_predict,
    kmeans,
    sample_rows,
    uses_bic,
)

# Gap statistic: inertia compared with that of data without groups.
REFERENCE_TABLES = 10
REFERENCE_STARTS = 3


@dataclass(frozen=True)
class GapStatistic:
    """The gap at one k and its standard error."""

    k: int
    gap: float
    error: float


def gap_statistics(matrix: Matrix, k_values: Sequence[int], seed: int) -> dict[int, GapStatistic]:
    """Return the gap at k = 1 and at each k, by k-means on the given rows, which may be a sample."""
    rng = np.random.default_rng(seed)
    reference_tables = [_draw_reference(matrix, rng) for _ in range(REFERENCE_TABLES)]
    gaps_by_k = {}
    for k in (1, *k_values):
        reference_inertias = np.array([_log_inertia(reference_table, k, seed) for reference_table in reference_tables])
        gap = float(reference_inertias.mean() - _log_inertia(matrix, k, seed))
        gaps_by_k[k] = GapStatistic(k, gap, float(reference_inertias.std() * np.sqrt(1 + 1 / REFERENCE_TABLES)))
    return gaps_by_k


def _draw_reference(matrix: Matrix, rng: np.random.Generator) -> Matrix:
    """Draw as many uniform rows from the box of the data along its principal axes."""
    centre = matrix.mean(axis=0)
    _, _, axes = np.linalg.svd(matrix - centre, full_matrices=False)
    rotated = (matrix - centre) @ axes.T
    random_rows = rng.uniform(rotated.min(axis=0), rotated.max(axis=0), rotated.shape)
    reference_rows: Matrix = random_rows @ axes + centre
    return reference_rows


def _log_inertia(matrix: Matrix, k: int, seed: int) -> float:
    if k == 1:
        inertia = float(((matrix - matrix.mean(axis=0)) ** 2).sum())
    else:
        inertia = kmeans.fit(matrix, k, seed=seed, starts=REFERENCE_STARTS).inertia
    return float(np.log(max(inertia, 1e-300)))


SCREENING_DIVISOR = 4  # after 1/4 of all pairs, only k that can still be stable continue
REPRODUCIBLE_ARI, NATURAL_ARI = 0.8, 0.9  # minimum median ARI of reproducible and of natural segments
SCREENING_ARI = REPRODUCIBLE_ARI - 0.1  # below it after the first pairs, k does not become stable with more
PEAK_MARGIN = 0.02  # at a peak, one segment more lowers the median ARI by at least this much
MAX_DISTANCE_MEGABYTES = 32  # memory limit of distances
EASY_FIT_ROWS = 10_000  # rows x starts that are cheap: small tables get more starts


@dataclass(frozen=True, eq=False)
class KCandidate:
    """One k on the rows of the sweep: its fit and its quality measures.

    `silhouette` (-1 to 1), `calinski_harabasz` and `davies_bouldin` are measured on a sample. `smallest_share` is the
    share of the smallest segment. `slsa` holds one value per segment, against the solution with one segment less.
    """

    fit: ClusterFit
    silhouette: float
    calinski_harabasz: float
    davies_bouldin: float
    smallest_share: float
    stability: BootstrapStability | None = None
    gap: GapStatistic | None = None
    slsa: npt.NDArray[np.float64] | None = None

    @property
    def k(self) -> int:
        """Number of segments, without noise."""
        return self.fit.k - self.fit.has_noise

    @property
    def median_ari(self) -> float:
        """Median ARI; 0 if stability was not requested."""
        return self.stability.ari_median if self.stability else 0.0

    @property
    def smallest_jaccard(self) -> float:
        """Mean Jaccard index of the least stable segment; 0 if stability was not requested."""
        return float(self.stability.slsw_by_segment[: self.k].min()) if self.stability else 0.0

    @property
    def is_stable(self) -> bool:
        """Whether the solution and each of its segments return in other samples."""
        return self.median_ari >= REPRODUCIBLE_ARI and self.smallest_jaccard >= STABLE_JACCARD


@dataclass(frozen=True)
class KSelection:
    """All candidates, the best one with verdict and reason, and the sample size of each measurement."""

    candidates: tuple[KCandidate, ...]
    best_candidate: KCandidate
    verdict: str
    reason: str
    samples: dict[str, int]


def select_k(
    matrix: Matrix, k_values: Sequence[int], method: ClusteringMethod, settings: ClusterSettings, seed: int
) -> KSelection:
    """Fit every k, compare the candidates, choose one, and fit it to all rows.

    Runs on one thread, because the last bits of a sum depend on the number of threads.
    """
    with limit_blas_threads():
        return _select_k(matrix, k_values, method, settings, seed)


def _select_k(
    matrix: Matrix, k_values: Sequence[int], method: ClusteringMethod, settings: ClusterSettings, seed: int
) -> KSelection:
    sweep_rows = matrix[sample_rows(len(matrix), SWEEP_ROWS, seed)]
    sample_rows_by_use = {
        "silhouette": sample_rows(len(sweep_rows), settings.sample, seed),
        "stability": sample_rows(len(sweep_rows), settings.stability_sample, seed),
    }
    starts = max(settings.starts, min(100, EASY_FIT_ROWS // len(sweep_rows)))
    progress.expect_work(len(k_values) * (3 if settings.pairs else 1))  # a fit, and its stability by some and all pairs
    fits = [_fit_k(sweep_rows, k, method, seed, starts) for k in k_values]
    distances = _pairwise_distances(sweep_rows[sample_rows_by_use["silhouette"]]) if len(fits) > 1 else None
    candidates_by_k = {
        candidate.k: candidate
        for candidate in (_evaluate_fit(fit, sweep_rows, sample_rows_by_use["silhouette"], distances) for fit in fits)
    }
    candidates = [candidates_by_k[k] for k in sorted(candidates_by_k)]  # a method may find fewer groups than requested
    if not candidates[0].k:
        raise InputProblem(
            "no segments: no region is denser than the rest",
            remedy="Use another method, or other features",
        )
    single_group_gap = None
    if settings.pairs:
        stability_rows = sample_rows_by_use["stability"]
        matrix_sample = sweep_rows[stability_rows]
        candidates = _add_stability(candidates, matrix_sample, stability_rows, method, settings, seed)
        candidates, single_group_gap = _add_gaps(candidates, matrix_sample, seed)
    candidates = _add_purity(candidates)
    best_candidate, reason = _choose_candidate(candidates, settings, single_group_gap, by_bic=uses_bic(method))
    verdict = _choose_verdict(candidates, best_candidate, single_group_gap)
    full_candidate = (
        best_candidate
        if len(sweep_rows) == len(matrix)
        else replace(best_candidate, fit=_fit_all_rows(matrix, best_candidate, method, seed))
    )
    sample_sizes = {
        "sweep": len(sweep_rows),
        **{name: len(row_numbers) for name, row_numbers in sample_rows_by_use.items()},
    }
    return KSelection(tuple(candidates), full_candidate, verdict, reason, sample_sizes)


def _fit_k(matrix: Matrix, k: int, method: ClusteringMethod, seed: int, starts: int) -> ClusterFit:
    fit = method.fit(matrix, k, seed=seed, starts=starts)
    progress.advance(1)
    return fit


def _add_gaps(candidates: Sequence[KCandidate], matrix: Matrix, seed: int) -> tuple[list[KCandidate], GapStatistic]:
    """Return the candidates with their gap statistics, and the gap of a single group."""
    gaps_by_k = gap_statistics(matrix, [candidate.k for candidate in candidates], seed)
    return [replace(candidate, gap=gaps_by_k[candidate.k]) for candidate in candidates], gaps_by_k[1]


def _add_purity(candidates: Sequence[KCandidate]) -> list[KCandidate]:
    """Return the candidates with the purity of each segment against the solution with one segment less."""
    return [
        *candidates[:1],
        *(
            replace(larger, slsa=segment_purity(smaller.fit.labels, larger.fit.labels))
            for smaller, larger in pairwise(candidates)
        ),
    ]


def silhouette_mean(matrix: Matrix, labels: Labels, distances: Matrix | None = None) -> float:
    """Return the mean silhouette (Rousseeuw 1987); 0 if the labels have fewer than two segments.

    Args:
        matrix: rows, shape (n, features).
        labels: segments of the rows, shape (n,).
        distances: distances between the rows, shape (n, n), if already computed.
    """
    from sklearn import config_context
    from sklearn.metrics import silhouette_score

    if not 1 < len(np.unique(labels)) < len(labels):
        return 0.0
    with limit_blas_threads(), config_context(working_memory=MAX_DISTANCE_MEGABYTES):
        if distances is not None:
            return float(silhouette_score(distances, labels, metric="precomputed"))
        return float(silhouette_score(matrix, labels))


def _pairwise_distances(matrix: Matrix) -> Matrix | None:
    """Return the distances between rows, to reuse for every k; None if they exceed the memory limit."""
    from sklearn.metrics import pairwise_distances

    if len(matrix) ** 2 * matrix.itemsize > MAX_DISTANCE_MEGABYTES << 20:
        return None
    with limit_blas_threads():
        distance_matrix: Matrix = pairwise_distances(matrix)
    return distance_matrix


def _evaluate_fit(fit: ClusterFit, matrix: Matrix, sampled_rows: Labels, distances: Matrix | None = None) -> KCandidate:
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    clustered_rows = sampled_rows[~fit.noise_mask[sampled_rows]]
    rows, labels = matrix[clustered_rows], fit.labels[clustered_rows]
    has_several_groups = 1 < len(np.unique(labels)) < len(labels)
    counts = np.bincount(fit.labels, minlength=fit.k)[: fit.k - fit.has_noise]
    return KCandidate(
        fit=fit,
        silhouette=silhouette_mean(rows, labels, None if fit.has_noise else distances),
        calinski_harabasz=float(calinski_harabasz_score(rows, labels)) if has_several_groups else 0.0,
        davies_bouldin=float(davies_bouldin_score(rows, labels)) if has_several_groups else 0.0,
        smallest_share=float(counts.min(initial=len(matrix)) / len(matrix)),
    )


def _add_stability(  # noqa: PLR0913, PLR0917 - a pair depends on all of these
    candidates: Sequence[KCandidate],
    matrix: Matrix,
    rows: Labels,
    method: ClusteringMethod,
    settings: ClusterSettings,
    seed: int,
) -> list[KCandidate]:
    """Measure stability with some of the pairs for every k, and with all pairs for the k that can still win."""

    def stability_of(candidate: KCandidate, pairs: range) -> BootstrapStability:
        return measure_stability(matrix, candidate.fit.labels[rows], method, candidate.fit.k, pairs, seed)

    def screen(candidate: KCandidate) -> KCandidate:
        screened = replace(candidate, stability=stability_of(candidate, screening_pairs))
        progress.advance(1)
        return screened

    def complete(candidate: KCandidate) -> KCandidate:
        can_win = candidate.median_ari >= SCREENING_ARI or len(candidates) == 1
        if candidate.stability and remaining_pairs and can_win:
            all_pairs = candidate.stability.merge_pairs(stability_of(candidate, remaining_pairs))
            candidate = replace(candidate, stability=all_pairs)
        progress.advance(1)
        return candidate

    screening_pairs = range(max(settings.pairs // SCREENING_DIVISOR, 1))
    remaining_pairs = range(len(screening_pairs), settings.pairs)
    screened = [screen(candidate) for candidate in candidates]
    return [complete(candidate) for candidate in screened]


def _choose_candidate(
    candidates: Sequence[KCandidate], settings: ClusterSettings, single_group_gap: GapStatistic | None, *, by_bic: bool
) -> tuple[KCandidate, str]:
    """Return the best candidate and the reason for the choice."""
    if len(candidates) == 1:
        k = candidates[0].k
        return candidates[0], message("k = {k} as requested", k=k) if settings.k == k else message("k = {k}", k=k)
    large_enough = [candidate for candidate in candidates if candidate.smallest_share >= settings.minimum_share]
    separating_ks = _ks_that_add_separation(candidates, single_group_gap)
    k_range = message("k = {lowest} to {highest}", lowest=candidates[0].k, highest=candidates[-1].k)

    def choose(rivals: Sequence[KCandidate]) -> tuple[KCandidate, str]:
        return _choose_by_bic(rivals, k_range) if by_bic else _choose_by_stability(rivals, separating_ks, k_range)

    best_candidate, reason = choose(large_enough or candidates)
    other_candidate, _ = choose(candidates)
    caveats = [reason]
    if not large_enough:
        caveats.append(message("all have segments under {share:.0%}", share=settings.minimum_share))
    if other_candidate.k != best_candidate.k:
        caveats.append(
            message(
                "k = {k} would be better but has a segment under {share:.0%}",
                k=other_candidate.k,
                share=settings.minimum_share,
            )
        )
    if best_candidate.k == settings.k_range[1]:
        caveats.append(message("the largest number tried, so more may be better"))
    return best_candidate, message("k = {k}: {reason}", k=best_candidate.k, reason=join_messages("; ", caveats))


def _ks_that_add_separation(candidates: Sequence[KCandidate], single_group_gap: GapStatistic | None) -> frozenset[int]:
    """Return each k whose gap exceeds that of every smaller k, and of one group, by more than its standard error."""
    if single_group_gap is None:
        return frozenset()
    largest_gap = single_group_gap.gap
    ks = set()
    for candidate in candidates:
        assert candidate.gap is not None, "gaps and stability are measured together"
        if candidate.gap.gap - candidate.gap.error > largest_gap:
            ks.add(candidate.k)
        largest_gap = max(largest_gap, candidate.gap.gap)
    return frozenset(ks)


def _choose_by_stability(
    candidates: Sequence[KCandidate], separating_ks: frozenset[int], k_range: str
) -> tuple[KCandidate, str]:
    """Return the largest stable k that adds separation, else the stable k with the best silhouette, else the best."""
    stable_candidates = [candidate for candidate in candidates if candidate.is_stable]
    separating_candidates = [candidate for candidate in stable_candidates if candidate.k in separating_ks]
    if separating_candidates:
        best_candidate = separating_candidates[-1]
        return best_candidate, message(
            "the largest stable number that adds separation (median ARI {ari:.2f})", ari=best_candidate.median_ari
        )
    best_candidate = max(stable_candidates or candidates, key=lambda candidate: (candidate.silhouette, -candidate.k))
    if stable_candidates:
        return best_candidate, message(
            "stable (median ARI {ari:.2f}), with the best silhouette of the stable numbers",
            ari=best_candidate.median_ari,
        )
    reason = message(
        "best silhouette ({silhouette:.2f}) of {range}", silhouette=best_candidate.silhouette, range=k_range
    )
    has_stability = candidates[0].stability is not None
    return best_candidate, message("{reason}; no k is stable", reason=reason) if has_stability else reason


def _choose_by_bic(candidates: Sequence[KCandidate], k_range: str) -> tuple[KCandidate, str]:
    """Return the k with the lowest BIC (Schwarz 1978), which latent classes are chosen by."""
    best_candidate = min(candidates, key=lambda candidate: (candidate.fit.bic or 0.0, candidate.k))
    return best_candidate, message("lowest BIC ({bic:,.0f}) of {range}", bic=best_candidate.fit.bic, range=k_range)


def _choose_verdict(
    candidates: Sequence[KCandidate], best_candidate: KCandidate, single_group_gap: GapStatistic | None
) -> str:
    """Return natural, reproducible or constructive; empty if stability was not requested."""
    if best_candidate.stability is None or best_candidate.gap is None or single_group_gap is None:
        return ""
    if best_candidate.median_ari < REPRODUCIBLE_ARI:
        return "constructive"
    next_aris = [candidate.median_ari for candidate in candidates if candidate.k == best_candidate.k + 1]
    is_peak = all(best_candidate.median_ari >= ari + PEAK_MARGIN for ari in next_aris)
    has_groups = best_candidate.gap.gap - best_candidate.gap.error > single_group_gap.gap + single_group_gap.error
    return (
        "natural"
        if best_candidate.median_ari >= NATURAL_ARI and is_peak and has_groups and best_candidate.is_stable
        else "reproducible"
    )


def _fit_all_rows(matrix: Matrix, best_candidate: KCandidate, method: ClusteringMethod, seed: int) -> ClusterFit:
    """Fit the chosen solution to all rows.

    A method with `refit` continues from the solution of the sweep; otherwise that solution labels all rows.
    """
    refit = getattr(method, "refit", None)
    if refit is not None:
        fit: ClusterFit = refit(matrix, best_candidate.fit, seed=seed)
        return fit
    assert can_predict(method), "others are fitted to all rows at once"
    predict = method.predict
    (labels,) = apply_in_chunks(matrix, lambda rows: (predict(best_candidate.fit, matrix[rows]),))
    (squares,) = apply_in_chunks(
        matrix, lambda rows: (((matrix[rows] - best_candidate.fit.centres[labels[rows]]) ** 2).sum(axis=1),)
    )
    return replace(best_candidate.fit, labels=labels, inertia=float(squares.sum()))
