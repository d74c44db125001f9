"""Runs and returns as Arrow tables, to be written to files or sent to other machines, and back."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from segcli.customers.order_runs import PARTITIONS, OrderRuns, ReturnLines, ValueCounts, merge_returns, merge_runs
from segcli.files.tables import pack_tables, unpack_tables

RUNS, RETURNS, VALUES = "runs", "returns", "values-"
TABLES = "tables"  # the fact that names them
BY_DAY = b"segcli:by_day"


class PackedRuns(NamedTuple):
    """Runs and returns of the customers of one partition, from one chunk: `place` is the number of file and chunk."""

    partition: int
    place: tuple[int, int]
    tables: bytes


def pack_partitions(runs: OrderRuns, returns: ReturnLines, place: tuple[int, int]) -> Iterator[PackedRuns]:
    """Divide the runs and returns of a chunk by partition of customers."""
    for partition in range(PARTITIONS):
        own_runs, own_returns = runs.slice(partition, partition + 1), returns.slice(partition, partition + 1)
        if len(own_runs) or len(own_returns):
            yield PackedRuns(partition, place, pack_tables(to_tables(own_runs, own_returns)).to_pybytes())


def merge_packed(packed: Iterable[PackedRuns]) -> tuple[OrderRuns, ReturnLines]:
    """Merge runs and returns, whatever the order in which they come."""
    return merge_tables(unpack_tables(part.tables) for part in sorted(packed))


def merge_tables(parts: Iterable[Mapping[str, pa.Table]]) -> tuple[OrderRuns, ReturnLines]:
    """Merge runs and returns that `to_tables` wrote."""
    pairs = [from_tables(tables) for tables in parts]
    return merge_runs([runs for runs, _ in pairs]), merge_returns([returns for _, returns in pairs])


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
    is_used = np.zeros(len(counts.texts), dtype=bool)  # of a partition, few of the texts of all
    is_used[counts.codes] = True
    codes = (np.cumsum(is_used, dtype=np.int32) - np.int32(1))[counts.codes]
    values = pa.DictionaryArray.from_arrays(pa.array(codes), counts.texts.filter(pa.array(is_used)))
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
