"""Number of segments: try every k, choose the largest that is stable and adds separation, and give a verdict.

natural: every segment recurs in other samples, one segment more would not, and the gap statistic finds groups.
reproducible: the segments recur in other samples, but blend into each other. constructive: the segments do not recur
and are a useful partition only (Dolnicar, Gruen and Leisch, Market segmentation analysis, 2018, chapter 7).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from segcli import progress
from segcli.config.cluster import ClusterSettings
from segcli.errors import InputProblem
from segcli.message import join_messages, message
from segcli.parallel import limit_blas_threads
from segcli.segment.clustering.gap_statistic import GapStatistic, gap_statistics
from segcli.segment.clustering.k_candidates import (
    NATURAL_ARI,
    REPRODUCIBLE_ARI,
    KCandidate,
    evaluate_fit,
    pairwise_distances,
)
from segcli.segment.clustering.stability import BootstrapStability, measure_stability, segment_purity
from segcli.segment.methods import (
    SWEEP_ROWS,
    ClusterFit,
    ClusteringMethod,
    Labels,
    Matrix,
    apply_in_chunks,
    can_predict,
    sample_rows,
    uses_bic,
)

SCREENING_DIVISOR = 4  # every k gets 1/4 of all pairs, and the choice decides which k get the others
PEAK_MARGIN = 0.02  # at a peak, one segment more lowers the median ARI by at least this much
EASY_FIT_ROWS = 10_000  # rows x starts that are cheap: small tables get more starts


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
    progress.expect_work(len(k_values) * (2 if settings.pairs else 1) + 1)  # a fit, its stability, and the choice
    fits = [_fit_k(sweep_rows, k, method, seed, starts) for k in k_values]
    distances = pairwise_distances(sweep_rows[sample_rows_by_use["silhouette"]]) if len(fits) > 1 else None
    candidates_by_k = {
        candidate.k: candidate
        for candidate in (evaluate_fit(fit, sweep_rows, sample_rows_by_use["silhouette"], distances) for fit in fits)
    }
    candidates = [candidates_by_k[k] for k in sorted(candidates_by_k)]  # a method may find fewer groups than requested
    if not candidates[0].k:
        raise InputProblem(
            "no segments: no region is denser than the rest",
            remedy="use another method, or other features",
        )
    single_group_gap = None
    if settings.pairs:
        measure = _StabilityMeasurement(sweep_rows, sample_rows_by_use["stability"], method, settings.pairs, seed)
        candidates = [measure.screen(candidate) for candidate in candidates]
        candidates, single_group_gap = _add_gaps(candidates, measure.matrix, seed)
        candidates = _complete_choice(
            candidates,
            lambda current: _list_decisive_candidates(current, settings, single_group_gap, by_bic=uses_bic(method)),
            measure.complete,
        )
    progress.advance(1)
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


@dataclass(frozen=True, eq=False)
class _StabilityMeasurement:
    """Measures the stability of candidates on some rows of the sweep, first with a part of the pairs."""

    sweep_rows: Matrix
    row_numbers: Labels
    method: ClusteringMethod
    pairs: int
    seed: int

    @cached_property
    def matrix(self) -> Matrix:
        """Rows that stability is measured on."""
        return self.sweep_rows[self.row_numbers]

    @property
    def _screening_pairs(self) -> int:
        return max(self.pairs // SCREENING_DIVISOR, 1)

    def screen(self, candidate: KCandidate) -> KCandidate:
        """Return the candidate with the stability of the first pairs."""
        stability = self._measure(candidate, range(self._screening_pairs))
        progress.advance(1)
        return replace(candidate, stability=stability, has_all_pairs=self._screening_pairs >= self.pairs)

    def complete(self, candidate: KCandidate) -> KCandidate:
        """Return the candidate with the stability of all pairs."""
        assert candidate.stability, "candidates are screened first"
        remaining_pairs = self._measure(candidate, range(self._screening_pairs, self.pairs))
        return replace(candidate, stability=candidate.stability.merge_pairs(remaining_pairs), has_all_pairs=True)

    def _measure(self, candidate: KCandidate, pair_numbers: range) -> BootstrapStability:
        fit = candidate.fit
        return measure_stability(self.matrix, fit.labels[self.row_numbers], self.method, fit.k, pair_numbers, self.seed)


def _complete_choice(
    candidates: Sequence[KCandidate],
    list_decisive: Callable[[Sequence[KCandidate]], Sequence[KCandidate]],
    complete: Callable[[KCandidate], KCandidate],
) -> list[KCandidate]:
    """Complete one candidate after another until those that decide the choice have all pairs.

    A candidate that may be stable is chosen as if it were. So the result is the choice that all pairs for every
    candidate that may be stable would give.
    """
    candidates_by_k = {candidate.k: candidate for candidate in candidates}
    while True:
        decisive = list_decisive(list(candidates_by_k.values()))
        incomplete = [candidate for candidate in decisive if not candidate.has_all_pairs]
        if not incomplete:
            return list(candidates_by_k.values())
        candidates_by_k[incomplete[0].k] = complete(incomplete[0])


def _list_decisive_candidates(
    candidates: Sequence[KCandidate], settings: ClusterSettings, single_group_gap: GapStatistic | None, *, by_bic: bool
) -> list[KCandidate]:
    """Return the best candidate, the best of any size, and the next k if the verdict depends on it."""
    (best_candidate, _), (largest_rival, _) = _choose_by_size(candidates, settings, single_group_gap, by_bic=by_bic)
    next_candidates = [
        candidate
        for candidate in candidates
        if candidate.k == best_candidate.k + 1 and best_candidate.median_ari >= NATURAL_ARI and candidate.may_be_stable
    ]
    return [best_candidate, largest_rival, *next_candidates]


def _choose_candidate(
    candidates: Sequence[KCandidate], settings: ClusterSettings, single_group_gap: GapStatistic | None, *, by_bic: bool
) -> tuple[KCandidate, str]:
    """Return the best candidate and the reason for the choice."""
    if len(candidates) == 1:
        k = candidates[0].k
        return candidates[0], message("k = {k} as requested", k=k) if settings.k == k else message("k = {k}", k=k)
    (best_candidate, reason), (other_candidate, _) = _choose_by_size(
        candidates, settings, single_group_gap, by_bic=by_bic
    )
    caveats = [reason]
    if best_candidate.smallest_share < settings.minimum_share:
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


def _choose_by_size(
    candidates: Sequence[KCandidate], settings: ClusterSettings, single_group_gap: GapStatistic | None, *, by_bic: bool
) -> tuple[tuple[KCandidate, str], tuple[KCandidate, str]]:
    """Return the best candidate without tiny segments, and the best of all, each with its reason."""
    separating_ks = _ks_that_add_separation(candidates, single_group_gap)
    k_range = message("k = {lowest} to {highest}", lowest=candidates[0].k, highest=candidates[-1].k)

    def choose(rivals: Sequence[KCandidate]) -> tuple[KCandidate, str]:
        return _choose_by_bic(rivals, k_range) if by_bic else _choose_by_stability(rivals, separating_ks, k_range)

    large_enough = [candidate for candidate in candidates if candidate.smallest_share >= settings.minimum_share]
    return choose(large_enough or candidates), choose(candidates)


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
    stable_candidates = [candidate for candidate in candidates if candidate.may_be_stable]
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
    return best_candidate, reason if candidates[0].stability is None else _explain_instability(candidates, reason)


def _explain_instability(candidates: Sequence[KCandidate], reason: str) -> str:
    """Add that no k is stable, and why not the one whose median ARI is high enough."""
    closest_candidate = max(candidates, key=lambda candidate: candidate.median_ari)
    if closest_candidate.median_ari < REPRODUCIBLE_ARI:
        return message("{reason}; no k is stable", reason=reason)
    return message(
        "{reason}; no k is stable: at k = {k}, a segment has a mean Jaccard of only {jaccard:.2f}",
        reason=reason,
        k=closest_candidate.k,
        jaccard=closest_candidate.smallest_jaccard,
    )


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
