"""`quality:` requirements for the data."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from segcli.config.ingest import check_line_limit
from segcli.config.section import NeedsAllLines, Section

Severity = Literal["error", "warning", "note"]


def _check_bound(bound: float | str) -> float | str:
    if isinstance(bound, str):
        date.fromisoformat(bound)
    return bound


ValueBound = Annotated[int | float | str, AfterValidator(_check_bound)]
LineLimit = Annotated[int | str, AfterValidator(check_line_limit)]


class ColumnRule(Section):
    """What the values of one column must be; those it is silent about are not looked at."""

    type: Literal["number", "whole", "date"] | None = Field(
        None, description="What every filled value must be: number, whole (a whole number) or date."
    )
    required: bool = Field(default=False, description="Whether no value may be missing.")
    max_missing: LineLimit | None = Field(None, description="Most missing values, as a number or a share such as 5%.")
    unique: bool = Field(default=False, description="Whether no filled value may stand twice.")
    min: ValueBound | None = Field(None, description="Smallest number, or first day such as 2020-01-01.")
    max: ValueBound | None = Field(None, description="Largest number, or last day.")
    matches: Annotated[str, Field(max_length=1000)] | None = Field(
        None, description="Regular expression (RE2) that the whole of every filled value matches."
    )
    allowed: list[str] | None = Field(None, description="The only values there may be.")
    severity: Severity = Field("error", description="How much a broken rule weighs: error, warning or note.")


class Confidence(Section):
    """From which size on results are taken as certain; half of it is middling."""

    customers: int = Field(500, ge=1, description="Number of customers that high confidence needs.")
    days: int = Field(180, ge=1, description="Days between first and last order that high confidence needs.")
    repeat_buyers: int = Field(
        100, ge=1, description="Number of customers with two orders or more that high confidence needs."
    )


class QualitySettings(Section):
    """`quality:` rules on the inputs, and the gate they make."""

    columns: Annotated[dict[str, ColumnRule], NeedsAllLines("run")] = Field(
        default_factory=dict, description="Rules by column (standard name or the file's own): type, required, unique..."
    )
    max_rejects: LineLimit | None = Field(
        None, description="Most rejected lines before the rule is broken, as a number or a share such as 1%."
    )
    max_unreadable_money: LineLimit | None = Field(
        None,
        description="Most money that may be unreadable before the rule is broken, as an amount or a share of the money "
        "read such as 1%; a line without digits counts as much as the average line.",
    )
    max_age_days: int | None = Field(
        None, ge=0, description="Most days from the last order to the as-of day; default: any number."
    )
    confidence: Confidence = Field(default_factory=Confidence, description="Sizes that make results certain.")
    min_confidence: Literal["low", "middling", "high"] = Field(
        "low", description="Lowest confidence that passes: low, middling or high."
    )
    fail_on: Literal["error", "warning", "note", "never"] = Field(
        "error",
        description="Severity from which a broken rule ends the command with exit code 4: error, warning, note, "
        "or never.",
    )
