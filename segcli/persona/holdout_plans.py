"""Planned holdouts of target segments: their size, and the smallest effect that they show."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from segcli.config.target import TargetSettings
from segcli.evaluation.sample_size import HoldoutPlan, plan_holdout
from segcli.message import message
from segcli.model import Segmentation
from segcli.persona.attractiveness import measure_buyer_rates
from segcli.persona.target_selection import ContactEstimate

HIGHEST_VARIANCE_RATE = 0.5  # share of buyers that needs the largest holdout


def plan_holdouts(
    segmentation: Segmentation,
    contact_estimates: Sequence[ContactEstimate],
    settings: TargetSettings,
    smallest_effect: float,
) -> dict[str, HoldoutPlan | None]:
    """Return the planned holdout of each segment; None if neither a share of buyers nor a response is known.

    The share of buyers without a campaign is that of the members before the last period. The effect is the response of
    the channel, or else `smallest_effect` times the share of buyers. A reach that is unknown is that of all customers.
    """
    buyer_rates = measure_buyer_rates(segmentation, settings.period_days)
    plans: dict[str, HoldoutPlan | None] = {}
    for estimate, buyer_rate in zip(contact_estimates, buyer_rates, strict=True):
        response = settings.response.get(estimate.contact_channel)
        if np.isnan(buyer_rate) and response is None:
            plans[estimate.segment] = None
            continue
        rate = HIGHEST_VARIANCE_RATE if np.isnan(buyer_rate) else float(buyer_rate)
        effect = smallest_effect * rate if response is None else response
        plans[estimate.segment] = plan_holdout(rate, effect, estimate.max_contacts)
    return plans


def list_plan_columns(
    plans: Mapping[str, HoldoutPlan | None], chosen_names: Collection[str]
) -> dict[str, dict[str, float]]:
    """Return planned_holdout and detectable_effect of the chosen segments by name."""
    chosen_plans = {name: plan for name, plan in plans.items() if name in chosen_names and plan is not None}
    return {
        "planned_holdout": {name: plan.holdout for name, plan in chosen_plans.items()},
        "detectable_effect": {name: plan.detectable_effect for name, plan in chosen_plans.items()},
    }


def describe_holdouts(plans: Mapping[str, HoldoutPlan | None], chosen_names: Collection[str]) -> Iterator[str]:
    """Yield how holdouts are planned, and the segments for which that is impossible or not enough."""
    chosen_plans = {name: plan for name, plan in plans.items() if name in chosen_names}
    if any(plan is not None and not np.isnan(plan.detectable_effect) for plan in chosen_plans.values()):
        yield message("planned holdouts have 80% power at a two-sided 5% level for the detectable effect")
    unknown_names = [name for name, plan in chosen_plans.items() if plan is None]
    if unknown_names:
        yield message(
            "{names}: no planned holdout, because neither target.response nor the share of buyers is known; hint: pass "
            "an order export, or set target.response",
            names=", ".join(unknown_names),
        )
    small_names = [name for name, plan in chosen_plans.items() if plan is not None and not plan.is_sufficient]
    if small_names:
        yield message(
            "{names}: even half of the contacts as holdout are too few for the expected effect; test several segments "
            "together, or for longer",
            names=", ".join(small_names),
        )
