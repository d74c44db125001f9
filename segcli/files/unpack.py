"""Packed files as text, unpacked step by step: a small file that unpacks without end is refused in time."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import IO, Any, cast

from segcli.errors import InputProblem
from segcli.files import memory
from segcli.files.parquet import parquet_to_csv

MAX_UNPACKED_BYTES = 8 * 2**30  # a small file that unpacks to more is a bomb, or too large to be read at once
MAX_UNPACK_RATIO = 250  # unpacked bytes per packed byte; order exports have 3 to 50
UNCHECKED_BYTES = 64 << 20  # bytes that any file may unpack to, whatever the ratio
STEP_BYTES = 4 << 20
UNPACK_ERRORS = (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError)
PARQUET_KIND = "Parquet"  # holds a value that all rows share once, so that its ratio says nothing

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
    """How a file is packed, by its first bytes; empty if it is not."""
    return next((kind for magic, kind in PACKING_SIGNATURES.items() if start.startswith(magic)), "")


def open_packed(stream: IO[bytes], name: str, size: int) -> IO[bytes]:
    """Open a packed file as text; one that is not packed is returned as it is.

    Args:
        stream: at its start.
        name: of the file, for messages.
        size: of the packed file in bytes.
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
    """Unpack a file in memory, as long as its text is likely to fit.

    Args:
        stored_bytes: the packed bytes.
        name: of the file, for messages.
        memory_per_byte: what working on a byte of text will take; 0 skips the comparison with free memory.
        memory_limit: bytes of memory that working on the text may take; None sets no limit.

    Raises:
        InputProblem: it does not unpack, or unpacks to too much.
        EnvironmentProblem: there is not the memory for it.
    """
    stream = open_packed(io.BytesIO(stored_bytes), name, len(stored_bytes))
    text = io.BytesIO()
    while block := _read_step(stream, name, detect_packing(stored_bytes)):
        text.write(block)
        size = text.tell()
        if size > MAX_UNPACKED_BYTES:
            raise InputProblem(
                f"unpacks to more than {MAX_UNPACKED_BYTES / 2**30:,.0f} GiB; this is no export, or one to be split",
                source=name,
            )
        if memory_limit is not None and size > UNCHECKED_BYTES and size * memory_per_byte > memory_limit:
            raise InputProblem(
                f"unpacks to more than {size / 2**20:,.0f} MiB, which need more memory than ingest.memory allows",
                source=name,
                remedy="Raise --set ingest.memory, or split the file by customer",
            )
        memory.require_memory(name, size, memory_per_byte)
    return text.getvalue()


def _read_step(stream: IO[bytes], name: str, kind: str) -> bytes:
    try:
        return stream.read(STEP_BYTES)
    except UNPACK_ERRORS:
        raise InputProblem(
            f"looks like {kind} but does not unpack; it may be cut short", source=name, remedy="Get it again"
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
    """Unpacked bytes, as long as they are not more than a packed file of this size can sensibly hold."""

    def __init__(self, stream: IO[bytes], name: str, limit: int) -> None:
        self._source, self._name, self._limit, self._size = stream, name, limit, 0

    def readable(self) -> bool:
        """It is read only."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        """Fill a buffer; 0 at the end.

        Raises:
            InputProblem: too many bytes came out.
        """
        block = self._source.read(len(buffer))
        buffer[: len(block)] = block
        self._size += len(block)
        if self._size > self._limit:
            raise InputProblem(
                f"unpacks to more than {self._limit / 2**20:,.0f} MiB, "
                f"over {MAX_UNPACK_RATIO} times its size: no export does",
                source=self._name,
                remedy="If it is one, unpack it first and name the unpacked file",
            )
        return len(block)
