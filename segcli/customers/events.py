"""Event tables: match each row of the event files to a customer, account for every row, and compute features."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pandas.api.types import union_categoricals

from segcli import columns
from segcli.arrow import to_arrow_strings
from segcli.config.events import EVENT_ID, EVENT_TIME
from segcli.config.ingest import IngestSettings
from segcli.customers import join_keys
from segcli.customers.event_features import FeatureRequest, add_features, list_feature_roles
from segcli.customers.event_files import EventFile
from segcli.customers.event_reader import EventColumns, concat_identities, read_event_columns
from segcli.customers.event_tables import EventTables
from segcli.errors import InputProblem
from segcli.ingest import customer_table
from segcli.ingest.customer_ids import normalise_ids
from segcli.io.paths import compute_digest
from segcli.message import join_messages, message
from segcli.model import Customers, Input, InputReport

RowMask = npt.NDArray[np.bool_]
CustomerIndex = tuple[pd.Index, npt.NDArray[np.int32]]  # keys, and the row of the customer of each


def join_events(
    customers: Customers, event_files: Sequence[EventFile], settings: IngestSettings, retention_days: int | None
) -> Customers:
    """Match the events to the customers, and add the tables, their reports and the features.

    The features need few columns of the files; the tables are read when a rule first uses them.

    Args:
        customers: the customers with their contacts; events after their as-of day are ignored.
        event_files: files of `open_event_files`.
        settings: policies on ids, by which ids of events are normalised as those of the customers.
        retention_days: age in days from which events are ignored.

    Raises:
        InputProblem: times cannot be read, or events are keyed by addresses that no customer has.
        UsageProblem: features that the user names need an as-of day or a column that no file has.
    """
    joiner = _EventJoiner(customers, settings, retention_days)
    table, reports, loaders = customers.table, list(customers.input_reports), {}
    for name, group in groupby(event_files, key=lambda event_file: event_file.table_name):
        files = list(group)
        features = list(dict.fromkeys(feature for event_file in files for feature in event_file.features))
        is_declared = files[0].settings.features is not None
        roles = list_feature_roles(features) if features and customers.as_of is not None else set()
        rows, file_reports = joiner.join_files(files, roles)
        if features and (is_declared or customers.as_of is not None):
            request = FeatureRequest(name, features, customers.as_of, is_declared=is_declared)
            table = add_features(table, rows, request)
        reports += file_reports
        loaders[name] = partial(joiner.load_rows, files)
    return replace(customers, table=table, events=EventTables(loaders), input_reports=tuple(reports))


@dataclass(frozen=True)
class _EventJoiner:
    """Customers to whom events are matched, and the policies that events must meet."""

    customers: Customers
    settings: IngestSettings
    retention_days: int | None
    _indexes: dict[join_keys.JoinKey, CustomerIndex] = field(default_factory=dict, init=False)

    def load_rows(self, files: Sequence[EventFile]) -> pd.DataFrame:
        """Return all columns of the kept events of a table."""
        return self.join_files(files, None)[0]

    def join_files(
        self, files: Sequence[EventFile], roles: Iterable[str] | None
    ) -> tuple[pd.DataFrame, list[InputReport]]:
        """Return the kept events of the files of a table, and a report on each file that accounts for every row.

        Args:
            files: the files of one table.
            roles: meanings of the columns to return besides the customer and the time (default: all columns).
        """
        parts = [self._match_rows(event_file, roles) for event_file in files]
        _reject_duplicate_ids(parts)
        tables = [part.build_rows(self.customers.table[columns.CUSTOMER_ID]) for part in parts]
        reports = [part.report(table) for part, table in zip(parts, tables, strict=True)]
        return _concat_tables(tables), reports

    def _match_rows(self, event_file: EventFile, roles: Iterable[str] | None) -> "_MatchedFile":
        names = None
        if roles is not None:
            names = [event_file.role_columns[role] for role in roles if role in event_file.role_columns]
        event_columns = read_event_columns(event_file, names)
        keys = event_columns.texts[event_file.key_column]
        key_texts = self._normalise_keys(keys.categories, event_file.join_key)
        key_index, key_customers = self._index_customers(event_file)
        key_positions = key_index.get_indexer(pd.Index(key_texts))
        found_customers = np.where(key_positions >= 0, key_customers[key_positions], -1).astype(np.int32)
        positions = found_customers[keys.codes]
        del event_columns.texts[event_file.key_column]
        times = event_columns.times[event_file.role_columns[EVENT_TIME]]
        outcome = _RowOutcome(event_columns.rows)
        outcome.reject((key_texts == "").to_numpy()[keys.codes], "no_customer")
        del keys
        outcome.reject(np.isnat(times.values) & ~times.is_unreadable, "no_time")
        outcome.reject(times.is_unreadable, "unreadable_time")
        readable_count = outcome.kept_count
        outcome.reject(positions < 0, "unknown_customer")
        match_rate = outcome.kept_count / readable_count if readable_count else 0.0
        as_of = self.customers.as_of
        if as_of is not None:
            outcome.reject(times.values >= np.datetime64(as_of) + np.timedelta64(1, "D"), "after_as_of")
            if self.retention_days is not None:
                outcome.reject(
                    times.values < np.datetime64(as_of) - np.timedelta64(self.retention_days, "D"), "too_old"
                )
        return _MatchedFile(event_file, event_columns, positions, outcome, match_rate)

    def _normalise_keys(self, categories: pa.StringArray, join_key: join_keys.JoinKey) -> pd.Series:
        texts = pd.Series(categories.to_pandas(), dtype="str").fillna("")
        keys = join_keys.normalise_keys(texts.str.strip(), join_key, self.settings.phone_region)
        if keys.empty or join_key != columns.CUSTOMER_ID:
            return keys
        ids = normalise_ids(to_arrow_strings(keys.astype("str")), self.settings)
        return pd.Series(ids.to_pandas(), keys.index, dtype="str")

    def _index_customers(self, event_file: EventFile) -> CustomerIndex:
        """Return the keys that identify one customer each, and the rows of these customers.

        Raises:
            InputProblem: the customers have no addresses or phone numbers.
        """
        join_key = event_file.join_key
        if join_key not in self._indexes:
            self._indexes[join_key] = self._build_index(event_file)
        return self._indexes[join_key]

    def _build_index(self, event_file: EventFile) -> CustomerIndex:
        customers, join_key = self.customers, event_file.join_key
        rows = np.arange(len(customers.table), dtype=np.int32)
        if join_key == columns.CUSTOMER_ID:
            return pd.Index(customers.table[columns.CUSTOMER_ID].astype("str")), rows
        if customers.contacts is None or join_key not in customers.contacts:
            raise InputProblem(
                f"events are keyed by {join_key}, and the customers have none",
                source=event_file.input_file.content.name,
                column=event_file.key_column,
                remedy=f"name a file with customer_id and {join_key} under ingest.contacts.path",
            )
        keys = join_keys.normalise_keys(customers.contacts[join_key], join_key, self.settings.phone_region)
        is_unique = ((keys != "") & ~keys.duplicated(keep=False)).to_numpy()
        return pd.Index(keys[is_unique]), rows[is_unique]


REASONS = (
    *("no_customer", "no_time", "unreadable_time", "unknown_customer", "after_as_of", "too_old", "repeated_id"),
    "bad_record",
)


class _RowOutcome:
    """The reason why each row is not kept; the first reason counts, and kept rows have none (0)."""

    def __init__(self, rows: int) -> None:
        self._reasons = np.zeros(rows, dtype=np.uint8)

    @property
    def is_kept(self) -> RowMask:
        return np.asarray(self._reasons == 0)

    @property
    def kept_count(self) -> int:
        return int(self.is_kept.sum())

    def reject(self, is_rejected: RowMask, reason: str) -> None:
        self._reasons[is_rejected & self.is_kept] = REASONS.index(reason) + 1

    def count_reasons(self) -> dict[str, int]:
        counts = np.bincount(self._reasons, minlength=len(REASONS) + 1)[1:]
        return dict(zip(REASONS, counts.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class _MatchedFile:
    """Columns of a file, the row of each event's customer (-1 if unknown), and which events are kept."""

    event_file: EventFile
    columns: EventColumns
    positions: npt.NDArray[np.int32]
    outcome: _RowOutcome
    match_rate: float

    @property
    def times(self) -> npt.NDArray[np.datetime64]:
        return self.columns.times[self.event_file.role_columns[EVENT_TIME]].values

    def build_rows(self, customer_ids: pd.Series) -> pd.DataFrame:
        """Return the kept rows: customer_id, time, the columns by meaning, and all columns by their names."""
        roles, is_kept = self.event_file.role_columns, self.outcome.is_kept
        key_column, time_column = self.event_file.key_column, roles[EVENT_TIME]
        ids = pd.Index(customer_ids.astype("str"))
        rows = {
            columns.CUSTOMER_ID: pd.Series(pd.Categorical.from_codes(self.positions[is_kept], categories=ids)),
            EVENT_TIME: pd.Series(self.times[is_kept]),
        }
        parsed_columns = {
            name: pd.Series(times.values[is_kept]) for name, times in self.columns.times.items() if name != time_column
        }
        parsed_columns |= {name: self._parse_texts(name, is_kept) for name in self.columns.texts if name != key_column}
        by_role = {role: name for role, name in roles.items() if name in parsed_columns and role != EVENT_ID}
        rows |= {
            role: _map_values(parsed_columns[name], self.event_file.value_numbers.get(role))
            for role, name in by_role.items()
        }
        return pd.DataFrame(rows | {name: values for name, values in parsed_columns.items() if name not in rows})

    def _parse_texts(self, name: str, is_kept: RowMask) -> pd.Series:
        """Return a column as numbers if all values are, or else as a categorical with blanks missing."""
        encoded = self.columns.texts[name]
        codes = encoded.codes[is_kept]
        is_used = np.bincount(codes, minlength=len(encoded.categories)) > 0
        texts = encoded.categories.filter(pa.array(is_used))
        codes = (np.cumsum(is_used, dtype=np.int32) - np.int32(1))[codes]
        values = customer_table.parse_by_content(pa.chunked_array([texts]), self.event_file.input_file.source)
        if pd.api.types.is_numeric_dtype(values.dtype):
            return values.take(codes).reset_index(drop=True)
        category_codes, categories = pd.factorize(values, sort=True)
        return pd.Series(pd.Categorical.from_codes(category_codes.astype(np.int32)[codes], categories=categories))

    def report(self, rows: pd.DataFrame) -> InputReport:
        """Return the report on the file: its columns, and a note that accounts for every row."""
        event_file, record_count = self.event_file, self.columns.rows + self.columns.malformed_rows
        input_file = event_file.input_file
        content = input_file.content
        digest = partial(compute_digest, content) if content.is_head else content.sha256
        source_input = Input(content.name, content.size, digest, record_count)
        column_names = {event_file.join_key: event_file.key_column, **event_file.role_columns}
        notes = (*self.columns.notes, self._describe_rows(rows, record_count))
        return InputReport(
            source_input, "events", str(input_file.dialect), column_names, preset=event_file.preset_title, notes=notes
        )

    def _describe_rows(self, rows: pd.DataFrame, record_count: int) -> str:
        """Return a note on the rows kept, the match rate, and the rows left out for each reason."""
        counts = self.outcome.count_reasons() | {"bad_record": self.columns.malformed_rows}
        customer_codes = rows[columns.CUSTOMER_ID].cat.codes.to_numpy()
        summary = message(
            "{table}: {kept} of {total} events kept, of {customers} customers; match rate {rate:.1%} by {key}",
            table=self.event_file.table_name,
            kept=self.outcome.kept_count,
            total=record_count,
            customers=int(np.count_nonzero(np.bincount(customer_codes))) if len(customer_codes) else 0,
            rate=self.match_rate,
            key=self.event_file.join_key,
        )
        reasons = [_REASON_NOTES[reason](count) for reason, count in counts.items() if count]
        if not reasons:
            return summary
        return message("{summary}; left out: {reasons}", summary=summary, reasons=join_messages(", ", reasons))


def _map_values(values: pd.Series, numbers: Mapping[str, float] | None) -> pd.Series:
    """Return the numbers that stand for the texts of a column; NaN for other texts."""
    if numbers is None or not isinstance(values.dtype, pd.CategoricalDtype):
        return values
    by_category = [numbers.get(str(text), np.nan) for text in values.cat.categories]
    codes = values.cat.codes.to_numpy()
    return pd.Series(np.append(by_category, np.nan)[codes])


def _reject_duplicate_ids(parts: Sequence[_MatchedFile]) -> None:
    """Reject the kept rows whose event id another kept row of the table has.

    Of rows with the same id, the earliest stays; of rows at the same time, which one stays does not depend on the order
    of rows or files.
    """
    with_ids = [(part, part.columns.identity) for part in parts if part.columns.identity is not None]
    if not with_ids:
        return
    is_kept = [part.outcome.is_kept for part, _ in with_ids]
    identity = concat_identities([identity.select(mask) for (_, identity), mask in zip(with_ids, is_kept, strict=True)])
    times = np.concatenate([part.times[mask] for (part, _), mask in zip(with_ids, is_kept, strict=True)])
    candidates = _find_duplicates(identity.ids)
    keys = (identity.rows, times, identity.second_ids, identity.ids)
    order = candidates[np.lexsort([key[candidates] for key in keys])]
    is_repeat = np.zeros(len(times), dtype=bool)
    is_repeat[order[1:]] = np.logical_and.reduce(
        [key[order[1:]] == key[order[:-1]] for key in (identity.ids, identity.second_ids)]
    ) & (identity.ids[order[1:]] != 0)
    ends = np.cumsum([mask.sum() for mask in is_kept])
    for (part, _), mask, repeats in zip(with_ids, is_kept, np.split(is_repeat, ends[:-1]), strict=True):
        is_rejected = np.zeros(len(mask), dtype=bool)
        is_rejected[mask] = repeats
        part.outcome.reject(is_rejected, "repeated_id")


def _find_duplicates(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
    """Return the rows whose hash another row has."""
    sorted_hashes = np.sort(hashes)
    repeated = sorted_hashes[1:][sorted_hashes[1:] == sorted_hashes[:-1]]
    return np.flatnonzero(np.isin(hashes, repeated)) if len(repeated) else np.zeros(0, dtype=np.intp)


def _concat_tables(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate the files of a table, with common categories of their texts; numbers become texts beside texts."""
    if len(tables) == 1:
        return tables[0]
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    return pd.DataFrame({name: _concat_values([table.get(name) for table in tables], tables) for name in names})


def _concat_values(parts: Sequence[pd.Series | None], tables: Sequence[pd.DataFrame]) -> pd.Series:
    known = [part for part in parts if part is not None]
    filled = [
        pd.Series(np.full(len(table), np.nan)) if part is None else part
        for part, table in zip(parts, tables, strict=True)
    ]
    if not any(isinstance(part.dtype, pd.CategoricalDtype) for part in known):
        return pd.concat(filled, ignore_index=True)
    categorical = [
        part if isinstance(part.dtype, pd.CategoricalDtype) else part.astype("str").astype("category")
        for part in filled
    ]
    return pd.Series(union_categoricals(categorical, sort_categories=True))


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
