"""Read files and standard input; the compression format is detected from the content, not from the name."""

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
from segcli.io.compression import detect_packing, unpack_bytes
from segcli.io.memory import require_memory

STDIN_PATH = "-"
SIGNATURE_BYTES = 64  # bytes; enough to detect the kind of a file

FileVersion = tuple[int, int, int]  # size, modification time in nanoseconds, and inode of a regular file


@dataclass(frozen=True)
class FileContent:
    """Decompressed content of a file, or its beginning; `size` and `sha256` are those of the stored file.

    `version` identifies the content that was read; None for a pipe or a device.
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
        path: path of the file.
        memory_per_byte: bytes of memory needed per byte of text; 0 skips the comparison with free memory.
        memory_limit: upper bound of the memory for a compressed file, in bytes; None sets no limit.

    Raises:
        InputProblem: if it is missing, unreadable, not text, too large after decompression, or was changed meanwhile.
        EnvironmentProblem: if there is not enough memory.
    """
    name = "standard input" if path == STDIN_PATH else path
    if path == STDIN_PATH and sys.stdin is None:
        raise InputProblem("closed", source=name, remedy="name a file, or pipe one in")
    try:
        stored_bytes, version = (
            (sys.stdin.buffer.read(), None)
            if path == STDIN_PATH
            else _read_unchanged(Path(path), name, memory_per_byte)
        )
    except FileNotFoundError:
        raise InputProblem("no such file", source=name, remedy="check its name and folder") from None
    except IsADirectoryError:
        raise InputProblem("is a folder, not a file; hint: choose a file in it", source=name) from None
    except OSError as error:
        raise InputProblem(
            f"cannot be read ({error.strerror})", source=name, remedy="check the permissions of the file"
        ) from None
    except ValueError:
        raise InputProblem("not a valid file name", source=name, remedy="choose another name") from None
    body = (
        unpack_bytes(stored_bytes, name, memory_per_byte, memory_limit)
        if detect_packing(stored_bytes)
        else stored_bytes
    )
    return FileContent(
        name, require_text(body, name), len(stored_bytes), hashlib.sha256(stored_bytes).hexdigest(), version=version
    )


def file_version(status: os.stat_result) -> FileVersion | None:
    """Return the identity of a regular file's content; None for a pipe or a device."""
    return (status.st_size, status.st_mtime_ns, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def require_same_version(name: str, actual: FileVersion | None, expected: FileVersion | None) -> None:
    """Reject a file that differs from the version read before, so that two exports are not mixed.

    Raises:
        InputProblem: if the file was changed or replaced meanwhile.
    """
    if actual != expected:
        raise InputProblem(
            "changed while segcli was reading it", source=name, remedy="run again when the file is complete"
        )


def _read_unchanged(path: Path, name: str, memory_per_byte: float) -> tuple[bytes, FileVersion | None]:
    """Read the bytes of a file; reject a file that changes during the read, which could mix two exports."""
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
    """Read a small UTF-8 text file, such as settings."""
    content = read_file(path)
    try:
        return content.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputProblem(
            f"not UTF-8 text (byte {error.start})", source=content.name, remedy="save the file as UTF-8"
        ) from None


def read_json(path: str, remedy: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a JSON file.

    Args:
        path: path of the file.
        remedy: suggested fix if it is not JSON.

    Raises:
        InputProblem: if it cannot be read, or is not JSON.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputProblem(f"not valid JSON ({error.msg})", source=path, line=error.lineno, remedy=remedy) from None
    except (RecursionError, ValueError):
        problem = "not readable JSON: nested too deeply, or a number is too long"
        raise InputProblem(problem, source=path, remedy=remedy) from None


def require_text(body: bytes, name: str) -> bytes:
    """Return the bytes unchanged, or reject them if they begin with the signature of a binary or HTML file."""
    for magic, kind in _BINARY_KINDS.items():
        if body[:SIGNATURE_BYTES].lstrip().lower().startswith(magic.lower()):
            raise InputProblem(f"{kind}, not CSV", source=name, remedy="export the data as CSV")
    return body
