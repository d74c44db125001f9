"""Local engine: all cores read chunks, and totals beyond `ingest.memory` go to temporary files."""

from collections.abc import Iterator
from contextlib import contextmanager

from segcli import parallel
from segcli.config.ingest import IngestSettings
from segcli.customers.aggregation import AggregationOptions, CustomerPartition, aggregate_partition, concat_parts
from segcli.customers.order_runs import OrderRuns, ReturnLines, merge_returns, merge_runs
from segcli.customers.partial_totals import ChunkTotals, aggregate_chunk
from segcli.customers.read_request import ReadRequest
from segcli.customers.run_store import PartitionLoader, RunStore, runs_memory_limit
from segcli.ingest.chunk_parsing import ChunkSchema
from segcli.io import chunk_reader, memory

NEEDS = ""


@contextmanager
def open_engine(settings: IngestSettings) -> Iterator["LocalEngine"]:
    """Start the engine."""
    memory.keep_freed_memory()
    with RunStore(runs_memory_limit(settings.memory)) as store:
        yield LocalEngine(store)


class LocalEngine:
    """Threads that read chunks, and a store of runs; see `Engine`."""

    files_at_once = 1

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def total_chunks(self, schema: ChunkSchema, request: ReadRequest, file_number: int) -> Iterator[ChunkTotals]:
        """Read the chunks of a file on all cores."""

        def read_chunk(numbered_chunk: tuple[int, chunk_reader.FileChunk]) -> ChunkTotals:
            chunk_number, file_chunk = numbered_chunk
            return aggregate_chunk(file_chunk.read_body(), schema, request, (file_number, chunk_number))

        content = schema.input_file.content
        with chunk_reader.open_chunks(
            content.name, schema.lines_before_records, has_quotes=schema.has_quoted_records, version=content.version
        ) as chunks:
            for totals in parallel.map_ordered(read_chunk, enumerate(chunks)):
                assert totals.runs is not None
                assert totals.returns is not None
                self._store.add_runs(file_number, totals.runs, totals.returns)
                yield totals.without_runs()

    def add_runs(self, file_number: int, runs: OrderRuns, returns: ReturnLines) -> None:
        """Store runs and returns that were read elsewhere."""
        self._store.add_runs(file_number, runs, returns)

    def discard_file(self, file_number: int) -> None:
        """Discard the stored runs and returns of a file."""
        self._store.discard_file(file_number)

    def collect_runs(self) -> tuple[OrderRuns, ReturnLines]:
        """Return all stored runs and returns, and empty the store."""
        parts = [load() for load in self._store.iterate_partitions()]
        return merge_runs([runs for runs, _ in parts]), merge_returns([returns for _, returns in parts])

    def aggregate_customers(self, options: AggregationOptions) -> CustomerPartition:
        """Aggregate the customers partition by partition, on all cores."""
        memory.release_memory()

        def aggregate_one(load_partition: PartitionLoader) -> CustomerPartition:
            runs, returns = load_partition()
            return aggregate_partition(runs, returns, options)

        return concat_parts(list(parallel.map_ordered(aggregate_one, self._store.iterate_partitions())))
