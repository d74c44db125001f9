"""`persona:` descriptions of the segments."""

from pydantic import Field

from segcli.config.section import PATH_MARK, Section


class PersonaSettings(Section):
    """`persona:` segmentations to describe, number of traits, and playbook."""

    of: list[str] = Field(
        default_factory=list,
        description="Segmentations to describe, for example rfm and cluster. Default: all.",
    )
    traits: int = Field(
        5, ge=1, le=20, description="Maximum number of traits per segment in each direction (above and below average)."
    )
    minimum_difference: float = Field(
        0.2, ge=0, description="Minimum difference from all customers for a trait, in standard deviations."
    )
    playbook: str | None = Field(
        None,
        description="Your YAML file of suggested actions by segment or trait. Default: the built-in playbook.",
        json_schema_extra=PATH_MARK,
    )
