"""Folders of tables and metadata that are written atomically, even if the power fails.

The metadata holds the checksum of each table, and the metadata file begins with its own checksum.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc

from segcli.io.write import TEMPORARY_SUFFIX, report_write_errors, sync_folder

FACTS_FILE = "facts.json"
CHECKSUMS_KEY = "checksums"  # metadata key of the checksum of each table
FOLDER_KEY = "folder"  # metadata key of the folder's name; detects a folder that was moved over another
_FACTS_HEADER = '{{"sha256": "{}", "facts": '


class DirectoryDamage(Exception):
    """Damaged folder: a file is missing, or differs from what was written."""


def save_directory(folder: Path, tables: Mapping[str, pa.Table], metadata: Mapping[str, Any]) -> None:
    """Write tables (by name) and metadata (as JSON), and replace the previous content of the folder.

    Raises:
        EnvironmentProblem: if the disk is full or the folder is not writable.
    """
    temporary_folder = folder.with_name(folder.name + TEMPORARY_SUFFIX)
    with report_write_errors(str(folder)):
        _remove_path(temporary_folder)
        temporary_folder.mkdir(mode=0o700)
        checksums = {}
        for name, table in tables.items():
            packed_table = _pack_table(table)
            checksums[name] = hashlib.sha256(packed_table).hexdigest()
            _write_synced(temporary_folder / name, packed_table)
        full_metadata = {**metadata, FOLDER_KEY: folder.name, CHECKSUMS_KEY: checksums}
        body = json.dumps(full_metadata, ensure_ascii=False, sort_keys=True).encode()
        head = _FACTS_HEADER.format(hashlib.sha256(body).hexdigest()).encode()
        _write_synced(temporary_folder / FACTS_FILE, head + body + b"}")
        sync_folder(temporary_folder)
        _remove_path(folder)
        temporary_folder.rename(folder)
        sync_folder(folder.parent)


def remove_directory(folder: Path) -> None:
    """Remove a folder of tables and metadata.

    Raises:
        EnvironmentProblem: if the folder cannot be removed.
    """
    with report_write_errors(str(folder)):
        shutil.rmtree(folder)


def load_table(folder: Path, metadata: Mapping[str, Any], name: str) -> pa.Table:
    """Read one table of a folder.

    Raises:
        DirectoryDamage: if the table is missing or differs from what was written.
    """
    body = _read_bytes(folder / name)
    if hashlib.sha256(body).hexdigest() != metadata[CHECKSUMS_KEY].get(name):
        raise DirectoryDamage(name)
    return ipc.open_file(pa.py_buffer(body)).read_all()


def load_facts(folder: Path) -> dict[str, Any]:
    """Read the metadata of a folder.

    Raises:
        DirectoryDamage: if the metadata is missing or differs from what was written.
    """
    stored_bytes = _read_bytes(folder / FACTS_FILE)
    start = len(_FACTS_HEADER.format("0" * 64))
    body = stored_bytes[start:-1]
    if stored_bytes != _FACTS_HEADER.format(hashlib.sha256(body).hexdigest()).encode() + body + b"}":
        raise DirectoryDamage(FACTS_FILE)
    metadata: dict[str, Any] = json.loads(body)
    if metadata[FOLDER_KEY] != folder.name:
        raise DirectoryDamage(FACTS_FILE)
    return metadata


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise DirectoryDamage(path.name) from None


def _remove_path(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _pack_table(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _write_synced(path: Path, body: Any) -> None:  # noqa: ANN401 - bytes or a buffer
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
