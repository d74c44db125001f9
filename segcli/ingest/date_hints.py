"""Ways out of a column of dates that no known format reads; each is tried on the column before it is offered."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.ingest import locales
from segcli.ingest.calendars import gregorian_converter
from segcli.ingest.date_formats import DATE_FORMATS, candidate_formats
from segcli.ingest.date_reading import parse_serial_dates, parse_with_century
from segcli.ingest.languages import LANGUAGES

HINT_CENTURY = 1950  # of the hint; two-digit years need one, and the user may know better
MIN_PARSED_SHARE = 0.9  # share of lines that a way out must read
NUMBER_FORMATS = ("epoch_s", "epoch_ms", "epoch_us", "excel")
HINT_SAMPLE_SIZE = 24
EARLIEST_HINT_DATE, LATEST_HINT_DATE = np.datetime64("1970-01-01"), np.datetime64("2100-01-01")


def suggest_date_options(date_strings: pd.Series, line_counts: npt.NDArray[np.int64]) -> str:
    """Return the options that read most of a column, or an empty text.

    Args:
        date_strings: distinct, not blank.
        line_counts: on how many lines each stands.
    """
    options = [
        (option, times)
        for option, times in _try_options(date_strings)
        if line_counts[_date_mask(times)].sum() >= MIN_PARSED_SHARE * line_counts.sum()
    ]
    if not options:
        return ""
    best, best_times = options[0]
    alternatives = [
        option for option, times in options if option.startswith("--date-format") and (times != best_times).any()
    ]
    return "   or   ".join([best, *(alternatives[:1] if best.startswith("--date-format") else ())])


def _try_options(date_strings: pd.Series) -> Iterator[tuple[str, npt.NDArray[np.datetime64]]]:
    """Yield options and the times that they read: plain formats first, then numbers, then other languages."""
    for date_format in _find_short_year_formats(date_strings):
        option = f"--date-format '{date_format}' --set ingest.transactions.century={HINT_CENTURY}"
        yield option, parse_with_century(date_strings, date_format, "UTC", HINT_CENTURY)
    for date_format in NUMBER_FORMATS:
        yield f"--date-format {date_format}", parse_serial_dates(date_strings, date_format, None)
    gregorian_strings = date_strings.map(gregorian_converter("minguo"))
    for date_format in [] if gregorian_strings.equals(date_strings) else _find_known_formats(gregorian_strings):
        yield (
            "--set ingest.transactions.calendar=minguo",
            parse_with_century(gregorian_strings, date_format, "UTC", None),
        )
    for language in LANGUAGES:
        locale = locales.load_locale(language)
        english_strings = date_strings.map(locale.translate_date)
        if not english_strings.equals(date_strings):
            for date_format in _find_known_formats(english_strings):
                yield f"--locale {language}", parse_with_century(english_strings, date_format, "UTC", None)
            for date_format in _find_short_year_formats(english_strings):
                option = (
                    f"--locale {language} --date-format '{date_format}' "
                    f"--set ingest.transactions.century={HINT_CENTURY}"
                )
                yield option, parse_with_century(english_strings, date_format, "UTC", HINT_CENTURY)


def _find_known_formats(date_strings: pd.Series) -> list[str]:
    shapes = {date_format for text in _sample_hint_values(date_strings) for date_format in candidate_formats(text)}
    return [date_format for date_format in DATE_FORMATS if date_format in shapes]


def _find_short_year_formats(date_strings: pd.Series) -> list[str]:
    """Return the known formats with years of two digits that the texts may be written in."""
    shapes = {
        date_format
        for text in _sample_hint_values(date_strings)
        for date_format in candidate_formats(text, short_years=True)
    }
    return [date_format.replace("%Y", "%y") for date_format in DATE_FORMATS if date_format in shapes]


def _sample_hint_values(date_strings: pd.Series) -> list[str]:
    return [
        str(text)
        for text in date_strings.sort_values()
        .iloc[:: max(len(date_strings) // HINT_SAMPLE_SIZE, 1)]
        .iloc[:HINT_SAMPLE_SIZE]
    ]


def _date_mask(times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return (times >= EARLIEST_HINT_DATE) & (times < LATEST_HINT_DATE)
