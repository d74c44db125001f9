"""Parquet as text: a file of columns is unpacked to CSV, so that whatever reads CSV reads it."""

import io
from collections.abc import Iterator
from typing import IO, Any

from segcli.errors import InputProblem

BATCH_ROWS = 65_536  # that are unpacked at a time


def parquet_to_csv(stream: IO[bytes], name: str) -> IO[bytes]:
    """The rows as CSV: days and times as ISO 8601 writes them, nothing where nothing is.

    Raises:
        InputProblem: it is no Parquet file, or a column holds lists or records.
    """
    return io.BufferedReader(_ChunkStream(_iterate_csv(stream, name)))


class _ChunkStream(io.RawIOBase):
    """Bytes that come in chunks of any size, as a file."""

    def __init__(self, csv_blocks: Iterator[bytes]) -> None:
        self._chunks, self._rest = csv_blocks, b""

    def readable(self) -> bool:
        """It is read only."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        """Fill a buffer as far as one chunk does; 0 at the end."""
        self._rest = self._rest or next(self._chunks, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _iterate_csv(stream: IO[bytes], name: str) -> Iterator[bytes]:
    import pyarrow as pa
    from pyarrow import csv, parquet

    try:
        parquet_file = parquet.ParquetFile(stream)
        _refuse_nested(parquet_file.schema_arrow, name)
        for position, batch in enumerate(_iterate_batches(parquet_file)):
            body = io.BytesIO()
            csv.write_csv(batch, body, csv.WriteOptions(include_header=position == 0))
            yield body.getvalue()
    except (pa.ArrowException, OSError) as error:
        raise InputProblem(
            f"looks like Parquet but cannot be read ({error})", source=name, remedy="Write it again, or export CSV"
        ) from None


def _iterate_batches(parquet_file: Any) -> Iterator[Any]:  # noqa: ANN401 - pyarrow's files and batches
    """The rows; of a file without any, its columns."""
    import pyarrow as pa

    if parquet_file.metadata.num_rows == 0:
        yield pa.RecordBatch.from_pylist([], schema=parquet_file.schema_arrow)
    yield from parquet_file.iter_batches(BATCH_ROWS)


def _refuse_nested(schema: Any, name: str) -> None:  # noqa: ANN401 - a pyarrow schema
    import pyarrow as pa

    for column in schema:
        if pa.types.is_nested(column.type):
            raise InputProblem(
                f"holds {column.type}, not one value a row",
                source=name,
                column=column.name,
                remedy="Take its parts out as columns of their own",
            )
