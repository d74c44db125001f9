"""run.json: how a folder of results came about, with the fingerprint of every file in it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segcli import __version__
from segcli.errors import InputProblem
from segcli.files.read import json_document
from segcli.files.write import write

NAME = "run.json"
SCHEMA = "segcli.run/1"
REMEDY = "Run again into this folder, or remove it"


def save(folder: Path, outputs: Sequence[str], facts: Mapping[str, object]) -> None:
    """Write the manifest, last and atomically: where it stands, the run was complete."""
    described = [_output(folder / name) for name in outputs]
    document = {"schema": SCHEMA, "version": __version__, **facts, "outputs": described}
    write(str(folder / NAME), (json.dumps(document, indent=1) + "\n").encode())


def load(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run.

    Raises:
        InputProblem: it is missing, or is not what a run wrote.
    """
    path = str(folder / NAME)
    document = json_document(path, REMEDY)
    if not isinstance(document, dict) or not _is_sound(document):
        raise InputProblem("is not the manifest of a run", source=path, remedy=REMEDY)
    found: dict[str, Any] = document
    return found


def _is_sound(document: Mapping[str, Any]) -> bool:
    outputs, forgotten = document.get("outputs"), document.get("forgotten", 0)
    are_files = isinstance(outputs, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in outputs
    )
    return are_files and isinstance(forgotten, int) and isinstance(document.get("as_of"), str | None)


def _output(path: Path) -> Mapping[str, object]:
    body = path.read_bytes()
    return {"name": path.name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
