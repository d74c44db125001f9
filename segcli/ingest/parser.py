"""Parse records into columns of text; values are converted later, so that no information is lost."""

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from segcli.errors import InputProblem
from segcli.ingest.column_matching import count_known_names, unique_texts
from segcli.ingest.date_formats import candidate_formats
from segcli.ingest.dialect import Dialect
from segcli.ingest.number_parsing import looks_like_numbers
from segcli.ingest.quoting import count_line_ends
from segcli.ingest.text_columns import EncodedColumn, dictionary_encode

# Parsing with Arrow: as text, or as numbers if every record has a number and the text is not needed
BLOCK_BYTES = 4 << 20
ColumnTypes = Mapping[str, pa.DataType]


class ParsedColumns(NamedTuple):
    """Columns by name, the number of records that became rows, and of records with a wrong number of fields."""

    columns: dict[str, pa.ChunkedArray]
    rows: int
    bad_rows: int


def csv_problem(file_name: str, error: Exception) -> InputProblem:
    """Return the error for a file that cannot be parsed as CSV."""
    return InputProblem(
        f"cannot be read as CSV ({error})",
        source=file_name,
        remedy="check the quotes of the file, and give its delimiter with --delimiter",
    )


def parse_columns(
    dialect: Dialect,
    file_name: str,
    indices: Mapping[str, int],
    numeric_columns: Collection[str] = (),
    *,
    width: int = 0,
) -> ParsedColumns:
    """Parse the columns at these positions, for all records except the header.

    Args:
        dialect: dialect of the file.
        file_name: name of the file.
        indices: positions of the columns, by name.
        numeric_columns: columns to parse as float64 if every value is blank (null) or a finite number in Python
            notation.
        width: number of fields per record, for records without a header.

    Raises:
        InputProblem: if the records cannot be parsed.
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
    # The header is parsed as the first record: it defines the width, and may contain any text.
    header_rows = 0 if width else 1
    columns = {column: table.column(_column_name(index)).slice(header_rows) for column, index in indices.items()}
    return ParsedColumns(columns, max(table.num_rows - header_rows, 0), bad_rows)


def _parse_numeric_columns(
    dialect: Dialect, indices: Mapping[str, int], numeric_columns: Collection[str]
) -> ParsedColumns | None:
    """Parse numeric columns as numbers; return None if a value has another notation, so that its text is needed."""
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
    """Parse columns named f0, f1, ..., skip the header rows, and count the records with a wrong number of fields.

    Records are as wide as the first record or `width`. With `width`, one thread parses them, because other threads
    parse other chunks.
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


HEADER_SEARCH_RECORDS = 50  # the first non-empty record among these is the header


@dataclass(frozen=True)
class RawTable:
    """Selected columns of a file: one row per well-formed record below the header, as text or requested numbers.

    `bad_rows` counts records with a wrong number of fields, which are not in the columns. `is_whole_file` is false for
    a chunk of a file, for which fewer checks are made and the number of `physical_lines` is known.
    """

    name: str
    dialect: Dialect
    header: tuple[str, ...]
    columns: dict[str, pa.ChunkedArray] = field(repr=False)
    rows: int
    bad_rows: int
    is_whole_file: bool = True
    physical_lines: int = 0
    _encoded: dict[str, EncodedColumn] = field(default_factory=dict, init=False, repr=False, compare=False)

    def encode_column(self, name: str) -> EncodedColumn:
        """Return a column as distinct texts and codes, cached."""
        if name not in self._encoded:
            self._encoded[name] = dictionary_encode(self.columns[name])
        return self._encoded[name]

    def get_row_column(self, name: str) -> EncodedColumn:
        """Return a column by row: dictionary-encoded for a whole file or if cached, otherwise with one text per row."""
        if self.is_whole_file or name in self._encoded:
            return self.encode_column(name)
        texts = self.columns[name].combine_chunks()
        return EncodedColumn(texts, np.arange(self.rows, dtype=np.int32))

    def line_number(self, row: int) -> int:
        """Return the physical line (1-based) of a row."""
        return self.find_line_numbers([row])[0]

    def find_line_number_array(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
        """Return the physical lines (1-based) of an array of rows, as an array."""
        if not self.bad_rows and self.has_single_line_records and not self.dialect.broken_lines:
            return rows + (1 + self.dialect.has_header + self.dialect.skipped_lines)
        return np.array(self.find_line_numbers(rows.tolist()), dtype=np.int64)

    def find_line_numbers(self, rows: list[int]) -> list[int]:
        """Return the physical lines (1-based) of rows; computed on demand, for messages."""
        if not rows:
            return []
        if not self.bad_rows and self.has_single_line_records:
            return [self.dialect.to_file_line(row + 1 + self.dialect.has_header) for row in rows]
        line_by_row: dict[int, int] = {}
        current_row, last_row = -1, max(rows, default=-1)
        for line, is_row in self._classify_records():
            current_row += is_row
            line_by_row.setdefault(current_row, line)
            if current_row == last_row:
                break
        return [line_by_row[row] for row in rows]

    def find_bad_row_lines(self) -> list[int]:
        """Return the physical lines (1-based) of the records with a wrong number of fields."""
        return [line for line, is_row in self._classify_records() if not is_row]

    def _classify_records(self) -> Iterator[tuple[int, bool]]:
        """Yield the physical line of each non-empty record below the header, and whether it became a row."""
        records = self.dialect.iterate_records()
        if self.dialect.has_header:
            next(records)
        first_line = records.line_num + 1
        for record in records:
            if record:
                yield self.dialect.to_file_line(first_line), len(record) == len(self.header)
            first_line = records.line_num + 1

    @cached_property
    def has_single_line_records(self) -> bool:
        """Whether every record is one line: no quoted line breaks and no empty lines."""
        if self.physical_lines:
            return self.physical_lines == self.rows
        return (
            self.dialect.has_single_line_records
            or _count_lines(self.dialect.body) == self.rows + self.bad_rows + self.dialect.has_header
        )

    @property
    def quote_error_rows(self) -> int:
        """Number of records that were removed because of invalid quotes."""
        return len(self.dialect.broken_lines)

    @property
    def malformed_rows(self) -> int:
        """Number of records that did not become rows."""
        return self.bad_rows + self.quote_error_rows

    @property
    def record_count(self) -> int:
        """Number of records below the header."""
        return self.rows + self.malformed_rows


def read_header(dialect: Dialect, file_name: str) -> tuple[str, ...]:
    """Return the stripped names of the first record; an empty name becomes, for example, `column_3`."""
    try:
        records = dialect.read_first_records(HEADER_SEARCH_RECORDS)
    except csv.Error as error:
        raise csv_problem(file_name, error) from None
    if not records:
        raise InputProblem("file is empty", source=file_name, remedy="choose a file with data")
    return tuple(text.strip() or f"column_{index}" for index, text in enumerate(records[0], 1))


def sample_records(dialect: Dialect, count: int) -> list[list[str]]:
    """Return the first records below the header."""
    return dialect.read_first_records(count + 1)[1:]


def read_table(
    dialect: Dialect,
    file_name: str,
    selected_columns: Sequence[str] | None = None,
    numeric_columns: Collection[str] = (),
) -> RawTable:
    """Read the selected columns (default: all) as text, or as numbers where requested and possible.

    Raises:
        InputProblem: if a selected name is not unique, or most records have a wrong number of fields.
    """
    header = read_header(dialect, file_name)
    _refuse_data_as_header(header, file_name)
    columns_to_read = [
        column_name for column_name in header if selected_columns is None or column_name in selected_columns
    ]
    duplicates = sorted(set(columns_to_read) - unique_texts(columns_to_read))
    if duplicates:
        raise InputProblem(
            "duplicate column name in the header",
            source=file_name,
            line=1,
            column=duplicates[0],
            remedy="rename one of the two columns",
        )
    columns, rows, bad_rows = parse_columns(
        dialect, file_name, _column_indices(header, columns_to_read), numeric_columns
    )
    quote_error_rows = len(dialect.broken_lines)
    if bad_rows + quote_error_rows > rows:
        raise InputProblem(
            f"{bad_rows + quote_error_rows:,} of {bad_rows + quote_error_rows + rows:,} "
            f"records do not have the header's {len(header)} fields, or have malformed quotes",
            source=file_name,
            remedy="check --delimiter and the first lines of the file",
        )
    raw_table = RawTable(file_name, dialect, header, columns, rows, bad_rows)
    _refuse_repeated_header(raw_table)
    return raw_table


def _refuse_data_as_header(header: Sequence[str], file_name: str) -> None:
    """Reject a first record that is data: without any known name, and with several numbers or dates."""
    data_like = [
        text for text in header if any(candidate_formats(text)) or (text[:1] != "_" and looks_like_numbers([text]))
    ]
    if len(data_like) >= 2 and len(data_like) * 3 >= len(header) and not count_known_names(header):  # noqa: PLR2004 - several
        raise InputProblem(
            f"the first record looks like data, not like column names: {', '.join(header[:5])}",
            source=file_name,
            line=1,
            remedy="if there is no header, use --no-header and map the columns: --map customer_id=column_1",
        ).with_quoted_values(header[:5])


def _refuse_repeated_header(raw_table: RawTable) -> None:
    """Reject a repeated header: several tables in one file, or a header of several rows."""
    if not raw_table.columns or raw_table.rows == 0:
        return
    is_header = None
    for column, texts in raw_table.columns.items():
        if not pa.types.is_string(texts.type):
            return  # a repeated header would not be a number
        equals_name = pc.equal(pc.utf8_trim_whitespace(texts), column)
        is_header = equals_name if is_header is None else pc.and_(is_header, equals_name)
        if not pc.any(is_header).as_py():
            return
    if is_header is not None:
        row = pc.index(is_header, value=True).as_py()
        raise InputProblem(
            "repeated header: several tables in one file, or a header with several rows",
            source=raw_table.name,
            line=raw_table.line_number(row),
            remedy="keep one table and one header row",
        )


def _column_indices(header: Sequence[str], selected_columns: Sequence[str]) -> dict[str, int]:
    """Return the position of each selected column, the first if a name is repeated."""
    indices = dict(zip(reversed(header), range(len(header) - 1, -1, -1), strict=True))
    return {name: indices[name] for name in selected_columns}


def read_chunk_table(
    dialect: Dialect, file_name: str, header: tuple[str, ...], selected_columns: Sequence[str]
) -> RawTable:
    """Read the selected columns of records without a header, with one thread.

    Raises:
        InputProblem: if they cannot be parsed as CSV.
    """
    columns, rows, bad_rows = parse_columns(
        dialect, file_name, _column_indices(header, selected_columns), width=len(header)
    )
    return RawTable(
        file_name,
        dialect,
        header,
        columns,
        rows,
        bad_rows,
        is_whole_file=False,
        physical_lines=_count_lines(dialect.body),
    )


def _count_lines(body: bytes) -> int:
    """Count physical lines; the last may lack a line end."""
    return count_line_ends(body) + (not body.endswith((b"\n", b"\r")))


def add_row_numbers(raw_table: RawTable, name: str) -> RawTable:
    """Add a first column with row numbers from 1, as zero-padded text, so that sorting keeps the order."""
    width = len(str(raw_table.rows))
    row_numbers = pa.array([f"{row:0{width}}" for row in range(1, raw_table.rows + 1)], pa.string())
    return replace(raw_table, columns={name: pa.chunked_array([row_numbers]), **raw_table.columns})
