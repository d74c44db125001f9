"""`rules:` rule-based segmentations, built in or defined by the user."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from segcli.columns import CUSTOMER_TABLE_COLUMNS, SEGMENT_SUFFIX, TRANSACTION_COLUMNS
from segcli.config.section import PATH_MARK, Section

SegmentColumn = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]

# Bases with the name of a column that customer files often have, besides the standard columns
BASES_NAMED_AS_COLUMNS = ("churn_reason", "language", "media", "transport")
LIMIT_COUNT = 2  # a smallest and a largest size


def _check_size_limit(limit: object) -> object:
    is_count = isinstance(limit, int) and not isinstance(limit, bool) and limit >= 0
    is_share = isinstance(limit, str) and re.fullmatch(r"\d+(\.\d+)?%", limit) is not None
    if limit is None or is_count or (is_share and count_limit(limit, 1) <= 1):
        return limit
    raise ValueError(f"must be a number of customers, a share such as 5%, or null for no limit; got {limit}")


def _check_size_range(limits: object) -> object:
    if not isinstance(limits, list) or len(limits) != LIMIT_COUNT or limits == [None, None]:
        raise ValueError(f"must be two limits such as [50, 400] or [2%, 10%]; got {limits}")
    lowest, highest = (_check_size_limit(limit) for limit in limits)
    if type(lowest) is type(highest) and count_limit(lowest, 1000) > count_limit(highest, 1000):
        raise ValueError(f"the lower limit {lowest} is above the upper limit {highest}; swap them")
    return limits


def count_limit(limit: object, customer_count: int) -> float:
    """Return a limit of a size as a number of customers, which need not be whole.

    >>> count_limit(50, 400), count_limit("2%", 400)
    (50.0, 8.0)
    """
    text = str(limit)
    return float(text.removesuffix("%")) * customer_count / 100 if text.endswith("%") else float(text)


SizeRange = Annotated[list[Any], BeforeValidator(_check_size_range)]


class SegmentDefinition(Section):
    """Everything about a segment besides its name and its rule."""

    priority: int = Field(
        0, description="Priority if a customer matches several rules. The highest priority wins, then the first rule."
    )
    description: str | None = Field(None, description="Purpose of the segment, in your words.")
    owner: str | None = Field(None, description="Person or team that owns the segment.")
    expected_size: SizeRange | None = Field(
        None,
        description="Smallest and largest plausible size, as numbers of customers ([50, 400]), as shares of all "
        "customers ([2%, 10%]), or null for no limit. `rules` and `run` exit with code 4 if the size is outside.",
    )


class RuleSegment(SegmentDefinition):
    """A segment and its rule."""

    segment: str = Field(min_length=1, description="Name of the segment.")
    when: str | dict[str, Any] = Field(
        description="Rule, for example orders >= 3 and recency_days <= 30, or a mapping of all, any or none to a list "
        "of rules."
    )


class SegmentFile(SegmentDefinition):
    """A file with one segment, in the folder of `rules: [{folder: FOLDER}]`."""

    name: str = Field(min_length=1, description="Name of the segment.")
    rule: str | dict[str, Any] = Field(description="Rule, as in a config.")
    exclusive_group: SegmentColumn | None = Field(
        None,
        description="Column of several segments, of which each customer is in one. Default: a column of its own, "
        "named after the file.",
    )


class RulesSettings(Section):
    """One segmentation: a built-in base with its options, or segments with their rules."""

    base: str | None = Field(None, description="Built-in base, for example generation.")
    name: SegmentColumn | None = Field(
        None, description="Output column of the segmentation. Default: the name of the base."
    )
    table: str | None = Field(
        None,
        description="Your CSV lookup table for the base, for example areas by postcode.",
        json_schema_extra=PATH_MARK,
    )
    options: dict[str, Any] = Field(default_factory=dict, description="Options of the base.")
    segments: list[RuleSegment] = Field(default_factory=list, description="Segments with their rules.")
    folder: str | None = Field(
        None,
        description="Folder of YAML files with one segment each: name, rule, description, owner, exclusive_group, "
        "priority and expected_size. segcli reads them in place of this entry.",
        json_schema_extra=PATH_MARK,
    )
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
        if [self.base is None, not self.segments, self.folder is None].count(False) != 1:
            raise ValueError("must have one of base, segments or folder")
        if self.base is None and self.name is None and self.folder is None:
            raise ValueError("must have a name, which becomes the column name")
        if self.base is None and (self.options or self.table):
            raise ValueError("options and table need a base; hint: set base, or remove them")
        return self

    @property
    def segment_column(self) -> str:
        """Column of the segments: the name of the base, with a suffix if an input column has the same name."""
        base_column = (
            f"{self.base}{SEGMENT_SUFFIX}"
            if self.base in {*TRANSACTION_COLUMNS, *CUSTOMER_TABLE_COLUMNS, *BASES_NAMED_AS_COLUMNS}
            else str(self.base)
        )
        return self.name or base_column
