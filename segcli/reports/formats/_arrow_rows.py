"""Rows as an Arrow table with their types, for the binary formats."""

from typing import TYPE_CHECKING

from segcli.columns import ColumnKind, column_kind
from segcli.io.arrow_files import WRITER_KEY

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def build_arrow_table(rows: "pd.DataFrame") -> "pa.Table":
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
