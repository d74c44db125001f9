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
from segcli.cores import one_thread_each
from segcli.errors import InputProblem
from segcli.segment.methods import SWEEP, Fit, Labels, Matrix, Method, in_parts, labels_others, sampled
from segcli.segment.reference import Gap, gaps
from segcli.segment.stability import STABLE, Stability, slsa, stability

ROUGH = 4  # of all pairs, the part after which only those k go on that can still be chosen
REPRODUCIBLE, NATURAL = 0.8, 0.9  # median ARI from which segments return, and from which they may be natural
PEAK = 0.02  # by which the median ARI must exceed that of both neighbours for a peak
AS_STABLE = 0.05  # below the highest median ARI, within which separation decides
MEGABYTES = 32  # of distances held at once
EASY_ROWS = 10_000  # rows x starts that cost nothing: small tables get more starts


@dataclass(frozen=True, eq=False)
class Candidate:
    """One k on the rows of the sweep: its fit and what was measured of it.

    `silhouette` -1..1, `calinski_harabasz` and `davies_bouldin` on a sample; `smallest_share` of the smallest segment;
    `slsa` by segment, against the solution with one segment less.
    """

    fit: Fit
    silhouette: float
    calinski_harabasz: float
    davies_bouldin: float
    smallest_share: float
    stability: Stability | None = None
    gap: Gap | None = None
    slsa: npt.NDArray[np.float64] | None = None

    @property
    def k(self) -> int:
        """Number of segments; noise is none."""
        return self.fit.k - self.fit.noise

    @property
    def ari(self) -> float:
        """Median ARI; 0 where stability was not asked for."""
        return self.stability.ari_median if self.stability else 0.0


@dataclass(frozen=True)
class Choice:
    """All candidates, the chosen one, why, and on how many rows what was measured."""

    candidates: tuple[Candidate, ...]
    chosen: Candidate
    verdict: str
    reason: str
    samples: dict[str, int]


def choose(matrix: Matrix, ks: Sequence[int], method: Method, settings: ClusterSettings, seed: int) -> Choice:
    """Fit every k, judge them all, keep one, and fit it to all rows.

    On one thread: sums that are split over threads differ in their last bits.
    """
    with one_thread_each():
        return _choose(matrix, ks, method, settings, seed)


def _choose(matrix: Matrix, ks: Sequence[int], method: Method, settings: ClusterSettings, seed: int) -> Choice:
    sweep = matrix[sampled(len(matrix), SWEEP, seed)]
    rows = {
        "silhouette": sampled(len(sweep), settings.sample, seed),
        "stability": sampled(len(sweep), settings.stability_sample, seed),
    }
    starts = max(settings.starts, min(100, EASY_ROWS // len(sweep)))
    fits = [method.fit(sweep, k, seed=seed, starts=starts) for k in ks]
    distances = _distances(sweep[rows["silhouette"]]) if len(fits) > 1 else None
    judged = {one.k: one for one in (_judged(fit, sweep, rows["silhouette"], distances) for fit in fits)}
    found = [judged[k] for k in sorted(judged)]  # a method may find fewer groups than asked for
    if not found[0].k:
        raise InputProblem(
            "no segments: customers lie nowhere more densely than elsewhere",
            remedy="Take another method, or other features",
        )
    if settings.pairs:
        found = _with_stability(found, sweep[rows["stability"]], rows["stability"], method, settings, seed)
        references = gaps(sweep[rows["stability"]], [one.k for one in found], seed)
        found = [replace(one, gap=references[one.k]) for one in found]
    found = [
        replace(one, slsa=slsa(found[place - 1].fit.labels, one.fit.labels)) if place else one
        for place, one in enumerate(found)
    ]
    chosen, reason = _chosen(found, settings)
    verdict = _verdict(found, chosen, references[1] if settings.pairs else None)
    whole = chosen if len(sweep) == len(matrix) else replace(chosen, fit=_on_all(matrix, chosen, method, seed))
    samples = {"sweep": len(sweep), **{name: len(listed) for name, listed in rows.items()}}
    return Choice(tuple(found), whole, verdict, reason, samples)


def silhouette(matrix: Matrix, labels: Labels, distances: Matrix | None = None) -> float:
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
    with one_thread_each(), config_context(working_memory=MEGABYTES):
        if distances is not None:
            return float(silhouette_score(distances, labels, metric="precomputed"))
        return float(silhouette_score(matrix, labels))


def _distances(matrix: Matrix) -> Matrix | None:
    """Return the distances between rows, which serve for every k; None where they are too many to hold at once."""
    from sklearn.metrics import pairwise_distances

    if len(matrix) ** 2 * matrix.itemsize > MEGABYTES << 20:
        return None
    with one_thread_each():
        found: Matrix = pairwise_distances(matrix)
    return found


def _judged(fit: Fit, matrix: Matrix, sample: Labels, distances: Matrix | None = None) -> Candidate:
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    inside = sample[~fit.is_noise[sample]]
    rows, labels = matrix[inside], fit.labels[inside]
    several = 1 < len(np.unique(labels)) < len(labels)
    counts = np.bincount(fit.labels, minlength=fit.k)[: fit.k - fit.noise]
    return Candidate(
        fit=fit,
        silhouette=silhouette(rows, labels, None if fit.noise else distances),
        calinski_harabasz=float(calinski_harabasz_score(rows, labels)) if several else 0.0,
        davies_bouldin=float(davies_bouldin_score(rows, labels)) if several else 0.0,
        smallest_share=float(counts.min(initial=len(matrix)) / len(matrix)),
    )


def _with_stability(  # noqa: PLR0913, PLR0917 - all of it is what a pair depends on
    found: Sequence[Candidate], matrix: Matrix, rows: Labels, method: Method, settings: ClusterSettings, seed: int
) -> list[Candidate]:
    """A part of the pairs for every k, all of them for those that can still be chosen."""

    def of(one: Candidate, pairs: range) -> Stability:
        return stability(matrix, one.fit.labels[rows], method, one.fit.k, pairs, seed)

    rough = range(max(settings.pairs // ROUGH, 1))
    first = [replace(one, stability=of(one, rough)) for one in found]
    best = max(one.ari for one in first)
    rest = range(len(rough), settings.pairs)
    return [
        replace(one, stability=one.stability.joined(of(one, rest)))
        if one.stability and rest and one.ari >= min(best, REPRODUCIBLE) - 2 * AS_STABLE
        else one
        for one in first
    ]


def _chosen(found: Sequence[Candidate], settings: ClusterSettings) -> tuple[Candidate, str]:
    """The one to keep, and why."""
    if len(found) == 1:
        return found[0], f"k = {found[0].k}" + " as asked" * (settings.k == found[0].k)
    large = [one for one in found if one.smallest_share >= settings.minimum_share]
    chosen, why = _best(large or found, f"k = {found[0].k} to {found[-1].k}", judged=bool(settings.pairs))
    if not large:
        return chosen, f"k = {chosen.k}: {why}, though all have segments under {settings.minimum_share:.0%}"
    tiny = [one for one in found if one.smallest_share < settings.minimum_share]
    better = [one for one in tiny if (one.ari, one.silhouette) > (chosen.ari, chosen.silhouette)]
    but = f" (k = {', '.join(str(one.k) for one in better)} better but with a tiny segment)" if better else ""
    return chosen, f"k = {chosen.k}: {why}{but}"


def _best(among: Sequence[Candidate], tried: str, *, judged: bool) -> tuple[Candidate, str]:
    """The best separated of those that are as stable as any, or of all where none is."""
    stable = [one for one in among if one.ari >= max(REPRODUCIBLE, max(o.ari for o in among) - AS_STABLE)]
    chosen = max(stable or among, key=lambda one: (one.silhouette, -one.k))
    if not stable:
        why = "; no k of them is stable" if judged else ""
        return chosen, f"best silhouette ({chosen.silhouette:.2f}) of {tried}{why}"
    others = [str(one.k) for one in stable if one is not chosen]
    rivals = f"as stable as k = {', '.join(others)} and better separated" if others else f"the most stable of {tried}"
    return chosen, f"median ARI {chosen.ari:.2f}, {rivals}"


def _verdict(found: Sequence[Candidate], chosen: Candidate, one_group: Gap | None) -> str:
    """natural, reproducible or constructive; blank where stability was not asked for."""
    if chosen.stability is None or chosen.gap is None or one_group is None:
        return ""
    if chosen.ari < REPRODUCIBLE:
        return "constructive"
    neighbours = [one.ari for one in found if abs(one.k - chosen.k) == 1]
    peak = all(chosen.ari >= ari + PEAK for ari in neighbours)
    grouped = chosen.gap.gap - chosen.gap.error > one_group.gap + one_group.error
    whole = bool((chosen.stability.slsw[: chosen.k] >= STABLE).all())
    return "natural" if chosen.ari >= NATURAL and peak and grouped and whole else "reproducible"


def _on_all(matrix: Matrix, chosen: Candidate, method: Method, seed: int) -> Fit:
    """The chosen solution for all rows: begun where the sweep ended, if the method can, and else their labels by it."""
    refit = getattr(method, "refit", None)
    if refit is not None:
        fit: Fit = refit(matrix, chosen.fit, seed=seed)
        return fit
    assert labels_others(method), "others are fitted to all rows at once"
    assigned = method.assign
    (labels,) = in_parts(matrix, lambda rows: (assigned(chosen.fit, matrix[rows]),))
    (squares,) = in_parts(matrix, lambda rows: (((matrix[rows] - chosen.fit.centres[labels[rows]]) ** 2).sum(axis=1),))
    return replace(chosen.fit, labels=labels, inertia=float(squares.sum()))
