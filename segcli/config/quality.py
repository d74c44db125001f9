"""`quality:` requirements for the data."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from segcli.config.ingest_types import check_line_limit
from segcli.config.section import NeedsAllLines, Section

Severity = Literal["error", "warning", "note"]


def _check_bound(bound: float | str) -> float | str:
    if isinstance(bound, str):
        date.fromisoformat(bound)
    return bound


ValueBound = Annotated[int | float | str, AfterValidator(_check_bound)]
LineLimit = Annotated[int | str, AfterValidator(check_line_limit)]


class ColumnRule(Section):
    """Rules for the values of one column. segcli checks only the keys that are set."""

    type: Literal["number", "whole", "date"] | None = Field(
        None, description="Type of all non-blank values: number, whole (a whole number) or date. Default: not checked."
    )
    required: bool = Field(default=False, description="Reject missing values.")
    max_missing: LineLimit | None = Field(
        None, description="Maximum number or share of missing values, for example 5%. Default: no limit."
    )
    unique: bool = Field(default=False, description="Require unique values. Blanks are ignored.")
    min: ValueBound | None = Field(
        None, description="Minimum number, or first day such as 2020-01-01. Default: no limit."
    )
    max: ValueBound | None = Field(None, description="Maximum number, or last day. Default: no limit.")
    matches: Annotated[str, Field(max_length=1000)] | None = Field(
        None, description="Regular expression (RE2 syntax) that each non-blank value must match in full."
    )
    allowed: list[str] | None = Field(None, description="Allowed values. Default: any value.")
    severity: Severity = Field("error", description="Severity of a failed rule: error, warning or note.")


class Confidence(Section):
    """Data sizes for high confidence. Half of each size gives medium confidence."""

    customers: int = Field(500, ge=1, description="Number of customers required for high confidence.")
    days: int = Field(
        180, ge=1, description="Number of days between first and last order required for high confidence."
    )
    repeat_buyers: int = Field(
        100, ge=1, description="Number of customers with two or more orders required for high confidence."
    )


class QualitySettings(Section):
    """`quality:` rules for the input, and their effect on the exit code."""

    columns: Annotated[dict[str, ColumnRule], NeedsAllLines("run")] = Field(
        default_factory=dict,
        description="Rules by column, under its standard name or its name in your file: type, required, unique, ...",
    )
    max_rejects: LineLimit | None = Field(
        None, description="Maximum number or share of rejected lines, for example 1%. Default: no limit."
    )
    max_unreadable_money: LineLimit | None = Field(
        None,
        description="Maximum unreadable money, as an amount or a share of the money read, for example 1%. A line "
        "without digits counts as an average line. Default: no limit.",
    )
    max_age_days: int | None = Field(
        None, ge=0, description="Maximum number of days from the last order to the as-of day. Default: no limit."
    )
    confidence: Confidence = Field(default_factory=Confidence, description="Data sizes required for high confidence.")
    min_confidence: Literal["low", "medium", "high"] = Field(
        "low", description="Minimum confidence: low, medium or high."
    )
    fail_on: Literal["error", "warning", "note", "never"] = Field(
        "error",
        description="Exit with code 4 when a failed rule has at least this severity: error, warning or note. never "
        "disables the check.",
    )
