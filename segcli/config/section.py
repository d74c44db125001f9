"""Base class and helpers of all settings sections."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WrapValidator

from segcli import plugins

# Marks a setting as a path relative to the config file; the second mark also allows the name of a shipped file.
PATH_MARK: dict[str, Any] = {"path": True}
PATH_OR_NAME_MARK: dict[str, Any] = {"path": True, "or_name": True}

PositiveValue = Annotated[
    str | None,
    Field(description="Value of the outcome that counts as yes. Default: the one that means yes, or the rarer one."),
]


@dataclass(frozen=True)
class NeedsAllLines:
    """Mark of a setting that cannot be applied to an order export chunk by chunk.

    Args:
        scope: `file` if all lines of one file must be in memory at the same time; `run` if the lines themselves must
            also be available at the end, so that stored aggregates cannot replace them.
        values: the values that need all lines; default: all except the setting's default.
    """

    scope: Literal["file", "run"] = "file"
    values: tuple[object, ...] = ()


def find_section_models(annotation: object) -> list[type[BaseModel]]:
    """Find the section types that an annotation allows, including those inside unions and Annotated."""
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in get_args(annotation) for model in find_section_models(part)]


def check_day(day_text: str) -> str:
    """Check that a text is a calendar day in the form YYYY-MM-DD, and return it."""
    with contextlib.suppress(ValueError):
        if date.fromisoformat(day_text).isoformat() == day_text:
            return day_text
    raise ValueError(f"must be a date such as 2026-03-31; got {day_text}")


def literal_type(choices: Iterable[str]) -> Any:  # noqa: ANN401 - a type
    """Return a Literal type of the given names, such as the plug-ins of a folder."""
    return Literal[tuple(choices)]


def accept_external_plugins(package: str) -> WrapValidator:
    """Return a validator that accepts the plug-ins of other packages beside the values of a Literal type."""

    def check_name(name: object, check_literal: Callable[[object], object]) -> object:
        try:
            return check_literal(name)
        except ValidationError:
            if name in plugins.list_external_plugins(package):
                return name
            raise

    return WrapValidator(check_name)


class Section(BaseModel):
    """Frozen, strict settings that refuse unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def dump_values(self) -> Mapping[str, Any]:
        """Return the section as plain values, for provenance."""
        return self.model_dump(mode="json")

    def list_all_lines_settings(self, prefix: str = "", scopes: tuple[str, ...] = ("file", "run")) -> Iterator[str]:
        """List the settings whose values need all lines of an export (see `NeedsAllLines`)."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            for needs_all_lines in field.metadata:
                if isinstance(needs_all_lines, NeedsAllLines) and needs_all_lines.scope in scopes:
                    is_affected = (
                        value in needs_all_lines.values
                        if needs_all_lines.values
                        else value != field.get_default(call_default_factory=True)
                    )
                    if is_affected:
                        yield f"{prefix}{name}"
