"""A folder of tables and facts that is there whole or not at all, whenever the power goes."""

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


def save(folder: Path, tables: Mapping[str, pa.Table], facts: Mapping[str, Any]) -> None:
    """Write tables by name, and facts as JSON, in place of what the folder held.

    Raises:
        EnvironmentProblem: the disk is full, or the folder may not be written to.
    """
    made = folder.with_name(folder.name + TEMPORARY)
    with environment(str(folder)):
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        for name, table in tables.items():
            _write(made / name, _packed(table))
        _write(made / FACTS, json.dumps(facts, ensure_ascii=False, sort_keys=True).encode())
        sync(made)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
        sync(folder.parent)


def remove(folder: Path) -> None:
    """Remove a folder that `save` wrote."""
    with environment(str(folder)):
        shutil.rmtree(folder)


def table(folder: Path, name: str) -> pa.Table:
    """One of the tables."""
    with pa.OSFile(str(folder / name), "rb") as file:
        return ipc.open_file(file).read_all()


def facts(folder: Path) -> dict[str, Any]:
    """The facts."""
    found: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return found


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
