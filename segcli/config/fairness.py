"""`fairness:` columns by which segments are audited, and never made."""

from pydantic import Field

from segcli.config.section import Section


class FairnessSettings(Section):
    """`fairness:` what segments may not be made of."""

    audit_only: list[str] = Field(
        default_factory=list, description="Columns kept for audits, such as gender: refused as features of clusters."
    )
