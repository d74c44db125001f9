"""Run manifest (run.json): provenance of a folder of results, with the digest of every file."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcli import __version__
from segcli.errors import InputProblem
from segcli.io import lock
from segcli.io.read import read_json
from segcli.io.write import write_files_together

MANIFEST_FILE = "run.json"
MANIFEST_SCHEMA = "segcli.run/1"
RESULT_FILES = ("customers.csv", "segments.csv")  # written by every run
MANIFEST_REMEDY = "run again into this folder, or remove it"


def save_run(folder: Path, texts_by_name: Mapping[str, str], run_facts: Mapping[str, object]) -> None:
    """Write the results of a run, and run.json after all other files.

    Args:
        folder: folder of the run, locked.
        texts_by_name: content of the files by name.
        run_facts: entries of run.json other than the digests.

    Raises:
        EnvironmentProblem: if the disk is full or the folder is not writable.
    """
    file_entries = [_describe_file(name, text.encode()) for name, text in texts_by_name.items()]
    document = {"schema": MANIFEST_SCHEMA, "version": __version__, **run_facts, "outputs": file_entries}
    named_bodies = (
        (name, text.encode()) for name, text in {**texts_by_name, MANIFEST_FILE: _dump_manifest(document)}.items()
    )
    write_files_together(folder, named_bodies, MANIFEST_FILE)


def replace_run_files(folder: Path, bodies: Mapping[str, bytes]) -> None:
    """Replace files of a run from which a person was erased, and update its run.json.

    Args:
        folder: folder of a finished run.
        bodies: content of the files by name; may include run.json.

    Raises:
        EnvironmentProblem: if the disk is full or the folder is not writable.
    """
    document = json.loads(bodies.get(MANIFEST_FILE) or (folder / MANIFEST_FILE).read_bytes())
    document["outputs"] = [
        output | (_describe_file(output["name"], bodies[output["name"]]) if output["name"] in bodies else {})
        for output in document.get("outputs", ())
    ]
    document["forgotten"] = document.get("forgotten", 0) + 1
    write_files_together(folder, {**bodies, MANIFEST_FILE: _dump_manifest(document).encode()}.items(), MANIFEST_FILE)


def run_file_names(folder: Path) -> list[str]:
    """Return the names of the files that a run wrote; empty if there is no readable run.json."""
    try:
        return [str(output["name"]) for output in load_manifest(folder)["outputs"]]
    except InputProblem:
        return []


def is_incomplete(folder: Path) -> bool:
    """Return whether a folder holds results of an unfinished run."""
    has_results = any((folder / name).exists() for name in RESULT_FILES)
    return has_results and (folder / lock.LOCK_FILE).exists() and not (folder / MANIFEST_FILE).exists()


def refuse_incomplete(path: str) -> None:
    """Reject a table of results, or its folder, if the run that wrote it has not finished.

    Raises:
        InputProblem: if run.json is missing.
    """
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    if (folder == Path(path) or Path(path).name in RESULT_FILES) and is_incomplete(folder):
        raise InputProblem(
            f"unfinished run: no {MANIFEST_FILE} in the folder",
            source=path,
            remedy="wait for the run to finish, or run it again: segcli run CONFIG",
        )


def _describe_file(name: str, body: bytes) -> Mapping[str, Any]:
    return {"name": name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def _dump_manifest(manifest: Mapping[str, object]) -> str:
    return json.dumps(manifest, indent=1) + "\n"


def load_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run.

    Raises:
        InputProblem: if it is missing, or is not a valid manifest.
    """
    path = str(folder / MANIFEST_FILE)
    document = read_json(path, MANIFEST_REMEDY)
    if not isinstance(document, dict) or not _is_manifest(document):
        raise InputProblem("not the manifest of a run", source=path, remedy=MANIFEST_REMEDY)
    manifest: dict[str, Any] = document
    return manifest


def _is_manifest(manifest: Mapping[str, Any]) -> bool:
    outputs, forgotten = manifest.get("outputs"), manifest.get("forgotten", 0)
    are_files = isinstance(outputs, list) and all(
        isinstance(output, dict) and isinstance(output.get("name"), str) for output in outputs
    )
    return are_files and isinstance(forgotten, int) and isinstance(manifest.get("as_of"), str | None)
