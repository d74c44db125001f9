"""Open the files of event tables, and find their columns of customers, times and other meanings."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from segcli import columns
from segcli.config.events import (
    EVENT_ID,
    EVENT_KINDS,
    EVENT_TIME,
    KIND_FEATURES,
    KIND_ROLES,
    SHARED_FEATURES,
    SHARED_ROLES,
    EventSource,
)
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import join_keys
from segcli.customers.event_kinds import ColumnSamples, find_kind_evidence, list_role_words
from segcli.errors import InputProblem
from segcli.ingest import parser
from segcli.ingest.column_detection import find_date_column
from segcli.ingest.column_matching import check_declared_columns, is_name_of, normalise_name
from segcli.ingest.event_presets import KEY_COLUMNS, EventPreset, choose_event_preset
from segcli.ingest.input_file import InputFile, open_input
from segcli.io.chunk_reader import is_large_file, read_head
from segcli.io.paths import expand_path

SAMPLE_ROWS = 500  # rows by which the time column, the kind of table and the kind of key are detected
EMAIL_SHARE = 0.5  # share of keys with an @ from which they are e-mail addresses


@dataclass(frozen=True, eq=False)
class EventFile:
    """A file of events whose columns are found: `role_columns` maps time, type, ... and event_id to its header.

    Of a large file, only the first records have been read. `kind` is blank if it is not known. `value_numbers` are, by
    role, numbers that stand for the texts of the column.
    """

    table_name: str
    settings: EventSource
    input_file: InputFile
    role_columns: Mapping[str, str]
    key_column: str
    join_key: join_keys.JoinKey
    kind: str = ""
    preset_title: str = ""
    value_numbers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def features(self) -> Sequence[str]:
        """Features of the table: those that the user names, or those of its kind."""
        if self.settings.features is not None:
            return self.settings.features
        return (*SHARED_FEATURES, *KIND_FEATURES[self.kind]) if self.kind else ()


def open_event_files(settings: IngestSettings) -> list[EventFile]:
    """Open the files of all event tables and find their columns.

    Raises:
        InputProblem: a file is missing or unreadable, or has no column of customers or times.
    """
    return [
        _open_event_file(name, event_source, path)
        for name, event_source in settings.events.items()
        for path in expand_path(event_source.path)
    ]


def _open_event_file(table_name: str, settings: EventSource, path: str) -> EventFile:
    input_file = _open_file(Source.model_validate(settings.source_values(path)))
    header = input_file.header
    preset = choose_event_preset(settings.preset, header, path)
    if preset is not None and preset[1].date_format and settings.date_format is None:
        settings = settings.model_copy(update={"date_format": preset[1].date_format})
        input_file = _open_file(Source.model_validate(settings.source_values(path)))
    check_declared_columns(settings.declared_columns.items(), header, path)
    samples = sample_columns(input_file)
    kind = settings.kind or (preset[1].kind if preset else _detect_kind(table_name, samples))
    preset_columns = preset[1].map_columns(header) if preset else {}
    key_column, join_key = _find_key(input_file, settings, table_name, preset, samples)
    free_columns = {name: texts for name, texts in samples.items() if name != key_column}
    role_columns = _find_role_columns(free_columns, settings, preset_columns, kind, input_file.source)
    if EVENT_TIME not in role_columns:
        raise InputProblem(
            f"no column recognised as the time of an event; available: {', '.join(header)}",
            source=path,
            line=1,
            remedy=f"name it with ingest.events.{table_name}.time",
        )
    event_file = EventFile(table_name, settings, input_file, role_columns, key_column, join_key, kind)
    if preset is None:
        return event_file
    reason = "recognised by the header" if settings.preset is None else "as requested"
    title = f"{preset[1].title}: {reason} (preset {preset[0]})"
    return replace(event_file, preset_title=title, value_numbers=preset[1].values)


def _open_file(source: Source) -> InputFile:
    """Open a file; of a large one, read only the first records."""
    if source.path is not None and is_large_file(source.path):
        with contextlib.suppress(InputProblem, UnicodeError):
            input_file = open_input(source, read_head(source.path), may_hold_orders=False)
            if not input_file.dialect.has_no_records:
                return input_file
    return open_input(source, may_hold_orders=False)


def sample_columns(input_file: InputFile) -> ColumnSamples:
    """Return the texts of the first records, by column; records of another width are skipped."""
    header = input_file.header
    records = [
        record for record in parser.sample_records(input_file.dialect, SAMPLE_ROWS) if len(record) == len(header)
    ]
    return {name: [record[index].strip() for record in records] for index, name in enumerate(header)}


def _detect_kind(table_name: str, samples: ColumnSamples) -> str:
    """Return the kind that the table is named after, or that its columns show; blank if there is none."""
    if table_name in EVENT_KINDS:
        return table_name
    return next((kind for kind, _ in find_kind_evidence(samples)), "")


def _find_key(
    input_file: InputFile,
    settings: EventSource,
    table_name: str,
    preset: tuple[str, EventPreset] | None,
    samples: ColumnSamples,
) -> tuple[str, join_keys.JoinKey]:
    """Return the column of customers and what it holds: the named one, the preset's, or one with a known name."""
    if preset is not None and settings.customer is None:
        preset_columns = preset[1].map_columns(input_file.header)
        wanted = [settings.match] if settings.match else KEY_COLUMNS
        for meaning in ("customer" if key == columns.CUSTOMER_ID else key for key in wanted):
            name = preset_columns.get(meaning)
            if name is not None and (any(samples[name]) or not any(map(any, samples.values()))):
                return name, _detect_join_key(name, samples) if meaning == "customer" else _as_join_key(meaning)
    mapping = input_file.mapping.columns
    contact_key = [settings.match] if settings.match else []
    for standard in (*contact_key, columns.CUSTOMER_ID, columns.EMAIL, columns.PHONE):
        if standard in mapping and (settings.customer is None or standard == columns.CUSTOMER_ID):
            name = mapping[standard]
            return name, settings.match or _detect_join_key(name, samples)
    names = {normalise_name(name): name for name in input_file.header} if settings.customer is None else {}
    for standard in [settings.match] if settings.match else (columns.CUSTOMER_ID, columns.EMAIL):
        for name in (names[word] for word in list_role_words(standard) if word in names):
            return name, settings.match or _detect_join_key(name, samples)
    raise InputProblem(
        f"no column recognised as the customer of an event; available: {', '.join(input_file.header)}",
        source=input_file.content.name,
        line=1,
        remedy=f"name it with ingest.events.{table_name}.customer",
    )


def _as_join_key(meaning: str) -> join_keys.JoinKey:
    return "email" if meaning == columns.EMAIL else "phone"


def _detect_join_key(name: str, samples: ColumnSamples) -> join_keys.JoinKey:
    if is_name_of(name, columns.PHONE):
        return "phone"
    texts = [text for text in samples[name] if text]
    address_count = sum("@" in text for text in texts)
    return "email" if address_count > EMAIL_SHARE * len(texts) else "customer_id"


def _find_role_columns(
    samples: ColumnSamples,
    settings: EventSource,
    preset_columns: Mapping[str, str],
    kind: str,
    source: Source,
) -> Mapping[str, str]:
    """Return the header name of each role: as declared, as in the preset, or by known names; the time also by values.

    A preset knows its platform, so that other names mean nothing there.
    """
    role_columns = {role: name for role, name in preset_columns.items() if role not in KEY_COLUMNS}
    has_preset = bool(preset_columns)
    role_columns |= settings.declared_columns
    free_names = [name for name in samples if name not in role_columns.values()]
    first_roles = (EVENT_TIME, "type")
    other_roles = [role for role in SHARED_ROLES if role not in first_roles]
    for role in (*first_roles, *KIND_ROLES.get(kind, ()), *other_roles, EVENT_ID):
        if role not in role_columns and not has_preset:
            words = list_role_words(role)
            name = next((name for word in words for name in free_names if normalise_name(name) == word), None)
            if name is None and role == EVENT_TIME:
                name = _find_time_column(samples, free_names, source)
            if name is not None:
                role_columns[role] = name
                free_names.remove(name)
    return role_columns


def _find_time_column(samples: ColumnSamples, names: Sequence[str], source: Source) -> str | None:
    """Return the column with a known name for a date, or the only one that holds dates."""
    known_name = next((name for name in names if is_name_of(name, columns.ORDER_DATE)), None)
    return known_name or find_date_column({name: list(samples[name]) for name in names}, source)
