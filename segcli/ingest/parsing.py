"""Records as columns by Arrow's parser: as text, or as numbers where every record has one and no text is needed."""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from segcli.errors import InputProblem
from segcli.ingest.dialect import Dialect

BLOCK_BYTES = 4 << 20
CONVERSION_ERROR = re.compile(r"column #(\d+): CSV conversion error")
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


def parsed(dialect: Dialect, name: str, places: Mapping[str, int], types: Types | None = None, *, width: int = 0) -> Parsed:
    """Return the columns at these places, all records without the header.

    Args:
        dialect: of the file.
        name: of the file.
        places: of the wanted columns, by name.
        types: columns that become numbers if every value is blank (null) or a finite number as programs write it;
            float64, or int64. A column that holds anything else is text.
        width: fields of a record, where the records stand without their header.

    Raises:
        InputProblem: the records cannot be told apart.
    """
    numbers = {column: kind for column, kind in (types or {}).items() if column in places}
    if any(pa.types.is_integer(kind) for kind in numbers.values()) and _may_hold_hexadecimal(dialect.body):
        numbers = {}  # Arrow would read 0x10 as a whole number
    while numbers:
        found = _with_numbers(dialect, places, numbers, width)
        if isinstance(found, Parsed):
            return found
        numbers = {column: kind for column, kind in numbers.items() if column not in found}
    try:
        table, malformed = _table(dialect, {_column(place): pa.string() for place in places.values()}, width=width)
    except pa.ArrowInvalid as error:
        raise no_csv(name, error) from None
    # The header was read as the first record: it tells the parser the width, and may hold any text.
    header = 0 if width else 1
    columns = {column: table.column(_column(place)).slice(header) for column, place in places.items()}
    return Parsed(columns, max(table.num_rows - header, 0), malformed)


def _may_hold_hexadecimal(body: bytes) -> bool:
    """Tell whether a 0 stands before an x anywhere; a search for both takes eight times as long where digits abound."""
    characters = np.frombuffer(body, dtype=np.uint8)
    places = np.flatnonzero((characters | 0x20) == ord("x"))
    return bool((characters[places[places > 0] - 1] == ord("0")).any())


def _with_numbers(
    dialect: Dialect, places: Mapping[str, int], numbers: Types, width: int
) -> Parsed | Collection[str]:
    """Return the columns with numbers, or the names of columns that hold something else."""
    types = {_column(place): numbers.get(name, pa.string()) for name, place in places.items()}
    try:
        table, malformed = _table(dialect, types, header=0 if width else 1, width=width)
    except pa.ArrowInvalid as error:
        named = CONVERSION_ERROR.search(str(error))
        wrong = {name for name in numbers if named and places[name] == int(named[1])}
        return wrong or set(numbers)
    columns = {name: table.column(_column(place)) for name, place in places.items()}
    infinite = {name for name in numbers if not pc.all(pc.is_finite(columns[name]), min_count=0).as_py()}
    return infinite or Parsed(columns, table.num_rows, malformed)


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
