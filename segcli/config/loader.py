"""Merge layers of settings (later layers override earlier ones) and validate the result once."""

import difflib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from segcli.config.section import PATH_MARK, PATH_OR_NAME_MARK, find_section_models
from segcli.config.settings import Settings
from segcli.config.yaml_loader import KeyPath, parse_document, parse_scalar
from segcli.errors import ConfigProblems
from segcli.location import change_file, is_address, name_address, relative_path, split_location


class PlaceFinder(Protocol):
    """Function that describes the location of a key; `character` is a position in the key's text (from 1)."""

    def __call__(self, key: KeyPath, character: int = 0) -> str:
        """Return the location, such as `retail.yaml:12:8`."""


@dataclass(frozen=True)
class Layer:
    """Settings from one source: plain nested values, and a function that locates a key or a character of its text.

    A layer from a config that segcli discovered itself is not trusted to set output paths.
    """

    values: Mapping[str, Any]
    find_place: "PlaceFinder"
    is_trusted: bool = True


@dataclass(frozen=True)
class LoadedSettings:
    """Effective settings, and the location of each key that a user set.

    `discovered_path` is the path of a config that segcli discovered itself, or blank.
    """

    settings: Settings
    origins: Mapping[KeyPath, str]
    layers_by_key: Mapping[KeyPath, Layer]
    discovered_path: str = ""

    def find_place(self, key: KeyPath, character: int = 0) -> str:
        """Return the location of a key, or of its nearest parent that was set; blank if neither was set."""
        nearest_key = next((key[:end] for end in range(len(key), 0, -1) if key[:end] in self.layers_by_key), None)
        return self.layers_by_key[nearest_key].find_place(key, character) if nearest_key else ""

    def declares_section(self, section: str) -> bool:
        """Return whether any layer sets a key of this section."""
        return any(key[0] == section for key in self.origins)


def parse_yaml_layer(text: str, file_name: str, folder: str, *, is_trusted: bool = True) -> Layer:
    """Parse YAML settings into a layer; relative paths are resolved against `folder`, the folder of the file."""
    document = parse_document(text, file_name)
    if not isinstance(document.values, dict):
        raise ConfigProblems([f"{document.find_place(())}: settings must be `key: value` lines"])

    def rebase_path(path: str, _: KeyPath) -> str:
        return os.path.normpath(Path(folder) / path)

    layer = _expand_home_paths(Layer(document.values, document.find_place, is_trusted))
    return replace(layer, values=_change_paths(layer.values, Settings, rebase_path))


def build_override_layer(assignments: Iterable[tuple[str, str]], origin: str) -> Layer:
    """Build a layer from `section.key=value` pairs; values are YAML scalars, `[a, b]` lists or `{a: b}` mappings."""
    return build_dotted_layer([(key, _parse_value(text, f"{origin} {key}")) for key, text in assignments], origin)


def build_dotted_layer(settings_by_key: Iterable[tuple[str, Any]], origin: str) -> Layer:
    """Build a layer from values under dotted keys."""
    tree: dict[str, Any] = {}
    for key, value in settings_by_key:
        target = tree
        *parents, last_part = key.split(".")
        for parent in parents:
            target = target.setdefault(parent, {})
            if not isinstance(target, dict):
                raise ConfigProblems([f"{origin} {key}: {parent} already has a value; hint: set only one of the two"])
        target[last_part] = value
    return _expand_home_paths(Layer(tree, lambda key, at=0: f"{origin} {'.'.join(map(str, key))}"))  # noqa: ARG005 - the whole key is the location


def _expand_home_paths(layer: Layer) -> Layer:
    """Return a layer with a leading ~ in paths expanded; a path that exists under its literal name is kept.

    Raises:
        ConfigProblems: for every path that begins with ~ and an unknown user name.
    """
    unknown_users: list[str] = []

    def expand_path(path: str, key: KeyPath) -> str:
        expanded = os.path.expanduser(path)  # noqa: PTH111 - pathlib takes ./~ for ~
        if expanded.startswith("~") and not Path(path).exists():
            key_place = _add_key_name(layer.find_place(key), key)
            unknown_users.append(f"{key_place}: {path}: unknown user name; hint: write ./~ for a file name")
        return expanded

    values = _change_paths(layer.values, Settings, expand_path)
    if unknown_users:
        raise ConfigProblems(unknown_users)
    return replace(layer, values=values)


def _parse_value(text: str, origin: str) -> Any:  # noqa: ANN401 - a setting of any shape
    return parse_document(text, origin).values if text.startswith(("[", "{")) else parse_scalar(text)


def merge_values(layers: Sequence[Layer]) -> dict[str, Any]:
    """Merge the values of layers, weakest first, without checking them."""
    merged_values: dict[str, Any] = {}
    for layer in layers:
        _merge_layer(merged_values, layer, layer.values, (), {})
    return merged_values


def make_paths_relative(settings_tree: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Return a copy of the settings with paths relative to a folder, as a config in that folder would write them."""
    return _change_paths(settings_tree, Settings, lambda path, _: relative_path(path, folder or "."))


def load_settings(layers: Sequence[Layer]) -> LoadedSettings:
    """Validate the merged layers.

    Args:
        layers: layers in ascending priority.

    Raises:
        ConfigProblems: for every problem, with its location and the accepted values.
    """
    merged_values: dict[str, Any] = {}
    layers_by_key: dict[KeyPath, Layer] = {}
    for layer in layers:
        _merge_layer(merged_values, layer, layer.values, (), layers_by_key)
    try:
        settings = Settings.model_validate(merged_values).with_special_reason()
    except ValidationError as error:
        raise ConfigProblems(describe_problems(error, layers_by_key)) from None
    origins = MappingProxyType({key: layer.find_place(key) for key, layer in layers_by_key.items()})
    return LoadedSettings(settings, origins, MappingProxyType(layers_by_key))


def _merge_layer(
    merged_values: dict[str, Any],
    layer: Layer,
    settings_tree: Mapping[str, Any],
    parent_key: KeyPath,
    layers_by_key: dict[KeyPath, Layer],
) -> None:
    for name, value in settings_tree.items():
        key = (*parent_key, name)
        layers_by_key[key] = layer
        if isinstance(value, dict) and isinstance(merged_values.get(name), dict):
            _merge_layer(merged_values[name], layer, value, key, layers_by_key)
        elif isinstance(value, dict):
            merged_values[name] = {}
            _merge_layer(merged_values[name], layer, value, key, layers_by_key)
        else:
            merged_values[name] = value


def describe_problems(
    error: ValidationError, layers_by_key: Mapping[KeyPath, Layer], model: type[BaseModel] = Settings
) -> list[str]:
    """Describe one problem for each key of a model, in the order in which the keys were written."""
    first_details: dict[KeyPath, ErrorDetails] = {}
    for details in error.errors():
        first_details.setdefault(_find_written_key(details["loc"], layers_by_key), details)
    key_order = {key: position for position, key in enumerate(layers_by_key)}
    return [
        _describe_problem(key, first_details[key], layers_by_key, model)
        for key in sorted(first_details, key=lambda key: key_order.get(key, len(key_order)))
    ]


def _describe_problem(
    key: KeyPath, details: ErrorDetails, layers_by_key: Mapping[KeyPath, Layer], model: type[BaseModel]
) -> str:
    place = next(
        (layers_by_key[key[:end]].find_place(key) for end in range(len(key), -1, -1) if key[:end] in layers_by_key),
        "settings",
    )
    return f"{_add_key_name(place, key)}: {_explain_error(details, key, model)}"


def _add_key_name(place: str, key: KeyPath) -> str:
    name = ".".join(map(str, key))
    return place if place.endswith(name) else f"{place}: {name}"


def _find_written_key(location: Sequence[str | int], layers_by_key: Mapping[KeyPath, Layer]) -> KeyPath:
    """Convert a pydantic error location to the key in the file, without the names of union branches."""
    key: KeyPath = ()
    for part in location:
        if isinstance(part, int) or (*key, part) in layers_by_key:
            key = (*key, part)
    return key or tuple(location)


def _explain_error(details: ErrorDetails, key: KeyPath, model: type[BaseModel]) -> str:
    """Describe the problem and the accepted values; use pydantic's message only for other kinds of error."""
    input_value, context = details.get("input"), details.get("ctx", {})
    expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
    suggestion = _suggest_name(str(input_value), expected.split(", "), lists_known=False)
    messages = {
        "extra_forbidden": f"unknown key{_suggest_name(str(key[-1]), _list_known_keys(key[:-1], model))}",
        "literal_error": f"must be one of {expected}; got {input_value}{suggestion}",
        "value_error": str(context.get("error")),
        "greater_than_equal": f"must be at least {context.get('ge')}; got {input_value}",
        "less_than_equal": f"must be at most {context.get('le')}; got {input_value}",
        "int_type": f"must be a whole number; got {input_value!r}",
        "float_type": f"must be a number; got {input_value!r}",
        "string_type": f"must be text; got {input_value!r}",
        "finite_number": f"must be a finite number; got {input_value}",
        "model_type": f"must be a section with keys {', '.join(_list_known_keys(key, model))}; got {input_value!r}",
    }
    return messages.get(details["type"], f"{details['msg'][0].lower()}{details['msg'][1:]}; got {input_value!r}")


def _list_known_keys(parent_key: KeyPath, model: type[BaseModel]) -> list[str]:
    """List the keys that are allowed under a parent key of a model."""
    for part in parent_key:
        model = _section_model(model, str(part)) or model
    return list(model.model_fields)


def _section_model(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    field = model.model_fields.get(name)
    if field is None:
        return None
    return next(iter(find_section_models(field.annotation)), None)


def _suggest_name(word: str, known_words: Sequence[str], *, lists_known: bool = True) -> str:
    close_words = difflib.get_close_matches(word, known_words, n=1, cutoff=0.6)
    return (
        f"; did you mean '{close_words[0]}'?"
        if close_words
        else f"; available: {', '.join(known_words)}"
        if known_words and lists_known
        else ""
    )


def _change_paths(
    settings_tree: Mapping[str, Any],
    model: type[BaseModel],
    change: Callable[[str, KeyPath], str],
    parent_key: KeyPath = (),
) -> dict[str, Any]:
    """Return a copy of the settings with `change` applied to every path except `-`, shipped names and addresses.

    An address is replaced by its name, so that settings hold no password or token.
    """
    changed_values: dict[str, Any] = {}
    for name, value in settings_tree.items():
        field, section = model.model_fields.get(name), _section_model(model, name)
        if isinstance(value, dict) and section and field and get_origin(field.annotation) is dict:
            changed_values[name] = {
                item_name: _change_paths(item, section, change, (*parent_key, name, item_name))
                if isinstance(item, dict)
                else item
                for item_name, item in value.items()
            }
        elif isinstance(value, dict) and section:
            changed_values[name] = _change_paths(value, section, change, (*parent_key, name))
        elif isinstance(value, list) and section:
            changed_values[name] = [
                _change_paths(item, section, change, (*parent_key, name, index)) if isinstance(item, dict) else item
                for index, item in enumerate(value)
            ]
        elif field and isinstance(value, str) and field.json_schema_extra in (PATH_MARK, PATH_OR_NAME_MARK):
            is_shipped_name = (
                field.json_schema_extra == PATH_OR_NAME_MARK and Path(value).name == value and not Path(value).suffix
            )
            changed_values[name] = (
                value
                if is_shipped_name or value == "-"
                else name_address(value)
                if is_address(value)
                else change_file(value, change(split_location(value)[1], (*parent_key, name)))
            )
        else:
            changed_values[name] = value
    return changed_values
