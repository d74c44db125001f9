"""Customers as a table of one row each shows them: who they are, what they answered, what segcli measured before."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrow import to_arrow_strings
from segcli.config.ingest import IngestSettings
from segcli.config.quality import ColumnRule
from segcli.counting import pluralize
from segcli.customers import match
from segcli.errors import InputProblem
from segcli.files.formulas import unescape_table
from segcli.ingest import customer_ids, quality, table
from segcli.ingest.cells import RawTable
from segcli.ingest.customer_ids import count_id_changes, normalise_ids
from segcli.ingest.opening import InputFile
from segcli.model import Customers, Input, InputReport

FIELD_COUNT_NOTE = (
    "record with a wrong number of fields is left out",
    "records with a wrong number of fields are left out",
)
BROKEN_QUOTES_NOTE = (
    "record whose quotes break the rules is left out",
    "records whose quotes break the rules are left out",
)


def customers_from_table(
    source: InputFile,
    settings: IngestSettings,
    rules: Mapping[str, ColumnRule],
    *,
    join_key: match.JoinKey,
    as_of: date | None = None,
) -> Customers:
    """One row per customer, and the columns judged by their rules.

    Args:
        source: a table of one row per customer.
        settings: policies on ids.
        rules: by column.
        join_key: what customers are known by; it becomes the customer id.
        as_of: the day recency is counted to; by default what the table says.

    Raises:
        InputProblem: there is no such column, or a customer has two rows that differ.
    """
    if join_key != columns.CUSTOMER_ID and (join_key in source.mapping.columns or source.source.match == join_key):
        source = source.with_customer_id(join_key)
    # What segcli wrote as numbers is read as such; rules are about texts.
    raw_table = source.read_table(
        numeric_columns=table.find_numeric_columns(source.mapping) if source.is_segcli_output and not rules else ()
    )
    raw_table, filled_notes = _fill_ids(source, raw_table)
    rows_table, notes = table.build_customer_table(
        raw_table, source.mapping, source.source, _key_normaliser(join_key, settings)
    )
    notes = (*filled_notes, *notes)
    rows_table, unescaped_count = unescape_table(rows_table)
    if unescaped_count:
        rows_table = rows_table.sort_values(columns.CUSTOMER_ID, ignore_index=True)
    if unescaped_count and not source.is_segcli_output:
        notes = (
            *notes,
            f"cells with an apostrophe before what a spreadsheet would run: {unescaped_count:,}; it is taken off",
        )
    if not source.is_segcli_output or settings.id_case in {"upper", "lower"}:  # segcli's own tables have one spelling
        rows_table, spelling_notes = _respell_ids(rows_table, settings, raw_table.name)
        notes = (*notes, *spelling_notes)
    rows_table, day, warnings = _set_recency(rows_table, as_of, raw_table.name)
    notes = (*notes, *_note_shared_addresses(rows_table))
    content = source.content
    input_report = InputReport(
        Input(
            content.name, content.size, content.sha256, raw_table.rows + raw_table.bad_rows + raw_table.quote_error_rows
        ),
        "customers",
        str(source.dialect),
        source.mapping.columns,
        preset=source.preset,
        notes=(*source.dialect.notes, *notes, *_note_bad_records(raw_table)),
    )
    verdicts = tuple(quality.check_column_rules(raw_table, source.mapping, source.source, rules))
    return Customers(rows_table, day, (input_report,), warnings, verdicts)


def _fill_ids(source: InputFile, raw_table: RawTable) -> tuple[RawTable, tuple[str, ...]]:
    """Take ids from the columns that are declared for rows without one, with a note on how many."""
    id_column = source.mapping.columns.get(columns.CUSTOMER_ID)
    fallbacks = [column for column in source.source.fallback_ids if column in raw_table.columns]
    if id_column is None or not fallbacks:
        return raw_table, ()
    ids, filled_counts = customer_ids.fill_blank_ids(raw_table, id_column, fallbacks)
    notes = tuple(customer_ids.id_change_notes(customer_ids.IdChanges(filled=filled_counts)))
    return replace(raw_table, columns={**raw_table.columns, id_column: ids}), notes


def _note_shared_addresses(customer_rows: pd.DataFrame) -> Iterator[str]:
    if columns.EMAIL in customer_rows:
        addresses = match.normalise_keys(customer_rows[columns.EMAIL], "email", None)
        sharing_count = int(addresses[addresses != ""].duplicated(keep=False).sum())
        if sharing_count:
            yield (
                f"rows that share their e-mail address with another: {sharing_count:,}; they may be one customer twice"
            )


def _key_normaliser(join_key: match.JoinKey, settings: IngestSettings) -> table.IdNormaliser:
    return lambda texts: match.normalise_keys(texts, join_key, settings.phone_region)


def _respell_ids(
    customer_rows: pd.DataFrame, settings: IngestSettings, file_name: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Bring customer ids to one spelling; of a customer in several the row in that spelling is kept, or the first.

    Raises:
        InputProblem: rows of one customer differ by case, which the user asked to be ignored.
    """
    original_ids = customer_rows[columns.CUSTOMER_ID]
    original_texts = to_arrow_strings(original_ids)
    new_texts = normalise_ids(original_texts, settings)
    if new_texts is original_texts:
        return customer_rows, ()
    new_ids = pd.Series(new_texts.to_pandas(), original_ids.index, dtype="str")
    order = (new_ids != original_ids).to_numpy().argsort(kind="stable")
    respelled_table = customer_rows.assign(**{columns.CUSTOMER_ID: new_ids}).iloc[order]
    is_repeated = respelled_table[columns.CUSTOMER_ID].duplicated()
    if is_repeated.any() and settings.id_case in {"upper", "lower"}:
        raise InputProblem(
            f"{pluralize(int(is_repeated.sum()), 'customer has two rows', 'customers have two rows')} "
            "once case is ignored",
            source=file_name,
            remedy="Give each customer one row, or set ingest.id_case to keep",
        )
    unique_rows = respelled_table[~is_repeated].sort_values(columns.CUSTOMER_ID, ignore_index=True)
    changes = count_id_changes(original_texts.to_pylist(), np.ones(len(original_texts), dtype=np.int64), settings)
    return unique_rows, (*customer_ids.id_change_notes(changes), *_note_repeated_ids(int(is_repeated.sum())))


def _note_repeated_ids(count: int) -> Iterator[str]:
    if count:
        row_text = pluralize(count, "row is", "rows are")
        yield f"{row_text} of a customer whose id stands in another row in another spelling; one row of each is kept"


def _note_bad_records(raw_table: RawTable) -> Iterator[str]:
    if raw_table.bad_rows:
        yield f"{pluralize(raw_table.bad_rows, *FIELD_COUNT_NOTE)}"
    if raw_table.quote_error_rows:
        first_broken_line = raw_table.dialect.broken_lines[0]
        yield f"{pluralize(raw_table.quote_error_rows, *BROKEN_QUOTES_NOTE)} (first: line {first_broken_line:,})"


def _set_recency(
    customer_rows: pd.DataFrame, as_of: date | None, file_name: str
) -> tuple[pd.DataFrame, date | None, tuple[str, ...]]:
    """Recency counted to `as_of`, or to the day the table says, or to the day after its last order."""
    if (
        columns.LAST_ORDER not in customer_rows
        or customer_rows[columns.LAST_ORDER].dtype.kind != "M"
        or customer_rows[columns.LAST_ORDER].isna().all()
    ):
        return customer_rows, as_of, ()  # without orders the day serves for ages
    stated_day = table.infer_as_of(customer_rows)
    day = as_of or stated_day or customer_rows[columns.LAST_ORDER].max().date() + timedelta(days=1)
    late_count = int((customer_rows[columns.LAST_ORDER] > pd.Timestamp(day)).sum())
    if late_count:
        raise InputProblem(
            f"{pluralize(late_count, 'customer')} ordered after {day.isoformat()}; what was bought by then "
            "is not in this table",
            source=file_name,
            remedy="Give the order export, or a later --as-of",
        )
    if columns.RECENCY_DAYS in customer_rows and day != as_of:
        return customer_rows, stated_day, ()
    return (
        customer_rows.assign(**{columns.RECENCY_DAYS: (pd.Timestamp(day) - customer_rows[columns.LAST_ORDER]).dt.days}),
        day,
        (),
    )
