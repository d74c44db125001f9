"""Years of other calendars whose months and days are the Gregorian ones: Thai Buddhist and Minguo (Taiwan)."""

import re
from collections.abc import Callable

from segcli.config.ingest import CALENDARS, Calendar

BUDDHIST_OFFSET, MINGUO_OFFSET = 543, 1911  # Buddhist 2566 and Minguo 112 are Gregorian 2023
_FOUR_DIGITS = re.compile(r"(?<!\d)\d{4}(?=\d{4}(?!\d)|(?!\d))")  # a year by itself, or at the start of 25660105
_ERA = re.compile(r"^(?:民國|民国|R\.?O\.?C\.?)\s*")
_MINGUO_YEARS = (
    re.compile(r"(?<![\d.:])\d{3,4}(?!\d)"),  # 112/01/05; three digits behind a point are milliseconds
    re.compile(r"^\d{3}(?=\d{4}(?!\d))"),  # 1120105
    re.compile(r"^\d{2}(?=[-/.年])"),  # 99/01/05
)
_YEARS_OF = {  # ranges of years that show a calendar where they are read as Gregorian
    "buddhist": range(2443, 2643),
    "hijri or persian": range(1278, 1525),
}


def to_gregorian(calendar: Calendar) -> Callable[[str], str]:
    """Return a function that rewrites the year of a date in a calendar; without a year, a text stays as it is."""
    functions: dict[Calendar, Callable[[str], str]] = {
        "gregorian": str,
        "buddhist": _from_buddhist,
        "minguo": _from_minguo,
    }
    return functions[calendar]


def describe_years(year: int) -> tuple[str, str]:
    """Return what a year outside the readable range may be, and what to do about it."""
    named = next((name for name, years in _YEARS_OF.items() if year in years), "")
    if named in CALENDARS:
        return f" (a {named} year?)", f"Declare the calendar: --set ingest.transactions.calendar={named}"
    known = ", ".join(CALENDARS)
    if named:
        return f" (a {named} year?)", f"Export Gregorian dates; the calendars that segcli reads are {known}"
    return "", f"Give the format with --date-format, or export dates of one of the calendars {known}"


def _from_buddhist(text: str) -> str:
    return _FOUR_DIGITS.sub(lambda year: f"{int(year[0]) - BUDDHIST_OFFSET:04}", text, count=1)


def _from_minguo(text: str) -> str:
    text = _ERA.sub("", text)
    for pattern in _MINGUO_YEARS:
        changed, count = pattern.subn(lambda year: f"{int(year[0]) + MINGUO_OFFSET:04}", text, count=1)
        if count:
            return changed
    return text
