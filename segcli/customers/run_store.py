"""Where runs wait until all files are read: in memory, and beyond a limit in temporary files by customer partition."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Self

import numpy as np

from segcli.config.ingest import IngestSettings
from segcli.customers.order_runs import PARTITION_COUNT, OrderRuns, ReturnLines, merge_returns, merge_runs, unify_texts
from segcli.customers.run_tables import merge_tables, runs_to_tables
from segcli.files.memory import available_memory
from segcli.files.tables import TableSpill

FREE_MEMORY_SHARE = 0.5  # of free memory, by default; the rest is for chunks being read and for the customer table
MEMORY_LIMIT_SHARE = 0.5  # of the limit that waiting runs may take; aggregating a partition takes the rest
_SIZE_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
IN_MEMORY_GROUPS = 8  # of partitions, each aggregated by one thread, where nothing was written to disk
FEW_RUNS = 1 << 16  # of which one thread takes no longer than several


def parse_memory_size(size_text: str) -> int:
    """Return the bytes of a size such as 1GB or 512 MiB.

    >>> parse_memory_size("1.5 GB"), parse_memory_size("64KiB")
    (1610612736, 65536)
    """
    normalised = size_text.upper().rstrip("IB ")
    return int(float(normalised[:-1]) * _SIZE_UNITS[normalised[-1]])


def runs_memory_limit(setting: str | None) -> int | None:
    """Return the bytes that runs may take: as the user says, by default a share of free memory."""
    if setting is not None:
        return int(parse_memory_size(setting) * MEMORY_LIMIT_SHARE)
    available = available_memory()
    return None if available is None else int(available * FREE_MEMORY_SHARE)


def reading_memory_limit(settings: IngestSettings) -> int | None:
    """Return the bytes that working on a packed file may take, if the user set a limit."""
    return None if settings.memory is None else parse_memory_size(settings.memory)


PartitionLoader = partial[tuple[OrderRuns, ReturnLines]]


class RunStore:
    """Runs and returns of all files, until all files are read; a context manager."""

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
        """Forget the chunks of a file."""
        self._bytes -= sum(runs.nbytes for runs, _ in self._blocks.pop(file_number, []))
        self._spill.discard_tables(file_number)

    def iterate_partitions(self) -> Iterator[PartitionLoader]:
        """Yield functions that load runs and returns, each all of some customers; the store is empty afterwards."""
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
        """Write what is in memory to a file per partition."""
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
