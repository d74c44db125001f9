"""Saved models as files: JSON with a schema and a checksum, so that a model changed by hand is not believed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from segcli.errors import InputProblem
from segcli.files import read


def sealed(model: Mapping[str, Any]) -> str:
    """A model as text, diffable, with its checksum."""
    return json.dumps({**model, "sha256": _checksum(model)}, indent=1, sort_keys=True) + "\n"


def unsealed(path: str, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Read a saved model of one of these schemas back; `kinds` name them.

    Raises:
        InputProblem: it is no such model, of another version, or was changed by hand.
    """
    try:
        model = json.loads(read.text(path))
    except json.JSONDecodeError as error:
        raise InputProblem(
            f"is not JSON ({error.msg})", source=path, line=error.lineno, remedy="Name a file that --save-model wrote"
        ) from None
    if not isinstance(model, dict) or model.get("schema") not in kinds:
        found = model.get("schema") if isinstance(model, dict) else None
        what = f"{' or '.join(kinds.values())} model ({', '.join(kinds)})"
        raise InputProblem(
            f"is no saved {what}; its schema is {found}", source=path, remedy="Name a file that --save-model wrote"
        )
    stated = model.pop("sha256", None)
    if stated != _checksum(model):
        raise InputProblem(
            "was changed after it was saved: its checksum does not fit", source=path, remedy="Save it anew"
        )
    return model


def _checksum(model: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(model, sort_keys=True).encode()).hexdigest()
