"""Protect existing files and folders: an output may replace only an earlier output."""

import os
import re
import zipfile
from pathlib import Path

from segcli.errors import UsageProblem
from segcli.io import lock
from segcli.io.arrow_files import WRITER_KEY
from segcli.io.manifest import is_incomplete
from segcli.io.write import TEMPORARY_SUFFIX, descriptor_number

START_BYTES = 4096  # bytes; enough to detect the kind of a file
OUTPUT_SUFFIXES = frozenset(
    {
        *(".csv", ".tsv", ".txt", ".json", ".ndjson", ".jsonl", ".parquet", ".arrow", ".feather", ".xlsx"),
        *(".md", ".html", ".htm", ".sql", ".yaml", ".yml"),
    }
)
BINARY_SIGNATURES = (
    b"PAR1",
    b"ARROW1",
    b"PK\x03\x04",
    b"%PDF",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"SQLite format 3",
)
WORKBOOK_PROPERTIES = "docProps/core.xml"
PARQUET_END_BYTES = 8  # bytes: the length of the metadata and the signature
DELIMITER_BYTES = (b",", b";", b"\t", b"|")
REJECTS_HEADER = b"line,byte_offset,reason,column,raw"
CACHE_ENTRY_NAME = re.compile(r"[0-9a-f]{40}")  # name of a cache entry in a state folder


def refuse_foreign_file(path: str, *, force: bool = False) -> None:
    """Refuse to replace a file that does not look like an output of segcli.

    Args:
        path: path of the output.
        force: whether to replace the file in any case.

    Raises:
        UsageProblem: if the file is binary, or has neither the suffix of an output nor the content of a table.
    """
    start = b"" if descriptor_number(path) is not None else _read_start(path)
    if not start or force:
        return
    is_binary = (b"\0" in start or start.startswith(BINARY_SIGNATURES)) and not _is_own_binary(path, start)
    if is_binary or (Path(path).suffix.lower() not in OUTPUT_SUFFIXES and not _is_table(start)):
        raise UsageProblem(
            f"{path}: already exists and is not an earlier output; "
            "hint: choose another file, or overwrite it with --force"
        )


def is_rejects_file(path: str) -> bool:
    """Return whether a file is missing, empty, or a file of rejected lines that segcli wrote."""
    start = _read_start(path)
    return not start or start.startswith(REJECTS_HEADER)


def is_own_folder(path: str) -> bool:
    """Return whether a folder is missing, empty, or holds results or a state that segcli wrote."""
    folder = Path(path)
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    names = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
    return "run.json" in names or is_incomplete(folder) or all(CACHE_ENTRY_NAME.fullmatch(name) for name in names)


def is_cache_folder(folder: Path) -> bool:
    """Return whether a folder is empty or holds only entries of a state."""
    names = [entry.name for entry in folder.iterdir() if entry.name not in lock.LOCK_FILES]
    return all(CACHE_ENTRY_NAME.fullmatch(name.removesuffix(TEMPORARY_SUFFIX)) for name in names)


def _read_start(path: str) -> bytes:
    try:
        if not Path(path).is_file():
            return b""
        with Path(path).open("rb") as file:
            return file.read(START_BYTES)
    except (OSError, ValueError):
        return b""  # the actual write reports the problem


def _is_own_binary(path: str, start: bytes) -> bool:
    """Return whether segcli wrote a Parquet file, an Arrow file or a workbook, by its metadata."""
    if start.startswith(b"ARROW1"):
        return WRITER_KEY in start  # the schema is at the start
    return _is_own_workbook(path) if start.startswith(b"PK") else _is_own_parquet(path)


def _is_own_workbook(path: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(WORKBOOK_PROPERTIES) as file:
            return WRITER_KEY in file.read(START_BYTES)
    except (KeyError, OSError, ValueError, zipfile.BadZipFile):
        return False


def _is_own_parquet(path: str) -> bool:
    """Return whether a file is a Parquet file whose metadata, at its end, say that segcli wrote it."""
    with Path(path).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - PARQUET_END_BYTES, 0))
        end = file.read()
        if not end.endswith(b"PAR1") or len(end) < PARQUET_END_BYTES:
            return False
        file.seek(max(size - PARQUET_END_BYTES - int.from_bytes(end[:4], "little"), 0))
        return WRITER_KEY in file.read()


def _is_table(start: bytes) -> bool:
    lines = start.splitlines()[:2]
    counts = [[line.count(delimiter) for line in lines] for delimiter in DELIMITER_BYTES]
    return any(line_counts[0] > 0 and len(set(line_counts)) == 1 for line_counts in counts)
