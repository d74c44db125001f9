"""run.json: how a folder of results came about, with the digest of every file in it."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcli import __version__
from segcli.errors import InputProblem
from segcli.files import lock
from segcli.files.read import json_document
from segcli.files.write import write_together

NAME = "run.json"
SCHEMA = "segcli.run/1"
RESULTS = ("customers.csv", "segments.csv")  # that every run writes
REMEDY = "Run again into this folder, or remove it"


def save(folder: Path, texts: Mapping[str, str], facts: Mapping[str, object]) -> None:
    """Write the results of a run and run.json, which is there only if all of them are.

    Args:
        folder: of the run, locked.
        texts: the files by name.
        facts: what run.json holds besides their digests.

    Raises:
        EnvironmentProblem: the disk is full, or the folder not writable.
    """
    described = [_describe(name, text.encode()) for name, text in texts.items()]
    document = {"schema": SCHEMA, "version": __version__, **facts, "outputs": described}
    written = ((name, text.encode()) for name, text in {**texts, NAME: _dump(document)}.items())
    write_together(folder, written, NAME)


def replace(folder: Path, bodies: Mapping[str, bytes]) -> None:
    """Replace files of a run from which a person was erased, and bring its run.json up to date.

    Args:
        folder: of a run that finished.
        bodies: the files by name; run.json may be one of them.

    Raises:
        EnvironmentProblem: the disk is full, or the folder not writable.
    """
    facts = json.loads(bodies.get(NAME) or (folder / NAME).read_bytes())
    facts["outputs"] = [
        output | (_describe(output["name"], bodies[output["name"]]) if output["name"] in bodies else {})
        for output in facts.get("outputs", ())
    ]
    facts["forgotten"] = facts.get("forgotten", 0) + 1
    write_together(folder, {**bodies, NAME: _dump(facts).encode()}.items(), NAME)


def names(folder: Path) -> list[str]:
    """Return the names of the files that a run wrote; none where there is no readable run.json."""
    try:
        return [str(output["name"]) for output in load(folder)["outputs"]]
    except InputProblem:
        return []


def is_incomplete(folder: Path) -> bool:
    """Tell whether a folder holds results of a run that has not finished."""
    has_results = any((folder / name).exists() for name in RESULTS)
    return has_results and (folder / lock.NAME).exists() and not (folder / NAME).exists()


def refuse_incomplete(path: str) -> None:
    """Refuse a table of results, or their folder, if the run that wrote it has not finished.

    Raises:
        InputProblem: run.json is missing.
    """
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    if (folder == Path(path) or Path(path).name in RESULTS) and is_incomplete(folder):
        raise InputProblem(
            f"the run that wrote these results has not finished: there is no {NAME} beside them",
            source=path,
            remedy="Wait for it, or run it again: segcli run CONFIG",
        )


def _describe(name: str, body: bytes) -> Mapping[str, Any]:
    return {"name": name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def _dump(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=1) + "\n"


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
