"""`report:` the document people read."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from segcli import plugins
from segcli.config.section import PATH, Section, one_of

SECTIONS = plugins.listed("segcli.reports.sections")
if TYPE_CHECKING:
    Named = str
else:
    Named = one_of(SECTIONS)
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
    sections: list[Named] = Field(
        default_factory=lambda: ["summary", "quality", "segments", "personas", "settings", "provenance"],
        min_length=1,
        description=f"Sections in the order shown, of: {plugins.told(SECTIONS)}.",
    )
    previous: str | None = Field(
        None,
        description="Earlier result for the section migration: a table with segments, or a run's folder.",
        json_schema_extra=PATH,
    )
