"""Find columns whose names are months, quarters, years or days: amounts of a pivot table, not one row per order."""

import re
from collections.abc import Iterator
from functools import cache

from segcli.ingest import locales, number_parsing
from segcli.ingest.column_matching import ColumnMapping
from segcli.ingest.parser import RawTable

MIN_PERIODS = 3  # columns from which a table is a pivot table
SAMPLE_ROWS = 200
_YEAR = r"(?:19|20)[0-9]{2}"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_NUMERIC_PERIOD = re.compile(
    rf"{_YEAR}(?:[-/._ ]?{_MONTH}(?:[-/._ ]{_DAY})?)?"  # 2025, 2025-01, 2025-01-31
    rf"|(?:{_DAY}[-/._ ])?{_MONTH}[-/._ ]{_YEAR}"  # 01/2025, 31.01.2025
    rf"|{_YEAR}[-/._ ]?[qQ][1-4]|[qQ][1-4][-/._ ]?{_YEAR}"  # 2025-Q1
)
_NUMBERS_OF_MONTH = re.compile(r"[0-9\s\-/.,_'\u2019]+")  # around the name of a month: Jan-25, März 2025


def note_period_columns(raw_table: RawTable, mapping: ColumnMapping) -> Iterator[str]:
    """Yield a note if several columns of numbers are named after periods.

    Args:
        raw_table: a table with one row per customer, as text.
        mapping: standard columns of the table.
    """
    names = [
        name
        for name, texts in raw_table.columns.items()
        if name not in mapping.columns.values()
        and is_period(name)
        and number_parsing.looks_like_numbers([text or "" for text in texts.slice(0, SAMPLE_ROWS).to_pylist()])
    ]
    if len(names) >= MIN_PERIODS:
        yield (
            f"columns {names[0]} to {names[-1]} look like amounts per period ({len(names)} columns): they describe "
            "customers and are not read as orders; hint: for RFM, write one line per customer and period "
            "(docs/inputs.md: Amounts per month)"
        )


def is_period(name: str) -> bool:
    """Return whether a name is a day, a month, a quarter or a year, in any language.

    >>> [is_period(name) for name in ("2025-01", "Jan-25", "März 2025", "Q1 2025", "2025")]
    [True, True, True, True, True]
    >>> [is_period(name) for name in ("Revenue 2025", "age", "20250", "13/2025")]
    [False, False, False, False]
    """
    text = name.strip()
    if _NUMERIC_PERIOD.fullmatch(text):
        return True
    return _NUMBERS_OF_MONTH.sub("", text).casefold() in _list_month_names()


@cache
def _list_month_names() -> frozenset[str]:
    return frozenset(
        _NUMBERS_OF_MONTH.sub("", month)
        for language in locales.LANGUAGES
        for month in locales.load_locale(language).months
    ) - {""}
