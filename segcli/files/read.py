"""Bytes in: files and standard input, unpacked by what they are and not by what they are called."""

import hashlib
import json
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from segcli.errors import InputProblem
from segcli.files.memory import require_memory
from segcli.files.unpack import detect_packing, unpack_bytes

STDIN_PATH = "-"
SIGNATURE_BYTES = 64  # bytes in which a file shows what it is

FileVersion = tuple[int, int, int]  # size, time of change in nanoseconds, and inode of a regular file


@dataclass(frozen=True)
class FileContent:
    """A file's unpacked bytes, or the first of them; `size` and `sha256` are those of the file as stored.

    `version` identifies what was read; None for a pipe or a device.
    """

    name: str
    body: bytes
    size: int
    sha256: str
    is_head: bool = False
    version: FileVersion | None = None


_BINARY_KINDS: Mapping[bytes, str] = MappingProxyType(
    {
        b"PK\x03\x04": "a spreadsheet or zip archive",
        b"\xd0\xcf\x11\xe0": "an old Excel workbook",
        b"%PDF": "a PDF",
        b"SQLite format 3": "an SQLite database",
        b"<!DOCTYPE": "an HTML page",
        b"<html": "an HTML page",
    }
)


def read_file(path: str, *, memory_per_byte: float = 0, memory_limit: int | None = None) -> FileContent:
    """Read a file, or standard input for `-`.

    Args:
        path: of the file.
        memory_per_byte: what working on a byte of its text will take; 0 asks nothing.
        memory_limit: bytes of memory that working on a packed file may take; None sets no limit.

    Raises:
        InputProblem: it is missing, unreadable, not text, unpacks to too much, or was changed meanwhile.
        EnvironmentProblem: there is not the memory for it.
    """
    name = "standard input" if path == STDIN_PATH else path
    if path == STDIN_PATH and sys.stdin is None:
        raise InputProblem("is closed", source=name, remedy="Name a file, or pipe one in")
    try:
        stored_bytes, version = (
            (sys.stdin.buffer.read(), None)
            if path == STDIN_PATH
            else _read_unchanged(Path(path), name, memory_per_byte)
        )
    except FileNotFoundError:
        raise InputProblem("no such file", source=name, remedy="Look at its name and folder") from None
    except IsADirectoryError:
        raise InputProblem("is a folder; name a file in it", source=name) from None
    except OSError as error:
        raise InputProblem(f"cannot be read ({error.strerror})", source=name, remedy="Look who may read it") from None
    except ValueError:
        raise InputProblem("is no name a file can have", source=name, remedy="Name another") from None
    body = (
        unpack_bytes(stored_bytes, name, memory_per_byte, memory_limit)
        if detect_packing(stored_bytes)
        else stored_bytes
    )
    return FileContent(
        name, require_text(body, name), len(stored_bytes), hashlib.sha256(stored_bytes).hexdigest(), version=version
    )


def file_version(status: os.stat_result) -> FileVersion | None:
    """Return what identifies the content of a regular file; None for a pipe or a device."""
    return (status.st_size, status.st_mtime_ns, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def require_same_version(name: str, actual: FileVersion | None, expected: FileVersion | None) -> None:
    """Refuse a file that is not the one read before: two exports must not be mixed.

    Raises:
        InputProblem: the file was changed or replaced meanwhile.
    """
    if actual != expected:
        raise InputProblem("was changed while it was being read", source=name, remedy="Run again once it is complete")


def _read_unchanged(path: Path, name: str, memory_per_byte: float) -> tuple[bytes, FileVersion | None]:
    """A file's bytes, if nobody wrote to it while they were read: half of two exports is no export."""
    with path.open("rb") as file:
        status_before = os.fstat(file.fileno())
        require_memory(name, status_before.st_size, memory_per_byte)
        stored_bytes = file.read()
        status_after = os.fstat(file.fileno())
    version = file_version(status_before)
    if version is not None:
        require_same_version(name, file_version(status_after), version)
        require_same_version(name, file_version(path.stat()), version)
        require_same_version(name, (len(stored_bytes), *version[1:]), version)
    return stored_bytes, version


def read_text(path: str) -> str:
    """A small UTF-8 text file, such as settings."""
    content = read_file(path)
    try:
        return content.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputProblem(
            f"is not UTF-8 text (byte {error.start})", source=content.name, remedy="Save it as UTF-8"
        ) from None


def read_json(path: str, remedy: str) -> Any:  # noqa: ANN401 - JSON is data of any shape
    """Read a JSON file.

    Args:
        path: of the file.
        remedy: what to do if it is not JSON.

    Raises:
        InputProblem: it cannot be read, or is not JSON.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputProblem(f"is not JSON ({error.msg})", source=path, line=error.lineno, remedy=remedy) from None
    except (RecursionError, ValueError):
        problem = "is nested too deeply, or has a number that is too long"
        raise InputProblem(problem, source=path, remedy=remedy) from None


def require_text(body: bytes, name: str) -> bytes:
    """The bytes, unless they begin as a file does that is no text."""
    for magic, kind in _BINARY_KINDS.items():
        if body[:SIGNATURE_BYTES].lstrip().lower().startswith(magic.lower()):
            raise InputProblem(f"is {kind}, not CSV", source=name, remedy="Export it as CSV first")
    return body
