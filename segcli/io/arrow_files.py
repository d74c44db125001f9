"""Convert Parquet, Arrow and Feather files to CSV: dates and times in ISO 8601, empty cells for null."""

import io
from collections.abc import Iterable, Iterator
from typing import IO, Any

from segcli.errors import InputProblem
from segcli.io.csv_stream import CsvStream

BATCH_ROWS = 65_536  # rows of a table that are converted at once
PARQUET_KIND, ARROW_KIND = "Parquet", "Arrow"
WRITER_KEY = b"segcli:result"  # marks Parquet and Arrow files and workbooks that segcli wrote, in their metadata


def parquet_to_csv(stream: IO[bytes], name: str) -> CsvStream:
    """Convert a Parquet file.

    Raises:
        InputProblem: if it is not a Parquet file, or a column holds lists or records.
    """
    return CsvStream(_report_damage(_iterate_parquet(stream, name), name, PARQUET_KIND))


def arrow_to_csv(stream: IO[bytes], name: str) -> CsvStream:
    """Convert an Arrow file or stream, also in Feather format.

    Raises:
        InputProblem: if it cannot be read, or a column holds lists or records.
    """
    return CsvStream(_report_damage(_iterate_arrow(stream, name), name, ARROW_KIND))


def batches_to_csv(schema: Any, batches: Iterable[Any], name: str) -> Iterator[bytes]:  # noqa: ANN401 - of pyarrow
    """Yield record batches as CSV, beginning with a header.

    Raises:
        InputProblem: if a column holds lists or records.
    """
    import pyarrow as pa
    from pyarrow import csv

    _refuse_nested(schema, name)
    yield _encode(csv, pa.RecordBatch.from_pylist([], schema=schema), has_header=True)
    for batch in batches:
        yield _encode(csv, batch, has_header=False)


def _encode(csv: Any, batch: Any, *, has_header: bool) -> bytes:  # noqa: ANN401 - of pyarrow
    body = io.BytesIO()
    csv.write_csv(batch, body, csv.WriteOptions(include_header=has_header))
    return body.getvalue()


def _iterate_parquet(stream: IO[bytes], name: str) -> Iterator[bytes]:
    from pyarrow import parquet

    file = parquet.ParquetFile(stream)
    yield from batches_to_csv(file.schema_arrow, file.iter_batches(BATCH_ROWS), name)


def _iterate_arrow(stream: IO[bytes], name: str) -> Iterator[bytes]:
    from pyarrow import ipc

    start = stream.read(4)
    stream.seek(0)
    if start == b"ARRO":
        file = ipc.open_file(stream)
        batches = (file.get_batch(number) for number in range(file.num_record_batches))
        yield from batches_to_csv(file.schema, batches, name)
    else:
        reader = ipc.open_stream(stream)
        yield from batches_to_csv(reader.schema, reader, name)


def _report_damage(csv_blocks: Iterator[bytes], name: str, kind: str) -> Iterator[bytes]:
    import pyarrow as pa

    try:
        yield from csv_blocks
    except (pa.ArrowException, OSError) as error:
        raise InputProblem(
            f"looks like {kind}, but cannot be read ({error})",
            source=name,
            remedy="write the file again, or export CSV",
        ) from None


def _refuse_nested(schema: Any, name: str) -> None:  # noqa: ANN401 - a pyarrow schema
    import pyarrow as pa

    for column in schema:
        if pa.types.is_nested(column.type):
            raise InputProblem(
                f"nested values ({column.type}) instead of one value per row",
                source=name,
                column=column.name,
                remedy="export each nested field as a column",
            )
