"""Where runs wait until all files are read: in memory, and beyond a limit in temporary files by customer partition."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Self

import numpy as np

from segcli.config.ingest import IngestSettings
from segcli.customers.order_runs import PARTITIONS, OrderRuns, ReturnLines, merge_returns, merge_runs, share_texts
from segcli.customers.run_tables import merge_tables, to_tables
from segcli.files.memory import free
from segcli.files.tables import TableSpill

SHARE_OF_FREE = 0.5  # of free memory, by default; the rest is for chunks being read and for the customer table
SHARE_OF_LIMIT = 0.5  # of the limit that waiting runs may take; aggregating a partition takes the rest
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
IN_MEMORY_GROUPS = 8  # of partitions, each aggregated by one thread, where nothing was written to disk
FEW_RUNS = 1 << 16  # of which one thread takes no longer than several


def parse_size(text: str) -> int:
    """Return the bytes of a size such as 1GB or 512 MiB.

    >>> parse_size("1.5 GB"), parse_size("64KiB")
    (1610612736, 65536)
    """
    number = text.upper().rstrip("IB ")
    return int(float(number[:-1]) * _UNITS[number[-1]])


def memory_limit(setting: str | None) -> int | None:
    """Return the bytes that runs may take: as the user says, by default a share of free memory."""
    if setting is not None:
        return int(parse_size(setting) * SHARE_OF_LIMIT)
    available = free()
    return None if available is None else int(available * SHARE_OF_FREE)


def reading_limit(settings: IngestSettings) -> int | None:
    """Return the bytes that working on a packed file may take, if the user set a limit."""
    return None if settings.memory is None else parse_size(settings.memory)


Partition = partial[tuple[OrderRuns, ReturnLines]]


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

    def add(self, file: int, runs: OrderRuns, returns: ReturnLines) -> None:
        """Store the runs and returns of a chunk of a file."""
        self._blocks.setdefault(file, []).append((runs, returns))
        self._bytes += runs.nbytes
        if self._limit is not None and self._bytes > self._limit:
            self._write()

    def discard(self, file: int) -> None:
        """Forget the chunks of a file."""
        self._bytes -= sum(runs.nbytes for runs, _ in self._blocks.pop(file, []))
        self._spill.discard(file)

    def partitions(self) -> Iterator[Partition]:
        """Yield functions that load runs and returns, each all of some customers; the store is empty afterwards."""
        if not self._spill.is_empty:
            self._write()
            yield from (partial(self._load, number) for number in range(PARTITIONS))
            return
        pairs = [pair for file in sorted(self._blocks) for pair in self._blocks[file]]
        blocks, returns = share_texts([runs for runs, _ in pairs]), [lines for _, lines in pairs]
        pairs.clear()
        self._blocks.clear()
        groups = IN_MEMORY_GROUPS if sum(map(len, blocks)) > FEW_RUNS else 1
        edges = np.linspace(0, PARTITIONS, groups + 1).astype(int).tolist()
        yield from (partial(_merge_slices, blocks, returns, first, last) for first, last in pairwise(edges))

    def _load(self, number: int) -> tuple[OrderRuns, ReturnLines]:
        return merge_tables(self._spill.read(number))

    def _write(self) -> None:
        """Write what is in memory to a file per partition."""
        for file, pairs in self._blocks.items():
            blocks, returns = share_texts([runs for runs, _ in pairs]), [lines for _, lines in pairs]
            pairs.clear()
            for number in range(PARTITIONS):
                self._spill.write(file, number, to_tables(*_merge_slices(blocks, returns, number, number + 1)))
        self._blocks, self._bytes = {}, 0


def _merge_slices(
    blocks: Sequence[OrderRuns], returns: Sequence[ReturnLines], first: int, last: int
) -> tuple[OrderRuns, ReturnLines]:
    return (
        merge_runs([block.slice(first, last) for block in blocks]),
        merge_returns([lines.slice(first, last) for lines in returns]),
    )
