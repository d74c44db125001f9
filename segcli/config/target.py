"""`target:` choice of the segments to work with."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from segcli.config.section import Section

WEIGHT_TOTAL = 100.0  # required sum of the weights
_CHOICE_PATTERN = re.compile(r"([1-9]\d?)(?:-([1-9]\d?))?")

Rating = Annotated[float, Field(ge=1, le=10)]


def _check_weights(weights: dict[str, float]) -> dict[str, float]:
    if any(weight < 0 for weight in weights.values()) or abs(sum(weights.values()) - WEIGHT_TOTAL) > 0.01:  # noqa: PLR2004
        raise ValueError(f"weights must be positive and sum to 100; got {sum(weights.values()):g}")
    return weights


def _check_choice(choice: int | str) -> int | str:
    choice_match = _CHOICE_PATTERN.fullmatch(str(choice))
    if choice_match is None or int(choice_match[1]) > int(choice_match[2] or choice_match[1]):
        raise ValueError(f"must be a number of segments or a range such as 2-4; got {choice}")
    return choice


CriteriaWeights = Annotated[dict[str, float], AfterValidator(_check_weights)]


class TargetSettings(Section):
    """`target:` criteria and weights for the choice of segments, and the budget."""

    of: str | None = Field(
        None, description="Segmentation to choose from, for example rfm. Default: the first described segmentation."
    )
    choose: Annotated[int | str, AfterValidator(_check_choice)] = Field(
        "2-4", description="Number of segments that you want to choose, or a range such as 2-4."
    )
    weights: CriteriaWeights = Field(
        default_factory=lambda: {
            "size": 20.0,
            "revenue_share": 25.0,
            "growth": 15.0,
            "margin": 10.0,
            "churn_risk": 10.0,
            "contactability": 15.0,
            "competition": 5.0,
        },
        description="Weights of the attractiveness criteria, which sum to 100. Criteria that are neither measured nor "
        "rated are dropped.",
    )
    weight_sets: dict[str, CriteriaWeights] = Field(
        default_factory=dict,
        description="Alternative weights to compare, for example {careful: {size: 50, margin: 50}}.",
    )
    competitiveness: CriteriaWeights = Field(
        default_factory=lambda: {"own_strengths": 50.0, "loyalty": 25.0, "satisfaction": 25.0},
        description="Weights of your competitive strength in a segment, which sum to 100.",
    )
    ratings: dict[str, dict[str, Rating]] = Field(
        default_factory=dict,
        description="Ratings of criteria without data, from 1 to 10 (best for you), for example {competition: "
        "{Champions: 8, Loyal: 5}}.",
    )
    knock_outs: dict[str, float] = Field(
        default_factory=lambda: {"size": 30.0, "contactability": 0.05},
        description="Minimum value of each criterion (maximum for churn_risk). Segments outside the limits are "
        "excluded.",
    )
    objective: Literal["margin", "score"] = Field(
        "margin",
        description="Quantity to maximise over the chosen segments: expected incremental margin after contact cost "
        "(margin), or attractiveness (score). If a figure is missing for the margin, segcli names it and uses the "
        "score.",
    )
    budget: float | None = Field(None, ge=0, description="Maximum total cost of contacts. Default: no limit.")
    capacity: int | None = Field(None, ge=0, description="Maximum number of contacts. Default: no limit.")
    contact_cost: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict, description="Cost of one contact by channel, for example {email: 0.02, post: 0.9}."
    )
    response: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict,
        description="Additional share of contacted customers who buy because of the contact, by channel, for example "
        "{email: 0.01}. Measure it with a holdout (compare --treated). Default: unknown.",
    )
    response_value: float | None = Field(
        None, gt=0, description="Revenue per response. Default: the segment's average order value."
    )
    margin: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Your gross margin as a share of revenue. Default: the margin of the orders, or a "
        "clv.margin below 1.",
    )
    period_days: int = Field(
        90,
        ge=1,
        description="Length in days of the periods for growth, churn risk and the share of buyers without a campaign.",
    )

    @property
    def choice_range(self) -> tuple[int, int]:
        """Smallest and largest number of segments."""
        choice_match = _CHOICE_PATTERN.fullmatch(str(self.choose))
        assert choice_match is not None
        return int(choice_match[1]), int(choice_match[2] or choice_match[1])
