"""Convert a table or view of an SQLite or DuckDB database to CSV."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import IO, Any

from segcli.errors import InputProblem
from segcli.io.arrow_files import BATCH_ROWS, batches_to_csv
from segcli.io.csv_stream import CsvStream, encode_records
from segcli.location import locate_file, name_table, split_location

_LIST_SQLITE = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
)
_DUCKDB_LIMITS = {"enable_external_access": "false"}  # a view may not read other files or addresses
_LIST_DUCKDB = "SELECT table_name FROM information_schema.tables ORDER BY table_name"


def sqlite_to_csv(stream: IO[bytes], name: str) -> CsvStream:
    """Convert a table of an SQLite database, which is opened read-only.

    Raises:
        InputProblem: if the database is damaged, or the table is not named and there are several.
    """
    return CsvStream(_iterate_sqlite(stream, name))


def _iterate_sqlite(stream: IO[bytes], name: str) -> Iterator[bytes]:
    try:
        with closing(_connect_sqlite(stream, name)) as connection:
            tables = [table for (table,) in connection.execute(_LIST_SQLITE)]
            cursor = connection.execute(f"SELECT * FROM {_quote_name(_choose_table(tables, name, 'sqlite:'))}")  # noqa: S608 - a quoted name
            header = [column for column, *_ in cursor.description]
            yield from encode_records(chain([header], cursor), name)
    except sqlite3.Error as error:
        raise InputProblem(
            f"looks like an SQLite database, but cannot be read ({error})",
            source=name,
            remedy="copy the database again, or export the table as CSV",
        ) from None


def _connect_sqlite(stream: IO[bytes], name: str) -> sqlite3.Connection:
    path = locate_file(name)
    if path.is_file():
        return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection = sqlite3.connect(":memory:")  # a database from a pipe or an archive
    connection.deserialize(stream.read())
    return connection


def duckdb_to_csv(stream: IO[bytes], name: str) -> CsvStream:  # noqa: ARG001 - DuckDB opens only paths
    """Convert a table of a DuckDB database, which is opened read-only.

    Raises:
        InputProblem: if DuckDB is not installed, the database is damaged, or the table is not named and there are
            several.
    """
    try:
        import duckdb
    except ImportError:
        raise InputProblem(
            "a DuckDB database, and DuckDB is not installed", source=name, remedy="pip install duckdb"
        ) from None
    return CsvStream(_iterate_duckdb(duckdb, name))


def _iterate_duckdb(duckdb: Any, name: str) -> Iterator[bytes]:  # noqa: ANN401 - the module
    path = locate_file(name)
    if not path.is_file():
        raise InputProblem("a DuckDB database can only be read from a file", source=name, remedy="name the file")
    try:
        with closing(duckdb.connect(str(path), read_only=True, config=_DUCKDB_LIMITS)) as connection:
            tables = [table for (table,) in connection.execute(_LIST_DUCKDB).fetchall()]
            table = _quote_name(_choose_table(tables, name, "duckdb:"))
            reader = connection.sql(f"SELECT * FROM {table}").to_arrow_reader(BATCH_ROWS)  # noqa: S608 - a quoted name
            yield from batches_to_csv(reader.schema, reader, name)
    except duckdb.Error as error:
        raise InputProblem(
            f"looks like a DuckDB database, but cannot be read ({str(error).splitlines()[0]})",
            source=name,
            remedy="close other programs that use it, or export the table as Parquet",
        ) from None


def _choose_table(tables: Sequence[str], name: str, scheme: str) -> str:
    """Return the table that the user named, or the only one.

    Raises:
        InputProblem: if there is no such table, no table at all, or several and none is named.
    """
    _, path, requested = split_location(name)
    if requested:
        matches = [table for table in tables if table.lower() == requested.lower()]
    else:
        matches = list(tables) if len(tables) == 1 else []
    if matches:
        return matches[0]
    problem = f"no table '{requested}'" if requested else "no table named, and there are several"
    if not tables:
        raise InputProblem("a database without tables", source=path, remedy="choose another file")
    file_name = path if locate_file(name).is_file() else "FILE"
    raise InputProblem(
        f"{problem}; available: {', '.join(tables)}",
        source=path,
        remedy=f"name the table, for example {name_table(scheme + file_name, 'table', tables[0])}",
    )


def _quote_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
