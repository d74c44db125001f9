"""Analysis of a battery of survey items: its reliability, and the few attitudes behind it.

Cronbach, Coefficient alpha and the internal structure of tests (Psychometrika 16, 1951); Kaiser, An index of factorial
simplicity (Psychometrika 39, 1974) for KMO; Horn, A rationale and test for the number of factors (Psychometrika 30,
1965) for parallel analysis; Kaiser, The varimax criterion (Psychometrika 23, 1958).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

ItemMatrix = npt.NDArray[np.float64]

PARALLEL_DRAWS = 100  # random tables for parallel analysis
PARALLEL_PERCENTILE = 95
PARALLEL_SEED = 20240607
VARIMAX_ROUNDS, VARIMAX_TOLERANCE = 500, 1e-9  # of the rotation: maximum rounds, and the angle at which it stops


@dataclass(frozen=True)
class FactorSolution:
    """Factors (attitudes) behind a battery of p items answered by n people.

    `loadings` (p, k) are rotated by varimax. The largest loading of each factor is positive, and the strongest factor
    is first. `weights` (p, k) map standardised items to `scores` (n, k) with mean 0. `explained_variance` (k,) is the
    share of all items' variance.
    """

    loadings: ItemMatrix
    weights: ItemMatrix
    scores: ItemMatrix
    explained_variance: npt.NDArray[np.float64]


def cronbach_alpha(items: ItemMatrix) -> float:
    """Return k/(k-1) (1 - sum of the items' variances / variance of their sum); NaN for one item or no variance.

    Args:
        items: answers, shape (n, k), without missing values, reversed items already turned.
    """
    item_count = items.shape[1]
    total_variance: float = float(items.sum(axis=1).var(ddof=1))
    if item_count < 2 or not total_variance:  # noqa: PLR2004 - reliability needs two items
        return float("nan")
    item_variances = float(items.var(axis=0, ddof=1).sum())
    return float(item_count / (item_count - 1) * (1 - item_variances / total_variance))


def kmo_measure(items: ItemMatrix) -> float:
    """Return the Kaiser-Meyer-Olkin measure, over pairs of different items.

    It is squared correlations / (squared correlations + squared partial correlations).
    """
    correlations: ItemMatrix = np.atleast_2d(np.corrcoef(items, rowvar=False))
    inverse = np.linalg.pinv(correlations)
    partial = -inverse / np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))
    off_diagonal = np.eye(len(correlations)) == 0
    squared_correlations, squared_partials = (
        float((correlations[off_diagonal] ** 2).sum()),
        float((partial[off_diagonal] ** 2).sum()),
    )
    return squared_correlations / (squared_correlations + squared_partials)


def kaiser_factor_count(items: ItemMatrix) -> int:
    """Return the number of eigenvalues of the correlations above 1."""
    return int((_correlation_eigenvalues(items) > 1).sum())


def parallel_factor_count(items: ItemMatrix) -> int:
    """Return the number of leading eigenvalues above the 95th percentile of random tables of the same size."""
    rng = np.random.default_rng(PARALLEL_SEED)
    random_eigenvalues = np.array([_random_eigenvalues(rng, *items.shape) for _ in range(PARALLEL_DRAWS)])
    exceeds = _correlation_eigenvalues(items) > np.percentile(random_eigenvalues, PARALLEL_PERCENTILE, axis=0)
    return int(np.argmin(exceeds)) if not exceeds.all() else len(exceeds)


def _correlation_eigenvalues(items: ItemMatrix) -> npt.NDArray[np.float64]:
    """Return the eigenvalues of the correlations, largest first."""
    ascending: npt.NDArray[np.float64] = np.linalg.eigvalsh(np.atleast_2d(np.corrcoef(items, rowvar=False)))
    return ascending[::-1]


def _random_eigenvalues(rng: np.random.Generator, row_count: int, item_count: int) -> npt.NDArray[np.float64]:
    """Return the eigenvalues of the correlations of a random normal table, largest first, without drawing the table.

    Its covariances are Wishart-distributed. A lower triangle of normal numbers, with roots of chi-squares of n - 1,
    n - 2, ... on the diagonal, is a root of such a matrix (Bartlett 1933).
    """
    root = np.tril(rng.standard_normal((item_count, item_count)), -1)
    root[np.diag_indices(item_count)] = np.sqrt(rng.chisquare(row_count - 1 - np.arange(item_count)))
    covariances = root @ root.T
    deviations = np.sqrt(np.diag(covariances))
    ascending: npt.NDArray[np.float64] = np.linalg.eigvalsh(covariances / np.outer(deviations, deviations))
    return ascending[::-1]


def fit_factors(items: ItemMatrix, factor_count: int) -> FactorSolution:
    """Fit maximum-likelihood factors of the standardised items, rotated by varimax."""
    from sklearn.decomposition import FactorAnalysis

    standardised = (items - items.mean(axis=0)) / items.std(axis=0)
    model = FactorAnalysis(factor_count, svd_method="lapack", tol=1e-5, max_iter=20_000).fit(
        _compress_rows(standardised)
    )
    rotation = rotate_varimax(model.components_.T)
    loadings, weights = model.components_.T @ rotation, model.transform(np.eye(items.shape[1])) @ rotation
    strongest = np.argsort(-(loadings**2).sum(axis=0), kind="stable")
    loadings, weights = loadings[:, strongest], weights[:, strongest]
    orientation = np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(factor_count)])
    weights *= orientation
    return FactorSolution(
        loadings * orientation, weights, standardised @ weights, (loadings**2).sum(axis=0) / items.shape[1]
    )


def name_factors(loadings: ItemMatrix, names: Sequence[str]) -> list[str]:
    """Name each factor by its two items with the largest loadings, with a minus before negative ones."""
    factor_names = []
    for factor_loadings in loadings.T:
        strongest_items = np.argsort(-np.abs(factor_loadings), kind="stable")[:2]
        factor_names.append(
            " + ".join(f"{'-' if factor_loadings[item] < 0 else ''}{names[item]}" for item in strongest_items)
        )
    return factor_names


def number_duplicates(factor_names: Sequence[str]) -> list[str]:
    """Append a number to repeated factor names."""
    return [
        name if list(factor_names).count(name) == 1 else f"{name} ({number})"
        for number, name in enumerate(factor_names, 1)
    ]


def _compress_rows(standardised: ItemMatrix) -> ItemMatrix:
    """Return a table of 2 p rows with the correlations of the standardised table; factors depend on nothing else."""
    item_count = standardised.shape[1]
    values, vectors = np.linalg.eigh(standardised.T @ standardised / len(standardised))
    root: ItemMatrix = np.sqrt(item_count * np.maximum(values, 0.0))[:, None] * vectors.T
    return np.vstack([root, -root])


def rotate_varimax(loadings: ItemMatrix) -> ItemMatrix:
    """Return the rotation (k, k) that maximises the variance of squared loadings within factors.

    Pairs of factors are rotated in the plane by Kaiser's angle until the angles are negligible; scikit-learn's own
    rotation stops a degree or two short of the maximum.
    """
    factor_count = loadings.shape[1]
    rotation = np.eye(factor_count)
    for _ in range(VARIMAX_ROUNDS):
        largest_angle = 0.0
        for first, second in combinations(range(factor_count), 2):
            x, y = (loadings @ rotation)[:, [first, second]].T
            u, v = x * x - y * y, 2 * x * y
            numerator = 2 * (u @ v) - 2 * u.sum() * v.sum() / len(x)
            denominator = u @ u - v @ v - (u.sum() ** 2 - v.sum() ** 2) / len(x)
            angle = float(np.arctan2(numerator, denominator)) / 4
            cosine, sine = np.cos(angle), np.sin(angle)
            rotation[:, [first, second]] = rotation[:, [first, second]] @ np.array([[cosine, -sine], [sine, cosine]])
            largest_angle = max(largest_angle, abs(angle))
        if largest_angle < VARIMAX_TOLERANCE:
            break
    return rotation


def reverse_items(items: ItemMatrix, is_reversed: Sequence[bool], lowest: float, highest: float) -> ItemMatrix:
    """Turn the answers to reversed items: lowest + highest - answer."""
    return np.where(np.asarray(is_reversed), lowest + highest - items, items)
