"""Known date formats, and which of them match the shape of a text."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from segcli.config.ingest_types import CALENDAR_NAMES, Calendar

_DAY_FORMATS = (  # a format that another one continues comes after it
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y.",
    "%d.%m.%Y",
    "%d. %m. %Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d/%b/%Y",
    "%d%b%Y",
    "%d-%B-%Y",
    "%d.%b.%Y",
    "%d.%B.%Y",
    "%b %d %Y",
    "%B %d %Y",
    "%d. %B %Y",
    "%d. %b %Y",
    "%d %B %Y",
    "%b-%d-%Y",
    "%B-%d-%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y.%m.%d.",
    "%Y.%m.%d",
    "%Y. %m. %d.",
    "%Y. %m. %d",
    "%Y. %B %d.",
    "%Y年%m月%d日",
    "%Y년 %m월 %d일",
    "%Y년%m월%d일",
    "%Y년 %B %d일",  # 10월 is a month name of Korean
)
_TIME_FORMATS = (
    "",
    " %H:%M:%S",
    " %H:%M",
    "T%H:%M:%S",
    "T%H:%M",
    " %H:%M:%S.%f",
    "T%H:%M:%S.%f",
    " %I:%M:%S %p",
    " %I:%M %p",
    ", %I:%M %p",
    ", %I:%M:%S %p",
    ", %H:%M",
    ", %H:%M:%S",
    " %H.%M",
    " %H.%M.%S",
    ":%H:%M:%S",
    "T%H%M%S",
    "-%H.%M.%S",
    "-%H.%M.%S.%f",
    " %H時%M分",
    " %H時%M分%S秒",
)
_OFFSET_FORMATS = ("", "%z", " %z")
DATE_FORMATS = tuple(
    day + time + offset
    for day in _DAY_FORMATS
    for time in _TIME_FORMATS
    for offset in _OFFSET_FORMATS
    if time or not offset
)

_DIRECTIVE_PATTERNS = {
    **dict.fromkeys(("%d", "%m", "%H", "%I", "%M", "%S"), r"\d{1,2}"),
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%f": r"\d{1,9}",
    "%p": r"[AaPp][Mm]",
    "%b": r"[^\W\d_]{3,}",
    "%B": r"[^\W\d_]{3,}",
    "%z": r"(?:Z|[-+]\d\d:?\d\d)",
}


def candidate_formats(text: str, *, short_years: bool = False) -> Iterator[str]:
    """Yield the formats that match the digits and separators of a text; parsing may still fail.

    With `short_years`, the year has two digits instead of four.
    """
    for day, pattern in _compile_patterns(_DAY_FORMATS, short_years=short_years):
        day_match = pattern.match(text)
        if not day_match:
            continue
        for time, time_pattern in _compile_patterns(_TIME_FORMATS):
            time_match = time_pattern.match(text, day_match.end())
            if time_match:
                remainder = text[time_match.end() :]
                yield from (
                    day + time + zone
                    for zone, zone_pattern in _compile_patterns(_OFFSET_FORMATS)
                    if zone_pattern.fullmatch(remainder)
                )


@cache
def _compile_patterns(formats: tuple[str, ...], *, short_years: bool = False) -> Sequence[tuple[str, re.Pattern[str]]]:
    """Return each part of a format with a pattern of the texts that it matches."""
    directives = {**_DIRECTIVE_PATTERNS, "%Y": _DIRECTIVE_PATTERNS["%y"]} if short_years else _DIRECTIVE_PATTERNS
    return [
        (fragment, re.compile(re.sub("%.", lambda code: directives[code[0]], re.escape(fragment))))
        for fragment in formats
    ]


def get_day_and_offset(date_format: str) -> tuple[str, bool]:
    """Return the day part of a format, and whether it has an offset."""
    return next(day for day in _DAY_FORMATS if date_format.startswith(day)), date_format.endswith("%z")


def expand_short_year(text: str, date_format: str, century: int) -> str:
    """Expand a two-digit year to four digits, as `%Y` needs; a text that does not match the format is unchanged.

    >>> expand_short_year("31.12.49", "%d.%m.%y", 1950), expand_short_year("31.12.50", "%d.%m.%y", 1950)
    ('31.12.2049', '31.12.1950')
    """
    match = _short_year_pattern(date_format).fullmatch(text)
    if not match:
        return text
    short = int(match["year"])
    return f"{text[: match.start('year')]}{century + (short - century) % 100}{text[match.end('year') :]}"


@cache
def _short_year_pattern(date_format: str) -> re.Pattern[str]:
    directives = {**_DIRECTIVE_PATTERNS, "%y": rf"(?P<year>{_DIRECTIVE_PATTERNS['%y']})"}
    return re.compile(re.sub("%.", lambda code: directives.get(code[0], ".*?"), re.escape(date_format)))


# Other calendars with Gregorian months and days: Thai Buddhist and Minguo (Taiwan)
BUDDHIST_OFFSET, MINGUO_OFFSET = 543, 1911  # Buddhist 2566 and Minguo 112 are Gregorian 2023
_FOUR_DIGIT_YEAR = re.compile(r"(?<!\d)\d{4}(?=\d{4}(?!\d)|(?!\d))")  # a year by itself, or at the start of 25660105
_MINGUO_ERA = re.compile(r"^(?:民國|民国|R\.?O\.?C\.?)\s*")
_MINGUO_YEARS = (
    re.compile(r"(?<![\d.:])\d{3,4}(?!\d)"),  # 112/01/05; three digits after a point are milliseconds
    re.compile(r"^\d{3}(?=\d{4}(?!\d))"),  # 1120105
    re.compile(r"^\d{2}(?=[-/.年])"),  # 99/01/05
)
_CALENDAR_YEARS = {  # ranges of years that indicate a calendar if they are read as Gregorian
    "buddhist": range(2443, 2643),
    "hijri or persian": range(1278, 1525),
}


def gregorian_converter(calendar: Calendar) -> Callable[[str], str]:
    """Return a function that converts the year of a date to Gregorian; a text without a year is unchanged."""
    converters: dict[Calendar, Callable[[str], str]] = {
        "gregorian": str,
        "buddhist": _convert_buddhist_year,
        "minguo": _convert_minguo_year,
    }
    return converters[calendar]


def explain_year(year: int) -> tuple[str, str]:
    """Return the likely calendar of a year outside the accepted range, and the suggested fix."""
    likely_calendar = next((calendar for calendar, years in _CALENDAR_YEARS.items() if year in years), "")
    if likely_calendar in CALENDAR_NAMES:
        return (
            f" (a {likely_calendar} year?)",
            f"declare the calendar: --set ingest.transactions.calendar={likely_calendar}",
        )
    supported_calendars = ", ".join(CALENDAR_NAMES)
    if likely_calendar:
        return (
            f" (a {likely_calendar} year?)",
            f"export Gregorian dates (supported calendars: {supported_calendars})",
        )
    return "", f"give the format with --date-format, or export dates of a supported calendar ({supported_calendars})"


def _convert_buddhist_year(date: str) -> str:
    return _FOUR_DIGIT_YEAR.sub(lambda year: f"{int(year[0]) - BUDDHIST_OFFSET:04}", date, count=1)


def _convert_minguo_year(date: str) -> str:
    date = _MINGUO_ERA.sub("", date)
    for pattern in _MINGUO_YEARS:
        gregorian_date, count = pattern.subn(lambda year: f"{int(year[0]) + MINGUO_OFFSET:04}", date, count=1)
        if count:
            return gregorian_date
    return date
