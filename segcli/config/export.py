"""`export:` files for the systems that address people."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from segcli import plugins
from segcli.config.section import PATH, Section

_SHARE = re.compile(r"(\d{1,2}(\.\d+)?)%")
TARGET = "target"
DESTINATIONS = [*plugins.dashed("segcli.exporters.destinations"), "sql"]


def _share(value: float | str) -> float | str:
    of_text = isinstance(value, str) and _SHARE.fullmatch(value) is not None
    if of_text or (not isinstance(value, str) and 0 <= value < 1):
        return value
    raise ValueError(f"must be a share below 1, or such as 10%; got {value}")


_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]+")


def _plain_name(value: str) -> str:
    if not _NAME.fullmatch(value) or value.startswith("."):
        raise ValueError(f"must be the name of a file in the folder of the run, without / and \\; got {value}")
    return value


class ExportSettings(Section):
    """One file for one destination."""

    to: str = Field(description=f"Destination: {plugins.told(DESTINATIONS)}.")
    of: str | None = Field(
        None, description="Segmentation, such as rfm, or target: the chosen segments; default: the first there is."
    )
    segments: list[str] = Field(default_factory=list, description="Segments to export; default: all.")
    name: str | None = Field(None, description="Name of the audience at the destination; default: the segmentation's.")
    properties: list[str] | None = Field(
        None, description="Further columns to hand over; default: none but the segment."
    )
    value: str | None = Field(
        None,
        description="Column that says what a customer is worth, such as clv, for destinations that ask; default: none.",
    )
    holdout: Annotated[float | str, AfterValidator(_share)] = Field(
        0.0,
        description="Share, such as 10%, of customers who are left alone, to measure what addressing the others does.",
    )
    only_changed: str | None = Field(
        None,
        description="Earlier table with the same segments; only customers who moved since are exported.",
        json_schema_extra=PATH,
    )
    dialect: str = Field("duckdb", description="Dialect of sql: duckdb, postgresql, bigquery or snowflake.")
    file: Annotated[str, AfterValidator(_plain_name)] | None = Field(
        None, description="Name of the file in the folder of a run; default: export-DESTINATION.csv, or .sql."
    )

    @property
    def holdout_share(self) -> float:
        """From 0 to below 1."""
        found = _SHARE.fullmatch(str(self.holdout))
        return float(found[1]) / 100 if found else float(self.holdout)
