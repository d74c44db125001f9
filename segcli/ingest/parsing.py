"""Records as columns by Arrow's parser: as text, or as numbers where every record has one and no text is needed."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from segcli.errors import InputProblem
from segcli.ingest.dialect import Dialect

BLOCK_BYTES = 4 << 20
Types = Mapping[str, pa.DataType]


class Parsed(NamedTuple):
    """Columns by name; how many records below the header became rows; how many have a wrong number of fields."""

    columns: dict[str, pa.ChunkedArray]
    rows: int
    malformed: int


def no_csv(name: str, error: Exception) -> InputProblem:
    """A file that no reader of CSV reads."""
    return InputProblem(
        f"cannot be read as CSV ({error})",
        source=name,
        remedy="Look at its quotes, and say how it is written with --delimiter",
    )


def parsed(
    dialect: Dialect, name: str, places: Mapping[str, int], numbers: Collection[str] = (), *, width: int = 0
) -> Parsed:
    """The columns at these places, all records without the header.

    Args:
        dialect: of the file.
        name: of the file.
        places: of the wanted columns, by name.
        numbers: those of them that are float64 if every value is blank (null) or a finite number, as Python writes it.
        width: fields of a record, where the records stand without their header.

    Raises:
        InputProblem: the records cannot be told apart.
    """
    found = _with_numbers(dialect, places, numbers) if set(numbers) & set(places) else None
    if found is not None:
        return found
    try:
        table, malformed = _table(dialect, {_column(place): pa.string() for place in places.values()}, width=width)
    except pa.ArrowInvalid as error:
        raise no_csv(name, error) from None
    # The header was read as the first record: it tells the parser the width, and may hold any text.
    header = 0 if width else 1
    columns = {column: table.column(_column(place)).slice(header) for column, place in places.items()}
    return Parsed(columns, max(table.num_rows - header, 0), malformed)


def _with_numbers(dialect: Dialect, places: Mapping[str, int], numbers: Collection[str]) -> Parsed | None:
    """The same with numbers; None where one of them is written otherwise, since then its text is needed."""
    types = {_column(place): pa.float64() if name in numbers else pa.string() for name, place in places.items()}
    try:
        table, malformed = _table(dialect, types, header=1)
    except pa.ArrowInvalid:
        return None
    columns = {name: table.column(_column(place)) for name, place in places.items()}
    finite = (pc.all(pc.is_finite(columns[name]), min_count=0).as_py() for name in places if name in numbers)
    return Parsed(columns, table.num_rows, malformed) if all(finite) else None


def _table(dialect: Dialect, types: Types, header: int = 0, width: int = 0) -> tuple[pa.Table, int]:
    """Columns named f0, f1, ... without as many records as are header, and how many records do not fit.

    Records are as wide as the first; or of the given width, and then one thread parses them: others have other pieces.
    """
    malformed = 0

    def skip(_row: object) -> str:
        nonlocal malformed
        malformed += 1
        return "skip"

    table = arrow_csv.read_csv(
        pa.BufferReader(dialect.body),
        read_options=arrow_csv.ReadOptions(
            column_names=[_column(place) for place in range(width)],
            autogenerate_column_names=not width,
            skip_rows_after_names=header,
            use_threads=not width,
            block_size=len(dialect.body) + 1 if width else BLOCK_BYTES,
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=dialect.delimiter,
            newlines_in_values=b'"' in dialect.body,
            invalid_row_handler=skip,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            strings_can_be_null=False,
            null_values=[""],
            check_utf8=False,
        ),
    )
    return table, malformed


def _column(place: int) -> str:
    return f"f{place}"
