"""Presets for exports of known platforms: one YAML file each, recognised by the platform's header.

    title: Shop orders
    header: [Order, Ordered at, Sum]      # a file whose header has all of these matches the preset
    holds: orders                         # or customers
    columns: {order_id: Order, amount: [Net sum, Sum]}   # of several names, the first one in the header
    amount_per: order
    void: {Status: [cancelled]}

Names are compared case-insensitively. The user's declarations take precedence over the preset.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from segcli import plugins
from segcli.config import yaml_loader
from segcli.config.ingest import Source
from segcli.config.ingest_types import check_standard_columns
from segcli.config.section import Section
from segcli.errors import ConfigProblems, EnvironmentProblem, InputProblem
from segcli.io import read

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PACKAGE = "segcli.ingest.presets"
NO_PRESET = "none"

ColumnNames = Annotated[list[str], BeforeValidator(lambda names: [names] if isinstance(names, str) else names)]


class PlatformPreset(Section):
    """What all presets have: the title of the export, and names by which a header is recognised."""

    title: str
    header: list[str] = Field(min_length=2)

    def find_missing_columns(self, header: Sequence[str]) -> list[str]:
        """Return the preset's header names that are missing from a header."""
        present_names = {name.casefold() for name in header}
        return [name for name in self.header if name.casefold() not in present_names]

    def require_header(self, header: Sequence[str], file_name: str, remedy: str) -> None:
        """Refuse a file that is not an export of this platform.

        Raises:
            InputProblem: the header lacks a name of the preset.
        """
        missing_columns = self.find_missing_columns(header)
        if missing_columns:
            raise InputProblem(
                f"not an export of {self.title}: the header lacks {', '.join(missing_columns)}",
                source=file_name,
                line=1,
                remedy=remedy,
            )


class Preset(PlatformPreset):
    """Format of a platform's export; `advice` is printed if a file lacks a required column."""

    holds: Literal["orders", "customers"]
    columns: Annotated[dict[str, ColumnNames], AfterValidator(check_standard_columns)]
    amount_per: Literal["line", "order"] = "line"
    timezone: Literal["written"] | None = None
    date_format: str | None = None
    century: Annotated[int | None, BeforeValidator(int)] = None  # all values in a preset are texts
    void: dict[str, list[str]] = Field(default_factory=dict)
    advice: str = ""

    def apply_to(self, source: Source, header: Sequence[str]) -> Source:
        """Return the source with the preset's settings for everything that the user has not declared."""
        file_names = {name.casefold(): name for name in reversed(header)}
        columns = {}
        for standard_name, alternatives in self.columns.items():
            present_names = [file_names[name.casefold()] for name in alternatives if name.casefold() in file_names]
            if present_names and present_names[0] not in {*source.columns.values(), *source.leave_out}:
                columns[standard_name] = present_names[0]
        void = {
            file_names[name.casefold()]: values for name, values in self.void.items() if name.casefold() in file_names
        }
        return source.model_copy(
            update={
                "columns": {**columns, **source.columns},
                "amount_per": source.amount_per or self.amount_per,
                "timezone": source.timezone or self.timezone,
                "date_format": source.date_format or self.date_format,
                "century": source.century or self.century,
                "void": _merge_void_values(void, source.void or {}) if source.void_mode == "add" else source.void or {},
            }
        )


def _merge_void_values(
    preset_values: Mapping[str, list[str]], declared_values: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """Merge the void values of a preset and the user, by column."""
    return {
        name: [*preset_values.get(name, ()), *declared_values.get(name, ())]
        for name in dict.fromkeys([*preset_values, *declared_values])
    }


def list_presets() -> list[str]:
    """List the shipped presets, and those of other packages."""
    return plugins.list_plugins(PACKAGE, ".yaml")


@cache
def load_preset(name: str) -> Preset:
    """Load a shipped preset or one of another package by name, or a user's preset by the path of its file.

    Raises:
        ConfigProblems: if there is no such preset, or its file is invalid.
    """
    if name in _list_shipped_presets():
        return Preset(**read_preset_file(PACKAGE, name))
    if name in plugins.list_external_plugins(PACKAGE):
        return _validate_preset(yaml_loader.parse_document(_read_external_preset(name), f"preset {name}"))
    if not Path(name).suffix:
        available = ", ".join([*list_presets(), NO_PRESET])
        raise ConfigProblems([f"ingest.transactions.preset: unknown preset '{name}'; available: {available}"])
    try:
        document = yaml_loader.parse_document(read.read_text(name), name)
    except InputProblem as error:
        raise ConfigProblems([str(error)]) from None
    return _validate_preset(document)


def _validate_preset(document: yaml_loader.YamlDocument) -> Preset:
    try:
        return Preset.model_validate(_stringify_scalars(document.values))
    except ValidationError as error:
        raise ConfigProblems(
            [f"{document.find_place(detail['loc'])}: {_format_validation_error(detail)}" for detail in error.errors()]
        ) from None


def _format_validation_error(error: "ErrorDetails") -> str:
    return f"{'.'.join(map(str, error['loc'])) or 'preset'}: {error['msg'].removeprefix('Value error, ')}"


def _stringify_scalars(node: Any) -> Any:  # noqa: ANN401 - nested lists and mappings
    """Convert all scalars to text, as in the shipped files."""
    if isinstance(node, dict):
        return {str(key): _stringify_scalars(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_stringify_scalars(value) for value in node]
    return str(node).lower() if isinstance(node, bool) else str(node)


def choose_preset(preset_name: str | None, header: Sequence[str], file_name: str) -> tuple[str, Preset] | None:
    """Return the requested preset, or the one whose header names all match; of several, the one with the most names.

    Raises:
        InputProblem: if the header does not match the requested preset.
    """
    if preset_name == NO_PRESET:
        return None
    if preset_name is not None:
        preset = load_preset(preset_name)
        preset.require_header(header, file_name, "choose another --preset, or none")
        return preset_name, preset
    present_names = {name.casefold() for name in header}
    candidates = [
        (name, load_preset(name)) for name, key_columns in _load_key_columns().items() if key_columns <= present_names
    ]
    return max(candidates, key=lambda candidate: len(candidate[1].header), default=None)


@cache
def _load_key_columns() -> Mapping[str, frozenset[str]]:
    """Load the header names of each preset, in lower case."""
    headers = {name: read_preset_file(PACKAGE, name)["header"] for name in _list_shipped_presets()}
    headers |= {name: load_preset(name).header for name in list_presets() if name not in headers}
    return {name: frozenset(column_name.casefold() for column_name in headers[name]) for name in list_presets()}


def _list_shipped_presets() -> list[str]:
    return plugins.list_plugin_files(PACKAGE, ".yaml")


@cache
def read_preset_file(package: str, name: str) -> Mapping[str, Any]:
    """Load the content of the file of a preset that is shipped in a package of segcli."""
    content: Mapping[str, Any] = yaml_loader.load_text_values(
        resources.files(package).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    )
    return content


def _read_external_preset(name: str) -> str:
    """Read the file of a preset in the folder of another package.

    Raises:
        EnvironmentProblem: the package has no such file.
    """
    package = plugins.load_plugin(PACKAGE, name, ".yaml").__name__
    try:
        return resources.files(package).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    except OSError as error:
        problem = f"preset {name}: package {package} has no file {name}.yaml"
        raise EnvironmentProblem(f"{problem}; hint: include it as package data") from error
