"""A column added to a frame: what is not plain is collected, read once, and joined back as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa

from segcli.customers.engines import Session
from segcli.customers.expressed.columns import Column

Frame = Any  # a LazyFrame; its type parameter differs by engine

KEY, VALUE, LINES, OWN = "looked_up", "looked_up_value", "looked_up_lines", "looked_up_here"


@dataclass(frozen=True, eq=False)
class Others:
    """The distinct texts that are not plain, what they mean, and on how many lines each stands."""

    texts: pa.StringArray
    values: pa.Array
    lines: "np.ndarray[Any, np.dtype[np.int64]]"


def with_column(session: Session, frame: Frame, column: Column, others: Others) -> Frame:
    """The frame with the column."""
    if not len(others.texts):
        return frame.with_columns(column.value.alias(column.name))
    known = session.table(pa.table({KEY: others.texts, VALUE: others.values}))
    keyed = frame.with_columns(column.key.alias(OWN))
    joined = keyed.join(known, left_on=OWN, right_on=KEY, how="left")
    value = nw.when(column.plain).then(column.value).otherwise(nw.col(VALUE))
    return joined.with_columns(value.alias(column.name)).select(*frame.columns, column.name)


def distinct(session: Session, frame: Frame, key: Any) -> pa.StringArray:  # noqa: ANN401 - Narwhals' expressions
    """The distinct texts of a column."""
    found = table(session.batches(frame.select(key.alias(KEY)).unique()))
    return found[KEY].cast(pa.string()).combine_chunks() if found.num_rows else pa.array([], pa.string())


def others(session: Session, frame: Frame, column: Column) -> Others:
    """The texts of a column that are not plain, each read once."""
    counted = frame.filter(~column.plain).select(column.key.alias(KEY)).group_by(KEY).agg(nw.len().alias(LINES))
    found = table(session.batches(counted))
    if not found.num_rows:
        return Others(pa.array([], pa.string()), pa.nulls(0), np.empty(0, dtype=np.int64))
    texts = found[KEY].cast(pa.string()).combine_chunks()
    return Others(texts, column.read(texts), found[LINES].to_numpy().astype(np.int64))


def table(batches: Iterator[pa.RecordBatch]) -> pa.Table:
    """Batches as one table; one without columns where there are none."""
    found = list(batches)
    return pa.Table.from_batches(found) if found else pa.table({})
