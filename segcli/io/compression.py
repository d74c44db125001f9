"""Decompress files in steps, with a limit on size, so that a decompression bomb is rejected early."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import IO, Any, cast

from segcli.errors import InputProblem
from segcli.io import memory

# Parquet is converted to CSV, so that all readers need to support only CSV.
BATCH_ROWS = 65_536  # rows per batch of a Parquet file


def parquet_to_csv(stream: IO[bytes], name: str) -> IO[bytes]:
    """Convert a Parquet file to CSV: dates and times in ISO 8601, empty cells for null.

    Raises:
        InputProblem: if it is not a Parquet file, or a column holds lists or records.
    """
    return io.BufferedReader(_ChunkStream(_iterate_csv(stream, name)))


class _ChunkStream(io.RawIOBase):
    """Raw stream over an iterator of byte blocks of any size."""

    def __init__(self, csv_blocks: Iterator[bytes]) -> None:
        self._chunks, self._rest = csv_blocks, b""

    def readable(self) -> bool:
        """Return True: the stream is read-only."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        """Fill a buffer with at most the rest of one block; return 0 at the end."""
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
            f"looks like Parquet, but cannot be read ({error})",
            source=name,
            remedy="write the file again, or export CSV",
        ) from None


def _iterate_batches(parquet_file: Any) -> Iterator[Any]:  # noqa: ANN401 - pyarrow's files and batches
    """Yield the batches of rows; for a file without rows, yield one empty batch with its columns."""
    import pyarrow as pa

    if parquet_file.metadata.num_rows == 0:
        yield pa.RecordBatch.from_pylist([], schema=parquet_file.schema_arrow)
    yield from parquet_file.iter_batches(BATCH_ROWS)


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


MAX_UNPACKED_BYTES = 8 * 2**30  # larger output is a decompression bomb, or too large to be read at once
MAX_UNPACK_RATIO = 250  # decompressed bytes per compressed byte; order exports have 3 to 50
UNCHECKED_BYTES = 64 << 20  # bytes; output up to this size is accepted at any ratio
STEP_BYTES = 4 << 20
UNPACK_ERRORS = (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError)
PARQUET_KIND = "Parquet"  # stores a value that is constant over rows only once, so its ratio is meaningless

PACKING_SIGNATURES: Mapping[bytes, str] = MappingProxyType(
    {
        b"\x1f\x8b": "gzip",
        b"BZh": "bzip2",
        b"\xfd7zXZ\x00": "xz",
        b"\x28\xb5\x2f\xfd": "zstandard",
        b"PAR1": PARQUET_KIND,
    }
)


def detect_packing(start: bytes) -> str:
    """Detect the compression format from the first bytes of a file; blank if uncompressed."""
    return next((kind for magic, kind in PACKING_SIGNATURES.items() if start.startswith(magic)), "")


def open_packed(stream: IO[bytes], name: str, size: int) -> IO[bytes]:
    """Open a compressed file for reading its text; return an uncompressed file unchanged.

    Args:
        stream: the file, positioned at its start.
        name: name of the file, for messages.
        size: size of the stored file in bytes.
    """
    kind = detect_packing(stream.read(max(map(len, PACKING_SIGNATURES))))
    stream.seek(0)
    if not kind:
        return stream
    if kind == PARQUET_KIND:
        return parquet_to_csv(stream, name)
    return io.BufferedReader(
        _SizeLimitedReader(_open_decompressor(kind, stream), name, max(size * MAX_UNPACK_RATIO, UNCHECKED_BYTES))
    )


def unpack_bytes(stored_bytes: bytes, name: str, memory_per_byte: float, memory_limit: int | None = None) -> bytes:
    """Decompress a file in memory, as long as its text probably fits.

    Args:
        stored_bytes: content of the file.
        name: name of the file, for messages.
        memory_per_byte: bytes of memory needed per byte of text; 0 skips the comparison with free memory.
        memory_limit: upper bound of the memory for the text, in bytes; None sets no limit.

    Raises:
        InputProblem: if it cannot be decompressed, or its text is too large.
        EnvironmentProblem: if there is not enough memory.
    """
    stream = open_packed(io.BytesIO(stored_bytes), name, len(stored_bytes))
    text = io.BytesIO()
    while block := _read_step(stream, name, detect_packing(stored_bytes)):
        text.write(block)
        size = text.tell()
        if size > MAX_UNPACKED_BYTES:
            raise InputProblem(
                f"larger than {MAX_UNPACKED_BYTES / 2**30:,.0f} GiB after decompression; "
                "hint: split the file by customer",
                source=name,
            )
        if memory_limit is not None and size > UNCHECKED_BYTES and size * memory_per_byte > memory_limit:
            raise InputProblem(
                f"larger than {size / 2**20:,.0f} MiB after decompression, "
                "which needs more memory than ingest.memory allows",
                source=name,
                remedy="increase ingest.memory, or split the file by customer",
            )
        memory.require_memory(name, size, memory_per_byte)
    return text.getvalue()


def _read_step(stream: IO[bytes], name: str, kind: str) -> bytes:
    try:
        return stream.read(STEP_BYTES)
    except UNPACK_ERRORS:
        raise InputProblem(
            f"looks like {kind}, but cannot be decompressed; the file may be truncated",
            source=name,
            remedy="download the file again",
        ) from None


def _open_decompressor(kind: str, stream: IO[bytes]) -> IO[bytes]:
    if kind == "gzip":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    if kind == "bzip2":
        return bz2.BZ2File(stream)
    if kind == "xz":
        return lzma.LZMAFile(stream)
    import pyarrow as pa

    return cast("IO[bytes]", pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd"))


class _SizeLimitedReader(io.RawIOBase):
    """Stream of decompressed bytes that fails once they exceed a plausible limit for the compressed size."""

    def __init__(self, stream: IO[bytes], name: str, limit: int) -> None:
        self._source, self._name, self._limit, self._size = stream, name, limit, 0

    def readable(self) -> bool:
        """Return True: the stream is read-only."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        """Fill a buffer; return 0 at the end.

        Raises:
            InputProblem: if the decompressed size exceeds the limit.
        """
        block = self._source.read(len(buffer))
        buffer[: len(block)] = block
        self._size += len(block)
        if self._size > self._limit:
            raise InputProblem(
                f"larger than {self._limit / 2**20:,.0f} MiB after decompression, "
                f"more than {MAX_UNPACK_RATIO} times the compressed size",
                source=self._name,
                remedy="if the file is an export, decompress it first and use the decompressed file",
            )
        return len(block)
