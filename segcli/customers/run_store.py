"""Store of runs until all files are read: in memory, and above a limit in temporary files by customer partition."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
import pyarrow as pa

from segcli.config.ingest import IngestSettings
from segcli.customers.order_runs import (
    PARTITION_COUNT,
    OrderRuns,
    ReturnLines,
    ValueCounts,
    merge_returns,
    merge_runs,
    unify_texts,
)
from segcli.io.memory import available_memory
from segcli.io.table_spill import TableSpill, pack_tables, unpack_tables

# Conversion of runs and returns to Arrow tables and back, for files and other machines
RUNS_TABLE, RETURNS_TABLE, VALUES_PREFIX = "runs", "returns", "values-"
TABLES_KEY = "tables"  # metadata key of the table names
BY_DAY_KEY = b"segcli:by_day"


class PackedRuns(NamedTuple):
    """Serialised runs and returns of one partition of customers from one chunk; `place` is (file, chunk)."""

    partition: int
    place: tuple[int, int]
    tables: bytes


def pack_partitions(runs: OrderRuns, returns: ReturnLines, chunk_place: tuple[int, int]) -> Iterator[PackedRuns]:
    """Yield the runs and returns of a chunk, packed by partition of customers."""
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
    """Merge packed runs and returns; the result does not depend on their order."""
    return merge_tables(unpack_tables(part.tables) for part in sorted(packed_runs))


def merge_tables(table_sets: Iterable[Mapping[str, pa.Table]]) -> tuple[OrderRuns, ReturnLines]:
    """Merge runs and returns from tables that `runs_to_tables` returned."""
    pairs = [runs_from_tables(tables) for tables in table_sets]
    return merge_runs([runs for runs, _ in pairs]), merge_returns([returns for _, returns in pairs])


def runs_to_tables(runs: OrderRuns, returns: ReturnLines) -> dict[str, pa.Table]:
    """Return runs, returns and the value counts of runs as tables by name."""
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
    """Return runs and returns from tables, the inverse of `runs_to_tables`; they are not divided into partitions."""
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
    is_used = np.zeros(len(counts.texts), dtype=bool)  # a partition uses few of the texts of all
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


FREE_MEMORY_SHARE = 0.5  # default share of free memory; the rest is for chunks and for the customer table
MEMORY_LIMIT_SHARE = 0.5  # share of the limit for stored runs; the rest is for aggregating a partition
_SIZE_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
IN_MEMORY_GROUPS = 8  # of partitions if everything is in memory; one thread aggregates each
FEW_RUNS = 1 << 16  # up to this number, one thread is as fast as several


def parse_memory_size(size_text: str) -> int:
    """Return the bytes of a size such as 1GB or 512 MiB.

    >>> parse_memory_size("1.5 GB"), parse_memory_size("64KiB")
    (1610612736, 65536)
    """
    normalised = size_text.upper().rstrip("IB ")
    return int(float(normalised[:-1]) * _SIZE_UNITS[normalised[-1]])


def runs_memory_limit(setting: str | None) -> int | None:
    """Return the memory limit of stored runs in bytes: as configured, or a share of free memory."""
    if setting is not None:
        return int(parse_memory_size(setting) * MEMORY_LIMIT_SHARE)
    available = available_memory()
    return None if available is None else int(available * FREE_MEMORY_SHARE)


def reading_memory_limit(settings: IngestSettings) -> int | None:
    """Return the memory limit for reading a packed file in bytes, or None if no limit is configured."""
    return None if settings.memory is None else parse_memory_size(settings.memory)


PartitionLoader = partial[tuple[OrderRuns, ReturnLines]]


class RunStore:
    """Store of the runs and returns of all files; a context manager."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._blocks: dict[int, list[tuple[OrderRuns, ReturnLines]]] = {}
        self._bytes = 0

    def __enter__(self) -> Self:
        self._spill = TableSpill().__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._spill.__exit__()

    def add_runs(self, file_number: int, runs: OrderRuns, returns: ReturnLines) -> None:
        """Store the runs and returns of a chunk of a file."""
        self._blocks.setdefault(file_number, []).append((runs, returns))
        self._bytes += runs.nbytes
        if self._limit is not None and self._bytes > self._limit:
            self._write_to_disk()

    def discard_file(self, file_number: int) -> None:
        """Discard the chunks of a file."""
        self._bytes -= sum(runs.nbytes for runs, _ in self._blocks.pop(file_number, []))
        self._spill.discard_tables(file_number)

    def iterate_partitions(self) -> Iterator[PartitionLoader]:
        """Yield functions that load all runs and returns of some customers each, and empty the store."""
        if not self._spill.is_empty:
            self._write_to_disk()
            yield from (partial(self._load_partition, number) for number in range(PARTITION_COUNT))
            return
        pairs = [pair for file_number in sorted(self._blocks) for pair in self._blocks[file_number]]
        blocks, returns = unify_texts([runs for runs, _ in pairs]), [return_lines for _, return_lines in pairs]
        pairs.clear()
        self._blocks.clear()
        groups = IN_MEMORY_GROUPS if sum(map(len, blocks)) > FEW_RUNS else 1
        edges = np.linspace(0, PARTITION_COUNT, groups + 1).astype(int).tolist()
        yield from (partial(_merge_slices, blocks, returns, first, last) for first, last in pairwise(edges))

    def _load_partition(self, partition: int) -> tuple[OrderRuns, ReturnLines]:
        return merge_tables(self._spill.read_tables(partition))

    def _write_to_disk(self) -> None:
        """Write the stored runs to one file per partition."""
        for file_number, pairs in self._blocks.items():
            blocks, returns = unify_texts([runs for runs, _ in pairs]), [return_lines for _, return_lines in pairs]
            pairs.clear()
            for partition in range(PARTITION_COUNT):
                self._spill.write_tables(
                    file_number, partition, runs_to_tables(*_merge_slices(blocks, returns, partition, partition + 1))
                )
        self._blocks, self._bytes = {}, 0


def _merge_slices(
    blocks: Sequence[OrderRuns], returns: Sequence[ReturnLines], first: int, last: int
) -> tuple[OrderRuns, ReturnLines]:
    return (
        merge_runs([block.slice_partitions(first, last) for block in blocks]),
        merge_returns([return_lines.slice_partitions(first, last) for return_lines in returns]),
    )
