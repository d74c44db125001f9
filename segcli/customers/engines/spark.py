"""Apache Spark: executors read chunks and keep what belongs to customers; counts come to the driver."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from segcli.config.ingest import IngestSettings
from segcli.customers.order_runs import PARTITION_COUNT, OrderRuns, ReturnLines
from segcli.customers.partial_totals import ChunkTotals, aggregate_chunk
from segcli.customers.partition import AggregationOptions, CustomerPartition, aggregate_partition, concat_parts
from segcli.customers.read_request import ReadRequest
from segcli.customers.run_tables import PackedRuns, merge_packed, pack_partitions
from segcli.customers.spark_session import open_session, prepare_executors, report_failures
from segcli.errors import InputProblem, SegcliError
from segcli.files import stream
from segcli.ingest.chunk_schema import ChunkMismatch, ChunkSchema

NEEDS = "pyspark"
CHUNKS_PER_TASK = 16  # at most, of a large file
TASKS_PER_CORE = 4  # at least, if there are so many chunks
MAX_FILES_AT_ONCE = 32  # each has a thread of the driver
GROUP_BYTES = 32 << 20  # of packed runs that are aggregated at a time

ChunkSplit = tuple[int, tuple[int, int] | None]  # number and bytes of a chunk, or None for all chunks of a packed file
SplitOutcome = ChunkTotals | ChunkMismatch | SegcliError | None
SplitResult = tuple[SplitOutcome, list[PackedRuns]]


@contextmanager
def open_engine(settings: IngestSettings) -> Iterator["SparkEngine"]:
    """Start the engine in the active session, or in a new one that stops when the context ends."""
    with open_session(settings.spark_master) as session:
        prepare_executors(session.sparkContext)
        engine = SparkEngine(session.sparkContext)
        try:
            yield engine
        finally:
            engine.close()


class SparkEngine:
    """A Spark context, and what its executors keep of each file; see `Engine`."""

    def __init__(self, spark_context: Any) -> None:  # noqa: ANN401 - pyspark has no types where it is not installed
        self._context = spark_context
        self.files_at_once = min(MAX_FILES_AT_ONCE, int(spark_context.defaultParallelism))
        self._kept: defaultdict[int, list[Any]] = defaultdict(list)
        self._bytes: Counter[int] = Counter()

    def total_chunks(self, schema: ChunkSchema, request: ReadRequest, file_number: int) -> Iterator[ChunkTotals]:
        """Read a file's chunks on the executors, which keep the runs."""
        from pyspark import StorageLevel

        path, version = schema.input_file.content.name, schema.input_file.content.version
        is_quoted = schema.has_quoted_records
        with (
            stream.open_chunks(path, schema.lines_before_records, has_quotes=is_quoted, version=version) as file_chunks,
            report_failures(),
        ):
            spans = [None] if stream.is_packed_file(path) else [piece.byte_range for piece in file_chunks]
            splits: list[ChunkSplit] = list(enumerate(spans))
            total_one = partial(_total_split, str(Path(path).absolute()), schema, request, file_number)
            results = self._context.parallelize(splits, self._count_tasks(len(splits))).flatMap(total_one)
            self._kept[file_number].append(results.persist(StorageLevel.MEMORY_AND_DISK))
            outcomes = results.map(_measure_split).collect()
        self._bytes[file_number] += sum(size for _, size in outcomes)
        for outcome, _ in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
            yield outcome

    def add_runs(self, file_number: int, runs: OrderRuns, returns: ReturnLines) -> None:
        """Send runs and returns that the driver read to the executors."""
        results: list[SplitResult] = [
            (None, [packed_runs]) for packed_runs in pack_partitions(runs, returns, (file_number, 0))
        ]
        self._kept[file_number].append(self._context.parallelize(results, len(results) or 1))
        self._bytes[file_number] += sum(_measure_split(result)[1] for result in results)

    def discard_file(self, file_number: int) -> None:
        """Forget what is kept of a file."""
        self._bytes.pop(file_number, None)
        for results in self._kept.pop(file_number, []):
            results.unpersist()

    def close(self) -> None:
        """Forget what is kept of all files."""
        for file_number in list(self._kept):
            self.discard_file(file_number)

    def aggregate_customers(self, options: AggregationOptions) -> CustomerPartition:
        """Aggregate groups of customers on the executors, and join them on the driver."""
        groups = min(PARTITION_COUNT, 1 + self._bytes.total() // GROUP_BYTES)
        with report_failures():
            stored_runs = self._context.union([results for of_file in self._kept.values() for results in of_file])
            runs = stored_runs.flatMap(partial(_group_partitions, groups))
            parts = runs.groupByKey(groups, int).mapValues(partial(_aggregate_group, options)).collect()
        return concat_parts([part for _, part in sorted(parts, key=lambda pair: pair[0])])

    def _count_tasks(self, chunk_count: int) -> int:
        max_tasks = min(chunk_count, TASKS_PER_CORE * int(self._context.defaultParallelism))
        return max(1, max_tasks, chunk_count // CHUNKS_PER_TASK)


def _total_split(
    path: str, schema: ChunkSchema, request: ReadRequest, file_number: int, split: ChunkSplit
) -> Iterator[SplitResult]:
    """Aggregate the chunks of a split; a failure ends it as a value, which reaches the driver unchanged."""
    try:
        for chunk_number, body in _read_split(path, schema, split):
            totals = aggregate_chunk(body, schema, request, (file_number, chunk_number))
            assert totals.runs is not None
            assert totals.returns is not None
            yield totals.without_runs(), list(pack_partitions(totals.runs, totals.returns, (file_number, chunk_number)))
    except (ChunkMismatch, SegcliError) as failure:
        yield failure, []
    except OSError as error:
        storage_remedy = "Store it where all machines of the cluster find it under this path"
        yield InputProblem(f"cannot be read on an executor ({error.strerror})", source=path, remedy=storage_remedy), []


def _read_split(path: str, schema: ChunkSchema, split: ChunkSplit) -> Iterator[tuple[int, bytes]]:
    chunk_number, span = split
    if span is not None:
        yield chunk_number, stream.read_span(path, *span)
        return
    with stream.open_chunks(path, schema.lines_before_records, has_quotes=schema.has_quoted_records) as file_chunks:
        yield from enumerate(piece.read_body() for piece in file_chunks)


def _measure_split(split_result: SplitResult) -> tuple[SplitOutcome, int]:
    outcome, packed_runs = split_result
    return outcome, sum(len(runs.tables) for runs in packed_runs)


def _group_partitions(groups: int, split_result: SplitResult) -> list[tuple[int, PackedRuns]]:
    return [(runs.partition * groups // PARTITION_COUNT, runs) for runs in split_result[1]]


def _aggregate_group(options: AggregationOptions, packed_runs: Iterable[PackedRuns]) -> CustomerPartition:
    return aggregate_partition(*merge_packed(packed_runs), options)
