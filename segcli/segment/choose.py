"""How many segments: every k tried, judged by separation and by the smallest segment, one chosen with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segcli.config.cluster import ClusterSettings
from segcli.segment.methods import Fit, Labels, Matrix, Method

AUTO = (2, 10)


@dataclass(frozen=True)
class Candidate:
    """One k: its fit, mean silhouette (sampled; -1..1) and the share of its smallest segment."""

    fit: Fit
    silhouette: float
    smallest_share: float

    @property
    def k(self) -> int:
        """Number of segments."""
        return self.fit.k


@dataclass(frozen=True)
class Choice:
    """All candidates, the chosen one, why, and on how many customers silhouettes were measured."""

    candidates: tuple[Candidate, ...]
    chosen: Candidate
    reason: str
    sample: int


def sizes(k: int | str) -> tuple[int, int]:
    """The smallest and the largest k to try."""
    if isinstance(k, int):
        return k, k
    if k == "auto":
        return AUTO
    low, _, high = k.partition("-")
    return int(low), int(high)


def choose(matrix: Matrix, ks: Sequence[int], method: Method, settings: ClusterSettings, seed: int) -> Choice:
    """Fit every k and keep the one with the best silhouette among those without tiny segments."""
    sample = _sample(len(matrix), settings.sample, seed)
    fits = (method.fit(matrix, k, seed=seed, starts=settings.starts) for k in ks)
    judged = {fit.k: _judged(fit, matrix, sample) for fit in fits}  # a method may find fewer groups than asked for
    candidates = tuple(judged[k] for k in sorted(judged))
    large_enough = [c for c in candidates if c.smallest_share >= settings.minimum_share]
    chosen = max(large_enough or candidates, key=lambda c: (c.silhouette, -c.k))
    return Choice(candidates, chosen, _reason(candidates, large_enough, chosen, settings), len(sample))


def silhouette(matrix: Matrix, labels: Labels) -> float:
    """Mean silhouette (Rousseeuw 1987); 0 where a sample caught fewer than two segments."""
    from sklearn.metrics import silhouette_score
    from threadpoolctl import threadpool_limits

    if not 1 < len(np.unique(labels)) < len(labels):
        return 0.0
    with threadpool_limits(limits=1):
        return float(silhouette_score(matrix, labels))


def _judged(fit: Fit, matrix: Matrix, sample: Labels) -> Candidate:
    smallest = np.bincount(fit.labels, minlength=fit.k).min() / len(matrix)
    return Candidate(fit, silhouette(matrix[sample], fit.labels[sample]), float(smallest))


def _sample(rows: int, limit: int, seed: int) -> Labels:
    """Rows to measure on; rows are in customer_id order, so the file's order plays no part."""
    if rows <= limit:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))


def _reason(
    candidates: Sequence[Candidate],
    large_enough: Sequence[Candidate],
    chosen: Candidate,
    settings: ClusterSettings,
) -> str:
    if len(candidates) == 1:
        return f"k = {chosen.k}" + " as asked" * (settings.k == chosen.k)
    tried = f"k = {candidates[0].k} to {candidates[-1].k}"
    if not large_enough:
        return (
            f"k = {chosen.k}: best silhouette of {tried}, though all have segments under {settings.minimum_share:.0%}"
        )
    passed_over = [
        c.k for c in candidates if c.smallest_share < settings.minimum_share and c.silhouette > chosen.silhouette
    ]
    but = f" (k = {', '.join(map(str, passed_over))} better but with a tiny segment)" if passed_over else ""
    return f"k = {chosen.k}: best silhouette ({chosen.silhouette:.2f}) of {tried}{but}"
