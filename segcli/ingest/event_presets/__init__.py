"""Presets for event exports of known platforms: one YAML file each, recognised by the platform's header.

    title: Example sends
    kind: campaigns
    header: [Recipient, Event, Happened at]   # a file whose header has all of these matches the preset
    customer: [Person, Contact]               # the first one in the header; or email, or phone
    email: Recipient
    columns: {time: Happened at, type: Event, csat: Mood}
    values: {csat: {good: 1, bad: 0}}

Names are compared case-insensitively. The user's declarations take precedence over the preset.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from pydantic import Field, field_validator

from segcli import plugins
from segcli.config.events import EVENT_ID, EVENT_ROLES, EVENT_TIME, EventKind
from segcli.errors import ConfigProblems
from segcli.ingest.presets import NO_PRESET, ColumnNames, PlatformPreset, read_preset_file

PACKAGE = "segcli.ingest.event_presets"
KEY_COLUMNS = ("customer", "email", "phone")


class EventPreset(PlatformPreset):
    """Format of a platform's export of events.

    `date_format` is set if times are numbers. `values` are numbers that stand for the texts of a column; other texts of
    that column are missing.
    """

    kind: EventKind
    customer: ColumnNames = Field(default_factory=list)
    email: ColumnNames = Field(default_factory=list)
    phone: ColumnNames = Field(default_factory=list)
    columns: dict[str, ColumnNames]
    date_format: str | None = None
    values: dict[str, dict[str, float]] = Field(default_factory=dict)

    @field_validator("columns")
    @classmethod
    def _check_roles(cls, columns: dict[str, list[str]]) -> dict[str, list[str]]:
        unknown_roles = set(columns) - {*EVENT_ROLES, EVENT_ID}
        if unknown_roles or EVENT_TIME not in columns:
            raise ValueError(f"unknown columns {sorted(unknown_roles)}" if unknown_roles else "no column time")
        return columns

    def map_columns(self, header: Sequence[str]) -> Mapping[str, str]:
        """Return the file's name of each column that the preset knows, by meaning; keys are customer, email, phone."""
        file_names = {name.casefold(): name for name in reversed(header)}
        alternatives = {**{key: getattr(self, key) for key in KEY_COLUMNS}, **self.columns}
        present = {
            meaning: [file_names[name.casefold()] for name in names if name.casefold() in file_names]
            for meaning, names in alternatives.items()
        }
        return {meaning: names[0] for meaning, names in present.items() if names}


def list_event_presets() -> list[str]:
    """List the shipped presets of events."""
    return plugins.list_plugins(PACKAGE, ".yaml")


@cache
def load_event_preset(name: str) -> EventPreset:
    """Load a shipped preset by name.

    Raises:
        ConfigProblems: if there is no such preset.
    """
    if name not in list_event_presets():
        available = ", ".join([*list_event_presets(), NO_PRESET])
        raise ConfigProblems([f"ingest.events: unknown preset '{name}'; available: {available}"])
    content = read_preset_file(PACKAGE, name)
    values = {
        role: {text: float(number) for text, number in of.items()} for role, of in content.get("values", {}).items()
    }
    return EventPreset(**{**content, "values": values})


def choose_event_preset(
    preset_name: str | None, header: Sequence[str], file_name: str
) -> tuple[str, EventPreset] | None:
    """Return the requested preset, or the one whose header names all match; of several, the one with the most names.

    Raises:
        InputProblem: if the header does not match the requested preset.
    """
    if preset_name == NO_PRESET:
        return None
    if preset_name is None:
        candidates = [(name, load_event_preset(name)) for name in list_event_presets()]
        matches = [(name, preset) for name, preset in candidates if not preset.find_missing_columns(header)]
        return max(matches, key=lambda match: len(match[1].header), default=None)
    preset = load_event_preset(preset_name)
    preset.require_header(header, file_name, "choose another preset, or none")
    return preset_name, preset
