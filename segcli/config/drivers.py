"""`drivers:` columns that are associated with spend, repeat purchases or satisfaction."""

from pydantic import Field

from segcli.config.section import PositiveValue, Section


class DriversSettings(Section):
    """`drivers:` outcome column and candidate columns."""

    of: str = Field(
        "revenue",
        description="Outcome column: a number, yes or no, or a category. `repeat` is 1 for customers with more than "
        "one order.",
    )
    positive: PositiveValue = None
    among: list[str] = Field(
        default_factory=list,
        description="Candidate columns for the association. Default: all columns that describe customers.",
    )
