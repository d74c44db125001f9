"""Detect date, customer and currency columns by the values of the first records, where names are unknown."""

import shlex
from collections.abc import Mapping, Sequence

from segcli import columns
from segcli.config.ingest import Source
from segcli.ingest import dates, number_parsing
from segcli.ingest.column_content import ContentChecker
from segcli.ingest.column_matching import ColumnMapping, sort_mapping
from segcli.ingest.customer_ids import is_email_address
from segcli.ingest.date_formats import candidate_formats

ColumnSamples = Mapping[str, Sequence[str]]
# Columns that orders need, each with its alternatives, in the order in which content identifies them
REQUIRED_GROUPS = ((columns.ORDER_DATE,), (columns.AMOUNT, columns.UNIT_PRICE), (columns.CUSTOMER_ID,))
OPTION_ORDER = (columns.CUSTOMER_ID, columns.ORDER_DATE, columns.AMOUNT)
MIN_ID_SHARE = 0.05  # share of distinct values among ids; counts and statuses have fewer
MIN_DATE_SHARE = 0.9  # share of filled values that must look like dates


def find_date_column(samples: ColumnSamples, source: Source) -> str | None:
    """Return the name of the only column of dates; None if there is none or several.

    Args:
        samples: values of the first records, by the columns with unknown names.
        source: settings of the file, with its date format, if declared.
    """
    date_columns = [name for name, texts in samples.items() if _are_dates(texts, source)]
    return date_columns[0] if len(date_columns) == 1 else None


def _find_customer_column(samples: ColumnSamples, source: Source) -> str | None:
    """Return the most likely customer id column: e-mail addresses, or the most distinct values, some of them repeated.

    Args:
        samples: values of the first records, by the columns with unknown names.
        source: settings of the file, with its date format, if declared.
    """
    counts = {
        name: len({text for text in texts if text})
        for name, texts in samples.items()
        if _has_repeats(texts) and not _are_dates(texts, source) and not _are_fractional(texts)
    }
    address_counts = {
        name: count for name, count in counts.items() if all(map(is_email_address, filter(None, samples[name])))
    }
    varying_counts = {
        name: count
        for name, count in (address_counts or counts).items()
        if count > max(1, MIN_ID_SHARE * len(samples[name]))
    }
    return max(varying_counts, key=varying_counts.__getitem__, default=None)


def _has_repeats(cell_values: Sequence[str]) -> bool:
    """Return whether a value occurs in several records."""
    filled_values = [text for text in cell_values if text]
    return len(set(filled_values)) < len(filled_values)


def _are_dates(cell_values: Sequence[str], source: Source) -> bool:
    filled_values = [text for text in cell_values if text.strip()]
    dated_values = [text for text in filled_values if source.locale or any(candidate_formats(text))]
    return (
        bool(filled_values)
        and len(dated_values) >= MIN_DATE_SHARE * len(filled_values)
        and dates.looks_like_dates(dated_values, source)
    )


def _are_fractional(cell_values: Sequence[str]) -> bool:
    """Return whether values are amounts rather than ids: numbers, some of them not whole."""
    filled_values = [text for text in cell_values if text]
    return number_parsing.looks_like_numbers(filled_values) and any(not text.isdecimal() for text in filled_values)


def match_currency(
    header: tuple[str, ...], records: Sequence[Sequence[str]], mapping: ColumnMapping, source: Source
) -> ColumnMapping:
    """Match a column of currency codes with an unknown name to the currency."""
    used_columns = {*mapping.columns.values(), *source.leave_out}
    if columns.CURRENCY in mapping.columns:
        return mapping
    for index, name in enumerate(header):
        values = {record[index].strip() for record in records if index < len(record)} - {""}
        if name not in used_columns and values and all(number_parsing.is_currency(value) for value in values):
            match_reasons = {**mapping.match_reasons, columns.CURRENCY: "its values are currencies"}
            return sort_mapping(ColumnMapping({**mapping.columns, columns.CURRENCY: name}, match_reasons))
    return mapping


def match_order_date(
    order_mapping: ColumnMapping, customer_mapping: ColumnMapping, content_check: ContentChecker
) -> tuple[ColumnMapping, tuple[str, ...]]:
    """Match the only column of dates to the order date, if its name is unknown and customers have several lines."""
    id_column = order_mapping.columns.get(columns.CUSTOMER_ID) or customer_mapping.columns.get(columns.CUSTOMER_ID)
    if (
        columns.ORDER_DATE in order_mapping.columns
        or id_column is None
        or not content_check.has_repeated_records(id_column)
    ):
        return order_mapping, ()
    date_column = find_date_column(
        content_check.get_unmatched_values({*order_mapping.columns.values(), *customer_mapping.columns.values()}),
        content_check.source,
    )
    if date_column is None:
        return order_mapping, ()
    mapping = ColumnMapping(
        {**order_mapping.columns, columns.CUSTOMER_ID: id_column, columns.ORDER_DATE: date_column},
        {**order_mapping.match_reasons, columns.ORDER_DATE: "its values are dates"},
    )
    note = (
        f"column '{date_column}' is used as order_date: the only column with dates; "
        "hint: --map order_date=NAME uses another"
    )
    return sort_mapping(mapping), (note,)


def suggest_columns(order_mapping: ColumnMapping, content_check: ContentChecker) -> str:
    """Return a hint with options for the missing columns of orders, chosen by content.

    It is blank if no column can be the customer id, or none can be the order date.
    """
    missing = [group[0] for group in REQUIRED_GROUPS if not set(group) & set(order_mapping.columns)]
    samples = content_check.get_unmatched_values(set(order_mapping.columns.values()))
    found: dict[str, str] = {}
    for standard in missing:
        open_samples = {name: texts for name, texts in samples.items() if name not in found.values()}
        name = _COLUMN_FINDERS[standard](open_samples, content_check.source)
        if name:
            found[standard] = name
    if not found or not {columns.CUSTOMER_ID, columns.ORDER_DATE} <= {*found, *order_mapping.columns}:
        return ""
    options = [
        f"--map {shlex.quote(f'{standard}={found[standard]}')}" for standard in OPTION_ORDER if standard in found
    ]
    return f"choose the {'column' if len(options) == 1 else 'columns'} with {' '.join(options)}"


def _find_best_date_column(samples: ColumnSamples, source: Source) -> str | None:
    """Return the column of dates with the most distinct values."""
    counts = {name: len(set(texts)) for name, texts in samples.items() if _are_dates(texts, source)}
    return max(counts, key=counts.__getitem__, default=None)


def _find_amount_column(samples: ColumnSamples, source: Source) -> str | None:
    """Return the column of amounts, which have decimals or a currency, with the most distinct values."""
    counts = {
        name: len(set(texts))
        for name, texts in samples.items()
        if not _are_dates(texts, source) and _are_fractional(texts)
    }
    return max(counts, key=counts.__getitem__, default=None)


_COLUMN_FINDERS = {
    columns.ORDER_DATE: _find_best_date_column,
    columns.AMOUNT: _find_amount_column,
    columns.CUSTOMER_ID: _find_customer_column,
}
