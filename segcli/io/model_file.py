"""Save models as JSON with a schema name and a checksum, which reveals manual changes."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from segcli.errors import InputProblem
from segcli.io import read


class ModelFields(BaseModel):
    """Base class for the fields of a saved model, with strict types."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


def dump_model_file(model: Mapping[str, Any]) -> str:
    """Dump a model as diffable text with its checksum."""
    return json.dumps({**model, "sha256": _model_checksum(model)}, indent=1, sort_keys=True) + "\n"


def load_model_file(path: str, schema_names: Mapping[str, str]) -> dict[str, Any]:
    """Read a saved model; its schema must be one of `schema_names` (schema -> display name).

    Raises:
        InputProblem: if it is not such a model, has another version, or was changed manually.
    """
    model = read.read_json(path, "choose a file that --save-model wrote")
    schema = model.get("schema") if isinstance(model, dict) else None
    if not isinstance(model, dict) or not isinstance(schema, str) or schema not in schema_names:
        expected = f"{' or '.join(schema_names.values())} model ({', '.join(schema_names)})"
        raise InputProblem(
            f"not a saved {expected}; found schema {schema}",
            source=path,
            remedy="choose a file that --save-model wrote",
        )
    stored_checksum = model.pop("sha256", None)
    if stored_checksum != _model_checksum(model):
        raise InputProblem("changed after saving: checksum mismatch", source=path, remedy="save the model again")
    return model


def parse_model_fields(model: Mapping[str, Any], fields_model: type[ModelFields], path: str) -> dict[str, Any]:
    """Validate the field types of a model, and return it; the checksum does not guarantee them.

    Args:
        model: content of the file.
        fields_model: the required fields; the model may have more.
        path: path of the file.

    Raises:
        InputProblem: with the first invalid field.
    """
    try:
        return {**model, **fields_model.model_validate(model).model_dump()}
    except ValidationError as error:
        first_error = error.errors()[0]
        raise damage_problem(path, ".".join(map(str, first_error["loc"])) or "fields", first_error["msg"]) from None


def damage_problem(path: str, field: str, problem: str) -> InputProblem:
    """Return the error for a model with an invalid field."""
    return InputProblem(f"{field}: {problem[:1].lower()}{problem[1:]}", source=path, remedy="save the model again")


def _model_checksum(model: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(model, sort_keys=True).encode()).hexdigest()
