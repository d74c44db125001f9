"""Read files and standard input; the compression format is detected from the content, not from the name."""

import hashlib
import io
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
from segcli.io.compression import START_BYTES, detect_packing, open_packed, read_unpacked
from segcli.io.csv_stream import stream_notes
from segcli.io.memory import require_memory
from segcli.io.text_stream import detect_table_kind, open_text
from segcli.location import is_address, locate_file

STDIN_PATH = "-"
STDIN_NAME = "standard input"  # its name in reports and messages

FileVersion = tuple[int, int, int]  # size, modification time in nanoseconds, and inode of a regular file


@dataclass(frozen=True)
class FileContent:
    """Text of a file, or its beginning; `size` and `sha256` are those of the stored file.

    `version` identifies the content that was read; None for a pipe or a device. `notes` say which part of an archive
    or a workbook was read.
    """

    name: str
    body: bytes
    size: int
    sha256: str
    is_head: bool = False
    version: FileVersion | None = None
    notes: tuple[str, ...] = ()


_BINARY_KINDS: Mapping[bytes, str] = MappingProxyType(
    {
        b"%PDF": "a PDF",
        b"FEA1": "a Feather file of version 1",
        b"<!DOCTYPE": "an HTML page",
        b"<html": "an HTML page",
    }
)


def read_file(
    path: str, *, memory_per_byte: float = 0, memory_limit: int | None = None, is_table: bool = True
) -> FileContent:
    """Read a file, or standard input for `-`.

    Args:
        path: path of the file.
        memory_per_byte: bytes of memory needed per byte of text; 0 skips the comparison with free memory.
        memory_limit: upper bound of the memory for a compressed file, in bytes; None sets no limit.
        is_table: whether to convert other kinds of tables to CSV, such as a workbook or JSON.

    Raises:
        InputProblem: if it is missing, unreadable, not text, too large after decompression, or was changed meanwhile.
        EnvironmentProblem: if there is not enough memory.
    """
    name = STDIN_NAME if path == STDIN_PATH else path
    if path == STDIN_PATH and sys.stdin is None:
        raise InputProblem("closed", source=name, remedy="name a file, or pipe one in")
    try:
        stored_bytes, version = (
            (sys.stdin.buffer.read(), None)
            if path == STDIN_PATH
            else _read_unchanged(locate_file(path), name, memory_per_byte)
        )
    except FileNotFoundError:
        remedy = (
            "download it: an address can only be the main input" if is_address(path) else "check its name and folder"
        )
        raise InputProblem("no such file", source=name, remedy=remedy) from None
    except IsADirectoryError:
        raise InputProblem("is a folder, not a file; hint: choose a file in it", source=name) from None
    except OSError as error:
        raise InputProblem(
            f"cannot be read ({error.strerror})", source=name, remedy="check the permissions of the file"
        ) from None
    except ValueError:
        raise InputProblem("not a valid file name", source=name, remedy="choose another name") from None
    start = stored_bytes[:START_BYTES]
    kind = detect_packing(start) or (detect_table_kind(start) if is_table else "")
    body, notes = stored_bytes, tuple[str, ...]()
    if kind:
        open_stream = open_text if is_table else open_packed
        stream = open_stream(io.BytesIO(stored_bytes), name, len(stored_bytes))
        body, notes = read_unpacked(stream, name, kind, memory_per_byte, memory_limit), stream_notes(stream)
    digest = hashlib.sha256(stored_bytes).hexdigest()
    return FileContent(name, require_text(body, name), len(stored_bytes), digest, version=version, notes=notes)


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
    content = read_file(path, is_table=False)
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
        if body[:START_BYTES].lstrip().lower().startswith(magic.lower()):
            raise InputProblem(f"{kind}, not CSV", source=name, remedy="export the data as CSV")
    return body
