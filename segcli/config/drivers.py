"""`drivers:` columns that are associated with spend, repeat purchases or satisfaction."""

from pydantic import Field

from segcli.config.section import Section


class DriversSettings(Section):
    """`drivers:` of which column, among which."""

    of: str = Field("revenue", description="Column to be explained; `repeat` is whether a customer came back.")
    among: list[str] = Field(
        default_factory=list, description="Columns that may go together with it; default: all that describe customers."
    )
