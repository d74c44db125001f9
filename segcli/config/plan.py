"""`plan:` messages, channels and timing for each segment."""

from pydantic import Field

from segcli.config.section import PATH_MARK, Section


class PlanSettings(Section):
    """`plan:` the segmentation, its lifecycle stages, and the matrix of touchpoints."""

    of: str | None = Field(None, description="Segmentation to plan for, such as lifecycle; default: as for target.")
    stages: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Segments by lifecycle stage, for names that are not known: {retain: [Club], win_back: [Asleep]}.",
    )
    matrix: str | None = Field(
        None,
        description="YAML file of touchpoints by stage; default: the shipped one.",
        json_schema_extra=PATH_MARK,
    )
    only_targets: bool = Field(
        default=False, description="Whether only the segments that `target` chose are planned for."
    )
    weeks: int = Field(12, ge=1, le=104, description="Weeks that the calendar covers, from the as-of day on.")
    most_per_week: int = Field(2, ge=1, description="Most contacts a week of one segment; more are told as a gap.")
