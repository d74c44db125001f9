"""`persona:` what is said about each segment."""

from pydantic import Field

from segcli.config.section import PATH, Section


class PersonaSettings(Section):
    """`persona:` which segmentations are described, and how."""

    of: list[str] = Field(
        default_factory=list,
        description="Segmentations to describe, such as [rfm, cluster]; empty means all there are.",
    )
    traits: int = Field(5, ge=1, le=20, description="Distinguishing traits shown per segment, each way.")
    minimum_difference: float = Field(
        0.2, ge=0, description="Standardised difference below which a trait is not worth telling."
    )
    playbook: str | None = Field(
        None,
        description="YAML file of suggested actions by segment or trait, in place of the shipped one.",
        json_schema_extra=PATH,
    )
