"""Runs and returns as Arrow tables, to be written to files or sent to other machines, and back."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from segcli.customers.order_runs import PARTITION_COUNT, OrderRuns, ReturnLines, ValueCounts, merge_returns, merge_runs
from segcli.files.tables import pack_tables, unpack_tables

RUNS_TABLE, RETURNS_TABLE, VALUES_PREFIX = "runs", "returns", "values-"
TABLES_KEY = "tables"  # the fact that names them
BY_DAY_KEY = b"segcli:by_day"


class PackedRuns(NamedTuple):
    """Runs and returns of the customers of one partition, from one chunk: `place` is the number of file and chunk."""

    partition: int
    place: tuple[int, int]
    tables: bytes


def pack_partitions(runs: OrderRuns, returns: ReturnLines, chunk_place: tuple[int, int]) -> Iterator[PackedRuns]:
    """Divide the runs and returns of a chunk by partition of customers."""
    for partition in range(PARTITION_COUNT):
        partition_runs, partition_returns = (
            runs.slice_partitions(partition, partition + 1),
            returns.slice_partitions(partition, partition + 1),
        )
        if len(partition_runs) or len(partition_returns):
            yield PackedRuns(
                partition, chunk_place, pack_tables(runs_to_tables(partition_runs, partition_returns)).to_pybytes()
            )


def merge_packed(packed_runs: Iterable[PackedRuns]) -> tuple[OrderRuns, ReturnLines]:
    """Merge runs and returns, whatever the order in which they come."""
    return merge_tables(unpack_tables(part.tables) for part in sorted(packed_runs))


def merge_tables(table_sets: Iterable[Mapping[str, pa.Table]]) -> tuple[OrderRuns, ReturnLines]:
    """Merge runs and returns that `runs_to_tables` wrote."""
    pairs = [runs_from_tables(tables) for tables in table_sets]
    return merge_runs([runs for runs, _ in pairs]), merge_returns([returns for _, returns in pairs])


def runs_to_tables(runs: OrderRuns, returns: ReturnLines) -> dict[str, pa.Table]:
    """Return runs, returns and the values of runs as tables by name."""
    texts = {"customer": runs.customer} | ({} if runs.order is None else {"order": runs.order})
    numbers = {"first": runs.first_day, "last": runs.last_day, **runs.sums}
    return_columns = {"day": returns.day, "money": returns.money, "refunded": returns.refunded, "place": returns.place}
    metadata = {BY_DAY_KEY: b"1"} if runs.by_day else {}
    return {
        RUNS_TABLE: pa.table({**texts, **numbers}).replace_schema_metadata(metadata),
        RETURNS_TABLE: pa.table({"customer": returns.customer, **return_columns}),
        **{f"{VALUES_PREFIX}{name}": _values_to_table(counts) for name, counts in runs.value_counts.items()},
    }


def runs_from_tables(tables: Mapping[str, pa.Table]) -> tuple[OrderRuns, ReturnLines]:
    """Invert `runs_to_tables`; the result is not divided into partitions."""
    run_columns = _columns_to_arrays(tables[RUNS_TABLE])
    text_columns = {name: run_columns.pop(name) for name in ("customer", "order") if name in run_columns}
    runs = OrderRuns(
        customer=text_columns["customer"],
        order=text_columns.get("order"),
        first_day=run_columns.pop("first"),
        last_day=run_columns.pop("last"),
        sums=run_columns,
        partition_bounds=np.array([0, tables[RUNS_TABLE].num_rows]),
        value_counts={
            name.removeprefix(VALUES_PREFIX): _values_from_table(table)
            for name, table in tables.items()
            if name.startswith(VALUES_PREFIX)
        },
        by_day=BY_DAY_KEY in (tables[RUNS_TABLE].schema.metadata or {}),
    )
    return_columns = _columns_to_arrays(tables[RETURNS_TABLE])
    return runs, ReturnLines(**return_columns, partition_bounds=np.array([0, tables[RETURNS_TABLE].num_rows]))


def _values_to_table(counts: ValueCounts) -> pa.Table:
    is_used = np.zeros(len(counts.texts), dtype=bool)  # of a partition, few of the texts of all
    is_used[counts.codes] = True
    codes = (np.cumsum(is_used, dtype=np.int32) - np.int32(1))[counts.codes]
    value_column = pa.DictionaryArray.from_arrays(pa.array(codes), counts.texts.filter(pa.array(is_used)))
    return pa.table({"run": counts.run, "value": value_column, "lines": counts.lines})


def _values_from_table(table: pa.Table) -> ValueCounts:
    value_column = table["value"].combine_chunks()
    return ValueCounts(
        table["run"].to_numpy(),
        np.asarray(value_column.indices, dtype=np.int32),
        value_column.dictionary.cast(pa.string()),
        table["lines"].to_numpy(),
    )


def _columns_to_arrays(table: pa.Table) -> dict[str, Any]:
    """Return columns by name: texts as Arrow arrays, numbers as numpy arrays."""
    return {
        name: _combine_chunks(column) if pa.types.is_string(column.type) else column.to_numpy()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _combine_chunks(chunked_column: pa.ChunkedArray) -> pa.StringArray:
    array = chunked_column.combine_chunks()
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
