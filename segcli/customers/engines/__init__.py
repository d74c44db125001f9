"""Engines: read and aggregate the chunks of order exports, on this machine or on a cluster.

An engine is a module of this folder (`EngineModule`), and its file name is its name in the settings. An engine moves
chunks to the workers that read them, and totals to the place where they are merged. The meaning of order lines is
defined in `partial_totals.aggregate_chunk` and `aggregation.aggregate_partition`, which every engine calls.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Protocol, cast

from segcli import plugins
from segcli.config.ingest import IngestSettings
from segcli.customers.aggregation import AggregationOptions, CustomerPartition
from segcli.customers.order_runs import OrderRuns, ReturnLines
from segcli.customers.partial_totals import ChunkTotals
from segcli.customers.read_request import ReadRequest
from segcli.errors import UsageProblem
from segcli.ingest.chunk_parsing import ChunkSchema

LOCAL_ENGINE = "local"


class Engine(Protocol):
    """Reader of chunks that stores runs by customer and aggregates the customers at the end.

    `files_at_once` is the number of files to read in parallel. If it is 1, all cores read chunks of the same file.
    """

    files_at_once: int

    def total_chunks(self, schema: ChunkSchema, request: ReadRequest, file_number: int) -> Iterator[ChunkTotals]:
        """Read the chunks of a file and store their runs; yield the rest of their totals in file order.

        Args:
            schema: format of all chunks of the file.
            request: policies.
            file_number: number of the file.

        Raises:
            ChunkMismatch: a chunk contradicts the schema; its line number, if any, is relative to the chunk.
        """
        ...

    def add_runs(self, file_number: int, runs: OrderRuns, returns: ReturnLines) -> None:
        """Store runs and returns that were read elsewhere."""
        ...

    def discard_file(self, file_number: int) -> None:
        """Discard the stored runs and returns of a file."""
        ...

    def aggregate_customers(self, options: AggregationOptions) -> CustomerPartition:
        """Aggregate all stored runs to one row per customer, sorted by id."""
        ...


class EngineModule(Protocol):
    """Module of an engine: the package that it needs (or ""), and the function that starts it."""

    NEEDS: str

    def open_engine(self, settings: IngestSettings) -> AbstractContextManager[Engine]:
        """Start the engine; its temporary files are removed when the context ends."""
        ...


def engine_names() -> list[str]:
    """Return the names of the engines in this folder."""
    return plugins.list_plugins(__name__)


def is_installed(engine: str) -> bool:
    """Return whether the package that an engine needs is installed."""
    package = load_engine(engine).NEEDS
    return not package or find_spec(package) is not None


def load_engine(engine: str) -> EngineModule:
    """Import an engine by its name."""
    return cast("EngineModule", plugins.load_plugin(__name__, engine))


def open_engine(settings: IngestSettings) -> AbstractContextManager[Engine]:
    """Start the configured engine.

    Raises:
        UsageProblem: the engine is not installed.
    """
    engine = settings.engine
    if not is_installed(engine):
        raise UsageProblem(
            f"--engine {engine}: {load_engine(engine).NEEDS} is not installed; hint: pip install 'segcli[{engine}]'"
        )
    return load_engine(engine).open_engine(settings)
