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
from segcli.files.parquet import as_csv

MAX_UNPACKED = 8 * 2**30  # a small file that unpacks to more is a bomb, or too large to be read at once
MAX_RATIO = 250  # unpacked bytes per packed byte; order exports have 3 to 50
UNCHECKED = 64 << 20  # bytes that any file may unpack to, whatever the ratio
STEP = 4 << 20
DAMAGED = (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError)
PARQUET = "Parquet"  # holds a value that all rows share once, so that its ratio says nothing

MAGIC: Mapping[bytes, str] = MappingProxyType(
    {
        b"\x1f\x8b": "gzip",
        b"BZh": "bzip2",
        b"\xfd7zXZ\x00": "xz",
        b"\x28\xb5\x2f\xfd": "zstandard",
        b"PAR1": PARQUET,
    }
)


def packing(start: bytes) -> str:
    """How a file is packed, by its first bytes; empty if it is not."""
    return next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), "")


def open_packed(file: IO[bytes], name: str, size: int) -> IO[bytes]:
    """Open a packed file as text; one that is not packed is returned as it is.

    Args:
        file: at its start.
        name: of the file, for messages.
        size: of the packed file in bytes.
    """
    kind = packing(file.read(max(map(len, MAGIC))))
    file.seek(0)
    if not kind:
        return file
    if kind == PARQUET:
        return as_csv(file, name)
    return io.BufferedReader(_Bounded(_open(kind, file), name, max(size * MAX_RATIO, UNCHECKED)))


def unpack(stored: bytes, name: str, memory_per_byte: float, limit: int | None = None) -> bytes:
    """Unpack a file in memory, as long as its text is likely to fit.

    Args:
        stored: the packed bytes.
        name: of the file, for messages.
        memory_per_byte: what working on a byte of text will take; 0 skips the comparison with free memory.
        limit: bytes of memory that working on the text may take; None sets no limit.

    Raises:
        InputProblem: it does not unpack, or unpacks to too much.
        EnvironmentProblem: there is not the memory for it.
    """
    source = open_packed(io.BytesIO(stored), name, len(stored))
    text = io.BytesIO()
    while block := _read(source, name, packing(stored)):
        text.write(block)
        size = text.tell()
        if size > MAX_UNPACKED:
            raise InputProblem(
                f"unpacks to more than {MAX_UNPACKED / 2**30:,.0f} GiB; this is no export, or one to be split",
                source=name,
            )
        if limit is not None and size > UNCHECKED and size * memory_per_byte > limit:
            raise InputProblem(
                f"unpacks to more than {size / 2**20:,.0f} MiB, which need more memory than ingest.memory allows",
                source=name,
                remedy="Raise --set ingest.memory, or split the file by customer",
            )
        memory.guard(name, size, memory_per_byte)
    return text.getvalue()


def _read(source: IO[bytes], name: str, kind: str) -> bytes:
    try:
        return source.read(STEP)
    except DAMAGED:
        raise InputProblem(
            f"looks like {kind} but does not unpack; it may be cut short", source=name, remedy="Get it again"
        ) from None


def _open(kind: str, file: IO[bytes]) -> IO[bytes]:
    if kind == "gzip":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if kind == "bzip2":
        return bz2.BZ2File(file)
    if kind == "xz":
        return lzma.LZMAFile(file)
    import pyarrow as pa

    return cast("IO[bytes]", pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd"))


class _Bounded(io.RawIOBase):
    """Unpacked bytes, as long as they are not more than a packed file of this size can sensibly hold."""

    def __init__(self, source: IO[bytes], name: str, limit: int) -> None:
        self._source, self._name, self._limit, self._size = source, name, limit, 0

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
                f"unpacks to more than {self._limit / 2**20:,.0f} MiB, over {MAX_RATIO} times its size: no export does",
                source=self._name,
                remedy="If it is one, unpack it first and name the unpacked file",
            )
        return len(block)
