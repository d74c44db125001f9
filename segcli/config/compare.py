"""`compare:` changes between two segmentations."""

from typing import Literal

from pydantic import Field

from segcli.config.section import Section


class CompareSettings(Section):
    """`compare:` thresholds for drift, and their effect on the exit code."""

    noticeable: float = Field(
        0.1,
        gt=0,
        description="Population stability index (PSI) from which a change in a feature or in the segment shares is "
        "noticeable.",
    )
    major: float = Field(
        0.25, gt=0, description="PSI from which a change counts as drift. Segments should then be built again."
    )
    fail_on: Literal["never", "drift"] = Field(
        "never", description="Exit with code 4 when there is drift (drift), or never fail on drift (never)."
    )
    smallest_effect: float = Field(
        0.25,
        gt=0,
        description="Smallest effect of a campaign that a test should show, as a part of the share of buyers without "
        "the campaign: 0.25 is from 8 % to 10 %. Tests that can only show larger effects are reported as too small.",
    )
