"""A saved RFM model: edges as JSON, with a checksum, to score later data as the first was scored."""

import hashlib
import json
from typing import Any

from segcli.errors import InputProblem
from segcli.files import read
from segcli.model import Segmentation

SCHEMA = "segcli.rfm-model/1"


def as_text(result: Segmentation) -> str:
    """The model of an RFM segmentation, diffable and without any customer."""
    model = {
        "schema": SCHEMA,
        "scoring": result.method["scoring"],
        "columns": result.method["columns"],
        "bins": result.method["bins"],
        "cuts": result.method["cuts"],
        "trained_on": {
            "customers": len(result.labels),
            "as_of": result.provenance.as_of.isoformat() if result.provenance.as_of else None,
            "counts": result.method["counts"],
        },
        "versions": dict(result.provenance.versions),
    }
    return json.dumps({**model, "sha256": _checksum(model)}, indent=1, sort_keys=True) + "\n"


def load(path: str) -> dict[str, Any]:
    """Read a saved model back.

    Raises:
        InputProblem: it is no model, of another version, or was changed by hand.
    """
    try:
        model = json.loads(read.text(path))
    except json.JSONDecodeError as error:
        raise InputProblem(f"is not JSON ({error.msg})", source=path, line=error.lineno) from None
    if not isinstance(model, dict) or model.get("schema") != SCHEMA:
        found = model.get("schema") if isinstance(model, dict) else None
        raise InputProblem(f"is no saved RFM model ({SCHEMA}); its schema is {found}", source=path)
    stated = model.pop("sha256", None)
    if stated != _checksum(model):
        raise InputProblem("was changed after it was saved: its checksum does not fit", source=path)
    return model


def _checksum(model: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(model, sort_keys=True).encode()).hexdigest()
