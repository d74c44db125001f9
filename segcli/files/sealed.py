"""Saved models as files: JSON with a schema and a checksum, so that a model changed by hand is not believed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from segcli.errors import InputProblem
from segcli.files import read


class ModelFields(BaseModel):
    """Fields of a saved model, each of exactly its type."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


def dump_model_file(model: Mapping[str, Any]) -> str:
    """A model as text, diffable, with its checksum."""
    return json.dumps({**model, "sha256": _model_checksum(model)}, indent=1, sort_keys=True) + "\n"


def load_model_file(path: str, schema_names: Mapping[str, str]) -> dict[str, Any]:
    """Read a saved model of one of these schemas back; `schema_names` name them.

    Raises:
        InputProblem: it is no such model, of another version, or was changed by hand.
    """
    model = read.read_json(path, "Name a file that --save-model wrote")
    schema = model.get("schema") if isinstance(model, dict) else None
    if not isinstance(model, dict) or not isinstance(schema, str) or schema not in schema_names:
        expected = f"{' or '.join(schema_names.values())} model ({', '.join(schema_names)})"
        raise InputProblem(
            f"is no saved {expected}; its schema is {schema}", source=path, remedy="Name a file that --save-model wrote"
        )
    stored_checksum = model.pop("sha256", None)
    if stored_checksum != _model_checksum(model):
        raise InputProblem(
            "was changed after it was saved: its checksum does not fit", source=path, remedy="Save it anew"
        )
    return model


def parse_model_fields(model: Mapping[str, Any], fields_model: type[ModelFields], path: str) -> dict[str, Any]:
    """Return a model with fields of these types; refuse one that has others, although its checksum fits.

    Args:
        model: as it was read.
        fields_model: the fields that it must have; it may have others.
        path: of the file.

    Raises:
        InputProblem: with the first field that is wrong.
    """
    try:
        return {**model, **fields_model.model_validate(model).model_dump()}
    except ValidationError as error:
        first_error = error.errors()[0]
        raise damage_problem(path, ".".join(map(str, first_error["loc"])) or "its fields", first_error["msg"]) from None


def damage_problem(path: str, field: str, problem: str) -> InputProblem:
    """Return the problem of a model in which a field cannot be used."""
    return InputProblem(f"{field}: {problem[:1].lower()}{problem[1:]}", source=path, remedy="Save the model again")


def _model_checksum(model: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(model, sort_keys=True).encode()).hexdigest()
