"""`history:` segment sizes of earlier runs, one folder per as-of day."""

from pydantic import Field

from segcli.config.section import PATH_MARK, Section


class HistorySettings(Section):
    """`history:` what each run of `segcli run` keeps for `segcli compare --history`."""

    folder: str | None = Field(
        None,
        description="Folder for the segment sizes and the manifest of each run, in a folder per as-of day, without "
        "customers. Default: nothing is kept.",
        json_schema_extra=PATH_MARK,
    )
    keep: int = Field(400, ge=1, description="Maximum number of days to keep; older ones are removed.")
