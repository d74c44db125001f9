"""Stability of segments: whether other samples of customers give the same segments.

Bootstrap ARI: two bootstrap samples are clustered, both solutions label all rows, and the adjusted Rand index compares
the labels (Dolnicar and Leisch, Evaluation of structure and reproducibility of cluster solutions using the bootstrap,
Marketing Letters 2010). SLSW (segment level stability within solutions): the largest Jaccard index of a segment with
any segment of a bootstrap solution (Hennig 2007; Dolnicar and Leisch 2017). SLSA (segment level stability across
solutions): how far a segment comes from a single segment of the solution with one segment less.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli.message import message
from segcli.parallel import limit_blas_threads
from segcli.segment.methods import (
    ClusteringMethod,
    Labels,
    Matrix,
    PredictiveMethod,
    can_predict,
    count_bootstrap_starts,
)

# At or above the first, a segment is stable; below the second, it is not to be trusted.
STABLE_JACCARD, DOUBTFUL_JACCARD = 0.75, 0.6
Z_SCORE_99 = 2.576  # two-sided 99 % of the normal distribution


@dataclass(frozen=True)
class BootstrapStability:
    """Stability of one k over bootstrap pairs: the ARI of each pair, and the Jaccard index of segments and solutions.

    `ari` has shape (pairs,). `jaccard` has shape (2 x pairs, k), in the order of the segments of the judged solution.
    """

    ari: npt.NDArray[np.float64]
    jaccard: npt.NDArray[np.float64]

    @property
    def ari_median(self) -> float:
        """Median ARI over all pairs."""
        return float(np.median(self.ari))

    @property
    def ari_quartiles(self) -> tuple[float, float]:
        """Lower and upper quartile of the ARI over all pairs."""
        low, high = np.quantile(self.ari, [0.25, 0.75])
        return float(low), float(high)

    @property
    def ari_iqr(self) -> float:
        """Interquartile range of the ARI over all pairs."""
        low, high = self.ari_quartiles
        return high - low

    @property
    def slsw_by_segment(self) -> npt.NDArray[np.float64]:
        """Mean Jaccard index of each segment, shape (k,)."""
        mean_jaccard: npt.NDArray[np.float64] = self.jaccard.mean(axis=0)
        return mean_jaccard

    @property
    def slsw_upper_bounds(self) -> npt.NDArray[np.float64]:
        """Upper end of the 99% interval of each segment's mean Jaccard index, shape (k,)."""
        standard_errors = self.jaccard.std(axis=0, ddof=1) / np.sqrt(len(self.jaccard))
        upper_bounds: npt.NDArray[np.float64] = self.slsw_by_segment + Z_SCORE_99 * standard_errors
        return upper_bounds

    def merge_pairs(self, other: "BootstrapStability") -> "BootstrapStability":
        """Return the result with the pairs of another run added."""
        return BootstrapStability(np.concatenate([self.ari, other.ari]), np.concatenate([self.jaccard, other.jaccard]))


def measure_stability(  # noqa: PLR0913, PLR0917 - a pair depends on all of these
    matrix: Matrix, labels: Labels, method: ClusteringMethod, k: int, pair_numbers: Sequence[int], seed: int
) -> BootstrapStability:
    """Cluster pairs of bootstrap samples and compare the solutions.

    Args:
        matrix: rows to draw from, shape (n, features).
        labels: the solution to judge, for the same rows, shape (n,).
        method: the method of that solution.
        k: number of groups.
        pair_numbers: numbers of the pairs; the same number gives the same pair.
        seed: random seed of all draws.
    """
    if not can_predict(method):
        return _compare_halves(matrix, labels, method, k, pair_numbers, seed)
    label_pairs = _label_pairs(matrix, method, k, pair_numbers, seed)
    return BootstrapStability(
        np.array([compute_adjusted_rand(first_labels, second_labels) for first_labels, second_labels in label_pairs]),
        np.array([best_jaccard(labels, first_labels, k) for label_pair in label_pairs for first_labels in label_pair]),
    )


def _compare_halves(  # noqa: PLR0913, PLR0917 - a pair depends on all of these
    matrix: Matrix, labels: Labels, method: ClusteringMethod, k: int, pair_numbers: Sequence[int], seed: int
) -> BootstrapStability:
    """Compare pairs of random halves on their common rows (Hennig 2007), for a method that cannot label other rows.

    Rows are drawn without replacement, because a repeated row would look like a dense region.
    """
    size = len(matrix)
    ari, jaccard = [], []
    for number in pair_numbers:
        rng = np.random.default_rng([seed, number])
        half_labels = np.full((2, size), -1)
        for label_row in half_labels:
            rows = np.sort(rng.permutation(size)[: (size + 1) // 2])
            label_row[rows] = method.fit(matrix[rows], 0, seed=seed, starts=count_bootstrap_starts(method)).labels
            jaccard.append(best_jaccard(labels[rows], label_row[rows], k))
        first_labels, second_labels = half_labels[:, (half_labels >= 0).all(axis=0)]
        ari.append(compute_adjusted_rand(first_labels, second_labels))
    return BootstrapStability(np.array(ari), np.array(jaccard))


def _label_pairs(
    matrix: Matrix, method: PredictiveMethod, k: int, pair_numbers: Sequence[int], seed: int
) -> list[tuple[Labels, Labels]]:
    """Return the labels of all rows by both solutions of each pair."""
    size = len(matrix)
    generators = [np.random.default_rng([seed, k, number]) for number in pair_numbers]
    draws = [rng.integers(0, size, (2, size)) for rng in generators]
    fit_bootstraps = getattr(method, "fit_bootstraps", None)
    if fit_bootstraps is None:
        return [
            _label_by_both(matrix, method, k, drawn_rows, rng)
            for drawn_rows, rng in zip(draws, generators, strict=True)
        ]
    weights = np.array([np.bincount(rows, minlength=size) for drawn_rows in draws for rows in drawn_rows])
    with limit_blas_threads():
        all_labels = fit_bootstraps(
            matrix, weights, k, np.random.default_rng([seed, k, len(generators), pair_numbers[0]])
        )
    return list(zip(all_labels[::2], all_labels[1::2], strict=True))


def _label_by_both(
    matrix: Matrix, method: PredictiveMethod, k: int, drawn_rows: Labels, rng: np.random.Generator
) -> tuple[Labels, Labels]:
    seeds = rng.integers(0, 2**31 - 1, 2)
    starts = count_bootstrap_starts(method)
    first_fit, second_fit = (
        method.fit(matrix[rows], k, seed=int(seed), starts=starts) for rows, seed in zip(drawn_rows, seeds, strict=True)
    )
    return method.predict(first_fit, matrix), method.predict(second_fit, matrix)


def contingency_table(first_labels: Labels, second_labels: Labels) -> npt.NDArray[np.int64]:
    """Return the number of rows in group i of one labelling and group j of the other."""
    size = int(first_labels.max()) + 1, int(second_labels.max()) + 1
    counts: npt.NDArray[np.int64] = np.bincount(
        first_labels * size[1] + second_labels, minlength=size[0] * size[1]
    ).reshape(size)
    return counts


def compute_adjusted_rand(first_labels: Labels, second_labels: Labels) -> float:
    """Return the adjusted Rand index of two labellings: 1 if identical, 0 at chance level (Hubert and Arabie 1985)."""
    counts = contingency_table(first_labels, second_labels).astype(np.float64)

    def choose_two(numbers: npt.NDArray[np.float64]) -> float:
        return float((numbers * (numbers - 1)).sum() / 2)

    shared_pairs = choose_two(counts)
    rows, columns = choose_two(counts.sum(axis=1)), choose_two(counts.sum(axis=0))
    pairs = len(first_labels) * (len(first_labels) - 1) / 2
    expected, maximum = rows * columns / pairs, (rows + columns) / 2
    return 1.0 if maximum == expected else (shared_pairs - expected) / (maximum - expected)


def best_jaccard(labels: Labels, other_labels: Labels, k: int) -> npt.NDArray[np.float64]:
    """Return the largest Jaccard index |both| / |either| of each group with any other group, shape (k,)."""
    counts = contingency_table(labels, other_labels).astype(np.float64)
    union_counts = counts.sum(axis=1, keepdims=True) + counts.sum(axis=0, keepdims=True) - counts
    largest_jaccard = np.zeros(k)
    largest_jaccard[: len(counts)] = np.divide(
        counts, union_counts, out=np.zeros_like(counts), where=union_counts > 0
    ).max(axis=1)
    return largest_jaccard


def segment_purity(parents: Labels, labels: Labels) -> npt.NDArray[np.float64]:
    """Return 1 - H / ln(k - 1) for each segment, shape (k,).

    H is the entropy of the segment's customers over the segments of the solution with k - 1. 1: all customers come from
    one segment, or there was only one; 0: they come equally from all.
    """
    counts = contingency_table(labels, parents).astype(np.float64)
    shares = counts / counts.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(shares > 0, shares * np.log(shares), 0.0).sum(axis=1)
    has_several_parents = counts.shape[1] > 1
    purities: npt.NDArray[np.float64] = (
        1 - entropy / np.log(counts.shape[1]) if has_several_parents else np.ones(len(counts))
    )
    return purities


def describe_jaccard(jaccard: float) -> str:
    """Describe a Jaccard index in words (Hennig 2007)."""
    if jaccard >= STABLE_JACCARD:
        return message("stable")
    return message("doubtful") if jaccard >= DOUBTFUL_JACCARD else message("not to be trusted")
