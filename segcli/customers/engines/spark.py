"""Apache Spark: executors read chunks and keep what belongs to customers; counts come to the driver."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from segcli.config.ingest import IngestSettings
from segcli.customers.order_runs import PARTITIONS, OrderRuns, ReturnLines
from segcli.customers.partial_totals import ChunkTotals, aggregate_chunk
from segcli.customers.partition import AggregationOptions, CustomerPart, aggregate_partition, join_parts
from segcli.customers.read_request import ReadRequest
from segcli.customers.run_tables import PackedRuns, merge_packed, pack_partitions
from segcli.customers.spark_session import check_executors, open_session, report_failures
from segcli.errors import InputProblem, SegcliError
from segcli.files import stream
from segcli.ingest.chunk_schema import ChunkMismatch, ChunkSchema

NEEDS = "pyspark"
CHUNKS_PER_TASK = 16  # at most, of a large file
TASKS_PER_CORE = 4  # at least, if there are so many chunks
MOST_FILES_AT_ONCE = 32  # each has a thread of the driver
GROUP_BYTES = 32 << 20  # of packed runs that are aggregated at a time

Split = tuple[int, tuple[int, int] | None]  # number and bytes of a chunk, or None for all chunks of a packed file
Outcome = ChunkTotals | ChunkMismatch | SegcliError | None
Result = tuple[Outcome, list[PackedRuns]]


@contextmanager
def open_engine(settings: IngestSettings) -> Iterator["SparkEngine"]:
    """Start the engine in the active session, or in a new one that stops when the context ends."""
    with open_session(settings.spark_master) as session:
        check_executors(session.sparkContext)
        engine = SparkEngine(session.sparkContext)
        try:
            yield engine
        finally:
            engine.close()


class SparkEngine:
    """A Spark context, and what its executors keep of each file; see `Engine`."""

    def __init__(self, context: Any) -> None:  # noqa: ANN401 - pyspark has no types where it is not installed
        self._context = context
        self.files_at_once = min(MOST_FILES_AT_ONCE, int(context.defaultParallelism))
        self._kept: defaultdict[int, list[Any]] = defaultdict(list)
        self._bytes: Counter[int] = Counter()

    def total_chunks(self, schema: ChunkSchema, request: ReadRequest, file: int) -> Iterator[ChunkTotals]:
        """Read a file's chunks on the executors, which keep the runs."""
        from pyspark import StorageLevel

        path, version = schema.file.content.name, schema.file.content.version
        is_quoted = schema.is_quoted
        with (
            stream.pieces(path, schema.first_record, quoted=is_quoted, version=version) as pieces,
            report_failures(),
        ):
            spans = [None] if stream.is_packed(path) else [piece.span for piece in pieces]
            splits: list[Split] = list(enumerate(spans))
            work = partial(_total_split, str(Path(path).absolute()), schema, request, file)
            results = self._context.parallelize(splits, self._count_tasks(len(splits))).flatMap(work)
            self._kept[file].append(results.persist(StorageLevel.MEMORY_AND_DISK))
            outcomes = results.map(_measure).collect()
        self._bytes[file] += sum(size for _, size in outcomes)
        for outcome, _ in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
            yield outcome

    def add(self, file: int, runs: OrderRuns, returns: ReturnLines) -> None:
        """Send runs and returns that the driver read to the executors."""
        results: list[Result] = [(None, [packed]) for packed in pack_partitions(runs, returns, (file, 0))]
        self._kept[file].append(self._context.parallelize(results, len(results) or 1))
        self._bytes[file] += sum(_measure(result)[1] for result in results)

    def discard(self, file: int) -> None:
        """Forget what is kept of a file."""
        self._bytes.pop(file, None)
        for results in self._kept.pop(file, []):
            results.unpersist()

    def close(self) -> None:
        """Forget what is kept of all files."""
        for file in list(self._kept):
            self.discard(file)

    def aggregate(self, options: AggregationOptions) -> CustomerPart:
        """Aggregate groups of customers on the executors, and join them on the driver."""
        groups = min(PARTITIONS, 1 + self._bytes.total() // GROUP_BYTES)
        with report_failures():
            kept = self._context.union([results for of_file in self._kept.values() for results in of_file])
            runs = kept.flatMap(partial(_group, groups))
            parts = runs.groupByKey(groups, int).mapValues(partial(_aggregate_group, options)).collect()
        return join_parts([part for _, part in sorted(parts, key=lambda pair: pair[0])])

    def _count_tasks(self, chunks: int) -> int:
        few = min(chunks, TASKS_PER_CORE * int(self._context.defaultParallelism))
        return max(1, few, chunks // CHUNKS_PER_TASK)


def _total_split(path: str, schema: ChunkSchema, request: ReadRequest, file: int, split: Split) -> Iterator[Result]:
    """Aggregate the chunks of a split; a failure ends it as a value, which reaches the driver unchanged."""
    try:
        for chunk, body in _read_split(path, schema, split):
            totals = aggregate_chunk(body, schema, request, (file, chunk))
            assert totals.runs is not None
            assert totals.returns is not None
            yield totals.without_runs(), list(pack_partitions(totals.runs, totals.returns, (file, chunk)))
    except (ChunkMismatch, SegcliError) as failure:
        yield failure, []
    except OSError as error:
        remedy = "Store it where all machines of the cluster find it under this path"
        yield InputProblem(f"cannot be read on an executor ({error.strerror})", source=path, remedy=remedy), []


def _read_split(path: str, schema: ChunkSchema, split: Split) -> Iterator[tuple[int, bytes]]:
    chunk, span = split
    if span is not None:
        yield chunk, stream.read_span(path, *span)
        return
    with stream.pieces(path, schema.first_record, quoted=schema.is_quoted) as pieces:
        yield from enumerate(piece.body() for piece in pieces)


def _measure(result: Result) -> tuple[Outcome, int]:
    outcome, packed = result
    return outcome, sum(len(runs.tables) for runs in packed)


def _group(groups: int, result: Result) -> list[tuple[int, PackedRuns]]:
    return [(runs.partition * groups // PARTITIONS, runs) for runs in result[1]]


def _aggregate_group(options: AggregationOptions, packed: Iterable[PackedRuns]) -> CustomerPart:
    return aggregate_partition(*merge_packed(packed), options)
