"""Text -> dates by one format for the whole column, declared or proven."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli.config.ingest import SERIALS, Source
from segcli.ingest import date_hints, locales
from segcli.ingest.calendars import to_gregorian
from segcli.ingest.coded import Coded, coded
from segcli.ingest.date_formats import FORMATS, day_of, shaped
from segcli.ingest.date_problems import AmbiguousDates, MixedDates, OtherYears, ShortCalendarYears, UnknownDates
from segcli.ingest.date_reading import from_numbers, read, with_century
from segcli.ingest.digits import to_ascii_digits, to_half_width
from segcli.ingest.locales import Locale

_UTC = re.compile(r"(?<=[0-9])\s*(?:UTC|GMT)$")
_WEEKDAY = re.compile(r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,?\s+", re.IGNORECASE)
TRIAL = 24  # values, evenly spaced, on which all formats are tried before the column is read with those that fit
NOT_A_DAY = np.datetime64("NaT", "us")
EARLIEST, LATEST = (
    np.datetime64("1900-01-02"),
    np.datetime64("2100-01-01"),
)  # spreadsheets write 1900-01-00 for nothing
EARLIEST_YEAR, LATEST_YEAR = 1900, 2099
OTHER_YEARS = range(1000, 3000)  # of other calendars; 0001 and 9999 are placeholders


@dataclass(frozen=True)
class Dates:
    """`values` (datetime64[us], NaT where not readable), the `missing` and `unreadable` masks, and the format."""

    values: npt.NDArray[np.datetime64]
    missing: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]
    format: str


def of(texts: pa.ChunkedArray | Coded, source: Source, formats: Sequence[str] = ()) -> Dates:
    """Read a column as the source says its dates are written, or by known formats; errors as of `parse`."""
    known = (source.date_format,) if source.date_format else tuple(formats)
    if source.calendar != "gregorian":
        if any("%y" in form for form in known):
            raise ShortCalendarYears(f"two-digit years of the calendar {source.calendar}")
        texts = coded(texts).trimmed.mapped(partial(_to_gregorian, source))
    return parse(texts, known, source.timezone, century=source.century, locale=locales.of(source))


def _to_gregorian(source: Source, texts: pa.StringArray) -> pa.StringArray:
    convert = to_gregorian(source.calendar)
    digits = to_ascii_digits if source.locale else to_half_width
    return pa.array([convert(digits(text)) for text in texts.to_pylist()], pa.string())


def parse(
    texts: pa.ChunkedArray | Coded,
    declared: str | Sequence[str] = (),
    timezone: str | None = None,
    *,
    century: int | None = None,
    locale: Locale | None = None,
) -> Dates:
    """Read a column of text as dates.

    Args:
        texts: any text.
        declared: one or several strptime formats, or one of SERIALS; otherwise the one format that reads the column.
        timezone: the zone whose wall clock counts, for dates that carry offsets; `written`: each counts by its own.
        century: first of the hundred years in which two-digit years lie.
        locale: whose month names and digits the texts use.

    Raises:
        AmbiguousDates: day and month cannot be told apart.
        MixedDates: several formats are needed.
        UnknownDates: no format fits.
        OtherYears: most years lie outside those that are read, and in no calendar that is declared.
        MixedOffsets: offsets differ and no timezone is given.
        NoFormat: what is declared is no format.
        ShortYears: the format has a two-digit year and no century is given.
    """
    column = coded(texts).trimmed
    declared = [declared] if isinstance(declared, str) else declared
    distinct = pd.Series(column.texts.to_pylist(), dtype=object)
    blank = (distinct == "").to_numpy(dtype=bool)
    filled = distinct[~blank].map(to_half_width)
    if not declared:
        filled = filled.map(_without_weekday_and_zone)
    if locale:
        filled, declared = filled.map(locale.date), [locale.date(form) for form in declared]
    codes = column.codes
    lines = np.bincount(codes, minlength=len(distinct))[~blank]
    forms = tuple(declared) or _proven(filled, lines)
    values = np.full(len(distinct), NOT_A_DAY, dtype="datetime64[us]")
    for form in reversed(forms):
        times = (
            from_numbers(filled, form, timezone) if form in SERIALS else with_century(filled, form, timezone, century)
        )
        values[~blank] = np.where(np.isnat(times), values[~blank], times)
    _refuse_other_years(values[~blank], filled, lines, " or ".join(forms))
    values[~in_range(values)] = NOT_A_DAY
    return Dates(values[codes], blank[codes], (np.isnat(values) & ~blank)[codes], " or ".join(forms))


def _without_weekday_and_zone(text: str) -> str:
    """Return a date without the day of the week, and with the offset of UTC for its name.

    >>> _without_weekday_and_zone("Thu, 5 Jan 2023 10:00:00 GMT")
    '5 Jan 2023 10:00:00+0000'
    """
    return _UTC.sub("+0000", _WEEKDAY.sub("", text))


def in_range(values: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
    """Which times an order can have."""
    with np.errstate(invalid="ignore"):
        return (values >= EARLIEST) & (values < LATEST)


def _refuse_other_years(
    values: npt.NDArray[np.datetime64], filled: pd.Series, lines: npt.NDArray[np.int64], form: str
) -> None:
    """Refuse a column that is read, but mostly with years that no order has."""
    years = np.where(np.isnat(values), 0, values.astype("datetime64[Y]").astype(np.int64) + 1970)
    is_other = ~in_range(values) & (years >= OTHER_YEARS.start) & (years < OTHER_YEARS.stop)
    if lines[is_other].sum() * 2 > lines.sum():
        place = int(is_other.argmax())
        raise OtherYears(str(filled.iloc[place]), int(years[place]), form, (EARLIEST_YEAR, LATEST_YEAR))


def looks_dated(texts: list[str], source: Source) -> bool:
    """Whether some format reads at least half of the given values (blank ones aside)."""
    locale, convert = locales.of(source), to_gregorian(source.calendar)
    halved = [to_half_width(text.strip()) for text in texts if text.strip()]
    stripped = [convert(locale.date(text) if locale else text) for text in halved]
    filled = _trial(pd.Series(stripped, dtype=object))
    reads = [_reads(filled, form) for form in _promising(filled)]
    return filled.empty or (bool(reads) and int(np.logical_or.reduce(reads).sum()) * 2 >= len(filled))


def _trial(texts: pd.Series) -> pd.Series:
    return texts.iloc[:: max(len(texts) // TRIAL, 1)].iloc[:TRIAL]


def _proven(filled: pd.Series, lines: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """The format that reads more lines than any other, and those that write the same day with other times.

    Args:
        filled: the distinct values that are not blank.
        lines: on how many lines each of them stands.
    """
    if filled.empty:
        return FORMATS[:1]
    reads = {form: _reads(filled, form) for form in _promising(filled)}
    if reads:
        left_over = filled[~np.logical_or.reduce(list(reads.values()))]
        reads |= {form: _reads(filled, form) for form in _promising(left_over)}
    counts = {form: int(lines[read].sum()) for form, read in reads.items()}
    ranked = sorted(reads, key=lambda form: (-counts[form], FORMATS.index(form)))
    if not ranked or int(lines[np.logical_or.reduce(list(reads.values()))].sum()) * 2 < lines.sum():
        raise UnknownDates(str(filled.iloc[0]), date_hints.suggest(filled, lines))
    best = ranked[0]
    _refuse_ambiguous(best, [form for form in ranked[1:] if (reads[form] == reads[best]).all()], filled)
    beyond = [form for form in ranked[1:] if (reads[form] & ~reads[best]).any()]
    if any(day_of(form) != day_of(best) for form in beyond):
        raise MixedDates([(form, counts[form]) for form in [best, *beyond][:3]])
    return (best, *beyond)


def _promising(texts: pd.Series) -> list[str]:
    """The formats worth trying: those whose digits and marks stand as in some of the values.

    Values are sorted first, so that the order of rows in the file plays no part.
    """
    shapes = {form for text in _trial(texts.sort_values()) for form in shaped(str(text))}
    return [form for form in FORMATS if form in shapes]


def _refuse_ambiguous(best: str, rivals: Sequence[str], filled: pd.Series) -> None:
    chosen = read(filled, best, "UTC")
    for rival in rivals:
        differ = (read(filled, rival, "UTC") != chosen) & ~np.isnat(chosen)
        if differ.any():
            raise AmbiguousDates((best, rival), str(filled.iloc[int(differ.argmax())]))


def _reads(texts: pd.Series, form: str) -> npt.NDArray[np.bool_]:
    return ~np.isnat(read(texts, form, "UTC"))
