"""Gaussian mixture (EM; Fraley and Raftery 2002): groups of any ellipse, each customer with a probability for each."""

import warnings

import numpy as np

from segcli.cores import one_thread_each
from segcli.segment.methods import Fit, Labels, Matrix, likeliest

__all__ = ["assign", "fit", "margins"]

FEWEST_STARTS = 3  # EM is slow; k-means++ starts are good ones
FLOOR = 1e-6  # added to variances, in squares of scaled features


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:
    """Fit k normal distributions; groups without a row are left out."""
    from sklearn.mixture import GaussianMixture

    with one_thread_each(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that EM would go on for a little is no news to a marketer
        model = GaussianMixture(k, n_init=min(starts, FEWEST_STARTS), reg_covar=FLOOR, random_state=seed).fit(matrix)
        bic = float(model.bic(matrix))
    shape = {"weights": model.weights_[:, None], "covariances": model.covariances_.reshape(k, -1)}
    whole = Fit(np.zeros(len(matrix), dtype=np.int64), model.means_, 0.0, shape, bic)
    filled, labels = np.unique(assign(whole, matrix), return_inverse=True)
    kept = {name: values[filled] for name, values in shape.items()}
    inertia = float(((matrix - model.means_[filled][labels]) ** 2).sum())
    return Fit(labels.astype(np.int64), model.means_[filled], inertia, kept, bic)


def assign(fit: Fit, matrix: Matrix) -> Labels:
    """The group with the highest probability, the first of equals."""
    found: Labels = _densities(fit, matrix).argmax(axis=1)
    return found


def margins(fit: Fit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """The probability of the group a row is in, and the group that comes second."""
    return likeliest(_densities(fit, matrix))


def _densities(fit: Fit, matrix: Matrix) -> Matrix:
    """Logarithms of weight x density, but for a constant, shape (n, k)."""
    size = matrix.shape[1]
    found = np.empty((len(matrix), fit.k))
    for group, (centre, weight) in enumerate(zip(fit.centres, fit.shape["weights"][:, 0], strict=True)):
        root = np.linalg.cholesky(fit.shape["covariances"][group].reshape(size, size))
        away = np.linalg.solve(root, (matrix - centre).T)
        found[:, group] = np.log(weight) - np.log(np.diag(root)).sum() - (away**2).sum(axis=0) / 2
    return found
