"""Event tables: match each row of the event files to a customer, account for every row, and compute features."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli import columns
from segcli.arrow import to_arrow_strings
from segcli.config.events import COUNT_FEATURES, DAYS_SINCE_FEATURE, EVENT_TIME
from segcli.config.ingest import IngestSettings
from segcli.customers import join_keys
from segcli.customers.event_files import EVENT_ID, EventFile
from segcli.errors import InputProblem, UsageProblem
from segcli.ingest import customer_table, dates
from segcli.ingest.customer_ids import normalise_ids
from segcli.message import join_messages, message
from segcli.model import Customers, Input, InputReport

RowMask = npt.NDArray[np.bool_]


def join_events(
    customers: Customers, event_files: Sequence[EventFile], settings: IngestSettings, retention_days: int | None
) -> Customers:
    """Match the events to the customers, and add the tables, their reports and the features that the settings name.

    Args:
        customers: the customers with their contacts; events after their as-of day are ignored.
        event_files: files of `open_event_files`.
        settings: policies on ids, by which ids of events are normalised as those of the customers.
        retention_days: age in days from which events are ignored.

    Raises:
        InputProblem: times cannot be read, or events are keyed by addresses that no customer has.
        UsageProblem: features need an as-of day.
    """
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in settings.events}
    seen_ids: dict[str, set[str]] = {name: set() for name in settings.events}
    reports = []
    for event_file in event_files:
        rows, report = _read_events(event_file, customers, settings, retention_days, seen_ids[event_file.table_name])
        parts[event_file.table_name].append(rows)
        reports.append(report)
    events = {name: _concat_parts(tables) for name, tables in parts.items()}
    table = customers.table
    for name, event_source in settings.events.items():
        table = add_features(table, name, events[name], event_source.features, customers.as_of)
    return replace(customers, table=table, events=events, input_reports=(*customers.input_reports, *reports))


def _concat_parts(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate the files of a table, with common categories of their texts."""
    if len(tables) == 1:
        return tables[0]
    rows = pd.concat([_decode_categories(table) for table in tables], ignore_index=True)
    text_columns = rows.select_dtypes(exclude=["number", "datetime"]).columns
    return rows.astype(dict.fromkeys(text_columns, "category"))


def _decode_categories(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({name: "str" for name in table.columns if isinstance(table[name].dtype, pd.CategoricalDtype)})


def _read_events(
    event_file: EventFile,
    customers: Customers,
    settings: IngestSettings,
    retention_days: int | None,
    seen_ids: set[str],
) -> tuple[pd.DataFrame, InputReport]:
    """Return the kept events of a file with the ids of their customers, and the report that accounts for every row.

    `seen_ids` are the event ids of earlier files of the table; those of this file are added.
    """
    raw_table = event_file.raw_table
    times, is_unreadable = _parse_times(event_file)
    keys = _normalise_keys(event_file, settings)
    key_index, ids = _index_customers(customers, event_file, settings)
    positions = key_index.get_indexer(pd.Index(keys))
    outcome = _RowOutcome(np.full(raw_table.rows, "", dtype=object))
    outcome.reject((keys == "").to_numpy(), "no_customer")
    outcome.reject(np.isnat(times) & ~is_unreadable, "no_time")
    outcome.reject(is_unreadable, "unreadable_time")
    readable_count = outcome.kept_count
    outcome.reject(positions < 0, "unknown_customer")
    matched_count = outcome.kept_count
    days = times.astype("datetime64[D]")
    if customers.as_of is not None:
        outcome.reject(days > np.datetime64(customers.as_of), "after_as_of")
        if retention_days is not None:
            outcome.reject(days < np.datetime64(customers.as_of) - retention_days, "too_old")
    outcome.reject(_mark_repeated_ids(event_file, times, outcome.is_kept, seen_ids), "repeated_id")
    is_kept = outcome.is_kept
    rows = _build_rows(event_file, times, is_kept, pd.Series(ids[positions[is_kept]], dtype="str"))
    match_rate = matched_count / readable_count if readable_count else 0.0
    note = _describe_rows(event_file, outcome, match_rate, rows[columns.CUSTOMER_ID].nunique())
    return rows, _report_file(event_file, (note,))


class _RowOutcome:
    """The reason why each row is not kept; the first reason counts, and kept rows have none."""

    def __init__(self, reasons: npt.NDArray[np.object_]) -> None:
        self.reasons = reasons

    @property
    def is_kept(self) -> RowMask:
        return np.asarray(self.reasons == "", dtype=bool)

    @property
    def kept_count(self) -> int:
        return int(self.is_kept.sum())

    def reject(self, is_rejected: RowMask, reason: str) -> None:
        self.reasons[is_rejected & self.is_kept] = reason

    def count(self, reason: str) -> int:
        return int((self.reasons == reason).sum())


def _parse_times(event_file: EventFile) -> tuple[npt.NDArray[np.datetime64], RowMask]:
    name = event_file.role_columns[EVENT_TIME]
    try:
        parsed_dates = dates.read_dates(event_file.raw_table.columns[name], event_file.input_file.source)
    except ValueError as error:
        raise InputProblem(
            str(error),
            source=event_file.raw_table.name,
            column=name,
            remedy=f"set ingest.events.{event_file.table_name}.date_format, for example %d/%m/%Y",
        ) from None
    return parsed_dates.values, np.asarray(parsed_dates.unreadable, dtype=bool)


def _normalise_keys(event_file: EventFile, settings: IngestSettings) -> pd.Series:
    texts = pd.Series(event_file.raw_table.columns[event_file.key_column].to_pandas(), dtype="str").fillna("")
    keys = join_keys.normalise_keys(texts.str.strip(), event_file.join_key, settings.phone_region)
    return keys if keys.empty or event_file.join_key != columns.CUSTOMER_ID else _spell_ids(keys, settings)


def _spell_ids(ids: pd.Series, settings: IngestSettings) -> pd.Series:
    return pd.Series(normalise_ids(to_arrow_strings(ids.astype("str")), settings).to_pandas(), ids.index, dtype="str")


def _index_customers(
    customers: Customers, event_file: EventFile, settings: IngestSettings
) -> tuple[pd.Index, npt.NDArray[np.object_]]:
    """Return the keys that identify one customer each, and the ids of these customers.

    Raises:
        InputProblem: the customers have no addresses or phone numbers.
    """
    ids = customers.table[columns.CUSTOMER_ID].astype("str")
    if event_file.join_key == columns.CUSTOMER_ID:
        return pd.Index(ids), ids.to_numpy(dtype=object)
    if customers.contacts is None or event_file.join_key not in customers.contacts:
        raise InputProblem(
            f"events are keyed by {event_file.join_key}, and the customers have none",
            source=event_file.raw_table.name,
            column=event_file.key_column,
            remedy=f"name a file with customer_id and {event_file.join_key} under ingest.contacts.path",
        )
    keys = join_keys.normalise_keys(customers.contacts[event_file.join_key], event_file.join_key, settings.phone_region)
    is_unique = ((keys != "") & ~keys.duplicated(keep=False)).to_numpy()
    return pd.Index(keys[is_unique]), ids.to_numpy(dtype=object)[is_unique]


def _mark_repeated_ids(
    event_file: EventFile, times: npt.NDArray[np.datetime64], is_kept: RowMask, seen_ids: set[str]
) -> RowMask:
    """Mark rows whose event id another kept row has; of these, the earliest and then smallest row stays.

    Ids of earlier files are repeated too. The ids of this file are added to them.
    """
    is_repeated = np.zeros(len(times), dtype=bool)
    if EVENT_ID not in event_file.role_columns:
        return is_repeated
    raw_columns = event_file.raw_table.columns
    event_ids = pd.Series(raw_columns[event_file.role_columns[EVENT_ID]].to_pandas(), dtype="str").fillna("")
    has_id = is_kept & (event_ids != "").to_numpy()
    is_repeated |= has_id & event_ids.isin(seen_ids).to_numpy()
    seen_ids.update(event_ids[has_id])
    candidates = np.flatnonzero(has_id & ~is_repeated)
    candidates = candidates[event_ids.iloc[candidates].duplicated(keep=False).to_numpy()]
    if not len(candidates):
        return is_repeated
    texts = {f"c{number}": column.take(candidates).to_pandas() for number, column in enumerate(raw_columns.values())}
    candidate_rows = pd.DataFrame({"id": event_ids.iloc[candidates].to_numpy(), "time": times[candidates], **texts})
    order = candidate_rows.sort_values(list(candidate_rows.columns), kind="stable").index
    is_repeated[candidates[order[candidate_rows.loc[order, "id"].duplicated().to_numpy()]]] = True
    return is_repeated


def _build_rows(
    event_file: EventFile, times: npt.NDArray[np.datetime64], is_kept: RowMask, ids: pd.Series
) -> pd.DataFrame:
    """Return the kept rows: customer_id, time, the roles found, and the other columns, as numbers if all values are."""
    raw_table, roles = event_file.raw_table, event_file.role_columns
    time_column = roles[EVENT_TIME]
    parsed_columns = {
        name: _parse_values(event_file, name, is_kept)
        for name in raw_table.columns
        if name not in {event_file.key_column, time_column}
    }
    rows = {columns.CUSTOMER_ID: ids.astype("category"), EVENT_TIME: pd.Series(times[is_kept])}
    rows |= {role: parsed_columns[name] for role, name in roles.items() if name in parsed_columns and role != EVENT_ID}
    rows |= {name: values for name, values in parsed_columns.items() if name not in rows}
    return pd.DataFrame(rows)


def _parse_values(event_file: EventFile, name: str, is_kept: RowMask) -> pd.Series:
    texts = event_file.raw_table.columns[name].filter(pa.array(is_kept))
    values = customer_table.parse_by_content(texts, event_file.input_file.source)
    return values if pd.api.types.is_numeric_dtype(values.dtype) else values.astype("category")


_REASON_NOTES: Mapping[str, Callable[[int], str]] = {
    "no_customer": lambda count: message("{count} without a customer", count=count),
    "no_time": lambda count: message("{count} without a time", count=count),
    "unreadable_time": lambda count: message("{count} with an unreadable time", count=count),
    "unknown_customer": lambda count: message("{count} of unknown customers", count=count),
    "after_as_of": lambda count: message("{count} after the as-of day", count=count),
    "too_old": lambda count: message("{count} older than privacy.retention", count=count),
    "repeated_id": lambda count: message("{count} with the id of another event", count=count),
    "bad_record": lambda count: message("{count} malformed", count=count),
}


def _describe_rows(event_file: EventFile, outcome: _RowOutcome, match_rate: float, customer_count: int) -> str:
    """Return a note on the rows kept, the match rate, and the rows left out for each reason."""
    raw_table = event_file.raw_table
    counts = {reason: outcome.count(reason) for reason in _REASON_NOTES} | {"bad_record": raw_table.malformed_rows}
    summary = message(
        "{table}: {kept} of {total} events kept, of {customers} customers; match rate {rate:.1%} by {key}",
        table=event_file.table_name,
        kept=outcome.kept_count,
        total=raw_table.record_count,
        customers=customer_count,
        rate=match_rate,
        key=event_file.join_key,
    )
    reasons = [_REASON_NOTES[reason](count) for reason, count in counts.items() if count]
    if not reasons:
        return summary
    return message("{summary}; left out: {reasons}", summary=summary, reasons=join_messages(", ", reasons))


def _report_file(event_file: EventFile, notes: tuple[str, ...]) -> InputReport:
    content = event_file.input_file.content
    source_input = Input(content.name, content.size, content.sha256, event_file.raw_table.record_count)
    column_names = {event_file.join_key: event_file.key_column, **event_file.role_columns}
    return InputReport(source_input, "events", str(event_file.input_file.dialect), column_names, notes=notes)


def add_features(
    table: pd.DataFrame, name: str, events: pd.DataFrame, features: Sequence[str], as_of: date | None
) -> pd.DataFrame:
    """Add counts in a window of days before the as-of day, and the days since the last event (missing without one).

    Args:
        table: the customers; a feature that it has already is replaced.
        name: name of the table of events, which precedes the names of the columns.
        events: the events; those of other customers do not count.
        features: names of features.
        as_of: the day from which days are counted; no event is later.

    Raises:
        UsageProblem: there is no as-of day.
    """
    if not features:
        return table
    if as_of is None:
        raise UsageProblem(f"ingest.events.{name}.features need an as-of day; hint: set it with --as-of")
    event_ids = pd.Index(events[columns.CUSTOMER_ID].astype("str"))
    positions = pd.Index(table[columns.CUSTOMER_ID].astype("str")).get_indexer(event_ids)
    days_ago = (np.datetime64(as_of) - events[EVENT_TIME].to_numpy().astype("datetime64[D]")).astype(np.int64)
    days_ago, positions = days_ago[positions >= 0], positions[positions >= 0]
    values: dict[str, pd.Series] = {}
    for feature in features:
        if feature == DAYS_SINCE_FEATURE:
            last_days = pd.Series(days_ago).groupby(positions).min()
            values[name_feature(name, feature)] = last_days.reindex(range(len(table))).astype("Int64")
        else:
            in_window = positions[days_ago <= COUNT_FEATURES[feature]]
            values[name_feature(name, feature)] = pd.Series(np.bincount(in_window, minlength=len(table)))
    other_columns = table.drop(columns=[column for column in values if column in table])
    return pd.concat([other_columns, pd.DataFrame(values, index=table.index)], axis=1)


def name_feature(table_name: str, feature: str) -> str:
    """Return the column of a feature, such as campaigns_count_30d."""
    return f"{table_name}_{feature}"
