"""Detect the date and customer columns by the values of the first records, where names are unknown."""

from collections.abc import Mapping, Sequence

from segcli.config.ingest import Source
from segcli.ingest import dates, number_parsing
from segcli.ingest.date_formats import candidate_formats

# Standard columns with unknown names, detected by the values of the first records
ColumnSamples = Mapping[str, Sequence[str]]
MIN_DATE_SHARE = 0.9  # share of filled values that must look like dates


def find_date_column(samples: ColumnSamples, source: Source) -> str | None:
    """Return the name of the only column of dates; None if there is none or several.

    Args:
        samples: values of the first records, by the columns with unknown names.
        source: settings of the file, with its date format, if declared.
    """
    date_columns = [name for name, texts in samples.items() if _are_dates(texts, source)]
    return date_columns[0] if len(date_columns) == 1 else None


def find_customer_column(samples: ColumnSamples, source: Source) -> str | None:
    """Return the most likely customer id column: the one with the most distinct values, some of them repeated.

    Args:
        samples: values of the first records, by the columns with unknown names.
        source: settings of the file, with its date format, if declared.
    """
    counts = {
        name: len({text for text in texts if text})
        for name, texts in samples.items()
        if _has_repeats(texts) and not _are_dates(texts, source) and not _are_fractional(texts)
    }
    varying_counts = {name: count for name, count in counts.items() if count > 1}
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
