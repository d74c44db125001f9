"""Parquet: the rows with their types, days as dates."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from segcli.columns import ColumnKind, column_kind
from segcli.errors import UsageProblem
from segcli.io.arrow_files import WRITER_KEY
from segcli.reports.blocks import Result
from segcli.reports.formats import Page

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def render(result: Result, page: Page) -> str:  # noqa: ARG001 - same signature as other formats
    """Refuse to show a binary format on a terminal.

    Raises:
        UsageProblem: always.
    """
    raise UsageProblem("--format parquet: not a format for a terminal; hint: write a file with -o FILE.parquet")


def render_chunks(result: Result, page: Page) -> Iterator[bytes]:  # noqa: ARG001 - same signature as other formats
    """Yield the file, which is complete only when the last rows are encoded."""
    from pyarrow import parquet

    body = io.BytesIO()
    parquet.write_table(_to_arrow(result.rows), body, compression="zstd")
    yield body.getvalue()


def _to_arrow(rows: "pd.DataFrame") -> "pa.Table":
    """Return the rows as a table: days as dates, and texts for columns of several types."""
    import pyarrow as pa

    arrays, names = list[pa.Array](), list[str]()
    for name in rows.columns:
        values = rows[name]
        if values.dtype == object:
            values = values.astype("str").where(values.notna())
        array = pa.Array.from_pandas(values)
        is_day = pa.types.is_timestamp(array.type) and column_kind(name) is ColumnKind.DATE
        arrays.append(array.cast(pa.date32()) if is_day else array)
        names.append(str(name))
    return pa.table(arrays, names=names, metadata={WRITER_KEY: b"1"})
