"""Audiences for other systems. A destination is a file of `destinations/`; its name, with dashes, is the user's.

It is a module with

    TITLE: what its file is
    SOURCE: where its format is documented
    NEEDS: the contact columns of which a person must have at least one
    ADDRESSES: whether everybody in the file is addressed (an ad audience), so that a holdout must not be in it
    LIMITS: what the destination takes at most
    def export(audience) -> Exported

`check` holds what it gives against its limits.
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

DESTINATIONS = "segcli.exporters.destinations"


@dataclass(frozen=True)
class Audience:
    """People to hand over, under the name the destination will show.

    `rows` has customer_id and segment, all text; the contact columns that are known (email, phone, first_name,
    last_name, city, region, postcode, country, birth_date, gender; text, blank where not known); and `properties`,
    further columns that describe a person (numbers, text or dates). `region` is the country, such as DE, of phone
    numbers without a country code. `value` names the property that says what a person is worth, if one does.
    """

    name: str
    rows: "pd.DataFrame"
    properties: tuple[str, ...] = ()
    as_of: "date | None" = None
    region: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Limits:
    """What a destination takes at most: bytes of the file, rows, columns, bytes of a cell; None is no limit."""

    bytes: int | None = None
    rows: int | None = None
    columns: int | None = None
    cell_bytes: int | None = None


@dataclass(frozen=True)
class Exported:
    """The file's table, all text, columns named as the destination names them.

    `ids` are the customer ids of its rows; `left_out` counts people of the audience who are not in it, by reason;
    `notes` are worth saying.
    """

    table: "pd.DataFrame"
    ids: "pd.Series"
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Exporter(Protocol):
    """What a file of `destinations/` offers."""

    TITLE: str
    SOURCE: str
    NEEDS: tuple[str, ...]
    ADDRESSES: bool
    LIMITS: Limits

    def export(self, audience: Audience) -> Exported:
        """The people of an audience as the destination takes them."""
        ...


def names() -> list[str]:
    """The destinations there are."""
    return plugins.dashed(DESTINATIONS)


def load(name: str) -> Exporter:
    """A destination by its name.

    Raises:
        UsageProblem: there is none of this name.
    """
    if name not in names():
        raise UsageProblem(f"no destination '{name}'; known: {', '.join(names())}, or sql")
    return cast("Exporter", plugins.module(DESTINATIONS, name.replace("-", "_")))


def check(made: Exported, limits: Limits, destination: str) -> None:
    """Refuse what the destination would.

    Raises:
        ExportProblem: naming the limit that is passed, and by what.
    """
    rows, columns = made.table.shape
    if limits.rows is not None and rows > limits.rows:
        raise ExportProblem(f"{rows:,} rows; {destination} takes {limits.rows:,} in a file. Export fewer segments")
    if limits.columns is not None and columns >= limits.columns:
        raise ExportProblem(
            f"{columns:,} columns; {destination} takes fewer than {limits.columns:,}. Export fewer properties"
        )
    if limits.cell_bytes is not None:
        for name in made.table.columns:
            longest = max((len(text.encode()) for text in made.table[name]), default=0)
            if longest > limits.cell_bytes:
                what = f"column '{name}': a text of {longest:,} bytes"
                raise ExportProblem(f"{what}; {destination} takes {limits.cell_bytes:,}. Leave that column out")
    size = len(as_csv(made)) if limits.bytes is not None else 0
    if limits.bytes is not None and size > limits.bytes:
        raise ExportProblem(f"{size:,} bytes; {destination} takes {limits.bytes:,} in a file. Export fewer segments")


def as_csv(made: Exported) -> bytes:
    """The file: UTF-8 without a mark, commas, quotes where needed, a header, lines ended by a line feed."""
    out = io.StringIO()
    made.table.to_csv(out, index=False, lineterminator="\n")
    return out.getvalue().encode()
