"""`report:` the written report."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from segcli import plugins
from segcli.config.section import PATH_MARK, Section, literal_type

REPORT_SECTIONS = plugins.list_plugin_files("segcli.reports.sections")
if TYPE_CHECKING:
    SectionName = str
else:
    SectionName = literal_type(REPORT_SECTIONS)
ReportFormat = Literal["md", "html", "json"]
DEFAULT_FORMATS: tuple[ReportFormat, ...] = ("md", "html")


class ReportSettings(Section):
    """`report:` title, formats, sections in order, and the earlier result for a comparison."""

    title: str = Field("Customer segments", min_length=1, description="Title of your report.")
    formats: list[ReportFormat] = Field(
        default_factory=lambda: list(DEFAULT_FORMATS),
        min_length=1,
        description="Report formats that `segcli run` writes: md, html, json.",
    )
    sections: list[SectionName] = Field(
        default_factory=lambda: ["summary", "segments", "personas", "quality", "settings", "provenance"],
        min_length=1,
        description=f"Sections in this order: {plugins.join_words(REPORT_SECTIONS)}.",
    )
    period_days: int = Field(
        90,
        ge=1,
        le=3660,
        description="Length in days of the period that the summary compares with the period before it.",
    )
    previous: str | None = Field(
        None,
        description="Your earlier result for the section migration: a table with segments, or the output folder of a "
        "run.",
        json_schema_extra=PATH_MARK,
    )
