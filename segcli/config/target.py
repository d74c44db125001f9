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
        raise ValueError(f"weights must be positive and sum up to 100; got {sum(weights.values()):g}")
    return weights


def _check_choice(choice: int | str) -> int | str:
    choice_match = _CHOICE_PATTERN.fullmatch(str(choice))
    if choice_match is None or int(choice_match[1]) > int(choice_match[2] or choice_match[1]):
        raise ValueError(f"must be a number of segments or a range like 2-4; got {choice}")
    return choice


CriteriaWeights = Annotated[dict[str, float], AfterValidator(_check_weights)]


class TargetSettings(Section):
    """`target:` what makes segments attractive, what we are good at, and what there is to spend."""

    of: str | None = Field(None, description="Segmentation to choose from, such as rfm; default: the first described.")
    choose: Annotated[int | str, AfterValidator(_check_choice)] = Field(
        "2-4", description="Number of segments to choose, or a range like 2-4."
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
        description="Weights of attractiveness, in parts of 100; criteria that are neither measured nor rated "
        "drop out.",
    )
    weight_sets: dict[str, CriteriaWeights] = Field(
        default_factory=dict, description="Other weights to try beside them: {careful: {size: 50, margin: 50}}."
    )
    competitiveness: CriteriaWeights = Field(
        default_factory=lambda: {"own_strengths": 50.0, "loyalty": 25.0, "satisfaction": 25.0},
        description="Weights of our strength in a segment, in parts of 100.",
    )
    ratings: dict[str, dict[str, Rating]] = Field(
        default_factory=dict,
        description="Ratings of what data cannot tell, from 1 to 10 (best for us): {competition: {Champions: 8, "
        "Loyal: 5}}.",
    )
    knock_outs: dict[str, float] = Field(
        default_factory=lambda: {"size": 30.0, "contactability": 0.05},
        description="What a segment must have at least, of churn_risk at most, to be looked at.",
    )
    objective: Literal["score", "margin"] = Field(
        "score",
        description="What the chosen segments have most of together: attractiveness (score) or expected margin "
        "(margin).",
    )
    budget: float | None = Field(None, ge=0, description="Most money that contacts may cost; default: no limit.")
    capacity: int | None = Field(None, ge=0, description="Most contacts there may be; default: no limit.")
    contact_cost: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict, description="Cost of a contact, by way of contact: {email: 0.02, post: 0.9}."
    )
    response: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=dict,
        description="Share of contacts who order, by way of contact; default: who bought in the last period anyway.",
    )
    response_value: float | None = Field(
        None, gt=0, description="Revenue that a response brings; default: the segment's average order value."
    )
    margin: float | None = Field(None, gt=0, le=1, description="Share of revenue that is earned; default: clv.margin.")
    period_days: int = Field(90, ge=1, description="Days of the period that growth and response are measured in.")

    @property
    def choice_range(self) -> tuple[int, int]:
        """Smallest and largest number of segments."""
        choice_match = _CHOICE_PATTERN.fullmatch(str(self.choose))
        assert choice_match is not None
        return int(choice_match[1]), int(choice_match[2] or choice_match[1])
