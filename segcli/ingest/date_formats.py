"""The date formats that exports use, and which of them a text looks like."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

_DAY_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%B-%Y",
    "%b %d %Y",
    "%B %d %Y",
    "%d. %B %Y",
    "%d. %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y.%m.%d",
    "%Y年%m月%d日",
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
    """The formats whose digits and marks stand as in the text; whether they read it is for the parser to say.

    With `short_years`, a format's four-digit year stands for one of two digits.
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
    """Each part of a format with a pattern of what it can look like."""
    directives = {**_DIRECTIVE_PATTERNS, "%Y": _DIRECTIVE_PATTERNS["%y"]} if short_years else _DIRECTIVE_PATTERNS
    return [
        (fragment, re.compile(re.sub("%.", lambda code: directives[code[0]], re.escape(fragment))))
        for fragment in formats
    ]


def get_day_and_offset(date_format: str) -> tuple[str, bool]:
    """How a format writes the day, and whether it has an offset."""
    return next(day for day in _DAY_FORMATS if date_format.startswith(day)), date_format.endswith("%z")


def expand_short_year(text: str, date_format: str, century: int) -> str:
    """A text whose two-digit year has four digits, as `%Y` reads it; as it is where the format does not fit.

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
