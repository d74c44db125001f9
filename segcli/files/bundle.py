"""A folder of tables and facts that is there whole or not at all, whenever the power goes.

Facts hold the checksum of each table, and their file begins with the checksum of the facts.
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

from segcli.files.write import TEMPORARY, environment, sync

FACTS = "facts.json"
CHECKSUMS = "checksums"  # the fact that holds the checksum of each table
FOLDER = "folder"  # the fact that holds the folder's name, by which a bundle in place of another is found
_HEAD = '{{"sha256": "{}", "facts": '


class DamagedBundle(Exception):
    """A file of a bundle is missing, or is not what was written."""


def save(folder: Path, tables: Mapping[str, pa.Table], facts: Mapping[str, Any]) -> None:
    """Write tables by name, and facts as JSON, in place of what the folder held.

    Raises:
        EnvironmentProblem: the disk is full, or the folder may not be written to.
    """
    made = folder.with_name(folder.name + TEMPORARY)
    with environment(str(folder)):
        _remove(made)
        made.mkdir(mode=0o700)
        checksums = {}
        for name, table in tables.items():
            packed = _packed(table)
            checksums[name] = hashlib.sha256(packed).hexdigest()
            _write(made / name, packed)
        described = {**facts, FOLDER: folder.name, CHECKSUMS: checksums}
        body = json.dumps(described, ensure_ascii=False, sort_keys=True).encode()
        head = _HEAD.format(hashlib.sha256(body).hexdigest()).encode()
        _write(made / FACTS, head + body + b"}")
        sync(made)
        _remove(folder)
        made.rename(folder)
        sync(folder.parent)


def remove(folder: Path) -> None:
    """Remove a folder of tables and facts.

    Raises:
        EnvironmentProblem: the folder may not be removed.
    """
    with environment(str(folder)):
        shutil.rmtree(folder)


def load_table(folder: Path, facts: Mapping[str, Any], name: str) -> pa.Table:
    """Read one of the tables.

    Raises:
        DamagedBundle: it is not the table that was written.
    """
    body = _read(folder / name)
    if hashlib.sha256(body).hexdigest() != facts[CHECKSUMS].get(name):
        raise DamagedBundle(name)
    return ipc.open_file(pa.py_buffer(body)).read_all()


def load_facts(folder: Path) -> dict[str, Any]:
    """Read the facts.

    Raises:
        DamagedBundle: they are not the facts that were written.
    """
    stored = _read(folder / FACTS)
    start = len(_HEAD.format("0" * 64))
    body = stored[start:-1]
    if stored != _HEAD.format(hashlib.sha256(body).hexdigest()).encode() + body + b"}":
        raise DamagedBundle(FACTS)
    found: dict[str, Any] = json.loads(body)
    if found[FOLDER] != folder.name:
        raise DamagedBundle(FACTS)
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise DamagedBundle(path.name) from None


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _packed(rows: pa.Table) -> pa.Buffer:
    packed = pa.BufferOutputStream()
    with ipc.new_file(packed, rows.schema) as writer:
        writer.write_table(rows)
    return packed.getvalue()


def _write(path: Path, body: Any) -> None:  # noqa: ANN401 - bytes, or a buffer of them
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
