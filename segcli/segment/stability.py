"""Would another sample of customers have given the same segments?

Bootstrap ARI: two bootstrap samples are clustered, all rows are labelled by both, and the labels compared by the
adjusted Rand index (Dolnicar and Leisch, Evaluation of structure and reproducibility of cluster solutions using the
bootstrap, Marketing Letters 2010). SLSW: how much of each segment returns, as the largest Jaccard index with any
segment of a bootstrap solution (Hennig 2007; Dolnicar and Leisch 2017). SLSA: how much of a segment comes from one
segment of the solution with one segment less.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli.cores import one_thread_each
from segcli.segment.methods import Labelling, Labels, Matrix, Method, labels_others

STABLE, DOUBTFUL = 0.75, 0.6  # Jaccard from which a segment is stable, and below which it is not to be trusted


@dataclass(frozen=True)
class Stability:
    """What bootstrap pairs say of one k: the ARI of each pair, and the Jaccard of each segment with each solution.

    `jaccard` has shape (2 x pairs, k), in the order of the segments that were compared with.
    """

    ari: npt.NDArray[np.float64]
    jaccard: npt.NDArray[np.float64]

    @property
    def ari_median(self) -> float:
        """Half of all pairs agree at least as much."""
        return float(np.median(self.ari))

    @property
    def ari_quartiles(self) -> tuple[float, float]:
        """Between these are the middle half of pairs."""
        low, high = np.quantile(self.ari, [0.25, 0.75])
        return float(low), float(high)

    @property
    def ari_iqr(self) -> float:
        """From the lower to the upper quartile of pairs."""
        low, high = self.ari_quartiles
        return high - low

    @property
    def slsw(self) -> npt.NDArray[np.float64]:
        """Mean Jaccard of each segment, shape (k,)."""
        found: npt.NDArray[np.float64] = self.jaccard.mean(axis=0)
        return found

    def joined(self, other: "Stability") -> "Stability":
        """With the pairs of another run."""
        return Stability(np.concatenate([self.ari, other.ari]), np.concatenate([self.jaccard, other.jaccard]))


def stability(  # noqa: PLR0913, PLR0917 - all of it is what a pair depends on
    matrix: Matrix, labels: Labels, method: Method, k: int, pairs: Sequence[int], seed: int
) -> Stability:
    """Cluster bootstrap samples two by two and compare.

    Args:
        matrix: rows to draw from, shape (n, features).
        labels: the solution whose segments are judged, for the same rows.
        method: that made it.
        k: number of groups.
        pairs: numbers of the pairs; the same number gives the same pair.
        seed: of all draws.
    """
    if not labels_others(method):
        return _by_halves(matrix, labels, method, k, pairs, seed)
    labelled = _labelled(matrix, method, k, pairs, seed)
    return Stability(
        np.array([adjusted_rand(one, other) for one, other in labelled]),
        np.array([best_jaccard(labels, one, k) for both in labelled for one in both]),
    )


def _by_halves(  # noqa: PLR0913, PLR0917 - as above
    matrix: Matrix, labels: Labels, method: Method, k: int, pairs: Sequence[int], seed: int
) -> Stability:
    """Of a method that labels no other rows: pairs of random halves, compared by the rows that both have (Hennig 2007).

    Rows are drawn once each: a row drawn twice would look like a dense place.
    """
    size = len(matrix)
    ari, jaccard = [], []
    for number in pairs:
        chance = np.random.default_rng([seed, number])
        found = np.full((2, size), -1)
        for half in found:
            rows = np.sort(chance.permutation(size)[: (size + 1) // 2])
            half[rows] = method.fit(matrix[rows], 0, seed=seed, starts=1).labels
            jaccard.append(best_jaccard(labels[rows], half[rows], k))
        one, other = found[:, (found >= 0).all(axis=0)]
        ari.append(adjusted_rand(one, other))
    return Stability(np.array(ari), np.array(jaccard))


def _labelled(
    matrix: Matrix, method: Labelling, k: int, pairs: Sequence[int], seed: int
) -> list[tuple[Labels, Labels]]:
    """All rows as the two solutions of each pair label them."""
    size = len(matrix)
    chances = [np.random.default_rng([seed, k, number]) for number in pairs]
    draws = [chance.integers(0, size, (2, size)) for chance in chances]
    many = getattr(method, "many", None)
    if many is None:
        return [_both(matrix, method, k, drawn, chance) for drawn, chance in zip(draws, chances, strict=True)]
    weights = np.array([np.bincount(rows, minlength=size) for drawn in draws for rows in drawn])
    with one_thread_each():
        found = many(matrix, weights, k, np.random.default_rng([seed, k, len(chances), pairs[0]]))
    return list(zip(found[::2], found[1::2], strict=True))


def _both(
    matrix: Matrix, method: Labelling, k: int, drawn: Labels, chance: np.random.Generator
) -> tuple[Labels, Labels]:
    seeds = chance.integers(0, 2**31 - 1, 2)
    one, other = (
        method.fit(matrix[rows], k, seed=int(start), starts=1) for rows, start in zip(drawn, seeds, strict=True)
    )
    return method.assign(one, matrix), method.assign(other, matrix)


def contingency(one: Labels, other: Labels) -> npt.NDArray[np.int64]:
    """How many rows are in group i of one labelling and in group j of the other."""
    size = int(one.max()) + 1, int(other.max()) + 1
    counts: npt.NDArray[np.int64] = np.bincount(one * size[1] + other, minlength=size[0] * size[1]).reshape(size)
    return counts


def adjusted_rand(one: Labels, other: Labels) -> float:
    """Agreement of two labellings: 1 where they are the same, 0 as much as by chance (Hubert and Arabie 1985)."""
    counts = contingency(one, other).astype(np.float64)

    def choose_two(numbers: npt.NDArray[np.float64]) -> float:
        return float((numbers * (numbers - 1)).sum() / 2)

    together = choose_two(counts)
    rows, columns = choose_two(counts.sum(axis=1)), choose_two(counts.sum(axis=0))
    pairs = len(one) * (len(one) - 1) / 2
    expected, most = rows * columns / pairs, (rows + columns) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def best_jaccard(labels: Labels, other: Labels, k: int) -> npt.NDArray[np.float64]:
    """For each of k groups the largest share |both| / |either| with any group of the other, shape (k,)."""
    counts = contingency(labels, other).astype(np.float64)
    either = counts.sum(axis=1, keepdims=True) + counts.sum(axis=0, keepdims=True) - counts
    found = np.zeros(k)
    found[: len(counts)] = np.divide(counts, either, out=np.zeros_like(counts), where=either > 0).max(axis=1)
    return found


def slsa(parents: Labels, labels: Labels) -> npt.NDArray[np.float64]:
    """1 - H / ln(k - 1) for each segment, H the entropy of its customers over the segments of k - 1; shape (k,).

    1: all come from one segment, or there was only one; 0: equally from all.
    """
    counts = contingency(labels, parents).astype(np.float64)
    shares = counts / counts.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(shares > 0, shares * np.log(shares), 0.0).sum(axis=1)
    several = counts.shape[1] > 1
    found: npt.NDArray[np.float64] = 1 - entropy / np.log(counts.shape[1]) if several else np.ones(len(counts))
    return found


def label(jaccard: float) -> str:
    """In plain words (Hennig 2007)."""
    return "stable" if jaccard >= STABLE else "doubtful" if jaccard >= DOUBTFUL else "not to be trusted"
