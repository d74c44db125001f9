"""`scorecard:` what segments must hold to be worth working with."""

from typing import Annotated

from pydantic import AfterValidator, Field

from segcli.config.section import Section


def _falling(bounds: list[float]) -> list[float]:
    if bounds[0] < bounds[1]:
        raise ValueError(f"must be [pass from, warn from], the higher first; got {bounds}")
    return bounds


Bounds = Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_falling)]


class ScorecardSettings(Section):
    """`scorecard:` from which value a segment passes, and from which it only warns; below it fails."""

    measurable: Bounds = Field(
        [0.8, 0.5], description="Share of what describes customers that is known of the segment's, [to pass, to warn]."
    )
    accessible: Bounds = Field(
        [0.3, 0.1], description="Share of the segment's customers who may be written to, [to pass, to warn]."
    )
    substantial: Bounds = Field([100, 30], description="Number of customers in the segment, [to pass, to warn].")
    differentiable: Bounds = Field(
        [0.33, 0.147],
        description="Difference (Cliff's delta) from other customers in the measure that differs most, [to pass, "
        "to warn].",
    )
    durable: Bounds = Field(
        [0.6, 0.4],
        description="Share of the segment's customers of period_days ago who are still in it, [to pass, to warn].",
    )
    period_days: int = Field(90, ge=1, description="Days back to the segmentation that durable compares with.")
    consent: list[str] = Field(
        default_factory=lambda: ["yes", "y", "true", "1", "subscribed", "opted in", "opt-in", "accepted"],
        description="Words in email_consent and phone_consent of those who agreed.",
    )
