"""`export:` audience files for other systems."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from segcli import plugins
from segcli.config.section import PATH_MARK, Section

_SHARE_PATTERN = re.compile(r"(\d{1,2}(\.\d+)?)%")
TARGET_SEGMENTATION = "target"
DESTINATION_NAMES = [*plugins.list_dashed_plugins("segcli.exporters.destinations"), "sql", "dbt"]


def _check_share(share: float | str) -> float | str:
    is_percent_text = isinstance(share, str) and _SHARE_PATTERN.fullmatch(share) is not None
    if is_percent_text or (not isinstance(share, str) and 0 <= share < 1):
        return share
    raise ValueError(f"must be a share below 1 or a percentage such as 10%; got {share}")


# Windows opens a device for these names, with any suffix, and drops a dot or a blank at the end.
_FILE_NAME = re.compile(
    r"(?!\.)(?!(?:con|prn|aux|nul|com\d|lpt\d) *(?:\.|$))[^/\\:*?\"<>|\x00-\x1f\x7f]*[^/\\:*?\"<>|\x00-\x1f\x7f .]",
    re.IGNORECASE,
)


def _check_file_name(file_name: str) -> str:
    if not _FILE_NAME.fullmatch(file_name):
        raise ValueError(
            f'must be a file name that all systems accept: without / \\ : * ? " < > |, not CON or NUL; got {file_name}'
        )
    return file_name


class ExportSettings(Section):
    """One audience file for one destination."""

    to: str = Field(description=f"Destination: {plugins.join_words(DESTINATION_NAMES)}.")
    of: str | None = Field(
        None,
        description="Your segmentation to export, for example rfm, or target for the chosen target segments. "
        "Default: the "
        "first segmentation.",
    )
    segments: list[str] = Field(default_factory=list, description="Your segments to export. Default: all segments.")
    name: str | None = Field(
        None, description="Name of your audience at the destination. Default: the name of the segmentation."
    )
    properties: list[str] | None = Field(None, description="Additional columns to export. Default: only the segment.")
    value: str | None = Field(
        None,
        description="Column with the value of a customer, for example clv, for destinations that accept one. Default: "
        "none.",
    )
    holdout: Annotated[float | str, AfterValidator(_check_share)] = Field(
        0.0,
        description="Share of customers in the holdout group, for example 10%. These customers are not contacted, so "
        "that you can measure your campaign's effect.",
    )
    only_changed: str | None = Field(
        None,
        description="Your earlier table with the same segmentation. Exports only customers whose segment changed since "
        "then.",
        json_schema_extra=PATH_MARK,
    )
    dialect: str = Field(
        "duckdb", description="SQL dialect for the destinations sql and dbt: duckdb, postgresql, bigquery or snowflake."
    )
    file: Annotated[str, AfterValidator(_check_file_name)] | None = Field(
        None,
        description="File name in the output folder of a run. Default: export-DESTINATION.csv, export-sql.sql or "
        "export_dbt.sql. The properties of a dbt model are in a file with the suffix .yml.",
    )

    @property
    def holdout_share(self) -> float:
        """Share of customers in the holdout group (0 to below 1)."""
        percent_match = _SHARE_PATTERN.fullmatch(str(self.holdout))
        return float(percent_match[1]) / 100 if percent_match else float(self.holdout)
