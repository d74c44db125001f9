"""What can be said in a settings file: as YAML in force, as JSON Schema, as a table for the documentation."""

import json
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from segcli.config.load import Loaded
from segcli.config.section import models
from segcli.config.settings import Settings
from segcli.config.yaml import Key

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


def schema_text() -> str:
    """JSON Schema of a settings file."""
    schema = {"$schema": SCHEMA_ID, **Settings.model_json_schema(), "title": "segcli settings"}
    return json.dumps(schema, indent=1) + "\n"


def as_yaml(loaded: Loaded, *, origin: bool) -> str:
    """The settings in force; with `origin`, each line says where its value was given."""
    lines = list(_lines(loaded.settings.model_dump(mode="json"), (), loaded.origins if origin else None))
    return "\n".join(lines) + "\n"


def scalar_text(value: Any) -> str:  # noqa: ANN401 - any setting
    """A value as YAML on one line."""
    if value is None:
        return "null"
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True).strip()
    text = text.removesuffix("...").strip()
    return text if text.isprintable() else json.dumps(value)  # a line end in a name must not become one of the file


def options(model: type[BaseModel] = Settings) -> Iterator[tuple[str, FieldInfo]]:
    """Every option with its dotted name; a kind of section is opened up where it comes first."""
    opened: set[type[BaseModel]] = set()

    def walk(section: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
        opened.add(section)
        for name, field in section.model_fields.items():
            inner = nested(field)
            if inner is None or inner in opened:
                yield prefix + name, field
            else:
                yield from walk(inner, f"{prefix}{name}.")

    return walk(model, "")


def words_of(field: FieldInfo) -> list[str]:
    """The words that a setting may be, if it is one of a few; its values may be others, too."""
    return [scalar_text(value) for value in _words(field.annotation)]


def _words(annotation: object) -> Iterator[object]:
    if annotation is bool:
        yield from (True, False)
    elif get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_origin(annotation) in {Union, UnionType, Annotated}:
        for part in get_args(annotation):
            yield from _words(part)


def nested(field: FieldInfo) -> type[BaseModel] | None:
    """The section a field holds, unless a plain value would do too."""
    if get_origin(field.annotation) is list:
        return None  # each item is a section of its own
    found = models(field.annotation)
    plain = [part for part in get_args(field.annotation) if part is not type(None) and not models(part)]
    return found[0] if found and not plain else None


def markdown_table() -> str:
    """The reference of all options, for the documentation."""
    rows = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for name, field in options():
        default = field.get_default(call_default_factory=True)
        shown = default.model_dump(mode="json") if isinstance(default, BaseModel) else default
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| `{name}` | `{scalar_text(shown)}` | {meaning} |")
    return "\n".join(rows) + "\n"


def _lines(values: Mapping[str, Any], at: Key, origins: Mapping[Key, str] | None) -> Iterator[str]:
    for name, value in values.items():
        key, indent = (*at, name), "  " * len(at)
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:"
            yield from _lines(value, key, origins)
        else:
            line = f"{indent}{name}: {scalar_text(value)}"
            yield line if origins is None else f"{line:<50}  # {origins.get(key, 'default')}"
