"""What every settings section has in common."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

# Marks of settings whose text is a path relative to the file that says it; the second may also be a shipped name.
PATH: dict[str, Any] = {"path": True}
PATH_OR_NAME: dict[str, Any] = {"path": True, "or_name": True}


@dataclass(frozen=True)
class NeedsAllLines:
    """Marks a setting that cannot be applied to an order export chunk by chunk.

    Args:
        of: `file` where all lines of one file must be in memory at once; `run` where the lines themselves must also
            be there at the end, so that stored totals cannot replace them.
        when: the values that need them; by default all but the setting's default.
    """

    of: Literal["file", "run"] = "file"
    when: tuple[object, ...] = ()


def models(annotation: object) -> list[type[BaseModel]]:
    """The sections an annotation allows, looked for inside unions and Annotated."""
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in get_args(annotation) for model in models(part)]


def day(value: str) -> str:
    """A calendar day as YYYY-MM-DD."""
    with contextlib.suppress(ValueError):
        if date.fromisoformat(value).isoformat() == value:
            return value
    raise ValueError(f"must be a date like 2026-03-31; got {value}")


def one_of(known: Iterable[str]) -> Any:  # noqa: ANN401 - a type
    """The type of a setting that is one of some names, such as the plug-ins of a folder."""
    return Literal[tuple(known)]


class Section(BaseModel):
    """Frozen, strict settings that refuse unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def effective(self) -> Mapping[str, Any]:
        """The section as plain values, for provenance."""
        return self.model_dump(mode="json")

    def all_lines_settings(self, prefix: str = "", of: tuple[str, ...] = ("file", "run")) -> Iterator[str]:
        """Name the settings whose values need all lines of an export (see `NeedsAllLines`)."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            for mark in field.metadata:
                if isinstance(mark, NeedsAllLines) and mark.of in of:
                    needs = value in mark.when if mark.when else value != field.get_default(call_default_factory=True)
                    if needs:
                        yield f"{prefix}{name}"
