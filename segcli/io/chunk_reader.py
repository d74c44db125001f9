"""Read a file of any size in chunks of whole records, with the memory of a few chunks."""

import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from segcli import progress
from segcli.errors import InputProblem
from segcli.io.compression import START_BYTES, STEP_BYTES, UNPACK_ERRORS
from segcli.io.csv_stream import stream_notes
from segcli.io.read import FileContent, FileVersion, file_version, require_same_version, require_text
from segcli.io.text_stream import is_workbook, needs_conversion, open_text
from segcli.location import locate_file

LARGE_FILE_BYTES = 16 << 20  # bytes; larger files are read in chunks
HEAD_BYTES = 1 << 20  # bytes; enough to detect the dialect of a file
CHUNK_BYTES = 4 << 20  # bytes; the memory that such a chunk needs nearly fits into the processor's cache
MAX_RECORD_BYTES = 256 << 20
QUOTE_BYTE, NEWLINE_BYTE = b'"', b"\n"
HAS_PREAD = hasattr(os, "pread")  # not on Windows
_position_lock = threading.Lock()


@dataclass(frozen=True)
class FileChunk:
    """Chunk of whole records: `read_body` reads its bytes, `byte_range` is its (start, end) in an unpacked file."""

    read_body: Callable[[], bytes]
    byte_range: tuple[int, int] | None = None


def is_large_file(path: str) -> bool:
    """Return whether a file should be read in chunks: it is large, or large after decompression."""
    if not is_regular_file(path) or _is_workbook_file(path):
        return False
    return is_regular_file(path, LARGE_FILE_BYTES) or _is_large_unpacked(path)


def _is_large_unpacked(path: str) -> bool:
    try:
        if not is_packed_file(path):
            return False
        with locate_file(path).open("rb") as file:
            stream = open_text(file, path, os.fstat(file.fileno()).st_size)
            size = 0
            while size < LARGE_FILE_BYTES and (block := stream.read(min(STEP_BYTES, LARGE_FILE_BYTES))):
                size += len(block)
    except (InputProblem, *UNPACK_ERRORS):
        return False  # the actual read reports the problem
    return size >= LARGE_FILE_BYTES


def is_regular_file(path: str, size: int = 0) -> bool:
    """Return whether a path is a regular file of at least `size` bytes."""
    try:
        status = locate_file(path).stat()
    except (OSError, ValueError):
        return False  # the actual read reports the problem
    return stat.S_ISREG(status.st_mode) and status.st_size >= size


def read_head(path: str) -> FileContent:
    """Read the first records of a file, decompressed; `size` is that of the whole file, and the digest is left blank.

    Raises:
        InputProblem: if the file is not text.
    """
    with locate_file(path).open("rb") as file:
        status = os.fstat(file.fileno())
        stream = open_text(file, path, status.st_size)
        body = _read_block(stream, HEAD_BYTES, path)
    end = body.rfind(NEWLINE_BYTE) + 1
    text = require_text(body[:end] or body, path)
    version, notes = file_version(status), stream_notes(stream)
    return FileContent(path, text, status.st_size, "", is_head=True, version=version, notes=notes)


def is_packed_file(path: str) -> bool:
    """Return whether a file is compressed or converted to CSV; its chunks have no byte range."""
    return needs_conversion(_read_start(path))


def _is_workbook_file(path: str) -> bool:
    try:
        with locate_file(path).open("rb") as file:
            return is_workbook(file)
    except OSError:
        return False  # the actual read reports the problem


def _read_start(path: str) -> bytes:
    try:
        with locate_file(path).open("rb") as file:
            return file.read(START_BYTES)
    except (OSError, ValueError):
        return b""  # the actual read reports the problem


def read_span(path: str, start: int, end: int) -> bytes:
    """Read the bytes of a chunk whose range was computed by another process.

    Raises:
        InputProblem: if the file is shorter on this machine.
        OSError: if it cannot be read.
    """
    with Path(path).open("rb") as file:
        file.seek(start)
        body = file.read(end - start)
    if len(body) < end - start:
        raise InputProblem("not the same file on all machines", source=path, remedy="copy the file again")
    return body


@contextmanager
def open_chunks(
    path: str, skip_lines: int, *, has_quotes: bool, version: FileVersion | None = None
) -> Iterator[Iterator[FileChunk]]:
    """Open a file and iterate over its records in chunks, which can be read until this context ends.

    Args:
        path: a regular file, compressed or not.
        skip_lines: number of lines before the first record.
        has_quotes: whether a line break between quotes is part of a field; otherwise every line is a record.
        version: version of the file when its first records were read; None accepts any version.

    Raises:
        InputProblem: if it cannot be decompressed, or was changed meanwhile.
    """
    with locate_file(path).open("rb") as file:
        status = os.fstat(file.fileno())
        first_version = file_version(status)
        require_same_version(path, first_version, version or first_version)
        stream = open_text(file, path, status.st_size)
        chunks = (
            _iterate_plain_chunks(file, skip_lines, status.st_size, path, has_quotes=has_quotes)
            if stream is file
            else _iterate_packed_chunks(stream, skip_lines, path, has_quotes=has_quotes)
        )
        yield _count_progress(chunks, file)
        for status_after in (os.fstat(file.fileno()), locate_file(path).stat()):
            require_same_version(path, file_version(status_after), first_version)


def _count_progress(chunks: Iterator[FileChunk], file: IO[bytes]) -> Iterator[FileChunk]:
    """Yield the chunks, and count the bytes of the stored file as work that is done."""
    done = 0
    for chunk in chunks:
        position = chunk.byte_range[1] if chunk.byte_range else file.tell()
        progress.advance(max(position - done, 0))
        done = max(position, done)
        yield chunk


def _iterate_plain_chunks(
    file: IO[bytes], skip_lines: int, size: int, path: str, *, has_quotes: bool
) -> Iterator[FileChunk]:
    """Yield chunks of an uncompressed file, with boundaries between records; consumers read the bytes."""
    for _ in range(skip_lines):
        file.readline()
    start = end = file.tell()
    descriptor = file.fileno()
    while end < size:
        block = _read_range(descriptor, end, end + CHUNK_BYTES)
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
    """Return whether a quoted field is open at `end`: the number of quotes after `start` is odd."""
    return end > start and bool(_count_byte(_read_range(descriptor, start, end), QUOTE_BYTE) % 2)


def _endless_record_problem(path: str) -> InputProblem:
    return InputProblem(
        "record larger than 256 MiB, perhaps because of an unclosed quote",
        source=path,
        remedy="close the quote, or remove it",
    )


def _read_range(descriptor: int, start: int, end: int) -> bytes:
    """Read bytes at a position; several threads read one descriptor."""
    if HAS_PREAD:
        return os.pread(descriptor, end - start, start)
    with _position_lock:
        os.lseek(descriptor, start, os.SEEK_SET)
        return os.read(descriptor, end - start)


def _iterate_packed_chunks(stream: IO[bytes], skip_lines: int, path: str, *, has_quotes: bool) -> Iterator[FileChunk]:
    remainder = b""
    with _report_unpack_errors(path):
        for _ in range(skip_lines):
            stream.readline()
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
    with _report_unpack_errors(path):
        return bytes(stream.read(size))


@contextmanager
def _report_unpack_errors(path: str) -> Iterator[None]:
    try:
        yield
    except UNPACK_ERRORS:
        raise InputProblem(
            "cannot be decompressed; the file may be truncated", source=path, remedy="download the file again"
        ) from None


def _last_line_end(block: bytes) -> int:
    return block.rfind(NEWLINE_BYTE) + 1


def _count_byte(block: bytes, character: bytes) -> int:
    """Count a byte in a block; for a frequent byte, six times as fast as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == character[0]))


def _last_record_end(block: bytes, *, is_inside: bool) -> int:
    """Return the end of the last whole record: a line end with an even number of quotes before it.

    Args:
        block: bytes that follow earlier blocks.
        is_inside: whether the block begins inside quotes.
    """
    quotes = is_inside + _count_byte(block, QUOTE_BYTE)
    end = _last_line_end(block)
    quotes -= block.count(QUOTE_BYTE, end)
    while end and quotes % 2:
        previous_end = block.rfind(NEWLINE_BYTE, 0, end - 1) + 1
        quotes -= block.count(QUOTE_BYTE, previous_end, end)
        end = previous_end
    return end
