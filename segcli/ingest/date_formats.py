"""The date formats that exports use, and which of them a text looks like."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

_DAYS = (
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
_TIMES = (
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
_OFFSETS = ("", "%z", " %z")
FORMATS = tuple(day + time + offset for day in _DAYS for time in _TIMES for offset in _OFFSETS if time or not offset)

_CODES = {
    **dict.fromkeys(("%d", "%m", "%H", "%I", "%M", "%S"), r"\d{1,2}"),
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%f": r"\d{1,9}",
    "%p": r"[AaPp][Mm]",
    "%b": r"[^\W\d_]{3,}",
    "%B": r"[^\W\d_]{3,}",
    "%z": r"(?:Z|[-+]\d\d:?\d\d)",
}


def shaped(text: str, *, short_years: bool = False) -> Iterator[str]:
    """The formats whose digits and marks stand as in the text; whether they read it is for the parser to say.

    With `short_years`, a format's four-digit year stands for one of two digits.
    """
    for day, pattern in _patterns(_DAYS, short_years=short_years):
        found = pattern.match(text)
        if not found:
            continue
        for time, time_pattern in _patterns(_TIMES):
            within = time_pattern.match(text, found.end())
            if within:
                rest = text[within.end() :]
                yield from (day + time + zone for zone, zoned in _patterns(_OFFSETS) if zoned.fullmatch(rest))


@cache
def _patterns(parts: tuple[str, ...], *, short_years: bool = False) -> Sequence[tuple[str, re.Pattern[str]]]:
    """Each part of a format with a pattern of what it can look like."""
    codes = {**_CODES, "%Y": _CODES["%y"]} if short_years else _CODES
    return [(part, re.compile(re.sub("%.", lambda code: codes[code[0]], re.escape(part)))) for part in parts]


def day_of(form: str) -> tuple[str, bool]:
    """How a format writes the day, and whether it has an offset."""
    return next(day for day in _DAYS if form.startswith(day)), form.endswith("%z")


def with_full_years(text: str, form: str, century: int) -> str:
    """A text whose two-digit year has four digits, as `%Y` reads it; as it is where the format does not fit.

    >>> with_full_years("31.12.49", "%d.%m.%y", 1950), with_full_years("31.12.50", "%d.%m.%y", 1950)
    ('31.12.2049', '31.12.1950')
    """
    found = _two_digit_year(form).fullmatch(text)
    if not found:
        return text
    short = int(found["year"])
    return f"{text[: found.start('year')]}{century + (short - century) % 100}{text[found.end('year') :]}"


@cache
def _two_digit_year(form: str) -> re.Pattern[str]:
    codes = {**_CODES, "%y": rf"(?P<year>{_CODES['%y']})"}
    return re.compile(re.sub("%.", lambda code: codes.get(code[0], ".*?"), re.escape(form)))
