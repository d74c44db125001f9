"""Gaussian mixture (EM; Fraley and Raftery 2002): elliptical groups, with a probability of each group per customer."""

import warnings

import numpy as np

from segcli.parallel import limit_blas_threads
from segcli.segment.methods import ClusterFit, Labels, Matrix, probability_margins

__all__ = ["BOOTSTRAP_STARTS", "fit", "margins", "predict"]

BOOTSTRAP_STARTS = MAX_STARTS = 3  # EM is slow, and k-means++ starts are good
VARIANCE_FLOOR = 1e-6  # added to variances, in squared units of scaled features


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
    """Fit k normal distributions; groups without rows are removed."""
    from sklearn.mixture import GaussianMixture

    with limit_blas_threads(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # users need no warning that EM could improve slightly
        model = GaussianMixture(k, n_init=min(starts, MAX_STARTS), reg_covar=VARIANCE_FLOOR, random_state=seed).fit(
            matrix
        )
        bic = float(model.bic(matrix))
    shape_arrays = {"weights": model.weights_[:, None], "covariances": model.covariances_.reshape(k, -1)}
    full_fit = ClusterFit(np.zeros(len(matrix), dtype=np.int64), model.means_, 0.0, shape_arrays, bic)
    filled_groups, labels = np.unique(predict(full_fit, matrix), return_inverse=True)
    filled_shape = {name: values[filled_groups] for name, values in shape_arrays.items()}
    inertia = float(((matrix - model.means_[filled_groups][labels]) ** 2).sum())
    return ClusterFit(labels.astype(np.int64), model.means_[filled_groups], inertia, filled_shape, bic)


def predict(fit: ClusterFit, matrix: Matrix) -> Labels:
    """Return the group with the highest probability, the first of equals."""
    group_numbers: Labels = _log_densities(fit, matrix).argmax(axis=1)
    return group_numbers


def margins(fit: ClusterFit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """Return the probability of each row's group, and the second most likely group."""
    return probability_margins(_log_densities(fit, matrix))


def _log_densities(fit: ClusterFit, matrix: Matrix) -> Matrix:
    """Return the logarithms of weight x density, up to a constant, shape (n, k)."""
    feature_count = matrix.shape[1]
    densities = np.empty((len(matrix), fit.k))
    for group, (centre, weight) in enumerate(zip(fit.centres, fit.shape_arrays["weights"][:, 0], strict=True)):
        cholesky_factor = np.linalg.cholesky(
            fit.shape_arrays["covariances"][group].reshape(feature_count, feature_count)
        )
        whitened = np.linalg.solve(cholesky_factor, (matrix - centre).T)
        densities[:, group] = np.log(weight) - np.log(np.diag(cholesky_factor)).sum() - (whitened**2).sum(axis=0) / 2
    return densities
