"""Does the model hold? Orders after the calibration, against what it expected and against naive guesses."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli.value.summary import Summary, Values

TOGETHER = 7  # repeat purchases from which customers are told together


@dataclass(frozen=True)
class Holdout:
    """`by_repeats`: repeats, customers, actual and expected orders each; `errors`: of the model and of naive guesses.

    `actual` and `expected` are orders of all customers in `days` after the calibration.
    """

    days: int
    actual: float
    expected: float
    by_repeats: pd.DataFrame
    errors: pd.DataFrame


def holdout(summary: Summary, expected: Values, actual: Values, days: int) -> Holdout:
    """Compare, customer by customer.

    Args:
        summary: of the calibration.
        expected: purchases that the model expects afterwards, by customer.
        actual: purchases there were.
        days: that were watched.
    """
    x, ends, ahead = summary.x, summary.groups.T[summary.group], days / summary.period_days
    together = np.minimum(x, TOGETHER).astype(np.int64)
    rows = pd.DataFrame({"repeats": together, "actual": actual, "expected": expected}).groupby("repeats")
    by_repeats = rows.agg(customers=("actual", "size"), actual=("actual", "mean"), expected=("expected", "mean"))
    rate = np.divide(x, ends, out=np.zeros(len(x)), where=ends > 0)
    guesses = {
        "model": expected,
        "as before": rate * ahead,
        "like everybody": np.full(len(x), x.sum() / ends.sum() * ahead),
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
    return Holdout(days, float(actual.sum()), float(expected.sum()), by_repeats.reset_index(), errors)
