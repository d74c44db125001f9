"""Merge layers of settings, later over earlier, and check the result once."""

import difflib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from segcli.config.section import PATH, PATH_OR_NAME, models
from segcli.config.settings import Settings
from segcli.config.yaml import Key, parse, scalar
from segcli.errors import ConfigProblems


class Place(Protocol):
    """Says where a key stands, for people; `at` is a character of the key's text (from 1)."""

    def __call__(self, key: Key, at: int = 0) -> str:
        """Such as `retail.yaml:12:8`."""


@dataclass(frozen=True)
class Layer:
    """Settings from one place: plain nested values, and how to say where a key, or a character of its text, stands.

    One that segcli found by itself is not trusted with paths that are written.
    """

    values: Mapping[str, Any]
    place: "Place"
    is_trusted: bool = True


@dataclass(frozen=True)
class Loaded:
    """The settings in force, and for each key that somebody wrote, where; `discovered` is a config found by itself."""

    settings: Settings
    origins: Mapping[Key, str]
    sources: Mapping[Key, Layer]
    discovered: str = ""

    def place(self, key: Key, at: int = 0) -> str:
        """Where a key was written, or the nearest parent that was; blank where nobody wrote it."""
        found = next((key[:end] for end in range(len(key), 0, -1) if key[:end] in self.sources), None)
        return self.sources[found].place(key, at) if found else ""

    def declares(self, section: str) -> bool:
        """Whether anybody wrote this section."""
        return any(key[0] == section for key in self.origins)


def yaml_layer(text: str, name: str, folder: str, *, is_trusted: bool = True) -> Layer:
    """Settings written in YAML; relative paths are taken from `folder`, the file's own."""
    document = parse(text, name)
    if not isinstance(document.values, dict):
        raise ConfigProblems([f"{document.place(())}: settings must be `key: value` lines"])

    def rebase(path: str, _: Key) -> str:
        return os.path.normpath(Path(folder) / path)

    layer = _in_homes(Layer(document.values, document.place, is_trusted))
    return replace(layer, values=_map_paths(layer.values, Settings, rebase))


def set_layer(assignments: Iterable[tuple[str, str]], name: str) -> Layer:
    """Settings given as `section.key=value`; values are read as YAML scalars, `[a, b]` lists or `{a: b}` mappings."""
    return nested_layer([(key, _written_value(text, f"{name} {key}")) for key, text in assignments], name)


def nested_layer(values: Iterable[tuple[str, Any]], name: str) -> Layer:
    """Settings given one by one under dotted keys."""
    tree: dict[str, Any] = {}
    for key, value in values:
        target = tree
        *parents, last = key.split(".")
        for parent in parents:
            target = target.setdefault(parent, {})
            if not isinstance(target, dict):
                raise ConfigProblems([f"{name} {key}: {parent} is already given a value; give one of the two"])
        target[last] = value
    return _in_homes(Layer(tree, lambda key, at=0: f"{name} {'.'.join(map(str, key))}"))  # noqa: ARG005 - all of it


def _in_homes(layer: Layer) -> Layer:
    """Return a layer whose paths name the home folders that a leading ~ means; an existing file named so stays.

    Raises:
        ConfigProblems: with every path that begins with ~ and the name of no user.
    """
    unknown: list[str] = []

    def expand(path: str, key: Key) -> str:
        expanded = os.path.expanduser(path)  # noqa: PTH111 - pathlib takes ./~ for ~
        if expanded.startswith("~") and not Path(path).exists():
            place = _with_name(layer.place(key), key)
            unknown.append(f"{place}: {path}: no user has this name; write ./~ for a file name")
        return expanded

    values = _map_paths(layer.values, Settings, expand)
    if unknown:
        raise ConfigProblems(unknown)
    return replace(layer, values=values)


def _written_value(text: str, name: str) -> Any:  # noqa: ANN401 - a setting of any shape
    return parse(text, name).values if text.startswith(("[", "{")) else scalar(text)


def merge_values(layers: Sequence[Layer]) -> dict[str, Any]:
    """Merge the values of layers, weakest first, without checking them."""
    merged: dict[str, Any] = {}
    for layer in layers:
        _merge(merged, layer, layer.values, (), {})
    return merged


def relative_to(values: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Copy settings with the paths in them relative to a folder, as a config in that folder names them."""
    return _map_paths(values, Settings, lambda path, _: os.path.relpath(path, folder or "."))


def load(layers: Sequence[Layer]) -> Loaded:
    """Check the merged layers.

    Args:
        layers: weakest first.

    Raises:
        ConfigProblems: every problem, each with its place and what would be right.
    """
    merged: dict[str, Any] = {}
    sources: dict[Key, Layer] = {}
    for layer in layers:
        _merge(merged, layer, layer.values, (), sources)
    try:
        settings = Settings.model_validate(merged).with_special_reason()
    except ValidationError as error:
        raise ConfigProblems(_problems(error, sources)) from None
    origins = MappingProxyType({key: layer.place(key) for key, layer in sources.items()})
    return Loaded(settings, origins, MappingProxyType(sources))


def _merge(into: dict[str, Any], layer: Layer, values: Mapping[str, Any], at: Key, sources: dict[Key, Layer]) -> None:
    for name, value in values.items():
        key = (*at, name)
        sources[key] = layer
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], layer, value, key, sources)
        elif isinstance(value, dict):
            into[name] = {}
            _merge(into[name], layer, value, key, sources)
        else:
            into[name] = value


def _problems(error: ValidationError, sources: Mapping[Key, Layer]) -> list[str]:
    """One line per key, in the order in which the keys were written."""
    first: dict[Key, ErrorDetails] = {}
    for details in error.errors():
        first.setdefault(_written(details["loc"], sources), details)
    written = {key: place for place, key in enumerate(sources)}
    return [_worded(key, first[key], sources) for key in sorted(first, key=lambda key: written.get(key, len(written)))]


def _worded(key: Key, details: ErrorDetails, sources: Mapping[Key, Layer]) -> str:
    place = next((sources[key[:end]].place(key) for end in range(len(key), 0, -1) if key[:end] in sources), "settings")
    return f"{_with_name(place, key)}: {_what(details, key)}"


def _with_name(place: str, key: Key) -> str:
    name = ".".join(map(str, key))
    return place if place.endswith(name) else f"{place}: {name}"


def _written(loc: Sequence[str | int], sources: Mapping[Key, Layer]) -> Key:
    """The key of the file that pydantic's location means: names of union branches in it are no keys."""
    key: Key = ()
    for part in loc:
        if isinstance(part, int) or (*key, part) in sources:
            key = (*key, part)
    return key or tuple(loc)


def _what(details: ErrorDetails, key: Key) -> str:
    """What is wrong and what would be right; pydantic's own words only where ours have nothing to add."""
    found, context = details.get("input"), details.get("ctx", {})
    expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
    meant = _meant(str(found), expected.split(", "), listed=False)
    ours = {
        "extra_forbidden": f"unknown key{_meant(str(key[-1]), _known(key[:-1]))}",
        "literal_error": f"must be one of {expected}; got {found}{meant}",
        "value_error": str(context.get("error")),
        "greater_than_equal": f"must be at least {context.get('ge')}; got {found}",
        "less_than_equal": f"must be at most {context.get('le')}; got {found}",
        "int_type": f"must be a whole number; got {found!r}",
        "float_type": f"must be a number; got {found!r}",
        "string_type": f"must be text; got {found!r}",
        "finite_number": f"must be a finite number; got {found}",
        "model_type": f"must be a section with keys {', '.join(_known(key))}; got {found!r}",
    }
    return ours.get(details["type"], f"{details['msg'][0].lower()}{details['msg'][1:]}; got {found!r}")


def _known(at: Key) -> list[str]:
    """The keys that are allowed at a place of the tree."""
    model: type[BaseModel] = Settings
    for part in at:
        model = _section(model, str(part)) or model
    return list(model.model_fields)


def _section(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    field = model.model_fields.get(name)
    if field is None:
        return None
    return next(iter(models(field.annotation)), None)


def _meant(word: str, known: Sequence[str], *, listed: bool = True) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(known)}" if known and listed else ""


def _map_paths(
    values: Mapping[str, Any], model: type[BaseModel], change: Callable[[str, Key], str], at: Key = ()
) -> dict[str, Any]:
    """Copy settings with a change to those that are paths; standard input and shipped names are none."""
    changed: dict[str, Any] = {}
    for name, value in values.items():
        field, section = model.model_fields.get(name), _section(model, name)
        if isinstance(value, dict) and section:
            changed[name] = _map_paths(value, section, change, (*at, name))
        elif isinstance(value, list) and section:
            changed[name] = [
                _map_paths(one, section, change, (*at, name, place)) if isinstance(one, dict) else one
                for place, one in enumerate(value)
            ]
        elif field and isinstance(value, str) and field.json_schema_extra in (PATH, PATH_OR_NAME):
            named = field.json_schema_extra == PATH_OR_NAME and Path(value).name == value and not Path(value).suffix
            changed[name] = value if named or value == "-" else change(value, (*at, name))
        else:
            changed[name] = value
    return changed
