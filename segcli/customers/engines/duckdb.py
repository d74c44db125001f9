"""DuckDB: one machine, out of core; what does not fit into memory waits in a temporary folder."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from segcli.config.ingest import IngestSettings
from segcli.customers.engines import Written
from segcli.ingest.doubt import Doubt

if TYPE_CHECKING:
    import duckdb
    import narwhals.stable.v2 as nw
    import pyarrow as pa

    Frame = nw.LazyFrame[Any]

TITLE = "DuckDB, on one machine, out of core"
NEEDS = "duckdb"
ENCODINGS = ("utf-8", "utf8", "ascii")
ROWS = 1 << 18  # of a batch
MALFORMED = ("MISSING COLUMNS", "TOO MANY COLUMNS")


@contextmanager
def session(settings: IngestSettings) -> Iterator["InDuckDB"]:
    """A database in memory; what does not fit waits in a folder of its own, which is gone afterwards."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="segcli-") as folder:
        limits = {"memory_limit": settings.memory} if settings.memory else {}
        config: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": folder,
            "preserve_insertion_order": "false",  # which would take memory, and no sum depends on it
            **limits,
        }
        with duckdb.connect(":memory:", config=config) as connection:
            yield InDuckDB(connection)


class InDuckDB:
    """A connection, and what is asked of it."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection") -> None:
        self._connection = connection
        self._names = (f"kept_{number}" for number in count())

    def read(self, files: Sequence[str], written: Written) -> "Frame":
        """A scan that keeps nothing but a list of what is no record of the width."""
        import narwhals.stable.v2 as nw

        if written.encoding.lower() not in ENCODINGS:
            raise Doubt
        fields = ", ".join(f"coalesce(f{place}, '') AS f{place}" for place in written.places)
        query = f"SELECT {fields} FROM {_scan(written)}"  # noqa: S608 - names and numbers made here
        return nw.from_native(self._connection.sql(query, params=[list(files)]))

    def malformed(self) -> int:
        """Lines in the list of what was skipped."""
        sql = "SELECT error_type::VARCHAR, count(DISTINCT (file_id, line)) FROM reject_errors GROUP BY ALL"
        found = dict(self._connection.execute(sql).fetchall())
        if set(found) - set(MALFORMED):
            raise Doubt
        return sum(found.values())

    def kept(self, frame: "Frame") -> "Frame":
        """A table in memory, on disk what does not fit; one in a database file would be compressed first, and late."""
        import narwhals.stable.v2 as nw

        name = next(self._names)
        nw.to_native(frame).create(name)
        return nw.from_native(self._connection.table(name))

    def table(self, rows: "pa.Table") -> "Frame":
        """A table of the database."""
        import narwhals.stable.v2 as nw

        name = next(self._names)
        self._connection.from_arrow(rows).create(name)
        return nw.from_native(self._connection.table(name))

    def batches(self, frame: "Frame") -> Iterator["pa.RecordBatch"]:
        """Record batches as DuckDB makes them."""
        import narwhals.stable.v2 as nw

        yield from nw.to_native(frame).to_arrow_reader(ROWS)


def _scan(written: Written) -> str:
    columns = ", ".join(f"'f{place}': 'VARCHAR'" for place in range(written.width))
    delimiter = written.delimiter.replace("'", "''")
    return (
        f"read_csv(?, auto_detect = false, delim = '{delimiter}', quote = '\"', escape = '\"', header = false, "
        f"skip = {written.skip}, columns = {{{columns}}}, ignore_errors = true, store_rejects = true)"
    )
