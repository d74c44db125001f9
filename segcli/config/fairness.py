"""`fairness:` columns used to audit segments, never to build them."""

from typing import Literal

from pydantic import Field

from segcli.config.section import Section


class FairnessSettings(Section):
    """`fairness:` audit columns and the limits of an audit."""

    audit_only: list[str] = Field(
        default_factory=list, description="Columns for audits only, for example gender. No segmentation may use them."
    )
    minimum_ratio: float = Field(
        0.8, gt=0, le=1, description="Minimum ratio of the selection rates of two groups (four-fifths rule)."
    )
    minimum_balance: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Balance below which segcli flags a segment. A balance of 1 is the same mix of groups as among "
        "all customers.",
    )
    fail_on: Literal["ratio", "never"] = Field(
        "never",
        description="Exit with code 4 when a ratio is below minimum_ratio (ratio), or never fail on it (never).",
    )
