"""Saved models as files: JSON with a schema and a checksum, so that a model changed by hand is not believed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from segcli.errors import InputProblem
from segcli.files import read


class SavedFields(BaseModel):
    """Fields of a saved model, each of exactly its type."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


def sealed(model: Mapping[str, Any]) -> str:
    """A model as text, diffable, with its checksum."""
    return json.dumps({**model, "sha256": _checksum(model)}, indent=1, sort_keys=True) + "\n"


def unsealed(path: str, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Read a saved model of one of these schemas back; `kinds` name them.

    Raises:
        InputProblem: it is no such model, of another version, or was changed by hand.
    """
    model = read.json_document(path, "Name a file that --save-model wrote")
    found = model.get("schema") if isinstance(model, dict) else None
    if not isinstance(model, dict) or not isinstance(found, str) or found not in kinds:
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


def parse_fields(model: Mapping[str, Any], shape: type[SavedFields], path: str) -> dict[str, Any]:
    """Return a model with fields of these types; refuse one that has others, although its checksum fits.

    Args:
        model: as it was read.
        shape: the fields that it must have; it may have others.
        path: of the file.

    Raises:
        InputProblem: with the first field that is wrong.
    """
    try:
        return {**model, **shape.model_validate(model).model_dump()}
    except ValidationError as error:
        wrong = error.errors()[0]
        raise damage_problem(path, ".".join(map(str, wrong["loc"])) or "its fields", wrong["msg"]) from None


def damage_problem(path: str, field: str, what: str) -> InputProblem:
    """Return the problem of a model in which a field cannot be used."""
    return InputProblem(f"{field}: {what[:1].lower()}{what[1:]}", source=path, remedy="Save the model again")


def _checksum(model: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(model, sort_keys=True).encode()).hexdigest()
