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
from segcli.files.memory import guard
from segcli.files.unpack import packing, unpack

STDIN = "-"
HEAD = 64  # bytes in which a file shows what it is

Version = tuple[int, int, int]  # size, time of change in nanoseconds, and inode of a regular file


@dataclass(frozen=True)
class Content:
    """A file's unpacked bytes, or the first of them; `size` and `sha256` are those of the file as stored.

    `version` identifies what was read; None for a pipe or a device.
    """

    name: str
    body: bytes
    size: int
    sha256: str
    is_head: bool = False
    version: Version | None = None


_NOT_TEXT: Mapping[bytes, str] = MappingProxyType(
    {
        b"PK\x03\x04": "a spreadsheet or zip archive",
        b"\xd0\xcf\x11\xe0": "an old Excel workbook",
        b"%PDF": "a PDF",
        b"SQLite format 3": "an SQLite database",
        b"<!DOCTYPE": "an HTML page",
        b"<html": "an HTML page",
    }
)


def read(path: str, *, memory_per_byte: float = 0, memory_limit: int | None = None) -> Content:
    """Read a file, or standard input for `-`.

    Args:
        path: of the file.
        memory_per_byte: what working on a byte of its text will take; 0 asks nothing.
        memory_limit: bytes of memory that working on a packed file may take; None sets no limit.

    Raises:
        InputProblem: it is missing, unreadable, not text, unpacks to too much, or was changed meanwhile.
        EnvironmentProblem: there is not the memory for it.
    """
    name = "standard input" if path == STDIN else path
    if path == STDIN and sys.stdin is None:
        raise InputProblem("is closed", source=name, remedy="Name a file, or pipe one in")
    try:
        stored, version = (
            (sys.stdin.buffer.read(), None) if path == STDIN else _steady(Path(path), name, memory_per_byte)
        )
    except FileNotFoundError:
        raise InputProblem("no such file", source=name, remedy="Look at its name and folder") from None
    except IsADirectoryError:
        raise InputProblem("is a folder; name a file in it", source=name) from None
    except OSError as error:
        raise InputProblem(f"cannot be read ({error.strerror})", source=name, remedy="Look who may read it") from None
    except ValueError:
        raise InputProblem("is no name a file can have", source=name, remedy="Name another") from None
    body = unpack(stored, name, memory_per_byte, memory_limit) if packing(stored) else stored
    return Content(name, text_only(body, name), len(stored), hashlib.sha256(stored).hexdigest(), version=version)


def version_of(status: os.stat_result) -> Version | None:
    """Return what identifies the content of a regular file; None for a pipe or a device."""
    return (status.st_size, status.st_mtime_ns, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def check_version(name: str, found: Version | None, expected: Version | None) -> None:
    """Refuse a file that is not the one read before: two exports must not be mixed.

    Raises:
        InputProblem: the file was changed or replaced meanwhile.
    """
    if found != expected:
        raise InputProblem("was changed while it was being read", source=name, remedy="Run again once it is complete")


def _steady(path: Path, name: str, memory_per_byte: float) -> tuple[bytes, Version | None]:
    """A file's bytes, if nobody wrote to it while they were read: half of two exports is no export."""
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        guard(name, before.st_size, memory_per_byte)
        stored = file.read()
        after = os.fstat(file.fileno())
    version = version_of(before)
    if version is not None:
        check_version(name, version_of(after), version)
        check_version(name, version_of(path.stat()), version)
        check_version(name, (len(stored), *version[1:]), version)
    return stored, version


def text(path: str) -> str:
    """A small UTF-8 text file, such as settings."""
    content = read(path)
    try:
        return content.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputProblem(
            f"is not UTF-8 text (byte {error.start})", source=content.name, remedy="Save it as UTF-8"
        ) from None


def json_document(path: str, remedy: str) -> Any:  # noqa: ANN401 - JSON is data of any shape
    """Read a JSON file.

    Args:
        path: of the file.
        remedy: what to do if it is not JSON.

    Raises:
        InputProblem: it cannot be read, or is not JSON.
    """
    try:
        return json.loads(text(path))
    except json.JSONDecodeError as error:
        raise InputProblem(f"is not JSON ({error.msg})", source=path, line=error.lineno, remedy=remedy) from None
    except (RecursionError, ValueError):
        what = "is nested too deeply, or has a number that is too long"
        raise InputProblem(what, source=path, remedy=remedy) from None


def text_only(body: bytes, name: str) -> bytes:
    """The bytes, unless they begin as a file does that is no text."""
    for magic, kind in _NOT_TEXT.items():
        if body[:HEAD].lstrip().lower().startswith(magic.lower()):
            raise InputProblem(f"is {kind}, not CSV", source=name, remedy="Export it as CSV first")
    return body
