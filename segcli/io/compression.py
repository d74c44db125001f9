"""Decompress files in steps, with a limit on size, so that a decompression bomb is rejected early."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import IO, Any, cast

from segcli.errors import InputProblem
from segcli.io import memory
from segcli.io.arrow_files import PARQUET_KIND, parquet_to_csv

MAX_UNPACKED_BYTES = 8 * 2**30  # larger output is a decompression bomb, or too large to be read at once
MAX_UNPACK_RATIO = 250  # decompressed bytes per compressed byte; order exports have 3 to 50
UNCHECKED_BYTES = 64 << 20  # bytes; output up to this size is accepted at any ratio
STEP_BYTES = 4 << 20
START_BYTES = 64  # bytes; enough to detect the kind of a file
UNPACK_ERRORS = (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, ValueError)

PACKING_SIGNATURES: Mapping[bytes, str] = MappingProxyType(
    {
        b"\x1f\x8b": "gzip",
        b"BZh": "bzip2",
        b"\xfd7zXZ\x00": "xz",
        b"\x28\xb5\x2f\xfd": "zstandard",
        b"PAR1": PARQUET_KIND,  # stores a value that is constant over rows only once, so its ratio is meaningless
    }
)


def detect_packing(start: bytes) -> str:
    """Detect the compression format from the first bytes of a file; blank if uncompressed."""
    return next((kind for magic, kind in PACKING_SIGNATURES.items() if start.startswith(magic)), "")


def peek_start(stream: IO[bytes]) -> bytes:
    """Return the first bytes of a stream that is positioned at its start, without moving it."""
    if isinstance(stream, io.BufferedReader):
        return stream.peek(START_BYTES)[:START_BYTES]
    start = stream.read(START_BYTES)
    stream.seek(0)
    return start


def open_packed(stream: IO[bytes], name: str, size: int) -> IO[bytes]:
    """Open a compressed file for reading its text; return an uncompressed file unchanged.

    Args:
        stream: the file, positioned at its start.
        name: name of the file, for messages.
        size: size of the stored file in bytes.
    """
    kind = detect_packing(peek_start(stream))
    if not kind:
        return stream
    if kind == PARQUET_KIND:
        return parquet_to_csv(stream if stream.seekable() else io.BytesIO(stream.read()), name)
    return buffer_limited(_open_decompressor(kind, stream), name, maximum_unpacked_size(size))


def maximum_unpacked_size(size: int) -> int:
    """Return the largest plausible size of the text of a compressed file, in bytes."""
    return max(size * MAX_UNPACK_RATIO, UNCHECKED_BYTES)


def buffer_limited(stream: IO[bytes], name: str, limit: int) -> io.BufferedReader:
    """Return a buffered stream that fails after `limit` bytes."""
    return io.BufferedReader(_SizeLimitedReader(stream, name, limit))


def unpack_bytes(stored_bytes: bytes, name: str) -> bytes:
    """Decompress a file in memory.

    Raises:
        InputProblem: if it cannot be decompressed, or its text is too large.
    """
    stream = open_packed(io.BytesIO(stored_bytes), name, len(stored_bytes))
    return read_unpacked(stream, name, detect_packing(stored_bytes), 0)


def read_unpacked(
    stream: IO[bytes], name: str, kind: str, memory_per_byte: float, memory_limit: int | None = None
) -> bytes:
    """Read the text of a decompressed or converted file, as long as it probably fits into memory.

    Args:
        stream: the text.
        name: name of the file, for messages.
        kind: kind of the stored file, for messages.
        memory_per_byte: bytes of memory needed per byte of text; 0 skips the comparison with free memory.
        memory_limit: upper bound of the memory for the text, in bytes; None sets no limit.

    Raises:
        InputProblem: if it cannot be decompressed, or its text is too large.
        EnvironmentProblem: if there is not enough memory.
    """
    text = io.BytesIO()
    while block := _read_step(stream, name, kind):
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
        raise unpacking_problem(name, kind) from None


def unpacking_problem(name: str, kind: str) -> InputProblem:
    """Return the error for a file that cannot be decompressed."""
    return InputProblem(
        f"looks like {kind}, but cannot be decompressed; the file may be truncated",
        source=name,
        remedy="download the file again",
    )


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
        check_unpacked_size(self._size, self._name, self._limit)
        return len(block)


def check_unpacked_size(size: int, name: str, limit: int) -> None:
    """Reject a file whose text is implausibly large for its compressed size.

    Raises:
        InputProblem: if the size exceeds the limit.
    """
    if size > limit:
        raise InputProblem(
            f"larger than {limit / 2**20:,.0f} MiB after decompression, "
            f"more than {MAX_UNPACK_RATIO} times the compressed size",
            source=name,
            remedy="if the file is an export, decompress it first and use the decompressed file",
        )
