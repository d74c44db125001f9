"""A table as lines of separated values, in slices of rows that are written side by side."""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from segcli.cores import in_order
from segcli.reports.formats._cells import TEXT, cells, quoted

ROWS = 1 << 16  # of a slice: enough to keep a core busy, few enough to stay in its cache


def written(table: pd.DataFrame, delimiter: str) -> Iterator[bytes]:
    """The header, then the rows; how they are sliced shows nowhere in them."""
    if not _is_plain(table):
        yield _by_pandas(table, delimiter)
        return
    yield _header(table, delimiter)
    slices = [table.iloc[start : start + ROWS] for start in range(0, len(table), ROWS)]
    if len(slices) <= 1:
        yield from (_rows(one, delimiter) for one in slices)
    else:
        yield from in_order(lambda one: _rows(one, delimiter), slices)


def _is_plain(table: pd.DataFrame) -> bool:
    """Whether names are texts and rows have two cells or more: a line of one empty cell is a matter of its own.

    Lengths of time are not plain: pandas writes all of a column as fine as the finest.
    """
    if any(kind.kind == "m" for kind in table.dtypes):
        return False
    return table.shape[1] > 1 and all(isinstance(name, str) for name in table.columns)


def _header(table: pd.DataFrame, delimiter: str) -> bytes:
    names = quoted(pa.array(list(table.columns), TEXT), delimiter)
    return (delimiter.join(names.to_pylist()) + "\n").encode()


def _rows(table: pd.DataFrame, delimiter: str) -> bytes:
    """Lines as the cells of each, joined; where a column is not known here, as pandas writes them."""
    columns = []
    for place in range(table.shape[1]):
        texts = cells(table.iloc[:, place], delimiter)
        if texts is None:
            return _by_pandas(table, delimiter, header=False)
        columns.append(texts)
    try:
        return _bare(columns, delimiter)
    except pa.ArrowInvalid:  # something is quoted already, which Arrow would quote once more
        return _joined(columns, delimiter)


def _bare(columns: list[pa.Array], delimiter: str) -> bytes:
    out = pa.BufferOutputStream()
    plain = csv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style="none", batch_size=ROWS)
    csv.write_csv(pa.RecordBatch.from_arrays(columns, [""] * len(columns)), out, plain)
    return bytes(out.getvalue().to_pybytes())


def _joined(columns: list[pa.Array], delimiter: str) -> bytes:
    """The same in twice the time, whatever the cells hold."""
    *others, last = columns
    ends = pc.binary_join_element_wise(last, *_constants("\n", ""), null_handling="replace")
    lines = pc.binary_join_element_wise(*others, ends, *_constants(delimiter), null_handling="replace")
    # The lines stand in a row in the array already: with their ends they are the file.
    return bytes(lines.buffers()[2].slice(0, pc.sum(pc.binary_length(lines)).as_py()).to_pybytes())


def _constants(*texts: str) -> list[pa.Scalar]:
    return [pa.scalar(text, TEXT) for text in texts]


def _by_pandas(table: pd.DataFrame, delimiter: str, *, header: bool = True) -> bytes:
    """Lines as pandas writes them, which quotes a carriage return only where that is part of the line end."""
    text: str = table.to_csv(index=False, lineterminator="\r\n", sep=delimiter, date_format="%Y-%m-%d", header=header)
    parts = text.split('"')  # every second one is quoted
    parts[::2] = [part.replace("\r\n", "\n") for part in parts[::2]]
    return '"'.join(parts).encode(errors="replace")
