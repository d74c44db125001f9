"""Does the model hold? Orders after the calibration, against what it expected and against naive guesses."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli.value.summary import FloatArray, PurchaseSummary

POOLED_REPEATS = 7  # repeat purchases from which customers are told together


@dataclass(frozen=True)
class HoldoutResult:
    """`by_repeats`: repeats, customers, actual and expected orders each; `errors`: of the model and of naive guesses.

    `actual` and `expected` are orders of all customers in `days` after the calibration.
    """

    days: int
    actual: float
    expected: float
    by_repeats: pd.DataFrame
    errors: pd.DataFrame


def evaluate_holdout(summary: PurchaseSummary, predicted: FloatArray, actual: FloatArray, days: int) -> HoldoutResult:
    """Compare, customer by customer.

    Args:
        summary: of the calibration.
        predicted: purchases that the model expects afterwards, by customer.
        actual: purchases there were.
        days: that were watched.
    """
    x, observation_periods, holdout_periods = (
        summary.x,
        summary.groups.T[summary.group_codes],
        days / summary.period_days,
    )
    pooled_repeats = np.minimum(x, POOLED_REPEATS).astype(np.int64)
    repeat_groups = pd.DataFrame({"repeats": pooled_repeats, "actual": actual, "expected": predicted}).groupby(
        "repeats"
    )
    by_repeats = repeat_groups.agg(
        customers=("actual", "size"), actual=("actual", "mean"), expected=("expected", "mean")
    )
    order_rate = np.divide(x, observation_periods, out=np.zeros(len(x)), where=observation_periods > 0)
    guesses = {
        "model": predicted,
        "as before": order_rate * holdout_periods,
        "like everybody": np.full(len(x), x.sum() / observation_periods.sum() * holdout_periods),
        "none": np.zeros(len(x)),
    }
    errors = pd.DataFrame(
        {
            "guess": list(guesses),
            "total": [guess.sum() for guess in guesses.values()],
            "mean_absolute_error": [np.abs(guess - actual).mean() for guess in guesses.values()],
            "root_mean_squared_error": [np.sqrt(((guess - actual) ** 2).mean()) for guess in guesses.values()],
        }
    )
    return HoldoutResult(days, float(actual.sum()), float(predicted.sum()), by_repeats.reset_index(), errors)
