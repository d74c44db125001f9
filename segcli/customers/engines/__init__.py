"""Engines that read and add up large order exports. An engine is a file of this folder; its name is the user's.

It is a module with

    TITLE: what it is
    NEEDS: the package without which it cannot run
    def session(settings) -> a context manager that gives a Session

The lines are typed and added up by the expressions of `customers.expressed`, which all engines run alike. What needs no
engine (`pandas`) is no file: pieces of the export, added up by segcli itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

from segcli import plugins
from segcli.config.ingest import IngestSettings
from segcli.errors import UsageProblem
from segcli.files.read import STDIN

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import pyarrow as pa

PANDAS, AUTO, OUT_OF_CORE = "pandas", "auto", "duckdb"


@dataclass(frozen=True)
class Written:
    """How files of records are written.

    `encoding` and `delimiter` are theirs, `skip` is the number of lines above the first record, `width` the number of
    fields, `places` are those of the fields to read, and `quoted` tells whether a field may hold a line end.
    """

    encoding: str
    delimiter: str
    skip: int
    width: int
    places: tuple[int, ...]
    quoted: bool


class Session(Protocol):
    """An engine at work."""

    def read(self, files: Sequence[str], written: Written) -> "nw.LazyFrame[Any]":
        """The records of files as text without nulls, one column `f<place>` per field that is read.

        Raises:
            Doubt: the engine cannot read files that are so written.
        """
        ...

    def malformed(self) -> int:
        """How many records had another width, once what was made of those of the width is kept.

        Raises:
            Doubt: records could not be told apart.
        """
        ...

    def kept(self, frame: "nw.LazyFrame[Any]") -> "nw.LazyFrame[Any]":
        """The same, worked out once."""
        ...

    def table(self, rows: "pa.Table") -> "nw.LazyFrame[Any]":
        """A small table as a frame of the engine's."""
        ...

    def batches(self, frame: "nw.LazyFrame[Any]") -> Iterator["pa.RecordBatch"]:
        """The rows of a frame, some at a time, in any order."""
        ...


class Engine(Protocol):
    """What a file of this folder offers."""

    TITLE: str
    NEEDS: str

    def session(self, settings: IngestSettings) -> AbstractContextManager[Session]:
        """The engine, ready to work; what it left on disk goes when the context ends."""
        ...


def names() -> list[str]:
    """The engines there are files of."""
    return plugins.names(__name__)


def is_installed(name: str) -> bool:
    """Whether the package that an engine needs is there."""
    return find_spec(load(name).NEEDS) is not None


def load(name: str) -> Engine:
    """An engine by its name."""
    return cast("Engine", plugins.module(__name__, name))


def require(name: str) -> None:
    """Refuse an engine that is not installed.

    Raises:
        UsageProblem: with what to install.
    """
    if not is_installed(name):
        raise UsageProblem(f"--engine {name}: {load(name).NEEDS} is not installed; pip install 'segcli[{name}]'")


def reads(path: str, name: str) -> bool:
    """Whether an engine is asked to read this path.

    Raises:
        UsageProblem: it is standard input, which no engine can ask several times.
    """
    if name in {PANDAS, AUTO}:
        return False
    if path == STDIN:
        raise UsageProblem(f"--engine {name} cannot read standard input; name a file, or say --engine pandas")
    return True
