"""Records as columns of text: nothing is converted here, so nothing is lost here."""

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.counting import unique_texts
from segcli.errors import InputProblem
from segcli.ingest.coded import EncodedColumn, dictionary_encode
from segcli.ingest.date_formats import candidate_formats
from segcli.ingest.dialect import Dialect
from segcli.ingest.numbers import looks_like_numbers
from segcli.ingest.parsing import csv_problem, parse_columns
from segcli.ingest.quotes import count_line_ends
from segcli.ingest.recognise import count_known_names

HEADER_SEARCH_RECORDS = 50  # records among which the first that is not empty is the header


@dataclass(frozen=True)
class RawTable:
    """Chosen columns of a file, one row per well-formed record below the header, as text if nobody asked for numbers.

    `bad_rows` counts the records whose number of fields is not the header's; they are not in the columns.
    `is_whole_file` tells a file from a piece of one, of which fewer questions are asked, and the number of
    `physical_lines` is known.
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
        """A column as distinct texts and codes; made once, however many ask for it."""
        if name not in self._encoded:
            self._encoded[name] = dictionary_encode(self.columns[name])
        return self._encoded[name]

    def get_row_column(self, name: str) -> EncodedColumn:
        """A column row by row: coded where coding serves more than this question, else each text by itself."""
        if self.is_whole_file or name in self._encoded:
            return self.encode_column(name)
        texts = self.columns[name].combine_chunks()
        return EncodedColumn(texts, np.arange(self.rows, dtype=np.int32))

    def line_number(self, row: int) -> int:
        """Physical line (1-based) on which a row stands."""
        return self.find_line_numbers([row])[0]

    def find_line_number_array(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
        """The same as `find_line_numbers`, of an array."""
        if not self.bad_rows and self.has_single_line_records and not self.dialect.broken_lines:
            return rows + (1 + self.dialect.has_header + self.dialect.skipped_lines)
        return np.array(self.find_line_numbers(rows.tolist()), dtype=np.int64)

    def find_line_numbers(self, rows: list[int]) -> list[int]:
        """Physical lines (1-based) of rows; looked up only where a message needs them."""
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
        """Physical lines (1-based) of the records whose number of fields is not the header's."""
        return [line for line, is_row in self._classify_records() if not is_row]

    def _classify_records(self) -> Iterator[tuple[int, bool]]:
        """Each record below the header that is not empty: its physical line, and whether it became a row."""
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
        """Whether every record is one line: no quotes hold a line end, and no line is empty."""
        if self.physical_lines:
            return self.physical_lines == self.rows
        return (
            self.dialect.has_single_line_records
            or _count_lines(self.dialect.body) == self.rows + self.bad_rows + self.dialect.has_header
        )

    @property
    def quote_error_rows(self) -> int:
        """Records left out because their quotes break the rules."""
        return len(self.dialect.broken_lines)


def read_header(dialect: Dialect, file_name: str) -> tuple[str, ...]:
    """The names in the first record, without surrounding blanks; an empty one becomes `column_3`."""
    try:
        records = dialect.read_first_records(HEADER_SEARCH_RECORDS)
    except csv.Error as error:
        raise csv_problem(file_name, error) from None
    if not records:
        raise InputProblem("file is empty", source=file_name, remedy="Name one that has lines in it")
    return tuple(text.strip() or f"column_{index}" for index, text in enumerate(records[0], 1))


def sample_records(dialect: Dialect, count: int) -> list[list[str]]:
    """The first records below the header."""
    return dialect.read_first_records(count + 1)[1:]


def read_table(
    dialect: Dialect,
    file_name: str,
    selected_columns: Sequence[str] | None = None,
    numeric_columns: Collection[str] = (),
) -> RawTable:
    """Read the wanted columns (all by default) as text, or, where possible and asked for, as numbers.

    Raises:
        InputProblem: a wanted column is there twice, or most records do not have the header's fields.
    """
    header = read_header(dialect, file_name)
    _refuse_data_as_header(header, file_name)
    columns_to_read = [
        column_name for column_name in header if selected_columns is None or column_name in selected_columns
    ]
    duplicates = sorted(set(columns_to_read) - unique_texts(columns_to_read))
    if duplicates:
        raise InputProblem(
            "the header has this name twice",
            source=file_name,
            line=1,
            column=duplicates[0],
            remedy="Give one of them another name",
        )
    columns, rows, bad_rows = parse_columns(
        dialect, file_name, _column_indices(header, columns_to_read), numeric_columns
    )
    quote_error_rows = len(dialect.broken_lines)
    if bad_rows + quote_error_rows > rows:
        raise InputProblem(
            f"{bad_rows + quote_error_rows:,} of {bad_rows + quote_error_rows + rows:,} "
            f"records do not have the header's {len(header)} fields, or have quotes that break the rules",
            source=file_name,
            remedy="Check --delimiter and the first lines of the file",
        )
    raw_table = RawTable(file_name, dialect, header, columns, rows, bad_rows)
    _refuse_repeated_header(raw_table)
    return raw_table


def _refuse_data_as_header(header: Sequence[str], file_name: str) -> None:
    """A first record without any known name and with several numbers or dates is data."""
    data_like = [
        text for text in header if any(candidate_formats(text)) or (text[:1] != "_" and looks_like_numbers([text]))
    ]
    if len(data_like) >= 2 and len(data_like) * 3 >= len(header) and not count_known_names(header):  # noqa: PLR2004 - several
        raise InputProblem(
            f"the first record looks like data, not like column names: {', '.join(header[:5])}",
            source=file_name,
            line=1,
            remedy="If there are none, say --no-header, and which is which: --map customer_id=column_1",
        ).with_quoted_values(header[:5])


def _refuse_repeated_header(raw_table: RawTable) -> None:
    """The header once more below itself: several tables in one file, or a header of several rows."""
    if not raw_table.columns or raw_table.rows == 0:
        return
    is_header = None
    for column, texts in raw_table.columns.items():
        if not pa.types.is_string(texts.type):
            return  # its name would have been no number
        equals_name = pc.equal(pc.utf8_trim_whitespace(texts), column)
        is_header = equals_name if is_header is None else pc.and_(is_header, equals_name)
        if not pc.any(is_header).as_py():
            return
    if is_header is not None:
        row = pc.index(is_header, value=True).as_py()
        raise InputProblem(
            "the header stands here again: several tables in one file, or a header of several rows",
            source=raw_table.name,
            line=raw_table.line_number(row),
            remedy="Keep one table and one header row",
        )


def _column_indices(header: Sequence[str], selected_columns: Sequence[str]) -> dict[str, int]:
    """Return the place of each wanted column, the first of those with one name."""
    indices = dict(zip(reversed(header), range(len(header) - 1, -1, -1), strict=True))
    return {name: indices[name] for name in selected_columns}


def read_chunk_table(
    dialect: Dialect, file_name: str, header: tuple[str, ...], selected_columns: Sequence[str]
) -> RawTable:
    """The wanted columns of records that stand without their header, parsed by one thread.

    Raises:
        InputProblem: they cannot be read as CSV.
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
    """Physical lines, the last of which may have no end."""
    return count_line_ends(body) + (not body.endswith((b"\n", b"\r")))


def add_row_numbers(raw_table: RawTable, name: str) -> RawTable:
    """The same with a first column that numbers the rows from 1, as text of one width, so that order is kept."""
    width = len(str(raw_table.rows))
    row_numbers = pa.array([f"{row:0{width}}" for row in range(1, raw_table.rows + 1)], pa.string())
    return replace(raw_table, columns={name: pa.chunked_array([row_numbers]), **raw_table.columns})
