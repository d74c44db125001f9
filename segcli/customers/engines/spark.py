"""Apache Spark engine: executors read chunks and store runs by customer, and counts go to the driver."""

import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from segcli import __version__
from segcli.config.ingest import IngestSettings
from segcli.customers.aggregation import AggregationOptions, CustomerPartition, aggregate_partition, concat_parts
from segcli.customers.order_runs import PARTITION_COUNT, OrderRuns, ReturnLines
from segcli.customers.partial_totals import ChunkTotals, aggregate_chunk
from segcli.customers.read_request import ReadRequest
from segcli.customers.run_store import PackedRuns, merge_packed, pack_partitions
from segcli.errors import EnvironmentProblem, InputProblem, SegcliError, UsageProblem
from segcli.ingest.chunk_parsing import ChunkMismatch, ChunkSchema
from segcli.io import chunk_reader
from segcli.io.write import zip_package
from segcli.location import change_file, locate_file

# Spark session whose executors can run segcli
SESSION_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.maxResultSize": "0",  # customers are collected on the driver, so their size must not be limited
}
PYSPARK_CAUSE = re.compile(r"(\[[A-Z_]+\] .*)")  # error class that PySpark documents, such as PYTHON_VERSION_MISMATCH
SESSION_REMEDY = "check Java, ingest.spark_master and PYSPARK_PYTHON"
JAVA_CAUSE = re.compile(r"^: (.*)", re.MULTILINE)


@contextmanager
def open_session(master: str, **extra_settings: str) -> Iterator[Any]:
    """Yield the active session, or a new one that stops when the context ends.

    Executors run the Python of the driver, unless PYSPARK_PYTHON names another one.

    Args:
        master: master URL of a new session.
        extra_settings: further settings of a new session.

    Raises:
        EnvironmentProblem: no session can be started.
    """
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        yield active
        return
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("segcli")
    for name, value in {**SESSION_SETTINGS, **extra_settings}.items():
        builder = builder.config(name, value)
    with report_failures():
        session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def prepare_executors(spark_context: Any) -> None:  # noqa: ANN401 - pyspark has no types if it is not installed
    """Send segcli to executors that lack it, and reject executors that cannot run it.

    Raises:
        UsageProblem: executors lack a package that segcli needs, or have another version of segcli.
    """
    problem = _find_executor_problem(spark_context)
    if problem == "no module segcli":
        from pyspark import SparkFiles

        spark_context.addPyFile(zip_package(SparkFiles.getRootDirectory()))
        problem = _find_executor_problem(spark_context)
    if problem:
        raise UsageProblem(
            f"segcli is not installed on the executors: {problem}; "
            f"hint: run pip install 'segcli[spark]=={__version__}' "
            "there, or set PYSPARK_PYTHON to a Python that has it"
        )


def _find_executor_problem(spark_context: Any) -> str:  # noqa: ANN401 - see above
    """Return the module that executors lack, or their version of segcli if it differs; "" if there is no problem."""
    expected = __version__

    def import_segcli(_: int) -> str:  # sent as code, not by name: executors may lack its module
        try:
            import segcli.customers.engines.spark  # noqa: PLW0406 - runs on an executor, without this module's names
        except ModuleNotFoundError as error:
            return f"no module {error.name}"
        version = segcli.__version__
        return "" if version == expected else f"version {version}"

    tasks = spark_context.defaultParallelism
    with report_failures():
        return str(max(spark_context.parallelize(range(tasks), tasks).map(import_segcli).collect()))


@contextmanager
def report_failures() -> Iterator[None]:
    """Turn a failure of Spark into a one-line error, but not an error in the code that executors run.

    Raises:
        EnvironmentProblem: Spark cannot be started, or a job failed.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        cause = PYSPARK_CAUSE.search(str(error))
        if cause is None and "Traceback (most recent call last)" in str(error):
            raise
        cause = cause or JAVA_CAUSE.search(str(error))
        raise EnvironmentProblem(f"spark: {cause[1] if cause else error}; hint: {SESSION_REMEDY}") from error


NEEDS = "pyspark"
CHUNKS_PER_TASK = 16  # upper bound, for large files
TASKS_PER_CORE = 4  # lower bound, if there are enough chunks
MAX_FILES_AT_ONCE = 32  # each file uses one thread of the driver
GROUP_BYTES = 32 << 20  # of packed runs that are aggregated together

ChunkSplit = tuple[int, tuple[int, int] | None]  # chunk number and byte range; None: all chunks of a packed file
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
    """Spark context, and the stored runs of each file on its executors; see `Engine`."""

    def __init__(self, spark_context: Any) -> None:  # noqa: ANN401 - pyspark has no types if it is not installed
        self._context = spark_context
        self.files_at_once = min(MAX_FILES_AT_ONCE, int(spark_context.defaultParallelism))
        self._kept: defaultdict[int, list[Any]] = defaultdict(list)
        self._bytes: Counter[int] = Counter()

    def total_chunks(self, schema: ChunkSchema, request: ReadRequest, file_number: int) -> Iterator[ChunkTotals]:
        """Read the chunks of a file on the executors, which store the runs."""
        from pyspark import StorageLevel

        path, version = schema.input_file.content.name, schema.input_file.content.version
        is_quoted = schema.has_quoted_records
        with (
            chunk_reader.open_chunks(
                path, schema.lines_before_records, has_quotes=is_quoted, version=version
            ) as file_chunks,
            report_failures(),
        ):
            spans = [None] if chunk_reader.is_packed_file(path) else [piece.byte_range for piece in file_chunks]
            splits: list[ChunkSplit] = list(enumerate(spans))
            total_one = partial(
                _total_split, change_file(path, str(locate_file(path).absolute())), schema, request, file_number
            )
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
        """Discard the stored runs and returns of a file."""
        self._bytes.pop(file_number, None)
        for results in self._kept.pop(file_number, []):
            results.unpersist()

    def close(self) -> None:
        """Discard the stored runs and returns of all files."""
        for file_number in list(self._kept):
            self.discard_file(file_number)

    def aggregate_customers(self, options: AggregationOptions) -> CustomerPartition:
        """Aggregate groups of customers on the executors, and merge the results on the driver."""
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
    """Aggregate the chunks of a split.

    An error is yielded as the last value, so that it reaches the driver unchanged.
    """
    try:
        for chunk_number, body in _read_split(path, schema, split):
            totals = aggregate_chunk(body, schema, request, (file_number, chunk_number))
            assert totals.runs is not None
            assert totals.returns is not None
            yield totals.without_runs(), list(pack_partitions(totals.runs, totals.returns, (file_number, chunk_number)))
    except (ChunkMismatch, SegcliError) as failure:
        yield failure, []
    except OSError as error:
        storage_remedy = "store it under a path that all machines of the cluster can read"
        yield InputProblem(f"cannot be read on an executor ({error.strerror})", source=path, remedy=storage_remedy), []


def _read_split(path: str, schema: ChunkSchema, split: ChunkSplit) -> Iterator[tuple[int, bytes]]:
    chunk_number, span = split
    if span is not None:
        yield chunk_number, chunk_reader.read_span(path, *span)
        return
    with chunk_reader.open_chunks(
        path, schema.lines_before_records, has_quotes=schema.has_quoted_records
    ) as file_chunks:
        yield from enumerate(piece.read_body() for piece in file_chunks)


def _measure_split(split_result: SplitResult) -> tuple[SplitOutcome, int]:
    outcome, packed_runs = split_result
    return outcome, sum(len(runs.tables) for runs in packed_runs)


def _group_partitions(groups: int, split_result: SplitResult) -> list[tuple[int, PackedRuns]]:
    return [(runs.partition * groups // PARTITION_COUNT, runs) for runs in split_result[1]]


def _aggregate_group(options: AggregationOptions, packed_runs: Iterable[PackedRuns]) -> CustomerPartition:
    return aggregate_partition(*merge_packed(packed_runs), options)
