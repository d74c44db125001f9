"""`report:` the document people read."""

from pydantic import Field

from segcli.config.section import Section


class ReportSettings(Section):
    """`report:` its title and its sections, in order."""

    title: str = Field("Customer segments", min_length=1, description="Title of the report.")
    sections: list[str] = Field(
        default_factory=lambda: ["summary", "quality", "segments", "personas", "settings", "provenance"],
        min_length=1,
        description="Sections in the order shown, of: summary, quality, segments, personas, experience, rates, "
        "scorecard, drivers, targets, plan, fairness, privacy, settings, provenance.",
    )
