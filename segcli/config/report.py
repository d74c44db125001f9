"""`report:` the document people read."""

from typing import Literal

from pydantic import Field

from segcli.config.section import PATH, Section

Format = Literal["md", "html", "json"]
FORMATS: tuple[Format, ...] = ("md", "html")


class ReportSettings(Section):
    """`report:` its title, its sections in order, and what it is compared with."""

    title: str = Field("Customer segments", min_length=1, description="Title of the report.")
    formats: list[Format] = Field(
        default_factory=lambda: list(FORMATS),
        min_length=1,
        description="Formats of the report that `segcli run` writes: md, html, json.",
    )
    sections: list[str] = Field(
        default_factory=lambda: ["summary", "quality", "segments", "personas", "settings", "provenance"],
        min_length=1,
        description="Sections in the order shown, of: summary, quality, segments, heatmap, profile, stability, "
        "bases, personas, experience, rates, cohorts, clv, backtest, migration, scorecard, drivers, targets, plan, "
        "fairness, privacy, settings, provenance.",
    )
    previous: str | None = Field(
        None,
        description="Earlier result for the section migration: a table with segments, or a run's folder.",
        json_schema_extra=PATH,
    )
