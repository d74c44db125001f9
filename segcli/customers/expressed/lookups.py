"""Columns of text made values in two steps: what is plain at once, what is not by a table of its distinct texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from segcli.customers.engines import Session
from segcli.customers.expressed.columns import Column

Frame = Any  # a LazyFrame; its type parameter differs by engine

KEY, VALUE, LINES = "looked_up", "looked_up_value", "looked_up_lines"
APART = "_apart"  # ends the name of the column that holds the texts which are not plain


@dataclass(frozen=True, eq=False)
class Others:
    """The distinct texts that are not plain, what they mean, and on how many lines each stands."""

    texts: pa.StringArray
    values: pa.Array
    lines: npt.NDArray[np.int64]


def apart(frame: Frame, columns: Sequence[Column], also: Sequence[Any]) -> Frame:
    """Plain values and, beside them, the texts that are not plain (null elsewhere); and further expressions."""
    plain = [nw.when(column.plain).then(column.value).alias(column.name) for column in columns]
    others = [nw.when(~column.plain).then(column.key).alias(column.name + APART) for column in columns]
    return frame.select(*plain, *others, *also)


def others(session: Session, frame: Frame, column: Column) -> Others:
    """The texts of a column that are not plain, each read once."""
    key = column.name + APART
    counted = frame.filter(~nw.col(key).is_null()).select(nw.col(key).alias(KEY)).group_by(KEY)
    found = table(session.batches(counted.agg(nw.len().alias(LINES))))
    if not found.num_rows:
        return Others(pa.array([], pa.string()), pa.nulls(0), np.empty(0, dtype=np.int64))
    texts = found[KEY].cast(pa.string()).combine_chunks()
    return Others(texts, column.read(texts), found[LINES].to_numpy().astype(np.int64))


def together(session: Session, frame: Frame, column: Column, known: Others) -> Frame:
    """The frame with the values of all texts in one column."""
    if not len(known.texts):
        return frame
    rows = session.table(pa.table({KEY: known.texts, VALUE: known.values}))
    key = column.name + APART
    joined = frame.join(rows, left_on=key, right_on=KEY, how="left")
    value = nw.when(nw.col(key).is_null()).then(nw.col(column.name)).otherwise(nw.col(VALUE))
    return joined.with_columns(value.alias(column.name)).select(*frame.columns)


def table(batches: Iterator[pa.RecordBatch]) -> pa.Table:
    """Batches as one table; one without columns where there are none."""
    found = list(batches)
    return pa.Table.from_batches(found) if found else pa.table({})
