"""Regressions of an outcome on a design matrix: least squares and logistic regression, with standard errors."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli.arrays import FloatArray

MAX_ITERATIONS, STEP_TOLERANCE = 50, 1e-10
MAX_STEP, MAX_LOGIT = 5.0, 30.0  # keep effects finite where a category contains only yes or only no
SMALLEST_PROBABILITY = 1e-300


@dataclass(frozen=True, eq=False)
class Regression:
    """Effects and their standard errors, each of shape (factors,), and the share explained.

    `average_effects` are the effects in units of the outcome: the average change of the number or the probability.
    """

    effects: FloatArray
    errors: FloatArray
    explained: float
    average_effects: FloatArray


def fit_least_squares(design: FloatArray, y: FloatArray) -> Regression:
    """Regress a number on a design matrix; effects are in standard deviations of y, with White's errors (1980, HC1)."""
    scale = float(y.std())
    y = (y - y.mean()) / scale
    x = np.column_stack([np.ones(len(y)), design])
    inverse_gram = np.linalg.pinv(x.T @ x)
    effects = inverse_gram @ x.T @ y
    residuals = y - x @ effects
    hc1_scale = len(y) / (len(y) - x.shape[1])
    variance = inverse_gram @ ((x * residuals[:, None] ** 2).T @ x) @ inverse_gram * hc1_scale
    return Regression(
        effects[1:],
        np.sqrt(np.diag(variance))[1:],
        float(1 - (residuals @ residuals) / (y @ y)),
        effects[1:] * scale,
    )


def fit_logistic(design: FloatArray, y: FloatArray, level_groups: npt.NDArray[np.int64]) -> Regression:
    """Regress a yes-or-no outcome on a design matrix by Newton's method; effects are in log odds.

    The average effect of a number is the mean derivative of the probability. That of a level is the mean difference
    between all customers with this level and all with the most frequent one. `explained` is McFadden's pseudo R squared
    (1974).

    Args:
        design: design matrix, shape (n, factors).
        y: outcome, 0 or 1, shape (n,).
        level_groups: number of the category of each factor, -1 for numbers, shape (factors,).
    """
    x = np.column_stack([np.ones(len(y)), design])
    effects = np.zeros(x.shape[1])
    for _ in range(MAX_ITERATIONS):
        probabilities = _logistic(x @ effects)
        information = (x * (probabilities * (1 - probabilities))[:, None]).T @ x + STEP_TOLERANCE * np.eye(x.shape[1])
        step = np.linalg.solve(information, x.T @ (y - probabilities))
        effects += np.clip(step, -MAX_STEP, MAX_STEP)
        if np.abs(step).max() < STEP_TOLERANCE:
            break
    log_likelihood = _log_likelihood(y, probabilities)
    null_log_likelihood = _log_likelihood(y, np.full(len(y), y.mean()))
    return Regression(
        effects[1:],
        np.sqrt(np.diag(np.linalg.pinv(information)))[1:],
        1 - log_likelihood / null_log_likelihood,
        _average_probability_effects(x, effects, level_groups),
    )


def _average_probability_effects(x: FloatArray, effects: FloatArray, level_groups: npt.NDArray[np.int64]) -> FloatArray:
    logits = x @ effects
    slope = float((_logistic(logits) * (1 - _logistic(logits))).mean())
    average_effects = effects[1:] * slope
    for group in np.unique(level_groups[level_groups >= 0]):
        members = np.flatnonzero(level_groups == group) + 1
        base_logits = logits - x[:, members] @ effects[members]
        base = float(_logistic(base_logits).mean())
        for member in members:
            average_effects[member - 1] = float(_logistic(base_logits + effects[member]).mean()) - base
    return average_effects


def _logistic(logits: FloatArray) -> FloatArray:
    probabilities: FloatArray = 1 / (1 + np.exp(-np.clip(logits, -MAX_LOGIT, MAX_LOGIT)))
    return probabilities


def _log_likelihood(y: FloatArray, probabilities: FloatArray) -> float:
    return float(
        (
            y * np.log(probabilities + SMALLEST_PROBABILITY)
            + (1 - y) * np.log(1 - probabilities + SMALLEST_PROBABILITY)
        ).sum()
    )
