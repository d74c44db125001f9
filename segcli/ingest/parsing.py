"""Records as columns by Arrow's parser: as text, or as numbers where every record has one and no text is needed."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from segcli.errors import InputProblem
from segcli.ingest.dialect import Dialect

BLOCK_BYTES = 4 << 20
ColumnTypes = Mapping[str, pa.DataType]


class ParsedColumns(NamedTuple):
    """Columns by name; how many records below the header became rows; how many have a wrong number of fields."""

    columns: dict[str, pa.ChunkedArray]
    rows: int
    bad_rows: int


def csv_problem(file_name: str, error: Exception) -> InputProblem:
    """A file that no reader of CSV reads."""
    return InputProblem(
        f"cannot be read as CSV ({error})",
        source=file_name,
        remedy="Look at its quotes, and say how it is written with --delimiter",
    )


def parse_columns(
    dialect: Dialect,
    file_name: str,
    indices: Mapping[str, int],
    numeric_columns: Collection[str] = (),
    *,
    width: int = 0,
) -> ParsedColumns:
    """The columns at these places, all records without the header.

    Args:
        dialect: of the file.
        file_name: of the file.
        indices: of the wanted columns, by name.
        numeric_columns: those of them that are float64 if every value is blank (null) or a finite number, as Python
            writes it.
        width: fields of a record, where the records stand without their header.

    Raises:
        InputProblem: the records cannot be told apart.
    """
    numeric_result = (
        _parse_numeric_columns(dialect, indices, numeric_columns) if set(numeric_columns) & set(indices) else None
    )
    if numeric_result is not None:
        return numeric_result
    try:
        table, bad_rows = _parse_csv(
            dialect, {_column_name(index): pa.string() for index in indices.values()}, width=width
        )
    except pa.ArrowInvalid as error:
        raise csv_problem(file_name, error) from None
    # The header was read as the first record: it tells the parser the width, and may hold any text.
    header_rows = 0 if width else 1
    columns = {column: table.column(_column_name(index)).slice(header_rows) for column, index in indices.items()}
    return ParsedColumns(columns, max(table.num_rows - header_rows, 0), bad_rows)


def _parse_numeric_columns(
    dialect: Dialect, indices: Mapping[str, int], numeric_columns: Collection[str]
) -> ParsedColumns | None:
    """The same with numbers; None where one of them is written otherwise, since then its text is needed."""
    types = {
        _column_name(index): pa.float64() if name in numeric_columns else pa.string() for name, index in indices.items()
    }
    try:
        table, bad_rows = _parse_csv(dialect, types, header_rows=1)
    except pa.ArrowInvalid:
        return None
    columns = {name: table.column(_column_name(index)) for name, index in indices.items()}
    is_finite = (
        pc.all(pc.is_finite(columns[name]), min_count=0).as_py() for name in indices if name in numeric_columns
    )
    return ParsedColumns(columns, table.num_rows, bad_rows) if all(is_finite) else None


def _parse_csv(
    dialect: Dialect, column_types: ColumnTypes, header_rows: int = 0, width: int = 0
) -> tuple[pa.Table, int]:
    """Columns named f0, f1, ... without as many records as are header, and how many records do not fit.

    Records are as wide as the first; or of the given width, and then one thread parses them: others have other pieces.
    """
    bad_rows = 0

    def skip_row(_row: object) -> str:
        nonlocal bad_rows
        bad_rows += 1
        return "skip"

    table = arrow_csv.read_csv(
        pa.BufferReader(dialect.body),
        read_options=arrow_csv.ReadOptions(
            column_names=[_column_name(index) for index in range(width)],
            autogenerate_column_names=not width,
            skip_rows_after_names=header_rows,
            use_threads=not width,
            block_size=len(dialect.body) + 1 if width else BLOCK_BYTES,
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=dialect.delimiter,
            newlines_in_values=b'"' in dialect.body,
            invalid_row_handler=skip_row,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=column_types,
            include_columns=list(column_types),
            strings_can_be_null=False,
            null_values=[""],
            check_utf8=False,
        ),
    )
    return table, bad_rows


def _column_name(index: int) -> str:
    return f"f{index}"
