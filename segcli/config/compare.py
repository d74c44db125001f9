"""`compare:` changes between two segmentations."""

from typing import Literal

from pydantic import Field

from segcli.config.section import Section


class CompareSettings(Section):
    """`compare:` from where on a change is drift, and what it leads to."""

    noticeable: float = Field(
        0.1,
        gt=0,
        description="Population stability index (PSI) from which a feature, or the shares of segments, has changed.",
    )
    major: float = Field(0.25, gt=0, description="PSI from which a change is drift, and segments should be made anew.")
    fail_on: Literal["never", "drift"] = Field(
        "never", description="Whether drift ends the command with exit code 4 (drift) or not (never)."
    )
