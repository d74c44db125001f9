"""Read customer tables, and join their attributes to the customers."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrow import to_arrow_strings
from segcli.config.ingest import IngestSettings
from segcli.config.quality import ColumnRule
from segcli.customers import join_keys
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.ingest import customer_ids, customer_table, quality
from segcli.ingest.customer_ids import count_id_changes, normalise_ids
from segcli.ingest.input_file import InputFile
from segcli.ingest.multiple_choice import add_choice_columns
from segcli.ingest.parser import RawTable
from segcli.ingest.period_columns import note_period_columns
from segcli.ingest.survey_weights import note_weight_columns
from segcli.io.csv_injection import unescape_table
from segcli.message import count_message, message
from segcli.model import Customers, Input, InputReport

# Customer tables with one row per customer: attributes, survey answers, or earlier results of segcli
FIELD_COUNT_NOTE = (
    "record with a wrong number of fields skipped",
    "records with a wrong number of fields skipped",
)
BROKEN_QUOTES_NOTE = (
    "record with malformed quotes skipped",
    "records with malformed quotes skipped",
)


def customers_from_table(
    source: InputFile,
    settings: IngestSettings,
    rules: Mapping[str, ColumnRule],
    *,
    join_key: join_keys.JoinKey,
    as_of: date | None = None,
) -> Customers:
    """Read a table into one row per customer, and check its columns against the rules.

    Args:
        source: a table of one row per customer.
        settings: policies on ids.
        rules: quality rules by column.
        join_key: the identity that the table has; it becomes the customer id.
        as_of: the day that recency is counted to (default: inferred from the table).

    Raises:
        InputProblem: the column is missing, or a customer has two rows that differ.
    """
    if join_key != columns.CUSTOMER_ID and (join_key in source.mapping.columns or source.source.match == join_key):
        source = source.with_customer_id(join_key)
    # Numbers that segcli wrote are read as numbers, but rules check texts.
    raw_table = source.read_table(
        numeric_columns=customer_table.find_numeric_columns(source.mapping)
        if source.is_segcli_output and not rules
        else ()
    )
    raw_table, filled_notes = _fill_ids(source, raw_table)
    rows_table, row_notes = _build_rows(source, raw_table, settings, join_key)
    rows_table, day, warnings = _set_recency(rows_table, as_of, raw_table.name)
    notes = (*filled_notes, *row_notes, *_note_shared_addresses(rows_table))
    content = source.content
    input_report = InputReport(
        Input(content.name, content.size, content.sha256, raw_table.record_count),
        "customers",
        str(source.dialect),
        source.mapping.columns,
        preset=source.preset,
        notes=(*source.dialect.notes, *notes, *_note_bad_records(raw_table)),
    )
    verdicts = tuple(quality.check_column_rules(raw_table, source.mapping, source.source, rules))
    return Customers(rows_table, day, (input_report,), warnings, verdicts)


def _build_rows(
    source: InputFile, raw_table: RawTable, settings: IngestSettings, join_key: join_keys.JoinKey
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the typed rows with choices, formulas and ids in their normal form, and notes on what was changed."""
    status_column = source.survey.status_column if source.survey else ""
    customer_table.require_customer_id(raw_table, source.mapping, source.advice)
    rows_table, notes = customer_table.build_customer_table(
        raw_table,
        source.mapping,
        source.source,
        _key_normaliser(join_key, settings),
        status_column if status_column in raw_table.columns else "",
    )
    if not source.is_segcli_output:
        rows_table, choice_notes = add_choice_columns(rows_table)
        notes = (
            *notes,
            *choice_notes,
            *note_period_columns(raw_table, source.mapping),
            *note_weight_columns(rows_table),
        )
    rows_table, unescaped_count = unescape_table(rows_table)
    if unescaped_count:
        rows_table = rows_table.sort_values(columns.CUSTOMER_ID, ignore_index=True)
    if unescaped_count and not source.is_segcli_output:
        notes = (
            *notes,
            f"cells with an apostrophe before a spreadsheet formula: {unescaped_count:,}; apostrophes removed",
        )
    if not source.is_segcli_output or settings.id_case in {"upper", "lower"}:  # segcli writes one spelling per id
        rows_table, spelling_notes = _respell_ids(rows_table, settings, raw_table.name)
        notes = (*notes, *spelling_notes)
    return rows_table, notes


def _fill_ids(source: InputFile, raw_table: RawTable) -> tuple[RawTable, tuple[str, ...]]:
    """Fill blank ids from the declared fallback columns, and return the table with a note on their number."""
    id_column = source.mapping.columns.get(columns.CUSTOMER_ID)
    fallbacks = [column for column in source.source.fallback_ids if column in raw_table.columns]
    if id_column is None or not fallbacks:
        return raw_table, ()
    ids, filled_counts = customer_ids.fill_blank_ids(raw_table, id_column, fallbacks)
    notes = tuple(customer_ids.id_change_notes(customer_ids.IdChanges(filled=filled_counts)))
    return replace(raw_table, columns={**raw_table.columns, id_column: ids}), notes


def _note_shared_addresses(customer_rows: pd.DataFrame) -> Iterator[str]:
    if columns.EMAIL in customer_rows:
        sharing_count = _count_duplicate_keys(join_keys.normalise_keys(customer_rows[columns.EMAIL], "email", None))
        if sharing_count:
            yield (
                f"rows that share an e-mail address with another row: {sharing_count:,}; they may be the same customer"
            )


def _count_duplicate_keys(keys: pd.Series) -> int:
    """Return the number of rows whose key another row has; blank keys do not count."""
    return int(keys[keys != ""].duplicated(keep=False).sum())


def _key_normaliser(join_key: join_keys.JoinKey, settings: IngestSettings) -> customer_table.IdNormaliser:
    return lambda texts: join_keys.normalise_keys(texts, join_key, settings.phone_region)


def _respell_ids(
    customer_rows: pd.DataFrame, settings: IngestSettings, file_name: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Normalise the spelling of customer ids, and keep one row per customer.

    If a customer has several rows, the row that already has the normalised spelling is kept, or else the first.

    Raises:
        InputProblem: rows of one customer differ by case, but the settings ignore case.
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
            "when letter case is ignored",
            source=file_name,
            remedy="keep one row per customer, or use --set ingest.id_case=keep",
        )
    unique_rows = respelled_table[~is_repeated].sort_values(columns.CUSTOMER_ID, ignore_index=True)
    changes = count_id_changes(original_texts.to_pylist(), np.ones(len(original_texts), dtype=np.int64), settings)
    return unique_rows, (*customer_ids.id_change_notes(changes), *_note_repeated_ids(int(is_repeated.sum())))


def _note_repeated_ids(count: int) -> Iterator[str]:
    if count:
        row_text = pluralize(count, "row")
        yield f"{row_text} skipped: another row has the same customer id in another spelling"


def _note_bad_records(raw_table: RawTable) -> Iterator[str]:
    if raw_table.bad_rows:
        yield f"{pluralize(raw_table.bad_rows, *FIELD_COUNT_NOTE)}"
    if raw_table.quote_error_rows:
        first_broken_line = raw_table.dialect.broken_lines[0]
        yield f"{pluralize(raw_table.quote_error_rows, *BROKEN_QUOTES_NOTE)} (first: line {first_broken_line:,})"


def _set_recency(
    customer_rows: pd.DataFrame, as_of: date | None, file_name: str
) -> tuple[pd.DataFrame, date | None, tuple[str, ...]]:
    """Compute recency to `as_of`, to the as-of day of the table, or to the day after its last order.

    Returns:
        The table, the as-of day (None if unknown), and warnings.
    """
    if (
        columns.LAST_ORDER not in customer_rows
        or customer_rows[columns.LAST_ORDER].dtype.kind != "M"
        or customer_rows[columns.LAST_ORDER].isna().all()
    ):
        return customer_rows, as_of, ()  # tables without orders use the as-of day for ages
    stated_day = customer_table.infer_as_of(customer_rows)
    day = as_of or stated_day or customer_rows[columns.LAST_ORDER].max().date() + timedelta(days=1)
    late_count = int((customer_rows[columns.LAST_ORDER] > pd.Timestamp(day)).sum())
    if late_count:
        raise InputProblem(
            f"{pluralize(late_count, 'customer')} ordered after {day.isoformat()}, and this table cannot be "
            "reduced to that day",
            source=file_name,
            remedy="use the order export, or a later --as-of",
        )
    if columns.RECENCY_DAYS in customer_rows and day != as_of:
        return customer_rows, stated_day, ()
    return (
        customer_rows.assign(**{columns.RECENCY_DAYS: (pd.Timestamp(day) - customer_rows[columns.LAST_ORDER]).dt.days}),
        day,
        (),
    )


KEY_COLUMN = "key"  # temporary join column; no table has a column of this name


def join_attributes(
    customers: Customers,
    customer_attributes: Customers,
    join_key: join_keys.JoinKey = "customer_id",
    region: str | None = None,
) -> Customers:
    """Join the columns of `customer_attributes` to the customers.

    The match rate becomes a note in the input report of the attributes.

    Args:
        customers: the customers; their number and order do not change.
        customer_attributes: the table to join; its `customer_id` holds values of `join_key`.
        join_key: customer ids, or the customers' `email` or `phone` (if they have no such column: their ids).
        region: country of phone numbers without a country code.
    """
    attributes, input_report = customer_attributes.table, customer_attributes.input_reports[0]
    new_columns = attributes.drop(
        columns=[
            column
            for column in attributes.columns
            if column in customers.table.columns and column != columns.CUSTOMER_ID
        ]
    )
    key_column = join_key if join_key in customers.table else columns.CUSTOMER_ID
    keys = join_keys.normalise_keys(customers.table[key_column], join_key, region)
    new_columns = new_columns.rename(columns={columns.CUSTOMER_ID: KEY_COLUMN})
    matched_count = int((keys.isin(new_columns[KEY_COLUMN]) & (keys != "")).sum())
    if matched_count < len(customers.table):  # the nullable type keeps integers when values are missing
        new_columns = new_columns.astype(
            {name: "Int64" for name in new_columns.columns if new_columns[name].dtype == "int64"}
        )
    joined_table = (
        customers.table.assign(**{KEY_COLUMN: keys})
        .merge(new_columns, on=KEY_COLUMN, how="left")
        .drop(columns=KEY_COLUMN)
    )
    address_file = customers.input_reports[0].input.name if key_column == join_key else ""
    unmatched_count = len(attributes) - int(new_columns[KEY_COLUMN].isin(keys).sum())
    match_note = _describe_match(matched_count, len(customers.table), unmatched_count, join_key)
    return replace(
        customers,
        table=joined_table,
        input_reports=(
            *customers.input_reports,
            replace(
                input_report,
                notes=(*input_report.notes, match_note, *_note_shared_contacts(keys, join_key, address_file)),
            ),
        ),
        warnings=(*customers.warnings, *customer_attributes.warnings),
        quality_checks=(*customers.quality_checks, *customer_attributes.quality_checks),
    )


def _describe_match(matched_count: int, customer_count: int, unmatched_count: int, join_key: join_keys.JoinKey) -> str:
    """Return a note on the customers with attributes, and the rows of attributes without a customer."""
    values = {"found": matched_count, "total": customer_count, "key": join_key}
    if join_key == columns.CUSTOMER_ID:
        return count_message(
            "{found} of {total} customers matched; {count} row without a matching buyer",
            "{found} of {total} customers matched; {count} rows without a matching buyer",
            unmatched_count,
            **values,
        )
    return count_message(
        "{found} of {total} customers matched by {key}; {count} row without a matching buyer",
        "{found} of {total} customers matched by {key}; {count} rows without a matching buyer",
        unmatched_count,
        **values,
    )


def _note_shared_contacts(keys: pd.Series, join_key: join_keys.JoinKey, address_file: str) -> Iterator[str]:
    """Yield a note on customers who share an e-mail address or phone number, since they may be one person.

    Args:
        keys: address of each customer, blank if unknown.
        join_key: kind of the addresses.
        address_file: file that has them beside the ids; blank if the ids themselves are addresses.
    """
    sharing_count = _count_duplicate_keys(keys)
    if not sharing_count or join_key == columns.CUSTOMER_ID:
        return
    count = message("customers who share their {key} with another: {count}", key=join_key, count=sharing_count)
    if not address_file:
        yield message("{count}; segcli does not merge them", count=count)
        return
    settings = shlex.join(
        ["--set", f"ingest.identity.path={address_file}", "--set", f"ingest.identity.by=[{join_key}]"]
    )
    yield message("{count}; hint: {settings} merges them", count=count, settings=settings)
