"""Years of other calendars whose months and days are the Gregorian ones: Thai Buddhist and Minguo (Taiwan)."""

import re
from collections.abc import Callable

from segcli.config.ingest import CALENDAR_NAMES, Calendar

BUDDHIST_OFFSET, MINGUO_OFFSET = 543, 1911  # Buddhist 2566 and Minguo 112 are Gregorian 2023
_FOUR_DIGIT_YEAR = re.compile(r"(?<!\d)\d{4}(?=\d{4}(?!\d)|(?!\d))")  # a year by itself, or at the start of 25660105
_MINGUO_ERA = re.compile(r"^(?:民國|民国|R\.?O\.?C\.?)\s*")
_MINGUO_YEARS = (
    re.compile(r"(?<![\d.:])\d{3,4}(?!\d)"),  # 112/01/05; three digits behind a point are milliseconds
    re.compile(r"^\d{3}(?=\d{4}(?!\d))"),  # 1120105
    re.compile(r"^\d{2}(?=[-/.年])"),  # 99/01/05
)
_CALENDAR_YEARS = {  # ranges of years that show a calendar where they are read as Gregorian
    "buddhist": range(2443, 2643),
    "hijri or persian": range(1278, 1525),
}


def gregorian_converter(calendar: Calendar) -> Callable[[str], str]:
    """Return a function that rewrites the year of a date in a calendar; without a year, a text stays as it is."""
    converters: dict[Calendar, Callable[[str], str]] = {
        "gregorian": str,
        "buddhist": _convert_buddhist_year,
        "minguo": _convert_minguo_year,
    }
    return converters[calendar]


def explain_year(year: int) -> tuple[str, str]:
    """Return what a year outside the readable range may be, and what to do about it."""
    likely_calendar = next((calendar for calendar, years in _CALENDAR_YEARS.items() if year in years), "")
    if likely_calendar in CALENDAR_NAMES:
        return (
            f" (a {likely_calendar} year?)",
            f"Declare the calendar: --set ingest.transactions.calendar={likely_calendar}",
        )
    supported_calendars = ", ".join(CALENDAR_NAMES)
    if likely_calendar:
        return (
            f" (a {likely_calendar} year?)",
            f"Export Gregorian dates; the calendars that segcli reads are {supported_calendars}",
        )
    return "", f"Give the format with --date-format, or export dates of one of the calendars {supported_calendars}"


def _convert_buddhist_year(date: str) -> str:
    return _FOUR_DIGIT_YEAR.sub(lambda year: f"{int(year[0]) - BUDDHIST_OFFSET:04}", date, count=1)


def _convert_minguo_year(date: str) -> str:
    date = _MINGUO_ERA.sub("", date)
    for pattern in _MINGUO_YEARS:
        gregorian_date, count = pattern.subn(lambda year: f"{int(year[0]) + MINGUO_OFFSET:04}", date, count=1)
        if count:
            return gregorian_date
    return date
