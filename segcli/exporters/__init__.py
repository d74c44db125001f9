"""Export of audiences to other systems.

A destination is a module of `destinations/`; its name, with dashes, is its name in the settings. It defines

    TITLE: description of its file
    SOURCE: where its format is documented
    REQUIRED_CONTACTS: the contact columns of which a person must have at least one
    IS_AD_AUDIENCE: whether everybody in the file is targeted (an ad audience), so that it must not contain a holdout
    LIMITS: the limits of the destination
    def export(audience) -> DestinationFile

`check_limits` compares the file with the limits.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

from segcli import plugins
from segcli.errors import ExportProblem, UsageProblem

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

DESTINATIONS_PACKAGE = "segcli.exporters.destinations"


@dataclass(frozen=True)
class Audience:
    """People to export, under the name that the destination will show.

    `people_rows` has customer_id and segment, all text; the available contact columns (email, phone, first_name,
    last_name, city, region, postcode, country, birth_date, gender; text, blank if unknown); and `properties`, further
    columns that describe a person (numbers, text or dates). `phone_region` is the country, such as DE, of phone numbers
    without a country code. `value_column` is the property with the value of a person, if any.
    """

    audience_name: str
    people_rows: "pd.DataFrame"
    properties: tuple[str, ...] = ()
    as_of: "date | None" = None
    phone_region: str | None = None
    value_column: str | None = None


@dataclass(frozen=True)
class FileLimits:
    """Limits of a destination: bytes of the file, rows, columns, bytes of a cell; None means no limit."""

    max_bytes: int | None = None
    max_rows: int | None = None
    max_columns: int | None = None
    max_cell_bytes: int | None = None


@dataclass(frozen=True)
class DestinationFile:
    """Table of the file, all text, with the destination's column names.

    `customer_ids` are the customer ids of its rows. `exclusion_counts` counts people of the audience who are not in it,
    by reason. `notes` are messages for the user.
    """

    table: "pd.DataFrame"
    customer_ids: "pd.Series"
    exclusion_counts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Destination(Protocol):
    """Interface of the modules in `destinations/`."""

    TITLE: str
    SOURCE: str
    REQUIRED_CONTACTS: tuple[str, ...]
    IS_AD_AUDIENCE: bool
    LIMITS: FileLimits

    def export(self, audience: Audience) -> DestinationFile:
        """Convert an audience to the format of the destination."""
        ...


def destination_names() -> list[str]:
    """Return the names of all destinations."""
    return [name.replace("_", "-") for name in plugins.list_plugins(DESTINATIONS_PACKAGE)]


def load_destination(destination_name: str) -> Destination:
    """Return the destination of this name.

    Raises:
        UsageProblem: there is no such destination.
    """
    if destination_name not in destination_names():
        raise UsageProblem(f"no destination '{destination_name}'; known: {', '.join(destination_names())}, sql or dbt")
    return cast("Destination", plugins.load_plugin(DESTINATIONS_PACKAGE, destination_name.replace("-", "_")))


def check_limits(destination_file: DestinationFile, file_limits: FileLimits, destination_name: str) -> None:
    """Reject files that exceed a limit of the destination.

    Raises:
        ExportProblem: the file exceeds a limit; it names the limit and the excess.
    """
    row_count, column_count = destination_file.table.shape
    if file_limits.max_rows is not None and row_count > file_limits.max_rows:
        raise ExportProblem(
            f"{row_count:,} rows; {destination_name} accepts {file_limits.max_rows:,} in a file. Export fewer segments"
        )
    if file_limits.max_columns is not None and column_count >= file_limits.max_columns:
        raise ExportProblem(
            f"{column_count:,} columns; "
            f"{destination_name} accepts fewer than {file_limits.max_columns:,}. Export fewer properties"
        )
    if file_limits.max_cell_bytes is not None:
        for column_name in destination_file.table.columns:
            longest_cell = max((len(text.encode()) for text in destination_file.table[column_name]), default=0)
            if longest_cell > file_limits.max_cell_bytes:
                cell_text = f"column '{column_name}': a text of {longest_cell:,} bytes"
                raise ExportProblem(
                    f"{cell_text}; {destination_name} accepts {file_limits.max_cell_bytes:,}. Remove that column"
                )
    file_size = len(encode_csv(destination_file)) if file_limits.max_bytes is not None else 0
    if file_limits.max_bytes is not None and file_size > file_limits.max_bytes:
        raise ExportProblem(
            f"{file_size:,} bytes; {destination_name} accepts {file_limits.max_bytes:,} "
            "in a file. Export fewer segments"
        )


def encode_csv(destination_file: DestinationFile) -> bytes:
    """Encode the file as CSV: UTF-8 without a byte order mark, commas, quotes if needed, a header, LF line endings."""
    csv_buffer = io.StringIO()
    destination_file.table.to_csv(csv_buffer, index=False, lineterminator="\n")
    return csv_buffer.getvalue().encode()
