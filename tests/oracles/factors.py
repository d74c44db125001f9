"""Maximum-likelihood factors and their rotation, by other ways than segcli's."""

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


def maximum_likelihood(correlations: Matrix, count: int) -> Matrix:
    """Unrotated loadings by the fixed point of Joreskog's equations: eigenvectors of psi^-1/2 R psi^-1/2."""
    unique = np.full(len(correlations), 0.5)
    for _ in range(5000):
        scale = 1 / np.sqrt(unique)
        values, vectors = np.linalg.eigh(correlations * np.outer(scale, scale))
        values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
        loadings = vectors * np.sqrt(np.maximum(values - 1, 0)) / scale[:, None]
        before, unique = unique, np.clip(1 - (loadings**2).sum(axis=1), 0.005, 1)
        if np.abs(unique - before).max() < 1e-10:
            break
    return loadings


def varimax(loadings: Matrix) -> Matrix:
    """By singular values of the gradient, all factors at once, until nothing moves."""
    turn = np.eye(loadings.shape[1])
    for _ in range(5000):
        now = loadings @ turn
        gradient = loadings.T @ (now**3 - now * (now**2).mean(axis=0))
        left, _, right = np.linalg.svd(gradient)
        before, turn = turn, left @ right
        if np.abs(turn - before).max() < 1e-13:
            break
    return loadings @ turn
