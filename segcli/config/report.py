"""`report:` the document people read."""

from typing import Literal

from pydantic import Field

from segcli.config.section import Section

Format = Literal["md", "html", "json"]
FORMATS: tuple[Format, ...] = ("md", "html")


class ReportSettings(Section):
    """`report:` its title and its sections, in order."""

    title: str = Field("Customer segments", min_length=1, description="Title of the report.")
    formats: list[Format] = Field(
        default_factory=lambda: list(FORMATS),
        min_length=1,
        description="Files that `segcli run` writes: report.md, report.html, report.json.",
    )
    sections: list[str] = Field(
        default_factory=lambda: ["summary", "quality", "segments", "personas", "settings", "provenance"],
        min_length=1,
        description="Sections in the order shown, of: summary, quality, segments, personas, experience, rates, "
        "scorecard, drivers, targets, plan, fairness, privacy, settings, provenance.",
    )
