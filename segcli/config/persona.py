"""`persona:` descriptions of the segments."""

from pydantic import Field

from segcli.config.section import PATH_MARK, Section


class PersonaSettings(Section):
    """`persona:` which segmentations are described, and how."""

    of: list[str] = Field(
        default_factory=list,
        description="Segmentations to describe, such as rfm and cluster; default: all there are.",
    )
    traits: int = Field(
        5, ge=1, le=20, description="Most traits told of each segment, each way: more than others, less than others."
    )
    minimum_difference: float = Field(
        0.2, ge=0, description="Difference from all customers, in standard deviations, below which a trait is not told."
    )
    playbook: str | None = Field(
        None,
        description="YAML file of suggested actions by segment or trait; default: the shipped one.",
        json_schema_extra=PATH_MARK,
    )
