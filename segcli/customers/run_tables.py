"""Runs and returns as Arrow tables, to be written to files or sent to other machines, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from segcli.customers.order_runs import OrderRuns, ReturnLines, ValueCounts

RUNS, RETURNS, VALUES = "runs", "returns", "values-"
TABLES = "tables"  # the fact that names them
BY_DAY = b"segcli:by_day"


def to_tables(runs: OrderRuns, returns: ReturnLines) -> dict[str, pa.Table]:
    """Return runs, returns and the values of runs as tables by name."""
    texts = {"customer": runs.customer} | ({} if runs.order is None else {"order": runs.order})
    numbers = {"first": runs.first, "last": runs.last, **runs.sums}
    back = {"day": returns.day, "money": returns.money, "refunded": returns.refunded, "place": returns.place}
    metadata = {BY_DAY: b"1"} if runs.by_day else {}
    return {
        RUNS: pa.table({**texts, **numbers}).replace_schema_metadata(metadata),
        RETURNS: pa.table({"customer": returns.customer, **back}),
        **{f"{VALUES}{name}": _value_table(counts) for name, counts in runs.values.items()},
    }


def from_tables(tables: Mapping[str, pa.Table]) -> tuple[OrderRuns, ReturnLines]:
    """Invert `to_tables`; the result is not divided into partitions."""
    columns = _arrays(tables[RUNS])
    named = {name: columns.pop(name) for name in ("customer", "order") if name in columns}
    runs = OrderRuns(
        customer=named["customer"],
        order=named.get("order"),
        first=columns.pop("first"),
        last=columns.pop("last"),
        sums=columns,
        bounds=np.array([0, tables[RUNS].num_rows]),
        values={
            name.removeprefix(VALUES): _value_counts(table) for name, table in tables.items() if name.startswith(VALUES)
        },
        by_day=BY_DAY in (tables[RUNS].schema.metadata or {}),
    )
    back = _arrays(tables[RETURNS])
    return runs, ReturnLines(**back, bounds=np.array([0, tables[RETURNS].num_rows]))


def _value_table(counts: ValueCounts) -> pa.Table:
    used = np.unique(counts.codes)  # of a partition, few of the texts of all
    codes = np.searchsorted(used, counts.codes).astype(np.int32)
    values = pa.DictionaryArray.from_arrays(pa.array(codes), counts.texts.take(pa.array(used)))
    return pa.table({"run": counts.run, "value": values, "lines": counts.lines})


def _value_counts(table: pa.Table) -> ValueCounts:
    value = table["value"].combine_chunks()
    return ValueCounts(
        table["run"].to_numpy(),
        np.asarray(value.indices, dtype=np.int32),
        value.dictionary.cast(pa.string()),
        table["lines"].to_numpy(),
    )


def _arrays(table: pa.Table) -> dict[str, Any]:
    """Return columns by name: texts as Arrow arrays, numbers as numpy arrays."""
    return {
        name: _combine(column) if pa.types.is_string(column.type) else column.to_numpy()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _combine(column: pa.ChunkedArray) -> pa.StringArray:
    combined = column.combine_chunks()
    return pa.concat_arrays(combined.chunks) if isinstance(combined, pa.ChunkedArray) else combined
