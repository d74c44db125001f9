"""Size of campaign tests: power, smallest detectable effect and the holdout that a planned effect needs.

All three are for the two-sided two-proportion z-test with the pooled share that `experiment` uses, by the normal
approximation (Fleiss, Levin and Paik, Statistical methods for rates and proportions, 2003, ch. 4).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

POWER = 0.81  # for a power of 80 %: the approximation and whole customers can cost up to a point
SIGNIFICANCE = 0.05  # two-sided
BISECTION_STEPS = 50
MIN_HOLDOUT = 100  # with smaller holdouts, the normal approximation can overstate the power by several points


class HoldoutPlan(NamedTuple):
    """Planned holdout: its size, the smallest effect that it detects, and whether that is the wanted effect or less."""

    holdout: int
    detectable_effect: float
    is_sufficient: bool


def detection_power(holdout_rate: float, effect: float, holdout: int, treated: int) -> float:
    """Return the probability that a test shows an effect.

    Args:
        holdout_rate: share of buyers without the campaign.
        effect: difference of the treated group's share of buyers.
        holdout: customers in the holdout.
        treated: customers in the treated group.
    """
    treated_rate = min(max(holdout_rate + effect, 0.0), 1.0)
    pooled_rate = (holdout * holdout_rate + treated * treated_rate) / (holdout + treated)
    critical_difference = ndtri(1 - SIGNIFICANCE / 2) * np.sqrt(
        pooled_rate * (1 - pooled_rate) * (1 / holdout + 1 / treated)
    )
    standard_error = np.sqrt(holdout_rate * (1 - holdout_rate) / holdout + treated_rate * (1 - treated_rate) / treated)
    if not standard_error:
        return float(abs(treated_rate - holdout_rate) > critical_difference)
    difference = treated_rate - holdout_rate
    return float(
        ndtr((difference - critical_difference) / standard_error)
        + ndtr((-critical_difference - difference) / standard_error)
    )


def smallest_detectable_effect(holdout_rate: float, holdout: int, treated: int) -> float:
    """Return the smallest increase of the share of buyers that a test shows with the wanted power; NaN if none.

    A group of fewer than 100 customers has none, because the approximation does not hold for it.
    """
    if min(holdout, treated) < MIN_HOLDOUT or detection_power(holdout_rate, 1 - holdout_rate, holdout, treated) < POWER:
        return np.nan
    low_effect, high_effect = 0.0, 1 - holdout_rate
    for _ in range(BISECTION_STEPS):
        effect = (low_effect + high_effect) / 2
        if detection_power(holdout_rate, effect, holdout, treated) < POWER:
            low_effect = effect
        else:
            high_effect = effect
    return high_effect


def plan_holdout(holdout_rate: float, effect: float, contacts: int) -> HoldoutPlan:
    """Return the smallest holdout with which a test on these contacts shows an effect with the wanted power.

    If even half of the contacts are too few, the plan is half of them. Below 100, the plan has no detectable effect.
    """
    high = contacts // 2
    low = min(MIN_HOLDOUT, high) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if detection_power(holdout_rate, effect, middle, contacts - middle) < POWER:
            low = middle
        else:
            high = middle
    if high < MIN_HOLDOUT:
        return HoldoutPlan(high, np.nan, is_sufficient=False)
    is_sufficient = detection_power(holdout_rate, effect, high, contacts - high) >= POWER
    return HoldoutPlan(high, smallest_detectable_effect(holdout_rate, high, contacts - high), is_sufficient)
