"""How many segments: every k tried, judged by stability first and separation next, one chosen with a verdict in words.

Natural: the same segments return from other samples, each of them, they are a peak among the k, and groups are told
from data without any. Reproducible: they return, but blend into each other. Constructive: they do not; a choice for
use (Dolnicar, Gruen and Leisch, Market segmentation analysis, 2018, chapter 7).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from segcli.config.cluster import ClusterSettings
from segcli.cores import limit_blas_threads
from segcli.errors import InputProblem
from segcli.segment.methods import (
    SWEEP_ROWS,
    ClusterFit,
    ClusteringMethod,
    Labels,
    Matrix,
    apply_in_chunks,
    can_predict,
    sample_rows,
)
from segcli.segment.reference import GapStatistic, gap_statistics
from segcli.segment.stability import STABLE_JACCARD, BootstrapStability, measure_stability, segment_purity

SCREENING_DIVISOR = 4  # of all pairs, the part after which only those k go on that can still be chosen
REPRODUCIBLE_ARI, NATURAL_ARI = 0.8, 0.9  # median ARI from which segments return, and from which they may be natural
PEAK_MARGIN = 0.02  # by which the median ARI must exceed that of both neighbours for a peak
STABILITY_MARGIN = 0.05  # below the highest median ARI, within which separation decides
MAX_DISTANCE_MEGABYTES = 32  # of distances held at once
EASY_FIT_ROWS = 10_000  # rows x starts that cost nothing: small tables get more starts


@dataclass(frozen=True, eq=False)
class KCandidate:
    """One k on the rows of the sweep: its fit and what was measured of it.

    `silhouette_mean` -1..1, `calinski_harabasz` and `davies_bouldin` on a sample; `smallest_share` of the smallest
    segment; `slsa` by segment, against the solution with one segment less.
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
        """Number of segments; noise is none."""
        return self.fit.k - self.fit.has_noise

    @property
    def median_ari(self) -> float:
        """Median ARI; 0 where stability was not asked for."""
        return self.stability.ari_median if self.stability else 0.0


@dataclass(frozen=True)
class KSelection:
    """All candidates, the chosen one, why, and on how many rows what was measured."""

    candidates: tuple[KCandidate, ...]
    best_candidate: KCandidate
    verdict: str
    reason: str
    samples: dict[str, int]


def select_k(
    matrix: Matrix, k_values: Sequence[int], method: ClusteringMethod, settings: ClusterSettings, seed: int
) -> KSelection:
    """Fit every k, judge them all, keep one, and fit it to all rows.

    On one thread: sums that are split over threads differ in their last bits.
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
    fits = [method.fit(sweep_rows, k, seed=seed, starts=starts) for k in k_values]
    distances = _pairwise_distances(sweep_rows[sample_rows_by_use["silhouette"]]) if len(fits) > 1 else None
    candidates_by_k = {
        candidate.k: candidate
        for candidate in (_evaluate_fit(fit, sweep_rows, sample_rows_by_use["silhouette"], distances) for fit in fits)
    }
    candidates = [candidates_by_k[k] for k in sorted(candidates_by_k)]  # a method may find fewer groups than asked for
    if not candidates[0].k:
        raise InputProblem(
            "no segments: customers lie nowhere more densely than elsewhere",
            remedy="Take another method, or other features",
        )
    if settings.pairs:
        candidates = _add_stability(
            candidates,
            sweep_rows[sample_rows_by_use["stability"]],
            sample_rows_by_use["stability"],
            method,
            settings,
            seed,
        )
        gaps_by_k = gap_statistics(
            sweep_rows[sample_rows_by_use["stability"]], [candidate.k for candidate in candidates], seed
        )
        candidates = [replace(candidate, gap=gaps_by_k[candidate.k]) for candidate in candidates]
    candidates = [
        replace(candidate, slsa=segment_purity(candidates[position - 1].fit.labels, candidate.fit.labels))
        if position
        else candidate
        for position, candidate in enumerate(candidates)
    ]
    best_candidate, reason = _choose_candidate(candidates, settings)
    verdict = _choose_verdict(candidates, best_candidate, gaps_by_k[1] if settings.pairs else None)
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


def silhouette_mean(matrix: Matrix, labels: Labels, distances: Matrix | None = None) -> float:
    """Return the mean silhouette (Rousseeuw 1987); 0 where a sample caught fewer than two segments.

    Args:
        matrix: rows, shape (n, features).
        labels: of the rows.
        distances: between the rows, shape (n, n), where they are known.
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
    """Return the distances between rows, which serve for every k; None where they are too many to hold at once."""
    from sklearn.metrics import pairwise_distances

    if len(matrix) ** 2 * matrix.itemsize > MAX_DISTANCE_MEGABYTES << 20:
        return None
    with limit_blas_threads():
        distance_matrix: Matrix = pairwise_distances(matrix)
    return distance_matrix


def _evaluate_fit(fit: ClusterFit, matrix: Matrix, sample_rows: Labels, distances: Matrix | None = None) -> KCandidate:
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    clustered_rows = sample_rows[~fit.noise_mask[sample_rows]]
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


def _add_stability(  # noqa: PLR0913, PLR0917 - all of it is what a pair depends on
    candidates: Sequence[KCandidate],
    matrix: Matrix,
    rows: Labels,
    method: ClusteringMethod,
    settings: ClusterSettings,
    seed: int,
) -> list[KCandidate]:
    """A part of the pairs for every k, all of them for those that can still be chosen."""

    def stability_of(candidate: KCandidate, pairs: range) -> BootstrapStability:
        return measure_stability(matrix, candidate.fit.labels[rows], method, candidate.fit.k, pairs, seed)

    screening_pairs = range(max(settings.pairs // SCREENING_DIVISOR, 1))
    screened = [replace(candidate, stability=stability_of(candidate, screening_pairs)) for candidate in candidates]
    best_ari = max(candidate.median_ari for candidate in screened)
    remaining_pairs = range(len(screening_pairs), settings.pairs)
    return [
        replace(candidate, stability=candidate.stability.merge_pairs(stability_of(candidate, remaining_pairs)))
        if candidate.stability
        and remaining_pairs
        and candidate.median_ari >= min(best_ari, REPRODUCIBLE_ARI) - 2 * STABILITY_MARGIN
        else candidate
        for candidate in screened
    ]


def _choose_candidate(candidates: Sequence[KCandidate], settings: ClusterSettings) -> tuple[KCandidate, str]:
    """The one to keep, and why."""
    if len(candidates) == 1:
        return candidates[0], f"k = {candidates[0].k}" + " as asked" * (settings.k == candidates[0].k)
    large_enough = [candidate for candidate in candidates if candidate.smallest_share >= settings.minimum_share]
    best_candidate, reason = _best_separated(
        large_enough or candidates, f"k = {candidates[0].k} to {candidates[-1].k}", has_stability=bool(settings.pairs)
    )
    if not large_enough:
        return (
            best_candidate,
            f"k = {best_candidate.k}: {reason}, though all have segments under {settings.minimum_share:.0%}",
        )
    too_small = [candidate for candidate in candidates if candidate.smallest_share < settings.minimum_share]
    better_candidates = [
        candidate
        for candidate in too_small
        if (candidate.median_ari, candidate.silhouette) > (best_candidate.median_ari, best_candidate.silhouette)
    ]
    caveat = (
        f" (k = {', '.join(str(candidate.k) for candidate in better_candidates)} better but with a tiny segment)"
        if better_candidates
        else ""
    )
    return best_candidate, f"k = {best_candidate.k}: {reason}{caveat}"


def _best_separated(candidates: Sequence[KCandidate], k_range: str, *, has_stability: bool) -> tuple[KCandidate, str]:
    """The best separated of those that are as stable as any, or of all where none is."""
    stable_candidates = [
        candidate
        for candidate in candidates
        if candidate.median_ari
        >= max(REPRODUCIBLE_ARI, max(rival.median_ari for rival in candidates) - STABILITY_MARGIN)
    ]
    best_candidate = max(stable_candidates or candidates, key=lambda one: (one.silhouette, -one.k))
    if not stable_candidates:
        caveat = "; no k of them is stable" if has_stability else ""
        return best_candidate, f"best silhouette ({best_candidate.silhouette:.2f}) of {k_range}{caveat}"
    stable_ks = [str(candidate.k) for candidate in stable_candidates if candidate is not best_candidate]
    rivals = (
        f"as stable as k = {', '.join(stable_ks)} and better separated"
        if stable_ks
        else f"the most stable of {k_range}"
    )
    return best_candidate, f"median ARI {best_candidate.median_ari:.2f}, {rivals}"


def _choose_verdict(
    candidates: Sequence[KCandidate], best_candidate: KCandidate, single_group_gap: GapStatistic | None
) -> str:
    """natural, reproducible or constructive; blank where stability was not asked for."""
    if best_candidate.stability is None or best_candidate.gap is None or single_group_gap is None:
        return ""
    if best_candidate.median_ari < REPRODUCIBLE_ARI:
        return "constructive"
    neighbours = [candidate.median_ari for candidate in candidates if abs(candidate.k - best_candidate.k) == 1]
    is_peak = all(best_candidate.median_ari >= ari + PEAK_MARGIN for ari in neighbours)
    has_groups = best_candidate.gap.gap - best_candidate.gap.error > single_group_gap.gap + single_group_gap.error
    is_stable = bool((best_candidate.stability.slsw_by_segment[: best_candidate.k] >= STABLE_JACCARD).all())
    return (
        "natural"
        if best_candidate.median_ari >= NATURAL_ARI and is_peak and has_groups and is_stable
        else "reproducible"
    )


def _fit_all_rows(matrix: Matrix, best_candidate: KCandidate, method: ClusteringMethod, seed: int) -> ClusterFit:
    """The chosen solution for all rows: begun where the sweep ended, if the method can, and else their labels by it."""
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
