"""Latent classes (Lazarsfeld and Henry 1968): groups customers with similar answers to yes-or-no questions.

Each class has its own probability of a yes to each question. The classes are fitted by EM, and each customer has a
probability for each class.
"""

import warnings
from typing import Any

import numpy as np

from segcli.errors import ConfigProblems, InputProblem
from segcli.segment.methods import ClusterFit, Labels, Matrix, probability_margins

__all__ = ["BOOTSTRAP_STARTS", "SCALE", "fit", "margins", "predict"]

SCALE = "none"
BOOTSTRAP_STARTS = MAX_STARTS = 5  # upper limit: fitting classes is slower than fitting centres
MAX_ITERATIONS, EM_TOLERANCE = 300, 1e-5  # of EM: maximum rounds, and the gain in mean log-likelihood at which it stops
MIN_PROBABILITY = 1e-6  # keeps every answer possible in every class


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> ClusterFit:
    """Fit k classes; classes that are not the most likely one for any row are removed.

    Raises:
        InputProblem: a feature is not 0 or 1.
        ConfigProblems: the extra is not installed.
    """
    if not np.isin(matrix, (0.0, 1.0)).all():
        raise InputProblem(
            "latent classes need features of 0 and 1 without missing values, unscaled and unweighted",
            remedy="Choose such features and keep cluster.scale at auto, or use another method",
        )
    model = _fit_stepmix(matrix, k, seed, starts)
    parameters = model.get_parameters()
    shape_arrays = {
        "weights": np.reshape(parameters["weights"], (-1, 1)),
        "yes": np.clip(parameters["measurement"]["pis"], MIN_PROBABILITY, 1 - MIN_PROBABILITY),
    }
    full_fit = ClusterFit(np.zeros(len(matrix), dtype=np.int64), shape_arrays["yes"], 0.0, shape_arrays)
    filled_groups, labels = np.unique(predict(full_fit, matrix), return_inverse=True)
    centres = np.array([matrix[labels == group].mean(axis=0) for group in range(len(filled_groups))])
    inertia = float(((matrix - centres[labels]) ** 2).sum())
    filled_shape = {name: values[filled_groups] for name, values in shape_arrays.items()}
    return ClusterFit(labels.astype(np.int64), centres, inertia, filled_shape, float(model.bic(matrix)))


def _fit_stepmix(matrix: Matrix, k: int, seed: int, starts: int) -> Any:  # noqa: ANN401 - StepMix ships no types
    try:
        from stepmix.stepmix import StepMix
    except ImportError:
        raise ConfigProblems(["cluster.method: latent needs the extra: pip install 'segcli[latent]'"]) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # users need no warning that EM could improve slightly
        return StepMix(
            k,
            measurement="binary",
            n_init=min(starts, MAX_STARTS),
            max_iter=MAX_ITERATIONS,
            abs_tol=EM_TOLERANCE,
            rel_tol=0.0,
            random_state=seed,
            verbose=0,
            progress_bar=0,
        ).fit(matrix)


def predict(fit: ClusterFit, matrix: Matrix) -> Labels:
    """Return the most likely class, the first of equals."""
    group_numbers: Labels = _log_likelihoods(fit, matrix).argmax(axis=1)
    return group_numbers


def margins(fit: ClusterFit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """Return the probability of each row's class, and the second most likely class."""
    return probability_margins(_log_likelihoods(fit, matrix))


def _log_likelihoods(fit: ClusterFit, matrix: Matrix) -> Matrix:
    """Return the logarithms of weight x likelihood, shape (n, k)."""
    yes_probabilities = fit.shape_arrays["yes"]
    log_likelihoods: Matrix = (
        matrix @ np.log(yes_probabilities).T
        + (1 - matrix) @ np.log1p(-yes_probabilities).T
        + np.log(fit.shape_arrays["weights"][:, 0])
    )
    return log_likelihoods
