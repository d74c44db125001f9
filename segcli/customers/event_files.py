"""Open the files of event tables, and find their columns of customers, times and other roles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segcli import columns
from segcli.config.events import EVENT_ROLES, EVENT_TIME, EventSource
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import join_keys
from segcli.errors import InputProblem
from segcli.ingest.column_detection import find_date_column
from segcli.ingest.column_matching import check_declared_columns, is_name_of, normalise_name
from segcli.ingest.input_file import InputFile, open_input
from segcli.ingest.locales import LANGUAGES, load_language
from segcli.ingest.parser import RawTable
from segcli.io.paths import expand_path

EVENT_ID = "event_id"
SAMPLE_ROWS = 200  # rows by which the time column and the kind of key are detected
EMAIL_SHARE = 0.5  # share of keys with an @ from which they are e-mail addresses


@dataclass(frozen=True, eq=False)
class EventFile:
    """A file of events whose columns are found: `role_columns` maps time, type, ... and event_id to its header."""

    table_name: str
    settings: EventSource
    input_file: InputFile
    raw_table: RawTable
    role_columns: Mapping[str, str]
    key_column: str
    join_key: join_keys.JoinKey


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
    source = Source.model_validate(settings.source_values(path))
    input_file = open_input(source, may_hold_orders=False)
    declared = {role: getattr(settings, role) for role in (*EVENT_ROLES, EVENT_ID) if getattr(settings, role)}
    check_declared_columns(declared.items(), input_file.header, path)
    raw_table = input_file.read_table()
    key_column = _find_key_column(input_file, settings, table_name)
    role_columns = _find_role_columns(raw_table, declared, key_column, source)
    if EVENT_TIME not in role_columns:
        raise InputProblem(
            f"no column recognised as the time of an event; available: {', '.join(input_file.header)}",
            source=path,
            line=1,
            remedy=f"name it with ingest.events.{table_name}.time",
        )
    join_key = settings.match or _detect_join_key(raw_table, key_column)
    return EventFile(table_name, settings, input_file, raw_table, role_columns, key_column, join_key)


def _find_key_column(input_file: InputFile, settings: EventSource, table_name: str) -> str:
    """Return the column of customers: the named one, or one with a known name for ids, addresses or phone numbers."""
    mapping = input_file.mapping.columns
    contact_key = [settings.match] if settings.match else []
    for standard in (*contact_key, columns.CUSTOMER_ID, columns.EMAIL, columns.PHONE):
        if standard in mapping and (settings.customer is None or standard == columns.CUSTOMER_ID):
            return mapping[standard]
    raise InputProblem(
        f"no column recognised as the customer of an event; available: {', '.join(input_file.header)}",
        source=input_file.content.name,
        line=1,
        remedy=f"name it with ingest.events.{table_name}.customer",
    )


def _find_role_columns(
    raw_table: RawTable, declared: Mapping[str, str], key_column: str, source: Source
) -> Mapping[str, str]:
    """Return the header name of each role: as declared, or by known names; the time also by content."""
    role_columns = dict(declared)
    free_names = [name for name in raw_table.header if name != key_column and name not in role_columns.values()]
    for role in (*EVENT_ROLES, EVENT_ID):
        if role not in role_columns:
            words = list_role_words(role)
            name = next((name for word in words for name in free_names if normalise_name(name) == word), None)
            if name is None and role == EVENT_TIME:
                name = _find_time_column(raw_table, free_names, source)
            if name is not None:
                role_columns[role] = name
                free_names.remove(name)
    return role_columns


def list_role_words(role: str) -> list[str]:
    """Return the normalised names of a column of event logs, the most specific first."""
    words = [word for language in LANGUAGES for word in load_language(language).get("event_columns", {}).get(role, ())]
    return [normalise_name(word) for word in words]


def _find_time_column(raw_table: RawTable, names: Sequence[str], source: Source) -> str | None:
    """Return the column with a known name for a date, or the only one that holds dates."""
    known_name = next((name for name in names if is_name_of(name, columns.ORDER_DATE)), None)
    samples = {name: raw_table.columns[name].slice(0, SAMPLE_ROWS).to_pylist() for name in names}
    return known_name or find_date_column(samples, source)


def _detect_join_key(raw_table: RawTable, key_column: str) -> join_keys.JoinKey:
    if is_name_of(key_column, columns.PHONE):
        return "phone"
    texts = [text for text in raw_table.columns[key_column].slice(0, SAMPLE_ROWS).to_pylist() if text]
    address_count = sum("@" in text for text in texts)
    return "email" if address_count > EMAIL_SHARE * len(texts) else "customer_id"
