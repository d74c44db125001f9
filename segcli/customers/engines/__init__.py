"""Engines: where the chunks of order exports are read and aggregated.

An engine is a module of this folder (`EngineModule`), and its file name is the user's name for it. It moves chunks to
where they are read, and totals to where they are merged. What an order line means is decided in
`partial_totals.aggregate_chunk` and `partition.aggregate_partition`, which every engine calls.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Protocol, cast

from segcli import plugins
from segcli.config.ingest import IngestSettings
from segcli.customers.order_runs import OrderRuns, ReturnLines
from segcli.customers.partial_totals import ChunkTotals
from segcli.customers.partition import AggregationOptions, CustomerPartition
from segcli.customers.read_request import ReadRequest
from segcli.errors import UsageProblem
from segcli.ingest.chunk_schema import ChunkSchema

LOCAL_ENGINE = "local"


class Engine(Protocol):
    """Reads the chunks of files, keeps what belongs to customers, and aggregates customers at the end.

    `files_at_once` is how many files to read at the same time; if there is one, all cores read its chunks.
    """

    files_at_once: int

    def total_chunks(self, schema: ChunkSchema, request: ReadRequest, file_number: int) -> Iterator[ChunkTotals]:
        """Read a file's chunks and keep their runs; yield the rest of their totals in the order of the file.

        Args:
            schema: how the chunks are written.
            request: policies.
            file_number: its number.

        Raises:
            ChunkMismatch: a chunk is not as the schema says; the line is that in the chunk, if there is one.
        """
        ...

    def add_runs(self, file_number: int, runs: OrderRuns, returns: ReturnLines) -> None:
        """Keep runs and returns that were read otherwise."""
        ...

    def discard_file(self, file_number: int) -> None:
        """Forget what is kept of a file."""
        ...

    def aggregate_customers(self, options: AggregationOptions) -> CustomerPartition:
        """Aggregate all that is kept to one row per customer, sorted by id."""
        ...


class EngineModule(Protocol):
    """A file of this folder: the package without which it cannot run (or ""), and how to start it."""

    NEEDS: str

    def open_engine(self, settings: IngestSettings) -> AbstractContextManager[Engine]:
        """Start the engine; its temporary files are removed when the context ends."""
        ...


def engine_names() -> list[str]:
    """Name the engines of this folder."""
    return plugins.list_plugins(__name__)


def is_installed(engine: str) -> bool:
    """Tell whether the package that an engine needs is installed."""
    package = load_engine(engine).NEEDS
    return not package or find_spec(package) is not None


def load_engine(engine: str) -> EngineModule:
    """Import an engine by its name."""
    return cast("EngineModule", plugins.load_plugin(__name__, engine))


def open_engine(settings: IngestSettings) -> AbstractContextManager[Engine]:
    """Start the engine of the settings.

    Raises:
        UsageProblem: it is not installed.
    """
    engine = settings.engine
    if not is_installed(engine):
        raise UsageProblem(
            f"--engine {engine}: {load_engine(engine).NEEDS} is not installed; pip install 'segcli[{engine}]'"
        )
    return load_engine(engine).open_engine(settings)
