"""This machine: chunks are read on all cores; totals beyond `ingest.memory` wait in temporary files."""

from collections.abc import Iterator
from contextlib import contextmanager

from segcli import cores, memory
from segcli.config.ingest import IngestSettings
from segcli.customers.order_runs import OrderRuns, ReturnLines, merge_returns, merge_runs
from segcli.customers.partial_totals import ChunkTotals, aggregate_chunk
from segcli.customers.partition import AggregationOptions, CustomerPart, aggregate_partition, join_parts
from segcli.customers.read_request import ReadRequest
from segcli.customers.run_store import Partition, RunStore, memory_limit
from segcli.files import stream
from segcli.ingest.chunk_schema import ChunkSchema

NEEDS = ""


@contextmanager
def open_engine(settings: IngestSettings) -> Iterator["LocalEngine"]:
    """Start the engine."""
    memory.keep_freed_memory()
    with RunStore(memory_limit(settings.memory)) as store:
        yield LocalEngine(store)


class LocalEngine:
    """Threads for the work, and a store for what belongs to customers; see `Engine`."""

    files_at_once = 1

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def total_chunks(self, schema: ChunkSchema, request: ReadRequest, file: int) -> Iterator[ChunkTotals]:
        """Read a file's chunks on all cores."""

        def work(chunk: tuple[int, stream.Piece]) -> ChunkTotals:
            number, piece = chunk
            return aggregate_chunk(piece.body(), schema, request, (file, number))

        content = schema.file.content
        with stream.pieces(
            content.name, schema.first_record, quoted=schema.is_quoted, version=content.version
        ) as pieces:
            for totals in cores.in_order(work, enumerate(pieces)):
                assert totals.runs is not None
                assert totals.returns is not None
                self._store.add(file, totals.runs, totals.returns)
                yield totals.without_runs()

    def add(self, file: int, runs: OrderRuns, returns: ReturnLines) -> None:
        """Keep runs and returns that were read otherwise."""
        self._store.add(file, runs, returns)

    def discard(self, file: int) -> None:
        """Forget what is kept of a file."""
        self._store.discard(file)

    def collect(self) -> tuple[OrderRuns, ReturnLines]:
        """Return all that is kept, once."""
        parts = [load() for load in self._store.partitions()]
        return merge_runs([runs for runs, _ in parts]), merge_returns([returns for _, returns in parts])

    def aggregate(self, options: AggregationOptions) -> CustomerPart:
        """Aggregate partition by partition, on all cores."""
        memory.release_memory()

        def work(load: Partition) -> CustomerPart:
            runs, returns = load()
            return aggregate_partition(runs, returns, options)

        return join_parts(list(cores.in_order(work, self._store.partitions())))
