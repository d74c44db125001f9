"""Power against the exact sum over all outcomes, a size by hand, and holdouts that are as small as possible."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from segcli.evaluation.sample_size import (
    MIN_HOLDOUT,
    POWER,
    detection_power,
    plan_holdout,
    smallest_detectable_effect,
)


def exact_power(rate: float, effect: float, holdout: int, treated: int) -> float:
    """Sum the probabilities of all pairs of counts for which the pooled z-test rejects."""
    second, first = (
        np.arange(binom.ppf(1e-8, size, share), binom.ppf(1 - 1e-8, size, share) + 1)
        for size, share in ((holdout, rate), (treated, rate + effect))
    )
    pooled = (second[:, None] + first) / (holdout + treated)
    error = np.sqrt(pooled * (1 - pooled) * (1 / holdout + 1 / treated))
    rejects = np.abs(first / treated - second[:, None] / holdout) > norm.isf(0.025) * error
    weights = np.outer(binom.pmf(second, holdout, rate), binom.pmf(first, treated, rate + effect))
    return float(weights[rejects].sum())


@pytest.mark.parametrize("rate", [0.01, 0.03, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("contacts", [300, 2000, 20_000])
@pytest.mark.parametrize("relative_effect", [0.1, 0.25, 0.5])
def test_the_planned_holdout_has_the_power_by_the_exact_sum(rate: float, contacts: int, relative_effect: float) -> None:
    plan = plan_holdout(rate, relative_effect * rate, contacts)
    treated = contacts - plan.holdout
    assert exact_power(rate, plan.detectable_effect, plan.holdout, treated) >= 0.8
    if plan.is_sufficient and plan.holdout > MIN_HOLDOUT:
        assert plan.detectable_effect <= relative_effect * rate
        assert detection_power(rate, relative_effect * rate, plan.holdout - 1, treated + 1) < POWER
    if not plan.is_sufficient:
        assert plan.holdout == contacts // 2
        assert plan.detectable_effect > relative_effect * rate


def test_the_size_of_equal_groups_is_that_of_the_formula() -> None:
    """By hand, 0.25 against 0.4: (1.96 x sqrt(2 x .325 x .675) + 0.842 x sqrt(.1875 + .24))^2 / .15^2 = 151.9."""
    assert detection_power(0.25, 0.15, 152, 152) >= 0.8 > detection_power(0.25, 0.15, 151, 151)


def test_more_customers_show_smaller_effects_and_too_few_show_none() -> None:
    effects = [smallest_detectable_effect(0.1, 500, treated) for treated in (500, 1000, 5000)]
    assert effects == sorted(effects, reverse=True)
    assert detection_power(0.1, -0.06, 500, 500) > 0.8, "a decrease is shown as well"
    assert detection_power(0.1, 0.0, 500, 500) == pytest.approx(0.05)
    assert np.isnan(smallest_detectable_effect(0.1, MIN_HOLDOUT - 1, 5000))
    assert tuple(plan_holdout(0.1, 0.05, 199)) == pytest.approx((99, np.nan, False), nan_ok=True)
    assert plan_holdout(0.1, 0.05, 0).holdout == 0
