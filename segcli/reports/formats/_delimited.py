"""Write a table as delimited text, in slices of rows encoded in parallel."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from segcli.arrays import FloatArray
from segcli.ingest.text_columns import contains_any_of
from segcli.parallel import map_ordered

DateArray = npt.NDArray[np.datetime64]
EightByteArray = npt.NDArray[Any]
SAMPLE_SIZE, MAX_DISTINCT_SHARE = 500, 0.9  # sample size; above this share of distinct values, all are formatted
MIN_PLAIN_FLOAT, MAX_PLAIN_FLOAT = 1e-4, 1e10  # range in which Arrow writes floats as Python does
FIRST_PLAIN_DAY, LAST_PLAIN_DAY = np.datetime64("1000-01-01"), np.datetime64("9999-12-31")  # days with four-digit years
STRING_TYPE = pa.large_string()


def format_column(column_values: pd.Series, delimiter: str) -> pa.Array | None:
    """Return the cells of a column as text, quoted where needed and null where empty.

    Returns:
        One text per row; None if only pandas can format such values.
    """
    if isinstance(column_values.dtype, pd.StringDtype):
        return quote_cells(_combine_chunks(pa.array(column_values, STRING_TYPE)), delimiter)
    if column_values.dtype.kind == "M" and isinstance(column_values.dtype, np.dtype):
        return _format_days(column_values.to_numpy())
    return _format_numbers(column_values)


def quote_cells(texts: pa.Array, delimiter: str) -> pa.Array:
    """Quote texts that contain a quote, the delimiter or a line break.

    A lone carriage return counts as a line break: readers that end records at it would break the record in two.
    """
    pattern = f'["\\r\\n{re.escape(delimiter)}]'
    if not contains_any_of(texts, pattern):
        return texts
    needs_quotes = pc.match_substring_regex(texts, pattern)
    doubled_quotes = pc.replace_substring(texts, '"', '""')
    return pc.if_else(needs_quotes, pc.binary_join_element_wise(*_string_scalars('"', doubled_quotes, '"', "")), texts)


def _string_scalars(*parts: pa.Array | str) -> list[pa.Array]:
    return [pa.scalar(part, STRING_TYPE) if isinstance(part, str) else part for part in parts]


def _combine_chunks(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _format_days(dates: DateArray) -> pa.Array | None:
    days = dates.astype("datetime64[D]")
    known_days = days[~np.isnat(days)]
    if len(known_days) and (known_days.min() < FIRST_PLAIN_DAY or known_days.max() > LAST_PLAIN_DAY):
        return None
    return _format_distinct(days, lambda distinct: pc.cast(pa.array(distinct), STRING_TYPE))


def _format_numbers(column_values: pd.Series) -> pa.Array | None:
    if column_values.dtype == np.float64:
        return _format_distinct(column_values.to_numpy(), _format_floats)
    if column_values.dtype == np.int64:
        return _format_distinct(column_values.to_numpy(), lambda distinct: pc.cast(pa.array(distinct), STRING_TYPE))
    if column_values.dtype == bool:
        return pc.if_else(pa.array(column_values.to_numpy()), *_string_scalars("True", "False"))
    if isinstance(column_values.dtype, pd.Int64Dtype):
        return pc.cast(_combine_chunks(pa.array(column_values)), STRING_TYPE)
    return None


def _format_distinct(column_values: EightByteArray, format_values: Callable[[EightByteArray], pa.Array]) -> pa.Array:
    """Return the texts of eight-byte values; if values repeat, each distinct one is formatted once."""
    sample = column_values[:: max(len(column_values) // SAMPLE_SIZE, 1)].view(np.int64)
    if len(np.unique(sample)) > MAX_DISTINCT_SHARE * len(sample):
        return format_values(column_values)
    encoded_values = pc.dictionary_encode(
        pa.array(column_values.view(np.int64))
    )  # compares bits, so that 0.0 differs from -0.0
    return format_values(encoded_values.dictionary.to_numpy().view(column_values.dtype)).take(encoded_values.indices)


def _format_floats(float_values: FloatArray) -> pa.Array:
    """Format floats as `repr` does: whole numbers with .0, very large or small ones as 1e+16 and 1e-05."""
    magnitude, is_known = np.abs(float_values), ~np.isnan(float_values)
    is_plain = ((magnitude >= MIN_PLAIN_FLOAT) & (magnitude < MAX_PLAIN_FLOAT)) | (magnitude == 0)
    texts = pc.cast(pa.array(float_values, mask=~is_known), STRING_TYPE)
    is_whole = is_plain & (np.floor(float_values) == float_values)
    if is_whole.any():
        with_point = pc.binary_join_element_wise(*_string_scalars(texts.filter(pa.array(is_whole)), ".0", ""))
        texts = pc.replace_with_mask(texts, pa.array(is_whole), with_point)
    is_extreme = is_known & ~is_plain
    if is_extreme.any():
        texts = pc.replace_with_mask(
            texts, pa.array(is_extreme), pa.array(map(repr, float_values[is_extreme].tolist()), STRING_TYPE)
        )
    return texts


SLICE_ROWS = 1 << 16  # enough rows to keep a core busy, few enough to stay in its cache


def encode_table(table: pd.DataFrame, delimiter: str) -> Iterator[bytes]:
    """Yield the header, then the rows; slicing does not change the output."""
    if not _is_plain_table(table):
        yield _encode_with_pandas(table, delimiter)
        return
    yield _encode_header(table, delimiter)
    slices = [table.iloc[start : start + SLICE_ROWS] for start in range(0, len(table), SLICE_ROWS)]
    if len(slices) <= 1:
        yield from (_encode_rows(table_slice, delimiter) for table_slice in slices)
    else:
        yield from map_ordered(lambda rows: _encode_rows(rows, delimiter), slices)


def _is_plain_table(table: pd.DataFrame) -> bool:
    """Return whether Arrow can encode the table: names are texts and rows have two cells or more.

    A row of one empty cell needs special handling. Durations are excluded because pandas writes all values of a column
    at its finest resolution.
    """
    if any(dtype.kind == "m" for dtype in table.dtypes):
        return False
    return table.shape[1] > 1 and all(isinstance(name, str) for name in table.columns)


def _encode_header(table: pd.DataFrame, delimiter: str) -> bytes:
    names = quote_cells(pa.array(list(table.columns), STRING_TYPE), delimiter)
    return (delimiter.join(names.to_pylist()) + "\n").encode()


def _encode_rows(table: pd.DataFrame, delimiter: str) -> bytes:
    """Return the rows as delimited text; pandas encodes them if a column type is unsupported."""
    text_columns = []
    for position in range(table.shape[1]):
        texts = format_column(table.iloc[:, position], delimiter)
        if texts is None:
            return _encode_with_pandas(table, delimiter, header=False)
        text_columns.append(texts)
    try:
        return _write_arrow_csv(text_columns, delimiter)
    except pa.ArrowInvalid:  # a cell is quoted already; Arrow refuses to write quotes without quoting them
        return _join_columns(text_columns, delimiter)


def _write_arrow_csv(text_columns: list[pa.Array], delimiter: str) -> bytes:
    buffer = pa.BufferOutputStream()
    write_options = csv.WriteOptions(
        include_header=False, delimiter=delimiter, quoting_style="none", batch_size=SLICE_ROWS
    )
    csv.write_csv(pa.RecordBatch.from_arrays(text_columns, [""] * len(text_columns)), buffer, write_options)
    return bytes(buffer.getvalue().to_pybytes())


def _join_columns(text_columns: list[pa.Array], delimiter: str) -> bytes:
    """Return the same lines as `_write_arrow_csv`, for any cells but in twice the time."""
    *leading_columns, last_column = text_columns
    line_ends = pc.binary_join_element_wise(last_column, *_string_constants("\n", ""), null_handling="replace")
    lines = pc.binary_join_element_wise(
        *leading_columns, line_ends, *_string_constants(delimiter), null_handling="replace"
    )
    # The array's buffer holds the lines contiguously, with their line ends: it is the file.
    return bytes(lines.buffers()[2].slice(0, pc.sum(pc.binary_length(lines)).as_py()).to_pybytes())


def _string_constants(*texts: str) -> list[pa.Scalar]:
    return [pa.scalar(text, STRING_TYPE) for text in texts]


def _encode_with_pandas(table: pd.DataFrame, delimiter: str, *, header: bool = True) -> bytes:
    """Return the rows as pandas writes them.

    pandas quotes a carriage return only if the line terminator contains one, so the rows are written with CRLF and
    converted to LF outside quotes.
    """
    text: str = table.to_csv(index=False, lineterminator="\r\n", sep=delimiter, date_format="%Y-%m-%d", header=header)
    parts = text.split('"')  # every second part is quoted
    parts[::2] = [part.replace("\r\n", "\n") for part in parts[::2]]
    return '"'.join(parts).encode(errors="replace")
