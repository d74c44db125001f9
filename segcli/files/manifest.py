"""run.json: how a folder of results came about, with the fingerprint of every file in it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from segcli import __version__
from segcli.files.write import write

NAME = "run.json"
SCHEMA = "segcli.run/1"


def save(folder: Path, outputs: Sequence[str], facts: Mapping[str, object]) -> None:
    """Write the manifest, last and atomically: where it stands, the run was complete."""
    described = [_output(folder / name) for name in outputs]
    document = {"schema": SCHEMA, "version": __version__, **facts, "outputs": described}
    write(str(folder / NAME), (json.dumps(document, indent=1) + "\n").encode(), follows_links=False)


def _output(path: Path) -> Mapping[str, object]:
    body = path.read_bytes()
    return {"name": path.name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
