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
from segcli.files.read import Content, Version, check_version, text_only, version_of
from segcli.files.unpack import DAMAGED, MAGIC, STEP, open_packed, packing

LARGE = 16 << 20  # bytes from which a file is read in pieces
HEAD = 1 << 20  # bytes in which a file shows how it is written
PIECE = 4 << 20  # the memory that a piece of so many bytes takes stays in the processor's cache, near enough
LONGEST_RECORD = 256 << 20
QUOTE, NEWLINE = b'"', b"\n"


@dataclass(frozen=True)
class Piece:
    """Whole records: `body` reads their bytes, `span` is where they start and end in a file that is not packed."""

    body: Callable[[], bytes]
    span: tuple[int, int] | None = None


def is_large(path: str) -> bool:
    """Whether a path leads to a file that is better read in pieces: it is large, or unpacks to much."""
    return is_regular(path, LARGE) or (is_regular(path) and _unpacks_to_much(path))


def _unpacks_to_much(path: str) -> bool:
    try:
        if not is_packed(path):
            return False
        with Path(path).open("rb") as file:
            source = open_packed(file, path, os.fstat(file.fileno()).st_size)
            size = 0
            while size < LARGE and (block := source.read(min(STEP, LARGE))):
                size += len(block)
    except (InputProblem, *DAMAGED):
        return False  # whoever reads it says what is wrong
    return size >= LARGE


def is_regular(path: str, size: int = 0) -> bool:
    """Whether a path leads to a regular file of at least this size."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return False  # whoever reads it says what is wrong
    return stat.S_ISREG(found.st_mode) and found.st_size >= size


def head(path: str) -> Content:
    """The first records of a file, unpacked; `size` is that of the whole file, and the digest is not worked out.

    Raises:
        InputProblem: it is not text.
    """
    with Path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        body = _read(open_packed(file, path, status.st_size), HEAD, path)
    end = body.rfind(NEWLINE) + 1
    text = text_only(body[:end] or body, path)
    return Content(path, text, status.st_size, "", is_head=True, version=version_of(status))


def is_packed(path: str) -> bool:
    """Whether a file must be unpacked to read its text; its pieces then have no span."""
    with Path(path).open("rb") as file:
        return bool(packing(file.read(max(map(len, MAGIC)))))


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
def pieces(path: str, skip_lines: int, *, quoted: bool, version: Version | None = None) -> Iterator[Iterator[Piece]]:
    """The records of a file below its first lines, in pieces, which can be read until this context ends.

    Args:
        path: a regular file, packed or not.
        skip_lines: lines above the first record.
        quoted: whether a line end between quotes is part of a field; otherwise every line is a record.
        version: of the file where its first records were read; None accepts the file as it is.

    Raises:
        InputProblem: it does not unpack, or was changed meanwhile.
    """
    with Path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        before = version_of(status)
        check_version(path, before, version or before)
        source = open_packed(file, path, status.st_size)
        if source is file:
            yield _at_places(file, skip_lines, status.st_size, path, quoted=quoted)
        else:
            yield _one_by_one(source, skip_lines, path, quoted=quoted)
        for after in (os.fstat(file.fileno()), Path(path).stat()):
            check_version(path, version_of(after), before)


def _at_places(file: IO[bytes], skip_lines: int, size: int, path: str, *, quoted: bool) -> Iterator[Piece]:
    """Pieces of a plain file that begin and end between records; whoever works on one reads it."""
    for _ in range(skip_lines):
        file.readline()
    start = end = file.tell()
    handle = file.fileno()
    while end < size:
        block = os.pread(handle, PIECE, end)
        found = _end_of_records(block, is_inside=quoted and _is_odd(handle, start, end)) if quoted else _end(block)
        end += found or len(block)
        if found or end >= size:
            yield Piece(partial(_bytes, handle, start, end), (start, end))
            start = end
        elif end - start > LONGEST_RECORD:
            raise _endless(path)


def _is_odd(handle: int, start: int, end: int) -> bool:
    """Whether a field that begins after `start` is still open at `end`: an odd number of quotes stands between."""
    return end > start and bool(_count(os.pread(handle, end - start, start), QUOTE) % 2)


def _endless(path: str) -> InputProblem:
    return InputProblem(
        "holds a record of more than 256 MiB; a quote may never close",
        source=path,
        remedy="Close it, or take it out",
    )


def _bytes(handle: int, start: int, end: int) -> bytes:
    return os.pread(handle, end - start, start)


def _one_by_one(source: IO[bytes], skip_lines: int, path: str, *, quoted: bool) -> Iterator[Piece]:
    rest = b""
    for _ in range(skip_lines):
        _line(source, path)
    while fresh := _read(source, PIECE, path):
        is_inside = quoted and bool(_count(rest, QUOTE) % 2)
        end = _end_of_records(fresh, is_inside=is_inside) if quoted else _end(fresh)
        if end:
            body = b"".join([rest, memoryview(fresh)[:end]])
            yield Piece(partial(bytes, body))
            rest = fresh[end:]
        else:
            rest += fresh
        if len(rest) > LONGEST_RECORD:
            raise _endless(path)
    if rest:
        yield Piece(partial(bytes, rest))


def _read(source: IO[bytes], size: int, path: str) -> bytes:
    try:
        return bytes(source.read(size))
    except DAMAGED:
        raise InputProblem("does not unpack; it may be cut short", source=path, remedy="Get it again") from None


def _line(source: IO[bytes], path: str) -> bytes:
    try:
        return source.readline()
    except DAMAGED:
        raise InputProblem("does not unpack; it may be cut short", source=path, remedy="Get it again") from None


def _end(block: bytes) -> int:
    return block.rfind(NEWLINE) + 1


def _count(block: bytes, character: bytes) -> int:
    """How often a character stands there; where it abounds, six times as fast as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == character[0]))


def _end_of_records(block: bytes, *, is_inside: bool) -> int:
    """Where the last whole record ends: at a line end with an even number of quotes before it.

    Args:
        block: bytes behind others.
        is_inside: whether it begins between quotes.
    """
    quotes = is_inside + _count(block, QUOTE)
    end = _end(block)
    quotes -= block.count(QUOTE, end)
    while end and quotes % 2:
        before = block.rfind(NEWLINE, 0, end - 1) + 1
        quotes -= block.count(QUOTE, before, end)
        end = before
    return end
