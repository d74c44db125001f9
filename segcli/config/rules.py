"""`rules:` rule-based segmentations, built in or defined by the user."""

from typing import Any

from pydantic import Field, model_validator

from segcli.columns import CUSTOMER_TABLE_COLUMNS, SEGMENT_SUFFIX, TRANSACTION_COLUMNS
from segcli.config.section import PATH_MARK, Section


class RuleSegment(Section):
    """A segment and its rule."""

    segment: str = Field(min_length=1, description="Name of the segment.")
    when: str | dict[str, Any] = Field(
        description="Rule, for example orders >= 3 and recency_days <= 30, or a mapping of all, any or none to a list "
        "of rules."
    )
    priority: int = Field(
        0, description="Priority if a customer matches several rules. The highest priority wins, then the first rule."
    )


class RulesSettings(Section):
    """One segmentation: a built-in base with its options, or segments with their rules."""

    base: str | None = Field(None, description="Built-in base, for example generation.")
    name: str | None = Field(
        None, pattern=r"^[^\W\d]\w*$", description="Output column of the segmentation. Default: the name of the base."
    )
    table: str | None = Field(
        None,
        description="Your CSV lookup table for the base, for example areas by postcode.",
        json_schema_extra=PATH_MARK,
    )
    options: dict[str, Any] = Field(default_factory=dict, description="Options of the base.")
    segments: list[RuleSegment] = Field(default_factory=list, description="Segments with their rules.")
    otherwise: str = Field("Others", min_length=1, description="Segment of customers who match no rule.")
    special_reason: str | None = Field(
        None,
        min_length=10,
        description="Your reason for using special categories of personal data (health, religion, ...) in this "
        "segmentation. segcli records the reason. Default: privacy.special_reason.",
    )
    exclusive: bool = Field(
        default=True,
        description="Write only the winning segment (true), or also all matching segments in the column NAME_all "
        "(false).",
    )

    @model_validator(mode="after")
    def _check_base_or_segments(self) -> "RulesSettings":
        if (self.base is None) == (not self.segments):
            raise ValueError("must have either base or segments")
        if self.base is None and self.name is None:
            raise ValueError("must have a name, which becomes the column name")
        if self.base is None and (self.options or self.table):
            raise ValueError("options and table need a base; hint: set base, or remove them")
        return self

    @property
    def segment_column(self) -> str:
        """Column of the segments: the name of the base, with a suffix if an input column has the same name."""
        base_column = (
            f"{self.base}{SEGMENT_SUFFIX}"
            if self.base in {**TRANSACTION_COLUMNS, **CUSTOMER_TABLE_COLUMNS}
            else str(self.base)
        )
        return self.name or base_column
