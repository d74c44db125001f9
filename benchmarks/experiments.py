"""Simulated campaigns with known uplift: coverage of the intervals of `compare --treated`, power of planned holdouts.

    python benchmarks/experiments.py 4000

Segments differ in their share of buyers, its uplift and their mean order value; order values are lognormal.
"""

import sys
from typing import NamedTuple

import numpy as np

from segcli.evaluation.experiment import ExperimentTerms, GroupOutcomes, compare_groups, two_proportion_test
from segcli.evaluation.sample_size import plan_holdout

MARGIN_RATE = 0.4
SPREAD = 0.8  # sigma of the lognormal order values
ARMS = {"mail": 1.0, "post": 0.5}  # part of the uplift of a segment
EFFECTS = ("difference", "incremental_revenue", "incremental_margin")


class SegmentModel(NamedTuple):
    """Customers of a segment by group, their mean chance to buy, its uplift, and their mean order value."""

    treated: int
    holdout: int
    rate: float
    uplift: float
    order_value: float


SEGMENTS = {
    "Champions": SegmentModel(1500, 600, 0.40, 0.05, 90.0),
    "Loyal": SegmentModel(2500, 1000, 0.20, 0.03, 60.0),
    "At risk": SegmentModel(3000, 1500, 0.06, 0.02, 50.0),
    "Hibernating": SegmentModel(4000, 2000, 0.03, 0.00, 40.0),
}


def draw_group(model: SegmentModel, size: int, uplift: float, chance: np.random.Generator) -> GroupOutcomes:
    """Return whether each customer of a group bought, and for how much."""
    has_bought = chance.random(size) < model.rate + uplift
    values = model.order_value * chance.lognormal(-SPREAD * SPREAD / 2, SPREAD, size)
    return GroupOutcomes(has_bought, has_bought * values)


def true_effects(segment: str, arm: str) -> dict[str, float]:
    """Return the planted effects; the uplift never depends on the value of an order."""
    model = SEGMENTS[segment]
    difference = ARMS[arm] * model.uplift
    revenue = difference * model.order_value * model.treated
    return {"difference": difference, "incremental_revenue": revenue, "incremental_margin": revenue * MARGIN_RATE}


def coverage(campaigns: int, seed: int) -> dict[tuple[str, str], dict[str, float]]:
    """Return the share of campaigns whose intervals contain the true effect, by segment, group and effect."""
    chance, terms, shares = np.random.default_rng(seed), ExperimentTerms(MARGIN_RATE, 0.25), {}
    for segment, model in SEGMENTS.items():
        for arm, part in ARMS.items():
            hits, truths = dict.fromkeys(EFFECTS, 0), true_effects(segment, arm)
            for _ in range(campaigns):
                treated = draw_group(model, model.treated, part * model.uplift, chance)
                result = compare_groups(treated, draw_group(model, model.holdout, 0.0, chance), terms)
                for effect, truth in truths.items():
                    hits[effect] += result[f"{effect}_low"] <= truth <= result[f"{effect}_high"]
            shares[segment, arm] = {effect: count / campaigns for effect, count in hits.items()}
    return shares


def planned_power(rate: float, effect: float, contacts: int, tests: int, seed: int) -> float:
    """Return the share of simulated tests that show an effect with the planned holdout."""
    plan, chance = plan_holdout(rate, effect, contacts), np.random.default_rng(seed)
    treated = contacts - plan.holdout
    shown = 0
    for _ in range(tests):
        first = chance.random(treated) < rate + plan.detectable_effect
        second = chance.random(plan.holdout) < rate
        shown += two_proportion_test(first, second) < 0.05  # noqa: PLR2004 - two-sided 5 %
    return shown / tests


def main(campaigns: int) -> None:
    """Print the coverage by segment and group, then the power of planned holdouts."""
    print("| segment | group |", " | ".join(EFFECTS), "|")
    for (segment, arm), shares in coverage(campaigns, seed=1).items():
        print(f"| {segment} | {arm} |", " | ".join(f"{share:.1%}" for share in shares.values()), "|")
    for rate, effect, contacts in ((0.02, 0.01, 20_000), (0.05, 0.0125, 12_000), (0.2, 0.05, 5_000), (0.4, 0.1, 600)):
        plan = plan_holdout(rate, effect, contacts)
        power = planned_power(rate, effect, contacts, campaigns, seed=2)
        print(f"rate {rate:.0%}, effect {effect:.2%}, {contacts:,} contacts: {plan}, power {power:.1%}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
