"""Latent classes (Lazarsfeld and Henry 1968): groups of customers who answer yes-or-no questions alike.

Each class has its own probability of a yes to each question; classes by EM, each customer with a probability for each.
"""

import warnings

import numpy as np

from segcli.errors import ConfigProblems, InputProblem
from segcli.segment.methods import Fit, Labels, Matrix, likeliest

__all__ = ["SCALE", "assign", "fit", "margins"]

SCALE = "none"
STARTS = 5  # at most: classes are slower to find than centres
ROUNDS, STILL = 300, 1e-5  # of EM: most rounds, and the gain in mean log-likelihood at which it ends
SURE = 1e-6  # no answer is impossible in any class


def fit(matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:
    """Fit k classes; classes in which no row is most likely are left out.

    Raises:
        InputProblem: a feature is not 0 or 1.
        ConfigProblems: the extra is not installed.
    """
    if not np.isin(matrix, (0.0, 1.0)).all():
        raise InputProblem(
            "latent classes are for yes-or-no features, 0 or 1 for everybody, unscaled and unweighted",
            remedy="Choose such features and leave cluster.scale at auto, or another method.",
        )
    model = _fitted(matrix, k, seed, starts)
    parameters = model.get_parameters()
    shape = {
        "weights": np.reshape(parameters["weights"], (-1, 1)),
        "yes": np.clip(parameters["measurement"]["pis"], SURE, 1 - SURE),
    }
    whole = Fit(np.zeros(len(matrix), dtype=np.int64), shape["yes"], 0.0, shape)
    filled, labels = np.unique(assign(whole, matrix), return_inverse=True)
    centres = np.array([matrix[labels == group].mean(axis=0) for group in range(len(filled))])
    inertia = float(((matrix - centres[labels]) ** 2).sum())
    kept = {name: values[filled] for name, values in shape.items()}
    return Fit(labels.astype(np.int64), centres, inertia, kept, float(model.bic(matrix)))


def _fitted(matrix: Matrix, k: int, seed: int, starts: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - no types
    try:
        from stepmix.stepmix import StepMix
    except ImportError:
        raise ConfigProblems(["cluster.method: latent needs the extra: pip install 'segcli[latent]'"]) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that EM would go on for a little is no news to a marketer
        return StepMix(
            k,
            measurement="binary",
            n_init=min(starts, STARTS),
            max_iter=ROUNDS,
            abs_tol=STILL,
            rel_tol=0.0,
            random_state=seed,
            verbose=0,
            progress_bar=0,
        ).fit(matrix)


def assign(fit: Fit, matrix: Matrix) -> Labels:
    """The most likely class, the first of equals."""
    found: Labels = _likelihoods(fit, matrix).argmax(axis=1)
    return found


def margins(fit: Fit, matrix: Matrix) -> tuple[Matrix, Labels]:
    """The probability of the class a row is in, and the class that comes second."""
    return likeliest(_likelihoods(fit, matrix))


def _likelihoods(fit: Fit, matrix: Matrix) -> Matrix:
    """Logarithms of weight x likelihood, shape (n, k)."""
    yes = fit.shape["yes"]
    found: Matrix = matrix @ np.log(yes).T + (1 - matrix) @ np.log1p(-yes).T + np.log(fit.shape["weights"][:, 0])
    return found
