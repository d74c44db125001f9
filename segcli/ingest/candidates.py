"""Columns that may be a standard column although their name is unknown, by the values of the first records."""

from collections.abc import Mapping, Sequence

from segcli.config.ingest import Source
from segcli.ingest import dates, numbers
from segcli.ingest.date_formats import shaped

Values = Mapping[str, Sequence[str]]
DATED = 0.9  # share of the filled values that must look like dates


def find_date_column(values: Values, source: Source) -> str | None:
    """Name the only column of dates; None where there is none, or several.

    Args:
        values: of the first records, by the columns whose names are unknown.
        source: how dates are written, if declared.
    """
    found = [name for name, texts in values.items() if _are_dates(texts, source)]
    return found[0] if len(found) == 1 else None


def find_customer_column(values: Values, source: Source) -> str | None:
    """Name the column that most likely says who bought: the one with most different values of which some repeat.

    Args:
        values: of the first records, by the columns whose names are unknown.
        source: how dates are written, if declared.
    """
    counts = {
        name: len({text for text in texts if text})
        for name, texts in values.items()
        if _has_repeats(texts) and not _are_dates(texts, source) and not _are_fractions(texts)
    }
    several = {name: count for name, count in counts.items() if count > 1}
    return max(several, key=several.__getitem__, default=None)


def _has_repeats(texts: Sequence[str]) -> bool:
    """Whether a value stands in two records."""
    filled = [text for text in texts if text]
    return len(set(filled)) < len(filled)


def _are_dates(texts: Sequence[str], source: Source) -> bool:
    filled = [text for text in texts if text.strip()]
    written = [text for text in filled if source.locale or any(shaped(text))]
    return bool(filled) and len(written) >= DATED * len(filled) and dates.looks_dated(written, source)


def _are_fractions(texts: Sequence[str]) -> bool:
    """Whether values are amounts rather than ids: numbers, some of which are not whole."""
    filled = [text for text in texts if text]
    return numbers.looks_numeric(filled) and any(not text.isdecimal() for text in filled)
