"""`plan:` messages, channels and timing for each segment."""

from pydantic import Field

from segcli.config.section import PATH_MARK, Section


class PlanSettings(Section):
    """`plan:` segmentation, lifecycle stages, and the matrix of touchpoints."""

    of: str | None = Field(
        None, description="Segmentation to plan for, for example lifecycle. Default: the segmentation that target uses."
    )
    stages: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Lifecycle stages of your segments with custom names, for example {retain: [Club], win_back: "
        "[Asleep]}.",
    )
    matrix: str | None = Field(
        None,
        description="YAML file of touchpoints by stage. Default: the built-in touchpoints.",
        json_schema_extra=PATH_MARK,
    )
    only_targets: bool = Field(default=False, description="Plan only for the segments that `target` chooses.")
    weeks: int = Field(12, ge=1, le=104, description="Length of the calendar in weeks, starting at the as-of day.")
    most_per_week: int = Field(
        2, ge=1, description="Maximum contacts per segment and week. segcli reports more as a gap."
    )
