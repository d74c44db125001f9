"""A battery of survey items: does it measure what it seems to, and which few attitudes lie behind it?

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

PARALLEL_DRAWS = 100  # random tables that parallel analysis compares with
PARALLEL_PERCENTILE = 95
PARALLEL_SEED = 20240607
VARIMAX_ROUNDS, VARIMAX_TOLERANCE = 500, 1e-9  # of the rotation: most rounds, and the angle below which it has ended


@dataclass(frozen=True)
class FactorSolution:
    """Attitudes behind a battery of p items answered by n people.

    `loadings` (p, k) after varimax, each factor turned so that its largest loading is positive, strongest factor
    first; `weights` (p, k) by which standardised items become `scores` (n, k) of each person, mean 0;
    `explained_variance` (k,) the share of all items' variance.
    """

    loadings: ItemMatrix
    weights: ItemMatrix
    scores: ItemMatrix
    explained_variance: npt.NDArray[np.float64]


def cronbach_alpha(items: ItemMatrix) -> float:
    """k/(k-1) (1 - sum of the items' variances / variance of their sum); NaN for one item or no variance.

    Args:
        items: answers, shape (n, k), without gaps, reversed items turned.
    """
    item_count = items.shape[1]
    total_variance: float = float(items.sum(axis=1).var(ddof=1))
    if item_count < 2 or not total_variance:  # noqa: PLR2004 - one item agrees with nothing
        return float("nan")
    item_variances = float(items.var(axis=0, ddof=1).sum())
    return float(item_count / (item_count - 1) * (1 - item_variances / total_variance))


def kmo_measure(items: ItemMatrix) -> float:
    """Kaiser-Meyer-Olkin: squared correlations / (squared correlations + squared partial ones), of different items."""
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
    """How many eigenvalues of the correlations exceed 1."""
    return int((_correlation_eigenvalues(items) > 1).sum())


def parallel_factor_count(items: ItemMatrix) -> int:
    """How many of the first eigenvalues exceed the 95th percentile of those of random tables of the same size."""
    rng = np.random.default_rng(PARALLEL_SEED)
    random_eigenvalues = np.array([_random_eigenvalues(rng, *items.shape) for _ in range(PARALLEL_DRAWS)])
    exceeds = _correlation_eigenvalues(items) > np.percentile(random_eigenvalues, PARALLEL_PERCENTILE, axis=0)
    return int(np.argmin(exceeds)) if not exceeds.all() else len(exceeds)


def _correlation_eigenvalues(items: ItemMatrix) -> npt.NDArray[np.float64]:
    """Of the correlations, largest first."""
    ascending: npt.NDArray[np.float64] = np.linalg.eigvalsh(np.atleast_2d(np.corrcoef(items, rowvar=False)))
    return ascending[::-1]


def _random_eigenvalues(rng: np.random.Generator, row_count: int, item_count: int) -> npt.NDArray[np.float64]:
    """Of the correlations of a table of normal numbers, largest first, without drawing the table.

    Its covariances are Wishart-distributed; a lower triangle of normal numbers with roots of chi-squares of n - 1,
    n - 2, ... on the diagonal is a root of such a matrix (Bartlett 1933).
    """
    root = np.tril(rng.standard_normal((item_count, item_count)), -1)
    root[np.diag_indices(item_count)] = np.sqrt(rng.chisquare(row_count - 1 - np.arange(item_count)))
    covariances = root @ root.T
    deviations = np.sqrt(np.diag(covariances))
    ascending: npt.NDArray[np.float64] = np.linalg.eigvalsh(covariances / np.outer(deviations, deviations))
    return ascending[::-1]


def fit_factors(items: ItemMatrix, factor_count: int) -> FactorSolution:
    """Maximum-likelihood factors of the standardised items, rotated by varimax."""
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
    """Each factor by the two items that carry it most, a minus before those that carry it the other way."""
    factor_names = []
    for factor_loadings in loadings.T:
        strongest_items = np.argsort(-np.abs(factor_loadings), kind="stable")[:2]
        factor_names.append(
            " + ".join(f"{'-' if factor_loadings[item] < 0 else ''}{names[item]}" for item in strongest_items)
        )
    return factor_names


def number_duplicates(factor_names: Sequence[str]) -> list[str]:
    """Names of factors, told apart by their number where two are alike."""
    return [
        name if list(factor_names).count(name) == 1 else f"{name} ({number})"
        for number, name in enumerate(factor_names, 1)
    ]


def _compress_rows(standardised: ItemMatrix) -> ItemMatrix:
    """A table of 2 p rows with the correlations of a standardised one of any length: factors depend on nothing else."""
    item_count = standardised.shape[1]
    values, vectors = np.linalg.eigh(standardised.T @ standardised / len(standardised))
    root: ItemMatrix = np.sqrt(item_count * np.maximum(values, 0.0))[:, None] * vectors.T
    return np.vstack([root, -root])


def rotate_varimax(loadings: ItemMatrix) -> ItemMatrix:
    """The rotation (k, k) after which squared loadings vary most within factors.

    Pairs of factors are turned in the plane by Kaiser's angle until no angle matters any more; scikit-learn's own
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
    """The answers with reversed items turned: lowest + highest - answer."""
    return np.where(np.asarray(is_reversed), lowest + highest - items, items)
