"""Bytes in, piece by piece: a file of any size in the memory of a few pieces, each piece whole records."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from segcli.errors import InputProblem
from segcli.files.read import FileContent, FileVersion, file_version, require_same_version, require_text
from segcli.files.unpack import PACKING_SIGNATURES, STEP_BYTES, UNPACK_ERRORS, detect_packing, open_packed

LARGE_FILE_BYTES = 16 << 20  # bytes from which a file is read in pieces
HEAD_BYTES = 1 << 20  # bytes in which a file shows how it is written
CHUNK_BYTES = 4 << 20  # the memory that a piece of so many bytes takes stays in the processor's cache, near enough
MAX_RECORD_BYTES = 256 << 20
QUOTE_BYTE, NEWLINE_BYTE = b'"', b"\n"


@dataclass(frozen=True)
class FileChunk:
    """Whole records: `read_body` reads their bytes, `byte_range` is where they start and end in an unpacked file."""

    read_body: Callable[[], bytes]
    byte_range: tuple[int, int] | None = None


def is_large_file(path: str) -> bool:
    """Whether a path leads to a file that is better read in pieces: it is large, or unpacks to much."""
    return is_regular_file(path, LARGE_FILE_BYTES) or (is_regular_file(path) and _is_large_unpacked(path))


def _is_large_unpacked(path: str) -> bool:
    try:
        if not is_packed_file(path):
            return False
        with Path(path).open("rb") as file:
            stream = open_packed(file, path, os.fstat(file.fileno()).st_size)
            size = 0
            while size < LARGE_FILE_BYTES and (block := stream.read(min(STEP_BYTES, LARGE_FILE_BYTES))):
                size += len(block)
    except (InputProblem, *UNPACK_ERRORS):
        return False  # whoever reads it says what is wrong
    return size >= LARGE_FILE_BYTES


def is_regular_file(path: str, size: int = 0) -> bool:
    """Whether a path leads to a regular file of at least this size."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return False  # whoever reads it says what is wrong
    return stat.S_ISREG(status.st_mode) and status.st_size >= size


def read_head(path: str) -> FileContent:
    """The first records of a file, unpacked; `size` is that of the whole file, and the digest is not worked out.

    Raises:
        InputProblem: it is not text.
    """
    with Path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        body = _read_block(open_packed(file, path, status.st_size), HEAD_BYTES, path)
    end = body.rfind(NEWLINE_BYTE) + 1
    text = require_text(body[:end] or body, path)
    return FileContent(path, text, status.st_size, "", is_head=True, version=file_version(status))


def is_packed_file(path: str) -> bool:
    """Whether a file must be unpacked to read its text; its pieces then have no span."""
    with Path(path).open("rb") as file:
        return bool(detect_packing(file.read(max(map(len, PACKING_SIGNATURES)))))


def read_span(path: str, start: int, end: int) -> bytes:
    """Read the bytes of a piece of a file that another process divided.

    Raises:
        InputProblem: the file is shorter here.
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        file.seek(start)
        body = file.read(end - start)
    if len(body) < end - start:
        raise InputProblem("is not the same on all machines", source=path, remedy="Copy it again")
    return body


@contextmanager
def open_chunks(
    path: str, skip_lines: int, *, has_quotes: bool, version: FileVersion | None = None
) -> Iterator[Iterator[FileChunk]]:
    """The records of a file below its first lines, in pieces, which can be read until this context ends.

    Args:
        path: a regular file, packed or not.
        skip_lines: lines above the first record.
        has_quotes: whether a line end between quotes is part of a field; otherwise every line is a record.
        version: of the file where its first records were read; None accepts the file as it is.

    Raises:
        InputProblem: it does not unpack, or was changed meanwhile.
    """
    with Path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        first_version = file_version(status)
        require_same_version(path, first_version, version or first_version)
        stream = open_packed(file, path, status.st_size)
        if stream is file:
            yield _iterate_plain_chunks(file, skip_lines, status.st_size, path, has_quotes=has_quotes)
        else:
            yield _iterate_packed_chunks(stream, skip_lines, path, has_quotes=has_quotes)
        for status_after in (os.fstat(file.fileno()), Path(path).stat()):
            require_same_version(path, file_version(status_after), first_version)


def _iterate_plain_chunks(
    file: IO[bytes], skip_lines: int, size: int, path: str, *, has_quotes: bool
) -> Iterator[FileChunk]:
    """Pieces of a plain file that begin and end between records; whoever works on one reads it."""
    for _ in range(skip_lines):
        file.readline()
    start = end = file.tell()
    descriptor = file.fileno()
    while end < size:
        block = os.pread(descriptor, CHUNK_BYTES, end)
        record_end = (
            _last_record_end(block, is_inside=has_quotes and _is_quote_open(descriptor, start, end))
            if has_quotes
            else _last_line_end(block)
        )
        end += record_end or len(block)
        if record_end or end >= size:
            yield FileChunk(partial(_read_range, descriptor, start, end), (start, end))
            start = end
        elif end - start > MAX_RECORD_BYTES:
            raise _endless_record_problem(path)


def _is_quote_open(descriptor: int, start: int, end: int) -> bool:
    """Whether a field that begins after `start` is still open at `end`: an odd number of quotes stands between."""
    return end > start and bool(_count_byte(os.pread(descriptor, end - start, start), QUOTE_BYTE) % 2)


def _endless_record_problem(path: str) -> InputProblem:
    return InputProblem(
        "holds a record of more than 256 MiB; a quote may never close",
        source=path,
        remedy="Close it, or take it out",
    )


def _read_range(descriptor: int, start: int, end: int) -> bytes:
    return os.pread(descriptor, end - start, start)


def _iterate_packed_chunks(stream: IO[bytes], skip_lines: int, path: str, *, has_quotes: bool) -> Iterator[FileChunk]:
    remainder = b""
    for _ in range(skip_lines):
        _read_line(stream, path)
    while block := _read_block(stream, CHUNK_BYTES, path):
        is_inside = has_quotes and bool(_count_byte(remainder, QUOTE_BYTE) % 2)
        end = _last_record_end(block, is_inside=is_inside) if has_quotes else _last_line_end(block)
        if end:
            body = b"".join([remainder, memoryview(block)[:end]])
            yield FileChunk(partial(bytes, body))
            remainder = block[end:]
        else:
            remainder += block
        if len(remainder) > MAX_RECORD_BYTES:
            raise _endless_record_problem(path)
    if remainder:
        yield FileChunk(partial(bytes, remainder))


def _read_block(stream: IO[bytes], size: int, path: str) -> bytes:
    try:
        return bytes(stream.read(size))
    except UNPACK_ERRORS:
        raise InputProblem("does not unpack; it may be cut short", source=path, remedy="Get it again") from None


def _read_line(stream: IO[bytes], path: str) -> bytes:
    try:
        return stream.readline()
    except UNPACK_ERRORS:
        raise InputProblem("does not unpack; it may be cut short", source=path, remedy="Get it again") from None


def _last_line_end(block: bytes) -> int:
    return block.rfind(NEWLINE_BYTE) + 1


def _count_byte(block: bytes, character: bytes) -> int:
    """How often a character stands there; where it abounds, six times as fast as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == character[0]))


def _last_record_end(block: bytes, *, is_inside: bool) -> int:
    """Where the last whole record ends: at a line end with an even number of quotes before it.

    Args:
        block: bytes behind others.
        is_inside: whether it begins between quotes.
    """
    quotes = is_inside + _count_byte(block, QUOTE_BYTE)
    end = _last_line_end(block)
    quotes -= block.count(QUOTE_BYTE, end)
    while end and quotes % 2:
        previous_end = block.rfind(NEWLINE_BYTE, 0, end - 1) + 1
        quotes -= block.count(QUOTE_BYTE, previous_end, end)
        end = previous_end
    return end
