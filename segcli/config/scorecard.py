"""`scorecard:` criteria that a useful segment must meet."""

from typing import Annotated

from pydantic import AfterValidator, Field

from segcli.config.section import Section


def _check_falling(thresholds: list[float]) -> list[float]:
    if thresholds[0] < thresholds[1]:
        raise ValueError(f"must be [pass threshold, warn threshold], the higher first; got {thresholds}")
    return thresholds


Thresholds = Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_check_falling)]


class ScorecardSettings(Section):
    """`scorecard:` values from which a segment passes or gets a warning. Below both, it fails."""

    measurable: Thresholds = Field(
        [0.8, 0.5],
        description="Share of known values in the descriptive columns of the segment's customers, [pass, warn].",
    )
    accessible: Thresholds = Field(
        [0.3, 0.1], description="Share of the segment's customers who may be contacted, [pass, warn]."
    )
    substantial: Thresholds = Field([100, 30], description="Number of customers in the segment, [pass, warn].")
    differentiable: Thresholds = Field(
        [0.33, 0.147],
        description="Difference from other customers (Cliff's delta) in the measure that differs most, [pass, warn].",
    )
    durable: Thresholds = Field(
        [0.6, 0.4],
        description="Share of the segment's customers of period_days ago who are still in it, [pass, warn].",
    )
    period_days: int = Field(90, ge=1, description="Age in days of the earlier segmentation for durable.")
    consent: list[str] = Field(
        default_factory=lambda: ["yes", "y", "true", "1", "subscribed", "opted in", "opt-in", "accepted"],
        description="Values of email_consent and phone_consent that mean consent.",
    )
