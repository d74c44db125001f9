"""Write settings as YAML (effective values), as JSON Schema, and as a table for the documentation."""

import json
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from segcli.config.loader import LoadedSettings
from segcli.config.section import find_section_models
from segcli.config.settings import Settings
from segcli.config.yaml_loader import KeyPath

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_ID = "urn:segcli:schema:settings:1"  # the number is that of the setting `version`


def dump_json_schema() -> str:
    """Return the JSON Schema of a settings file."""
    names = {"$schema": SCHEMA_DIALECT, "$id": SCHEMA_ID}
    schema = {**names, **Settings.model_json_schema(), "title": "segcli settings"}
    return json.dumps(schema, indent=1) + "\n"


def dump_settings(loaded_settings: LoadedSettings, *, shows_origin: bool) -> str:
    """Return the effective settings as YAML; with `shows_origin`, each line names the origin of its value."""
    lines = list(
        _iterate_yaml_lines(
            loaded_settings.settings.model_dump(mode="json"), (), loaded_settings.origins if shows_origin else None
        )
    )
    return "\n".join(lines) + "\n"


def dump_scalar(value: Any) -> str:  # noqa: ANN401 - any setting
    """Format a value as YAML on one line."""
    if value is None:
        return "null"
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True).strip()
    text = text.removesuffix("...").strip()
    return text if text.isprintable() else json.dumps(value)  # a line break in a name must not break the line


def iterate_options(model: type[BaseModel] = Settings) -> Iterator[tuple[str, FieldInfo]]:
    """Iterate over all options with their dotted names; expand each type of section only at its first occurrence."""
    visited_sections: set[type[BaseModel]] = set()

    def walk_section(section: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
        visited_sections.add(section)
        for name, field in section.model_fields.items():
            inner_section = find_nested_section(field)
            if inner_section is None or inner_section in visited_sections:
                yield prefix + name, field
            else:
                yield from walk_section(inner_section, f"{prefix}{name}.")

    return walk_section(model, "")


def list_choices(field: FieldInfo) -> list[str]:
    """List the named values of a setting; the setting may accept other values too."""
    return [dump_scalar(value) for value in _iterate_choices(field.annotation)]


def _iterate_choices(annotation: object) -> Iterator[object]:
    if annotation is bool:
        yield from (True, False)
    elif get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_origin(annotation) in {Union, UnionType, Annotated}:
        for part in get_args(annotation):
            yield from _iterate_choices(part)


def find_nested_section(field: FieldInfo) -> type[BaseModel] | None:
    """Return the section type of a field; None for a list, or if the field also accepts a plain value."""
    if get_origin(field.annotation) is list:
        return None  # each item is its own section
    section_models = find_section_models(field.annotation)
    plain_types = [
        part for part in get_args(field.annotation) if part is not type(None) and not find_section_models(part)
    ]
    return section_models[0] if section_models and not plain_types else None


def render_markdown_table() -> str:
    """Render the reference of all options as a Markdown table."""
    rows = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for name, field in iterate_options():
        default = field.get_default(call_default_factory=True)
        default_value = default.model_dump(mode="json") if isinstance(default, BaseModel) else default
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| `{name}` | `{dump_scalar(default_value)}` | {meaning} |")
    return "\n".join(rows) + "\n"


def _iterate_yaml_lines(
    settings_tree: Mapping[str, Any], parent_key: KeyPath, origins: Mapping[KeyPath, str] | None
) -> Iterator[str]:
    for name, value in settings_tree.items():
        key, indent = (*parent_key, name), "  " * len(parent_key)
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:"
            yield from _iterate_yaml_lines(value, key, origins)
        else:
            line = f"{indent}{name}: {dump_scalar(value)}"
            yield line if origins is None else f"{line:<50}  # {origins.get(key, 'default')}"
