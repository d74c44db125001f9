"""Ways out of a column of dates that no known format reads; each is tried on the column before it is offered."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.ingest import locales
from segcli.ingest.calendars import to_gregorian
from segcli.ingest.date_formats import FORMATS, shaped
from segcli.ingest.date_reading import from_numbers, with_century
from segcli.ingest.languages import LANGUAGES

CENTURY = 1950  # of the hint; two-digit years need one, and the user may know better
ENOUGH = 0.9  # share of lines that a way out must read
NUMBER_FORMATS = ("epoch_s", "epoch_ms", "epoch_us", "excel")
TRIAL = 24
EARLIEST, LATEST = np.datetime64("1970-01-01"), np.datetime64("2100-01-01")


def suggest(texts: pd.Series, lines: npt.NDArray[np.int64]) -> str:
    """Return the options that read most of a column, or an empty text.

    Args:
        texts: distinct, not blank.
        lines: on how many lines each stands.
    """
    ways = [(way, times) for way, times in _ways(texts) if lines[_is_date(times)].sum() >= ENOUGH * lines.sum()]
    if not ways:
        return ""
    best, read = ways[0]
    others = [way for way, times in ways if way.startswith("--date-format") and (times != read).any()]
    return "   or   ".join([best, *(others[:1] if best.startswith("--date-format") else ())])


def _ways(texts: pd.Series) -> Iterator[tuple[str, npt.NDArray[np.datetime64]]]:
    """Yield options and the times that they read: plain formats first, then numbers, then other languages."""
    for form in _short_year_formats(texts):
        option = f"--date-format '{form}' --set ingest.transactions.century={CENTURY}"
        yield option, with_century(texts, form, "UTC", CENTURY)
    for form in NUMBER_FORMATS:
        yield f"--date-format {form}", from_numbers(texts, form, None)
    converted = texts.map(to_gregorian("minguo"))
    for form in [] if converted.equals(texts) else _known_formats(converted):
        yield "--set ingest.transactions.calendar=minguo", with_century(converted, form, "UTC", None)
    for language in LANGUAGES:
        locale = locales.load(language)
        translated = texts.map(locale.date)
        if not translated.equals(texts):
            for form in _known_formats(translated):
                yield f"--locale {language}", with_century(translated, form, "UTC", None)
            for form in _short_year_formats(translated):
                option = f"--locale {language} --date-format '{form}' --set ingest.transactions.century={CENTURY}"
                yield option, with_century(translated, form, "UTC", CENTURY)


def _known_formats(texts: pd.Series) -> list[str]:
    shapes = {form for text in _trial(texts) for form in shaped(text)}
    return [form for form in FORMATS if form in shapes]


def _short_year_formats(texts: pd.Series) -> list[str]:
    """Return the known formats with years of two digits that the texts may be written in."""
    shapes = {form for text in _trial(texts) for form in shaped(text, short_years=True)}
    return [form.replace("%Y", "%y") for form in FORMATS if form in shapes]


def _trial(texts: pd.Series) -> list[str]:
    return [str(text) for text in texts.sort_values().iloc[:: max(len(texts) // TRIAL, 1)].iloc[:TRIAL]]


def _is_date(times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return (times >= EARLIEST) & (times < LATEST)
