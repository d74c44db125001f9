"""`fairness:` columns used to audit segments, never to build them."""

from typing import Literal

from pydantic import Field

from segcli.config.section import Section


class FairnessSettings(Section):
    """`fairness:` what segments may not be made of."""

    audit_only: list[str] = Field(
        default_factory=list, description="Columns kept for audits, such as gender; segments may not be made of them."
    )
    minimum_ratio: float = Field(
        0.8, gt=0, le=1, description="Smallest ratio of the rates at which two groups are chosen (four-fifths rule)."
    )
    minimum_balance: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Balance of a segment, 1 where it has the same mix of groups as all customers, below which "
        "it is worth a look.",
    )
    fail_on: Literal["ratio", "never"] = Field(
        "never",
        description="Whether a ratio below minimum_ratio ends the command with exit code 4 (ratio) or not (never).",
    )
