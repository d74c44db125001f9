"""Columns that may be a standard column although their name is unknown, by the values of the first records."""

from collections.abc import Mapping, Sequence

from segcli.config.ingest import Source
from segcli.ingest import dates, numbers
from segcli.ingest.date_formats import candidate_formats

ColumnSamples = Mapping[str, Sequence[str]]
MIN_DATE_SHARE = 0.9  # share of the filled values that must look like dates


def find_date_column(samples: ColumnSamples, source: Source) -> str | None:
    """Name the only column of dates; None where there is none, or several.

    Args:
        samples: of the first records, by the columns whose names are unknown.
        source: how dates are written, if declared.
    """
    date_columns = [name for name, texts in samples.items() if _are_dates(texts, source)]
    return date_columns[0] if len(date_columns) == 1 else None


def find_customer_column(samples: ColumnSamples, source: Source) -> str | None:
    """Name the column that most likely says who bought: the one with most different values of which some repeat.

    Args:
        samples: of the first records, by the columns whose names are unknown.
        source: how dates are written, if declared.
    """
    counts = {
        name: len({text for text in texts if text})
        for name, texts in samples.items()
        if _has_repeats(texts) and not _are_dates(texts, source) and not _are_fractional(texts)
    }
    varying_counts = {name: count for name, count in counts.items() if count > 1}
    return max(varying_counts, key=varying_counts.__getitem__, default=None)


def _has_repeats(cell_values: Sequence[str]) -> bool:
    """Whether a value stands in two records."""
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
    """Whether values are amounts rather than ids: numbers, some of which are not whole."""
    filled_values = [text for text in cell_values if text]
    return numbers.looks_like_numbers(filled_values) and any(not text.isdecimal() for text in filled_values)
