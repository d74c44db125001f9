"""Audiences for other systems. A destination is a file of `destinations/`; its name, with dashes, is the user's.

It is a module with

    TITLE: what its file is
    SOURCE: where its format is documented
    NEEDS: the contact columns of which a person must have at least one
    ADDRESSES: whether everybody in the file is addressed (an ad audience), so that a holdout must not be in it
    LIMITS: what the destination takes at most
    def export(audience) -> Exported

`check_limits` holds what it gives against its limits.
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
    """People to hand over, under the name the destination will show.

    `people_rows` has customer_id and segment, all text; the contact columns that are known (email, phone, first_name,
    last_name, city, region, postcode, country, birth_date, gender; text, blank where not known); and `properties`,
    further columns that describe a person (numbers, text or dates). `phone_region` is the country, such as DE, of phone
    numbers without a country code. `value_column` names the property that says what a person is worth, if one does.
    """

    audience_name: str
    people_rows: "pd.DataFrame"
    properties: tuple[str, ...] = ()
    as_of: "date | None" = None
    phone_region: str | None = None
    value_column: str | None = None


@dataclass(frozen=True)
class FileLimits:
    """What a destination takes at most: bytes of the file, rows, columns, bytes of a cell; None is no limit."""

    max_bytes: int | None = None
    max_rows: int | None = None
    max_columns: int | None = None
    max_cell_bytes: int | None = None


@dataclass(frozen=True)
class DestinationFile:
    """The file's table, all text, columns named as the destination names them.

    `customer_ids` are the customer ids of its rows; `exclusion_counts` counts people of the audience who are not in it,
    by reason; `notes` are worth saying.
    """

    table: "pd.DataFrame"
    customer_ids: "pd.Series"
    exclusion_counts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Destination(Protocol):
    """What a file of `destinations/` offers."""

    TITLE: str
    SOURCE: str
    REQUIRED_CONTACTS: tuple[str, ...]
    IS_AD_AUDIENCE: bool
    LIMITS: FileLimits

    def export(self, audience: Audience) -> DestinationFile:
        """The people of an audience as the destination takes them."""
        ...


def destination_names() -> list[str]:
    """The destinations there are."""
    return plugins.list_dashed_plugins(DESTINATIONS_PACKAGE)


def load_destination(destination_name: str) -> Destination:
    """A destination by its name.

    Raises:
        UsageProblem: there is none of this name.
    """
    if destination_name not in destination_names():
        raise UsageProblem(f"no destination '{destination_name}'; known: {', '.join(destination_names())}, or sql")
    return cast("Destination", plugins.load_plugin(DESTINATIONS_PACKAGE, destination_name.replace("-", "_")))


def check_limits(destination_file: DestinationFile, file_limits: FileLimits, destination_name: str) -> None:
    """Refuse what the destination would.

    Raises:
        ExportProblem: naming the limit that is passed, and by what.
    """
    row_count, column_count = destination_file.table.shape
    if file_limits.max_rows is not None and row_count > file_limits.max_rows:
        raise ExportProblem(
            f"{row_count:,} rows; {destination_name} takes {file_limits.max_rows:,} in a file. Export fewer segments"
        )
    if file_limits.max_columns is not None and column_count >= file_limits.max_columns:
        raise ExportProblem(
            f"{column_count:,} columns; "
            f"{destination_name} takes fewer than {file_limits.max_columns:,}. Export fewer properties"
        )
    if file_limits.max_cell_bytes is not None:
        for column_name in destination_file.table.columns:
            longest_cell = max((len(text.encode()) for text in destination_file.table[column_name]), default=0)
            if longest_cell > file_limits.max_cell_bytes:
                cell_text = f"column '{column_name}': a text of {longest_cell:,} bytes"
                raise ExportProblem(
                    f"{cell_text}; {destination_name} takes {file_limits.max_cell_bytes:,}. Leave that column out"
                )
    file_size = len(encode_csv(destination_file)) if file_limits.max_bytes is not None else 0
    if file_limits.max_bytes is not None and file_size > file_limits.max_bytes:
        raise ExportProblem(
            f"{file_size:,} bytes; {destination_name} takes {file_limits.max_bytes:,} in a file. Export fewer segments"
        )


def encode_csv(destination_file: DestinationFile) -> bytes:
    """The file: UTF-8 without a mark, commas, quotes where needed, a header, lines ended by a line feed."""
    csv_buffer = io.StringIO()
    destination_file.table.to_csv(csv_buffer, index=False, lineterminator="\n")
    return csv_buffer.getvalue().encode()
