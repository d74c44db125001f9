"""A table as lines of separated values, in slices of rows that are written side by side."""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from segcli.cores import map_ordered
from segcli.reports.formats._cells import STRING_TYPE, format_column, quote_cells

SLICE_ROWS = 1 << 16  # of a slice: enough to keep a core busy, few enough to stay in its cache


def encode_table(table: pd.DataFrame, delimiter: str) -> Iterator[bytes]:
    """The header, then the rows; how they are sliced shows nowhere in them."""
    if not _is_plain_table(table):
        yield _encode_with_pandas(table, delimiter)
        return
    yield _encode_header(table, delimiter)
    slices = [table.iloc[start : start + SLICE_ROWS] for start in range(0, len(table), SLICE_ROWS)]
    if len(slices) <= 1:
        yield from (_encode_rows(table_slice, delimiter) for table_slice in slices)
    else:
        yield from map_ordered(lambda one: _encode_rows(one, delimiter), slices)


def _is_plain_table(table: pd.DataFrame) -> bool:
    """Whether names are texts and rows have two cells or more: a line of one empty cell is a matter of its own.

    Lengths of time are not plain: pandas writes all of a column as fine as the finest.
    """
    if any(dtype.kind == "m" for dtype in table.dtypes):
        return False
    return table.shape[1] > 1 and all(isinstance(name, str) for name in table.columns)


def _encode_header(table: pd.DataFrame, delimiter: str) -> bytes:
    names = quote_cells(pa.array(list(table.columns), STRING_TYPE), delimiter)
    return (delimiter.join(names.to_pylist()) + "\n").encode()


def _encode_rows(table: pd.DataFrame, delimiter: str) -> bytes:
    """Lines as the cells of each, joined; where a column is not known here, as pandas writes them."""
    text_columns = []
    for position in range(table.shape[1]):
        texts = format_column(table.iloc[:, position], delimiter)
        if texts is None:
            return _encode_with_pandas(table, delimiter, header=False)
        text_columns.append(texts)
    try:
        return _write_arrow_csv(text_columns, delimiter)
    except pa.ArrowInvalid:  # something is quoted already, which Arrow would quote once more
        return _join_columns(text_columns, delimiter)


def _write_arrow_csv(text_columns: list[pa.Array], delimiter: str) -> bytes:
    buffer = pa.BufferOutputStream()
    write_options = csv.WriteOptions(
        include_header=False, delimiter=delimiter, quoting_style="none", batch_size=SLICE_ROWS
    )
    csv.write_csv(pa.RecordBatch.from_arrays(text_columns, [""] * len(text_columns)), buffer, write_options)
    return bytes(buffer.getvalue().to_pybytes())


def _join_columns(text_columns: list[pa.Array], delimiter: str) -> bytes:
    """The same in twice the time, whatever the cells hold."""
    *leading_columns, last_column = text_columns
    line_ends = pc.binary_join_element_wise(last_column, *_string_constants("\n", ""), null_handling="replace")
    lines = pc.binary_join_element_wise(
        *leading_columns, line_ends, *_string_constants(delimiter), null_handling="replace"
    )
    # The lines stand in a row in the array already: with their ends they are the file.
    return bytes(lines.buffers()[2].slice(0, pc.sum(pc.binary_length(lines)).as_py()).to_pybytes())


def _string_constants(*texts: str) -> list[pa.Scalar]:
    return [pa.scalar(text, STRING_TYPE) for text in texts]


def _encode_with_pandas(table: pd.DataFrame, delimiter: str, *, header: bool = True) -> bytes:
    """Lines as pandas writes them, which quotes a carriage return only where that is part of the line end."""
    text: str = table.to_csv(index=False, lineterminator="\r\n", sep=delimiter, date_format="%Y-%m-%d", header=header)
    parts = text.split('"')  # every second one is quoted
    parts[::2] = [part.replace("\r\n", "\n") for part in parts[::2]]
    return '"'.join(parts).encode(errors="replace")
