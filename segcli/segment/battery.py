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

Matrix = npt.NDArray[np.float64]

DRAWS = 100  # random tables that parallel analysis compares with
PERCENTILE = 95
SEED = 20240607
ROUNDS, STILL = 500, 1e-9  # of the rotation: most rounds, and the angle below which it has ended


@dataclass(frozen=True)
class Factors:
    """Attitudes behind a battery of p items answered by n people.

    `loadings` (p, k) after varimax, each factor turned so that its largest loading is positive, strongest factor
    first; `weights` (p, k) by which standardised items become `scores` (n, k) of each person, mean 0; `explained` (k,)
    the share of all items' variance.
    """

    loadings: Matrix
    weights: Matrix
    scores: Matrix
    explained: npt.NDArray[np.float64]


def cronbach_alpha(items: Matrix) -> float:
    """k/(k-1) (1 - sum of the items' variances / variance of their sum); NaN for one item or no variance.

    Args:
        items: answers, shape (n, k), without gaps, reversed items turned.
    """
    count = items.shape[1]
    total: float = float(items.sum(axis=1).var(ddof=1))
    if count < 2 or not total:  # noqa: PLR2004 - one item agrees with nothing
        return float("nan")
    apart = float(items.var(axis=0, ddof=1).sum())
    return float(count / (count - 1) * (1 - apart / total))


def kmo(items: Matrix) -> float:
    """Kaiser-Meyer-Olkin: squared correlations / (squared correlations + squared partial ones), of different items."""
    correlations: Matrix = np.atleast_2d(np.corrcoef(items, rowvar=False))
    inverse = np.linalg.pinv(correlations)
    partial = -inverse / np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))
    apart = np.eye(len(correlations)) == 0
    plain, rest = float((correlations[apart] ** 2).sum()), float((partial[apart] ** 2).sum())
    return plain / (plain + rest)


def kaiser(items: Matrix) -> int:
    """How many eigenvalues of the correlations exceed 1."""
    return int((_eigenvalues(items) > 1).sum())


def parallel(items: Matrix) -> int:
    """How many of the first eigenvalues exceed the 95th percentile of those of random tables of the same size."""
    chance = np.random.default_rng(SEED)
    drawn = np.array([_eigenvalues_by_chance(chance, *items.shape) for _ in range(DRAWS)])
    exceeds = _eigenvalues(items) > np.percentile(drawn, PERCENTILE, axis=0)
    return int(np.argmin(exceeds)) if not exceeds.all() else len(exceeds)


def _eigenvalues(items: Matrix) -> npt.NDArray[np.float64]:
    """Of the correlations, largest first."""
    ascending: npt.NDArray[np.float64] = np.linalg.eigvalsh(np.atleast_2d(np.corrcoef(items, rowvar=False)))
    return ascending[::-1]


def _eigenvalues_by_chance(chance: np.random.Generator, people: int, count: int) -> npt.NDArray[np.float64]:
    """Of the correlations of a table of normal numbers, largest first, without drawing the table.

    Its covariances are Wishart-distributed; a lower triangle of normal numbers with roots of chi-squares of n - 1,
    n - 2, ... on the diagonal is a root of such a matrix (Bartlett 1933).
    """
    root = np.tril(chance.standard_normal((count, count)), -1)
    root[np.diag_indices(count)] = np.sqrt(chance.chisquare(people - 1 - np.arange(count)))
    covariances = root @ root.T
    apart = np.sqrt(np.diag(covariances))
    ascending: npt.NDArray[np.float64] = np.linalg.eigvalsh(covariances / np.outer(apart, apart))
    return ascending[::-1]


def factors(items: Matrix, count: int) -> Factors:
    """Maximum-likelihood factors of the standardised items, rotated by varimax."""
    from sklearn.decomposition import FactorAnalysis

    standard = (items - items.mean(axis=0)) / items.std(axis=0)
    model = FactorAnalysis(count, svd_method="lapack", tol=1e-5, max_iter=20_000).fit(_of_same_correlations(standard))
    turn = varimax(model.components_.T)
    loadings, weights = model.components_.T @ turn, model.transform(np.eye(items.shape[1])) @ turn
    strongest = np.argsort(-(loadings**2).sum(axis=0), kind="stable")
    loadings, weights = loadings[:, strongest], weights[:, strongest]
    turned = np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(count)])
    weights *= turned
    return Factors(loadings * turned, weights, standard @ weights, (loadings**2).sum(axis=0) / items.shape[1])


def called(loadings: Matrix, names: Sequence[str]) -> list[str]:
    """Each factor by the two items that carry it most, a minus before those that carry it the other way."""
    found = []
    for column in loadings.T:
        best = np.argsort(-np.abs(column), kind="stable")[:2]
        found.append(" + ".join(f"{'-' if column[place] < 0 else ''}{names[place]}" for place in best))
    return found


def distinct(found: Sequence[str]) -> list[str]:
    """Names of factors, told apart by their number where two are alike."""
    return [name if list(found).count(name) == 1 else f"{name} ({place})" for place, name in enumerate(found, 1)]


def _of_same_correlations(standard: Matrix) -> Matrix:
    """A table of 2 p rows with the correlations of a standardised one of any length: factors depend on nothing else."""
    count = standard.shape[1]
    values, vectors = np.linalg.eigh(standard.T @ standard / len(standard))
    root: Matrix = np.sqrt(count * np.maximum(values, 0.0))[:, None] * vectors.T
    return np.vstack([root, -root])


def varimax(loadings: Matrix) -> Matrix:
    """The rotation (k, k) after which squared loadings vary most within factors.

    Pairs of factors are turned in the plane by Kaiser's angle until no angle matters any more; scikit-learn's own
    rotation stops a degree or two short of the maximum.
    """
    count = loadings.shape[1]
    turn = np.eye(count)
    for _ in range(ROUNDS):
        widest = 0.0
        for one, other in combinations(range(count), 2):
            x, y = (loadings @ turn)[:, [one, other]].T
            u, v = x * x - y * y, 2 * x * y
            across = 2 * (u @ v) - 2 * u.sum() * v.sum() / len(x)
            along = u @ u - v @ v - (u.sum() ** 2 - v.sum() ** 2) / len(x)
            angle = float(np.arctan2(across, along)) / 4
            cosine, sine = np.cos(angle), np.sin(angle)
            turn[:, [one, other]] = turn[:, [one, other]] @ np.array([[cosine, -sine], [sine, cosine]])
            widest = max(widest, abs(angle))
        if widest < STILL:
            break
    return turn


def turned(items: Matrix, which: Sequence[bool], lowest: float, highest: float) -> Matrix:
    """The answers with reversed items turned: lowest + highest - answer."""
    return np.where(np.asarray(which), lowest + highest - items, items)
